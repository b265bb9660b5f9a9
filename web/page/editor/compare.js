/** The line between original and cutout: dragged, or moved by keys. */

import { labelled, set } from "../controls.js";
import { make } from "../dom.js";
import { t } from "../i18n.js";

const STEP = 2, LEAP = 10;

export class Compare {
  /** Per cent from the left, where the cutout begins. */
  #value = 50;
  #onMove;
  element = make("div", { className: "compare", tabIndex: 0 }, make("i"));

  /**
   * @param {() => { left: number, right: number }} range  What it moves over, in pixels of its parent.
   * @param {() => void} onMove
   */
  constructor(range, onMove) {
    this.#onMove = onMove;
    const { element } = this;
    labelled(element, "editor.compare.label");
    set(element, { role: "slider", "aria-valuemin": 0, "aria-valuemax": 100 });
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      element.focus({ preventScroll: true });
    });
    element.addEventListener("pointermove", (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return; // a second finger zooms instead
      const { left, right } = range(), box = element.parentElement?.getBoundingClientRect();
      this.value = (event.clientX - (box?.left ?? 0) - left) / Math.max(1, right - left) * 100;
    });
    element.addEventListener("keydown", (event) => this.#key(event));
    this.speak();
  }

  get value() {
    return this.#value;
  }

  set value(value) {
    this.#value = Math.min(100, Math.max(0, value));
    this.speak();
    this.#onMove();
  }

  /** Says where it is, in the language of the page. */
  speak() {
    const { element } = this, rounded = Math.round(this.#value);
    set(element, { "aria-valuenow": rounded, "aria-valuetext": t("editor.compare.value", { percent: 100 - rounded }) });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = event.shiftKey ? LEAP : STEP;
    /** @type {Record<string, number>} */
    const to = {
      ArrowLeft: this.#value - step, ArrowDown: this.#value - step, ArrowRight: this.#value + step, ArrowUp: this.#value + step,
      PageDown: this.#value - LEAP, PageUp: this.#value + LEAP, Home: 0, End: 100,
    };
    const value = to[event.key];
    if (value === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.value = value;
  }
}
