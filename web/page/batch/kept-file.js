/**
 * A file on a shelf. Held for each of a thousand photos, a `Blob` would cost the browser some 7 kB a piece, whatever
 * its size; this costs next to nothing until it is opened.
 */

/** @import { Shelf } from "../shelf.js" */
/** @import { Part } from "./item.js" */
/** @typedef {Blob | KeptFile} Content */

export class KeptFile {
  #shelf;
  #key;
  #part;

  /**
   * @param {Shelf} shelf
   * @param {string} key
   * @param {Part} part
   * @param {{ size: number, type: string }} content
   */
  constructor(shelf, key, part, { size, type }) {
    this.#shelf = shelf;
    this.#key = key;
    this.#part = part;
    this.size = size;
    this.type = type;
  }

  /** @throws {DOMException} It is not there any more. */
  open() {
    return this.#shelf.open(`${this.#key}.${this.#part}`, this.type);
  }
}

/** What can be read of a file now. @param {Content} content @returns {Promise<Blob>} */
export async function opened(content) {
  return content instanceof Blob ? content : content.open();
}
