/** The photo itself on the stage; where the browser can't show it, what looks like it. */

import { text } from "../controls.js";

/** @import { Size } from "./picture.js" */

export class Original {
  #image;
  /** Address of a picture for a photo that the browser can't show; or "". */
  #likeness = "";
  missing = text("p", "editor.original-missing", { id: "original-missing", className: "missing", hidden: true });

  /**
   * @param {HTMLImageElement} image
   * @param {(size: Size) => void} onSize  Called with the size of a photo that the browser could show.
   */
  constructor(image, onSize) {
    this.#image = image;
    image.addEventListener("error", () => this.#unreadable());
    image.addEventListener("load", () => {
      this.#show(true);
      if (image.naturalWidth > 0) onSize({ width: image.naturalWidth, height: image.naturalHeight });
    });
  }

  /**
   * @param {string} url
   * @param {string} alt
   */
  open(url, alt) {
    Object.assign(this.#image, { src: url, alt });
  }

  /** @param {string} likeness */
  set likeness(likeness) {
    this.#likeness = likeness;
    if (likeness && !this.missing.hidden) this.#unreadable();
  }

  clear() {
    this.#image.removeAttribute("src");
    this.#likeness = "";
    this.#show(true);
  }

  #unreadable() {
    const { src } = this.#image;
    this.#show(false);
    if (this.#likeness && src !== this.#likeness) this.#image.src = this.#likeness;
  }

  /** @param {boolean} readable */
  #show(readable) {
    this.missing.hidden = readable;
    this.#image.hidden = !readable;
  }
}
