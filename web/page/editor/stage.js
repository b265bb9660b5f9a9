/**
 * Original and cutout on one stage, under one viewport. The browser moves and enlarges both; the cutout's pixels are
 * computed anew only when a view has been reached (preview.js).
 */

import { svgElement } from "../controls.js";
import { make } from "../dom.js";
import { Compare } from "./compare.js";
import { Gestures } from "./gestures.js";
import { boxOf } from "./overlay.js";
import { Viewport } from "./viewport.js";

/** @import { Region } from "../../shared/protocol.js" */
/** @import { Grid } from "./grid.js" */
/** @import { Size } from "./picture.js" */
/** @typedef {"compare" | "cutout" | "ghost" | "original"} Showing  `ghost`: the cutout over a shade of the original. */

export class Stage {
  viewport = new Viewport();
  original = make("img", { id: "original", alt: "", draggable: false });
  canvas = make("canvas", { id: "cutout", hidden: true });
  /** What tools draw: in pixels of the stage. */
  overlay = svgElement("svg", { class: "overlay", "aria-hidden": "true" });
  #before = make("div", { className: "layer before" }, this.original);
  #paper = make("div", { className: "layer paper" });
  #after = make("div", { className: "layer after" }, this.canvas);
  #compare = new Compare(() => this.#across(), () => this.layout());
  element = make("div", { className: "table-top", tabIndex: 0 }, this.#before, this.#paper, this.#after, this.#compare.element);
  gestures = new Gestures(this.element, this.viewport, () => this.#viewed());
  /** Of the photo. @type {Size} */
  size = { width: 1, height: 1 };
  /** What the canvas holds. @type {Grid | null} */
  grid = null;
  /** @type {Showing} */
  #showing = "compare";
  #onView;

  /** @param {() => void} onView  What is shown changed: new pixels may be needed. */
  constructor(onView) {
    this.#onView = onView;
    this.element.append(this.overlay);
    new ResizeObserver(() => this.#resized()).observe(this.element);
  }

  /** @param {Size} size  Of the photo. */
  setSize(size) {
    this.size = size;
    this.viewport.show({ left: 0, top: 0, right: size.width, bottom: size.height });
    this.#viewed();
  }

  /** What is shown when all is shown. @param {Region} content */
  setContent(content) {
    const { left, top, right, bottom } = this.viewport.content;
    if (content.left === left && content.top === top && content.right === right && content.bottom === bottom) return;
    this.viewport.show(content);
    this.layout();
  }

  /** @param {Showing} showing */
  show(showing) {
    this.#showing = showing;
    this.layout();
  }

  /** The canvas holds what lies on this grid. @param {Grid} grid */
  filled(grid) {
    this.grid = grid;
    this.canvas.hidden = false;
    this.layout();
  }

  empty() {
    this.grid = null;
    this.canvas.hidden = true;
    this.layout();
  }

  /** The language changed. */
  speak() {
    this.#compare.speak();
  }

  /** Puts everything where the viewport wants it. */
  layout() {
    const { viewport } = this, { content, zoom } = viewport, box = boxOf(viewport, content);
    for (const layer of [this.#before, this.#paper, this.#after]) place(layer, box);
    place(this.original, { x: -content.left * zoom, y: -content.top * zoom, width: this.size.width * zoom, height: this.size.height * zoom });
    const grid = this.grid;
    if (grid) {
      const factor = zoom / grid.scale;
      place(this.canvas, { x: (grid.left - content.left) * zoom, y: (grid.top - content.top) * zoom, width: grid.width * factor, height: grid.height * factor });
    }
    this.#divide(box);
    Object.assign(this.element.dataset, { showing: grid ? this.#showing : "original", crisp: String(viewport.crisp), fitted: String(viewport.fitted) });
  }

  /** @param {{ x: number, width: number }} box */
  #divide(box) {
    const compares = this.grid !== null && this.#showing === "compare", { left, right } = this.#across();
    const line = left + (right - left) * this.#compare.value / 100;
    this.#compare.element.hidden = !compares;
    this.#compare.element.style.left = `${line}px`;
    // Physical sides: a photo has the same left everywhere. The photo, too, or it would shine through at the other edge.
    this.#after.style.clipPath = this.#paper.style.clipPath = compares ? `inset(0 0 0 ${line - box.x}px)` : "";
    this.#before.style.clipPath = compares ? `inset(0 ${box.x + box.width - line}px 0 0)` : "";
  }

  /** The part of the stage that the content lies on. */
  #across() {
    const { viewport } = this, { content } = viewport;
    return {
      left: Math.max(0, viewport.toStage({ x: content.left, y: 0 }).x), right: Math.min(viewport.width, viewport.toStage({ x: content.right, y: 0 }).x),
    };
  }

  #resized() {
    const { clientWidth, clientHeight } = this.element;
    if (clientWidth === 0) return; // hidden
    this.viewport.resize(clientWidth, clientHeight, devicePixelRatio);
    this.#viewed();
  }

  #viewed() {
    this.layout();
    this.#onView();
  }
}

/**
 * @param {HTMLElement} element
 * @param {{ x: number, y: number, width: number, height: number }} box
 */
function place(element, { x, y, width, height }) {
  Object.assign(element.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
}
