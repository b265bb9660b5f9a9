/**
 * Small pictures on the tiles that are in sight. Each is decoded aside, one at a time; what has left the sight gives
 * its memory back, and what was made small once is not decoded at full size again, as long as it is wanted.
 */

import { opened } from "./kept-file.js";

/** @import { Content } from "./kept-file.js" */

const SIDE = 320;
/** Bytes of a file that is decoded again whenever it comes into sight. */
const QUICK = 100_000;

export class Pictures {
  /** Of each canvas in sight or not: what it shows. @type {Map<HTMLCanvasElement, Content | null>} */
  #wanted = new Map();
  /** @type {Set<HTMLCanvasElement>} */
  #inSight = new Set();
  /** @type {WeakMap<HTMLCanvasElement, Content>} */
  #shown = new WeakMap();
  /** @type {WeakMap<Content, Blob>} */
  #small = new WeakMap();
  #busy = false;
  #observer = new IntersectionObserver((seen) => seen.forEach((one) => this.#see(one)), { rootMargin: "300px" });

  /**
   * Shows a picture on a canvas, as soon as it is in sight.
   * @param {HTMLCanvasElement} canvas
   * @param {Content | null} file
   */
  show(canvas, file) {
    if (!this.#wanted.has(canvas)) this.#observer.observe(canvas);
    const before = this.#wanted.get(canvas);
    if (before === file) return;
    if (before) this.#small.delete(before);
    this.#wanted.set(canvas, file);
    canvas.toggleAttribute("data-old", true);
    void this.#paint();
  }

  /** @param {HTMLCanvasElement} canvas */
  forget(canvas) {
    this.#observer.unobserve(canvas);
    this.#wanted.delete(canvas);
    this.#inSight.delete(canvas);
  }

  /** @param {IntersectionObserverEntry} entry */
  #see({ target, isIntersecting }) {
    const canvas = /** @type {HTMLCanvasElement} */ (target);
    if (isIntersecting) this.#inSight.add(canvas);
    else {
      this.#inSight.delete(canvas);
      this.#shown.delete(canvas);
      canvas.width = canvas.height = 1;
    }
    void this.#paint();
  }

  async #paint() {
    if (this.#busy) return;
    this.#busy = true;
    for (let canvas = this.#next(); canvas; canvas = this.#next()) {
      const file = /** @type {Content} */ (this.#wanted.get(canvas));
      this.#shown.set(canvas, file);
      await this.#draw(canvas, file).catch(() => canvas.toggleAttribute("data-drawn", false)); // the browser can't read it
    }
    this.#busy = false;
  }

  #next() {
    return [...this.#inSight].find((canvas) => this.#wanted.get(canvas) && this.#wanted.get(canvas) !== this.#shown.get(canvas));
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Content} file
   */
  async #draw(canvas, file) {
    const known = this.#small.get(file);
    const bitmap = await createImageBitmap(known ?? await opened(file), known ? {} : { resizeWidth: SIDE, resizeQuality: "medium" });
    if (this.#wanted.get(canvas) !== file || !this.#inSight.has(canvas)) return bitmap.close();
    Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    bitmap.close();
    canvas.toggleAttribute("data-drawn", true);
    canvas.toggleAttribute("data-old", false);
    if (!known && file.size > QUICK) canvas.toBlob((small) => small && this.#small.set(file, small), "image/webp");
  }
}
