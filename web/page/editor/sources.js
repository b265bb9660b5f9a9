/** The pictures that a preview is made of, decoded; those that are not needed any more are given back. */

import { Picture } from "./picture.js";
import { Preview } from "./preview.js";

/** @import { Master } from "./draft.js" */
/** @import { Size } from "./picture.js" */

export class Sources {
  #canvas;
  /** Whoever asks while it is decoded waits for the same picture; null where there is none to show. @type {{ blob: Blob, decoding: Promise<Picture | null> } | null} */
  #photo = null;
  /** @type {{ master: Master, picture: Picture, preview: Preview } | null} */
  #opened = null;
  /** @type {{ blob: Blob, picture: Picture } | null} */
  #background = null;
  /** Counts what was asked for: only the last one counts. */
  #turn = 0;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** The preview of a master, once it is there. @param {Master} master */
  preview(master) {
    return this.#opened?.master === master ? this.#opened.preview : null;
  }

  /** The background picture, once it is there. @param {Blob | null} blob */
  background(blob) {
    return blob && this.#background?.blob === blob ? this.#background.picture : null;
  }

  /**
   * @param {Master} master
   * @param {{ photo: Blob, likeness: Blob | null, size: Size }} of  `likeness`: for photos that the browser can't read.
   * @returns {Promise<{ reduced: boolean } | null>}  Null where something else was asked for meanwhile.
   */
  async open(master, { photo, likeness, size }) {
    const turn = ++this.#turn;
    if (this.#photo?.blob !== photo) {
      this.#dropPhoto();
      this.#photo = { blob: photo, decoding: Picture.open(photo, size).catch(() => likeness && Picture.open(likeness)).catch(() => null) };
    }
    const original = await this.#photo.decoding;
    if (turn !== this.#turn) return null;
    const picture = await Picture.open(master.blob, size);
    if (turn !== this.#turn) return picture.close() ?? null;
    this.#opened?.picture.close();
    this.#opened = { master, picture, preview: new Preview(this.#canvas, { photo: original, master: picture, size }) };
    return { reduced: picture.reduced || (original?.reduced ?? false) };
  }

  /** @param {Blob} blob */
  async openBackground(blob) {
    const picture = await Picture.open(blob);
    this.#background?.picture.close();
    this.#background = { blob, picture };
  }

  clear() {
    this.#turn += 1;
    this.#dropPhoto();
    for (const picture of [this.#opened?.picture, this.#background?.picture]) picture?.close();
    this.#opened = this.#background = null;
  }

  #dropPhoto() {
    void this.#photo?.decoding.then((picture) => picture?.close());
    this.#photo = null;
  }
}
