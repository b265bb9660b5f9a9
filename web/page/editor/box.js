/** Says where the subject is: a box that is drawn, or a tap, which stands for a box around it. */

import { wayOf } from "./gestures.js";
import { outlined, putBox } from "./overlay.js";

/** @import { Region } from "../../shared/protocol.js" */
/** @import { Mark, Tool } from "./gestures.js" */
/** @import { Stage } from "./stage.js" */

/** Of the photo's shorter side: the box around a tap. */
const TAP_SHARE = 0.5;
/** Pixels of the stage below which a drag is a tap. */
const TAP_PIXELS = 8;
/** Of the photo's longer side: a step of the arrow keys. */
const STEP = 0.01;

/** @implements {Tool} */
export class BoxTool {
  /** @type {Region | null} */
  box = null;
  #stage;
  #onBox;
  #shape = outlined("box");
  /** @type {Mark | null} */
  #from = null;
  /** @type {Region | null} */
  #before = null;

  /**
   * @param {Stage} stage
   * @param {(box: Region, done: boolean) => void} onBox  `done`: by a pointer that was lifted.
   */
  constructor(stage, onBox) {
    this.#stage = stage;
    this.#onBox = onBox;
  }

  /** @param {boolean} on */
  take(on) {
    if (on) this.#stage.overlay.append(this.#shape);
    else this.#shape.remove();
    this.draw();
  }

  /** @param {Mark} mark */
  start(mark) {
    this.#from = mark;
    this.#before = this.box;
  }

  /** @param {Mark[]} marks */
  move(marks) {
    const from = this.#from, to = marks.at(-1);
    if (!from || !to) return;
    this.set({ left: Math.min(from.x, to.x), top: Math.min(from.y, to.y), right: Math.max(from.x, to.x), bottom: Math.max(from.y, to.y) });
    if (this.box) this.#onBox(this.box, false);
  }

  end() {
    const from = this.#from, { box } = this, least = TAP_PIXELS / this.#stage.viewport.zoom;
    this.#from = null;
    if (!from) return;
    const isTap = box === this.#before || !box || Math.max(box.right - box.left, box.bottom - box.top) < least;
    if (isTap) this.set(aroundTap(from, this.#stage.size));
    if (this.box) this.#onBox(this.box, true);
  }

  cancel() {
    this.#from = null;
    this.box = this.#before;
    this.draw();
  }

  /** Arrow keys move the box, with Shift its right and lower edge. @param {KeyboardEvent} event */
  key({ key, shiftKey }) {
    const { width, height } = this.#stage.size, step = Math.max(1, STEP * Math.max(width, height));
    const way = wayOf(key, step);
    if (!way) return false;
    const [dx, dy] = way, { left, top, right, bottom } = this.box ?? aroundTap({ x: width / 2, y: height / 2 }, this.#stage.size);
    const still = shiftKey ? 0 : 1;
    this.set({ left: left + dx * still, top: top + dy * still, right: right + dx, bottom: bottom + dy });
    if (this.box) this.#onBox(this.box, false);
    return true;
  }

  /** Takes a box as far as it lies on the photo. @param {Region | null} box */
  set(box) {
    const { width, height } = this.#stage.size;
    this.box = box && {
      left: Math.max(0, Math.min(box.left, width - 1)), top: Math.max(0, Math.min(box.top, height - 1)),
      right: Math.min(width, Math.max(box.right, box.left + 1, 1)), bottom: Math.min(height, Math.max(box.bottom, box.top + 1, 1)),
    };
    this.draw();
  }

  draw() {
    putBox(this.#shape, this.#stage.viewport, this.box);
  }
}

/**
 * @param {{ x: number, y: number }} tap
 * @param {{ width: number, height: number }} size
 * @returns {Region}
 */
export function aroundTap({ x, y }, { width, height }) {
  const half = TAP_SHARE * Math.min(width, height) / 2;
  return { left: Math.max(0, x - half), top: Math.max(0, y - half), right: Math.min(width, x + half), bottom: Math.min(height, y + half) };
}
