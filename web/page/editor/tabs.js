/** Tabs, as the ARIA Authoring Practices have them: arrow keys go from one to the next, which is shown at once. */

import { icon, set, text } from "../controls.js";
import { make } from "../dom.js";

/**
 * @template {string} T
 * @typedef {{ id: T, key: string, icon: string, panel: HTMLElement }} Tab
 */

/**
 * @template {string} T
 */
export class Tabs {
  #tabs;
  #onShow;
  /** @type {Map<T, HTMLButtonElement>} */
  #buttons = new Map();
  /** @type {T} */
  shown;
  list = make("div", { className: "tabs" });

  /**
   * @param {readonly Tab<T>[]} tabs
   * @param {(id: T) => void} onShow
   */
  constructor(tabs, onShow) {
    const [first] = tabs;
    if (!first) throw new RangeError("There must be a tab.");
    this.#tabs = tabs;
    this.#onShow = onShow;
    this.shown = first.id;
    this.list.role = "tablist";
    for (const tab of tabs) this.list.append(this.#button(tab));
    this.list.addEventListener("keydown", (event) => this.#key(event));
    this.#draw();
  }

  get panels() {
    return this.#tabs.map(({ panel }) => panel);
  }

  /** @param {T} id */
  show(id) {
    this.shown = id;
    this.#draw();
    this.#onShow(id);
  }

  /** @param {Tab<T>} tab */
  #button({ id, key, icon: path, panel }) {
    const button = make("button", { type: "button", id: `tab-${id}` }, icon(path), text("span", key));
    set(button, { role: "tab", "aria-controls": `panel-${id}` });
    button.addEventListener("click", () => this.show(id));
    Object.assign(panel, { id: `panel-${id}`, tabIndex: -1 });
    set(panel, { role: "tabpanel", "aria-labelledby": button.id });
    this.#buttons.set(id, button);
    return button;
  }

  #draw() {
    for (const { id, panel } of this.#tabs) {
      const button = this.#buttons.get(id), on = id === this.shown;
      panel.hidden = !on;
      button?.setAttribute("aria-selected", String(on));
      if (button) button.tabIndex = on ? 0 : -1;
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const forward = getComputedStyle(this.list).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const at = this.#tabs.findIndex(({ id }) => id === this.shown), last = this.#tabs.length - 1;
    const to = { Home: 0, End: last, ArrowLeft: at - 1, ArrowRight: at + 1, [forward]: at + 1, [forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight"]: at - 1 }[event.key];
    const tab = to === undefined ? undefined : this.#tabs[(to + last + 1) % (last + 1)];
    if (!tab) return;
    event.preventDefault();
    this.show(tab.id);
    this.#buttons.get(tab.id)?.focus();
  }
}
