/**
 * Which part of the photo the stage shows, and how large. Lengths of the stage are in CSS pixels, those of the photo in
 * its own pixels; `zoom` is the first for one of the second. Knows no DOM.
 */

/** @import { Region } from "../../shared/protocol.js" */
/** @typedef {{ x: number, y: number }} Point */

/** Around what is shown whole, in CSS pixels. */
const PADDING = 12;
/** Small pictures are shown larger than they are: this many times, or up to this many pixels. */
const MOST_FITTED = 2, SMALLEST_FITTED = 320;
/** Device pixels for one of the photo, at most. */
const CLOSEST = 32;
/** From this many device pixels for one of the photo on, pixels are shown as squares. */
const CRISP = 2;

export class Viewport {
  width = 1;
  height = 1;
  /** Device pixels for one of CSS. */
  ratio = 1;
  zoom = 1;
  /** What is shown whole when it fits. @type {Region} */
  content = { left: 0, top: 0, right: 1, bottom: 1 };
  /** Where in the photo the middle of the stage is. @type {Point} */
  #centre = { x: 0.5, y: 0.5 };
  #fitted = true;

  /** Whether all of the content is shown, and stays so when the stage changes its size. */
  get fitted() {
    return this.#fitted;
  }

  /** Whether pixels are large enough to be seen as such. */
  get crisp() {
    return this.zoom * this.ratio >= CRISP;
  }

  /** Per cent: 100 is one device pixel for one of the photo. */
  get percent() {
    return Math.round(this.zoom * this.ratio * 100);
  }

  /** The part of the plane around the photo that lies on the stage. @returns {Region} */
  get visible() {
    const { x, y } = this.#centre, across = this.width / this.zoom / 2, down = this.height / this.zoom / 2;
    return { left: x - across, top: y - down, right: x + across, bottom: y + down };
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {number} ratio
   */
  resize(width, height, ratio) {
    Object.assign(this, { width: Math.max(1, width), height: Math.max(1, height), ratio });
    this.#settle();
  }

  /** @param {Region} content */
  show(content) {
    this.content = content;
    this.#settle();
  }

  fit() {
    this.#fitted = true;
    this.#settle();
  }

  /**
   * Zooms so that what is at a place of the stage stays there.
   * @param {number} factor
   * @param {Point} [at]
   */
  zoomBy(factor, at = { x: this.width / 2, y: this.height / 2 }) {
    const fitting = this.#fitting();
    const least = Math.min(fitting, 1 / this.ratio), most = Math.max(fitting, CLOSEST / this.ratio);
    const before = this.toPhoto(at);
    this.#fitted = false;
    this.zoom = Math.min(most, Math.max(least, this.zoom * factor));
    const after = this.toPhoto(at);
    this.#centre = { x: this.#centre.x + before.x - after.x, y: this.#centre.y + before.y - after.y };
    this.#settle();
  }

  /** One pixel of the photo for one of the device. @param {Point} [at] */
  actual(at) {
    this.zoomBy(1 / this.ratio / this.zoom, at);
  }

  /** Between all and 100 %. @param {Point} [at] */
  toggle(at) {
    if (this.#fitted && this.percent !== 100) this.actual(at);
    else this.fit();
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    this.#centre = { x: this.#centre.x - dx / this.zoom, y: this.#centre.y - dy / this.zoom };
    this.#settle();
  }

  /** @param {Point} place @returns {Point} */
  toPhoto({ x, y }) {
    const { left, top } = this.visible;
    return { x: left + x / this.zoom, y: top + y / this.zoom };
  }

  /** @param {Point} place @returns {Point} */
  toStage({ x, y }) {
    const { left, top } = this.visible;
    return { x: (x - left) * this.zoom, y: (y - top) * this.zoom };
  }

  #fitting() {
    const { left, top, right, bottom } = this.content, across = right - left, down = bottom - top;
    const room = Math.min((this.width - 2 * PADDING) / across, (this.height - 2 * PADDING) / down);
    const most = Math.max(MOST_FITTED / this.ratio, SMALLEST_FITTED / Math.max(across, down));
    return Math.max(1e-3, Math.min(room, most));
  }

  /** Keeps the content on the stage: in its middle where it is smaller, without a gap at its sides where it is larger. */
  #settle() {
    if (this.#fitted) this.zoom = this.#fitting();
    const { left, top, right, bottom } = this.content;
    this.#centre = {
      x: kept(this.#centre.x, left, right, this.width / this.zoom),
      y: kept(this.#centre.y, top, bottom, this.height / this.zoom),
    };
  }
}

/**
 * @param {number} middle
 * @param {number} from
 * @param {number} to
 * @param {number} shown
 */
function kept(middle, from, to, shown) {
  if (to - from <= shown) return (from + to) / 2;
  return Math.min(to - shown / 2, Math.max(from + shown / 2, middle));
}
