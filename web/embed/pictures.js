/** Photo and cutout, one over the other, with the line between them. */

import { Compare } from "../page/editor/compare.js";
import { byId } from "../page/dom.js";

export class Pictures {
  #box = byId("pictures");
  #original = byId("original", HTMLImageElement);
  #cutout = byId("cutout", HTMLImageElement);
  #compare = new Compare(() => ({ left: 0, right: this.#box.clientWidth }), () => this.#cut());
  #comparing = true;
  /** @type {string[]} Addresses to be given back. */
  #urls = [];

  constructor() {
    this.#box.append(this.#compare.element);
    document.addEventListener("wordschange", () => this.#compare.speak());
    this.#show();
  }

  /** Whether the line is offered. @param {boolean} on */
  set comparing(on) {
    this.#comparing = on;
    this.#show();
  }

  /** Colour below the cutout, "" for none. @param {string} colour */
  set ground(colour) {
    this.#cutout.style.background = colour;
    this.#box.toggleAttribute("data-ground", colour !== "");
  }

  /** Shows a photo that is being worked on. @param {Blob} photo */
  showPhoto(photo) {
    this.clear();
    this.#compare.value = 50;
    this.#original.src = this.#urlOf(photo);
    this.#box.hidden = false;
  }

  /**
   * @param {Blob} master
   * @param {Blob | null} preview  Of the photo, where the browser can't show its file.
   */
  showCutout(master, preview) {
    if (preview) this.#original.src = this.#urlOf(preview);
    this.#cutout.src = this.#urlOf(master);
    this.#cutout.hidden = false;
    this.#show();
  }

  clear() {
    for (const url of this.#urls) URL.revokeObjectURL(url);
    this.#urls = [];
    this.#box.hidden = this.#cutout.hidden = true;
    for (const image of [this.#original, this.#cutout]) image.removeAttribute("src");
    this.#show();
  }

  #show() {
    const shown = this.#comparing && !this.#cutout.hidden;
    this.#compare.element.hidden = !shown;
    this.#box.toggleAttribute("data-comparing", shown);
    this.#box.toggleAttribute("data-done", !this.#cutout.hidden);
    this.#cut();
  }

  #cut() {
    this.#box.style.setProperty("--cut", `${this.#compare.value}%`);
  }

  /** @param {Blob} blob */
  #urlOf(blob) {
    const url = URL.createObjectURL(blob);
    this.#urls.push(url);
    return url;
  }
}
