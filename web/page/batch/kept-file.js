/**
 * A file on a shelf. Held for each of a thousand photos, a `Blob` would cost the browser some kilobytes a piece, whatever
 * its size; this costs next to nothing until it is opened.
 */

/** @import { Shelf } from "../shelf.js" */
/** @import { Part } from "./item.js" */
/** @typedef {Blob | KeptFile} Content */

export class KeptFile {
  #shelf;
  #key;
  #part;
  #replaced = false;

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

  /** Its name is another file's from now on: who still holds this one never reads that. */
  replace() {
    this.#replaced = true;
  }

  /** @throws {DOMException} It is not there any more. */
  open() {
    if (this.#replaced) throw new DOMException("It was made anew meanwhile.", "NotReadableError");
    return this.#shelf.open(`${this.#key}.${this.#part}`, this.type);
  }
}

/** What can be read of a file now. @param {Content} content @returns {Promise<Blob>} */
export async function opened(content) {
  return content instanceof Blob ? content : content.open();
}

/** Another file takes the place of this one. @param {Content | null} content */
export function replace(content) {
  if (content instanceof KeptFile) content.replace();
}
