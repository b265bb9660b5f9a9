/** One photo of the grid: its picture, its state, and what can be done with it. */

import { make } from "../dom.js";
import { errorWords } from "../error-words.js";
import { t } from "../i18n.js";
import { durationWords } from "../text.js";
import { doubtOf } from "./doubts.js";
import { canRetry, fileOf } from "./item.js";

/** @import { Item } from "./item.js" */
/** @import { Pictures } from "./pictures.js" */
/** @typedef {{ onOpen: (item: Item) => void, onRetry: (item: Item) => void, onCancel: (item: Item) => void, onRemove: (item: Item) => void }} Actions */

const ICONS = {
  retry: "M4 12a8 8 0 1 0 2.6-5.9M4 4v4.5h4.5",
  cancel: "M7 7h10v10H7z",
  remove: "M6 6l12 12M18 6 6 18",
};

export class Tile {
  element = make("li", { className: "tile" });
  open = make("button", { type: "button", className: "tile-open", tabIndex: -1 });
  #canvas = make("canvas", { width: 1, height: 1 });
  #name = make("span", { className: "tile-name" });
  #state = make("span", { className: "tile-state" });
  #buttons;
  #item;
  #pictures;

  /**
   * @param {Item} item
   * @param {Pictures} pictures
   * @param {Actions} actions
   */
  constructor(item, pictures, actions) {
    this.#item = item;
    this.#pictures = pictures;
    const picture = make("span", { className: "tile-picture" }, this.#canvas);
    this.open.append(picture, this.#name, this.#state);
    this.open.addEventListener("click", () => actions.onOpen(item));
    this.#buttons = {
      retry: button("retry", () => actions.onRetry(item)),
      cancel: button("cancel", () => actions.onCancel(item)),
      remove: button("remove", () => actions.onRemove(item)),
    };
    this.element.append(this.open, make("span", { className: "tile-actions" }, ...Object.values(this.#buttons)));
    this.update();
  }

  /** Whether the tile is the one that Tab leads to. @param {boolean} current */
  set current(current) {
    for (const one of [this.open, ...Object.values(this.#buttons)]) one.tabIndex = current ? 0 : -1;
  }

  /** Shows what has become of the photo. */
  update() {
    const { name, state, error } = this.#item;
    const words = this.#words();
    this.element.dataset.state = state;
    this.element.toggleAttribute("data-stale", state === "waiting" && fileOf(this.#item) !== null);
    this.#name.textContent = this.#name.title = name;
    this.#state.textContent = words;
    this.element.toggleAttribute("data-check", doubtOf(this.#item) !== null);
    this.#buttons.retry.hidden = !canRetry(this.#item);
    this.#buttons.cancel.hidden = !["waiting", "working"].includes(state);
    for (const [key, one] of Object.entries(this.#buttons)) one.ariaLabel = one.title = t(`batch.tile.${key}`, { name });
    if (error?.code !== "not-an-image") this.#pictures.show(this.#canvas, this.#picture());
  }

  forget() {
    this.#pictures.forget(this.#canvas);
    this.element.remove();
  }

  #picture() {
    const { result, thumb, master, photo } = this.#item;
    return result ?? thumb ?? master ?? photo;
  }

  #words() {
    const { state, stage, error, ms } = this.#item, doubt = doubtOf(this.#item);
    if (error) return errorWords(error).message;
    if (state === "working") return t(`batch.stage.${stage ?? "queued"}`);
    if (state === "waiting" && fileOf(this.#item)) return t("batch.state.again");
    if (state !== "done") return t(`batch.state.${state}`);
    return doubt ? t("batch.state.check", { why: t(`batch.doubt.${doubt}`) }) : t("batch.state.done", { time: durationWords(ms) });
  }
}

/**
 * @param {keyof typeof ICONS} icon
 * @param {() => void} onClick
 */
function button(icon, onClick) {
  const made = make("button", { type: "button", className: "tile-button", tabIndex: -1, innerHTML: `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[icon]}"/></svg>` });
  made.addEventListener("click", onClick);
  return made;
}
