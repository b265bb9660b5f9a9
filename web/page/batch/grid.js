/** The photos as a grid of tiles that arrows lead through. */

import { make } from "../dom.js";
import { Pictures } from "./pictures.js";
import { Tile } from "./tile.js";

/** @import { Item } from "./item.js" */
/** @import { Actions } from "./tile.js" */

export class Grid {
  element = make("ul", { className: "tiles" });
  #pictures = new Pictures();
  #actions;
  /** @type {Map<Item, Tile>} */
  #tiles = new Map();
  /** The tile that Tab leads to. @type {Item | null} */
  #current = null;

  /** @param {Actions} actions */
  constructor(actions) {
    this.#actions = actions;
    this.element.addEventListener("keydown", (event) => this.#press(event));
    this.element.addEventListener("focusin", ({ target }) => {
      for (const [item, { element }] of this.#tiles) if (element.contains(/** @type {Node} */ (target))) return this.#mark(item);
    });
  }

  /** @param {Item[]} items */
  add(items) {
    for (const item of items) this.#tiles.set(item, new Tile(item, this.#pictures, this.#actions));
    this.element.append(...items.map((item) => this.#tile(item).element));
    if (!this.#current && items[0]) this.#mark(items[0]);
  }

  /** @param {Item} item */
  update(item) {
    this.#tiles.get(item)?.update();
  }

  /** All of them: the words have changed. */
  updateAll() {
    this.#tiles.forEach((tile) => tile.update());
  }

  /** Focus, where it was on this tile, goes to a neighbour. @param {Item} item */
  remove(item) {
    const tile = this.#tile(item), order = [...this.#tiles.keys()], at = order.indexOf(item);
    const next = order[at + 1] ?? order[at - 1] ?? null;
    const hadFocus = tile.element.contains(document.activeElement);
    this.#tiles.delete(item);
    if (this.#current === item) this.#mark(next);
    if (hadFocus && next) this.focus(next);
    tile.forget();
  }

  /** @param {Item} item */
  focus(item) {
    this.#tiles.get(item)?.open.focus();
  }

  /** @param {Item} item */
  #tile(item) {
    return /** @type {Tile} */ (this.#tiles.get(item));
  }

  /** @param {Item | null} item */
  #mark(item) {
    if (this.#current === item) return;
    const before = this.#current && this.#tiles.get(this.#current);
    if (before) before.current = false;
    this.#current = item;
    if (item) this.#tile(item).current = true;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const item = this.#current;
    if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Delete" || event.key === "Backspace") this.#actions.onRemove(item);
    else if (!this.#move(event.key, item)) return;
    event.preventDefault();
  }

  /**
   * @param {string} key
   * @param {Item} item
   */
  #move(key, item) {
    const order = [...this.#tiles.keys()], at = order.indexOf(item);
    const onward = getComputedStyle(this.element).direction === "rtl" ? -1 : 1;
    /** @type {Record<string, number>} */
    const steps = {
      ArrowRight: onward, ArrowLeft: -onward, ArrowDown: this.#columns, ArrowUp: -this.#columns, Home: -at, End: order.length - 1 - at,
    };
    const to = key in steps ? order[at + (steps[key] ?? 0)] : undefined;
    if (to) this.focus(to);
    return key in steps;
  }

  get #columns() {
    return getComputedStyle(this.element).gridTemplateColumns.split(" ").length;
  }
}
