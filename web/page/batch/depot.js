/** Keeps photos and what is made of them, as long as the browser lets it; nothing here ends the work. */

import { note } from "./item.js";
import { BATCHES, Shelf } from "../shelf.js";

/** @import { Item, Part } from "./item.js" */

/** @type {readonly Part[]} */
const MADE = ["master", "thumb", "result", "picture"];

export class Depot {
  /** Why nothing more is kept: the browser does not let a page keep files, or has no space left. @type {"" | "refused" | "full"} */
  unkept = "";
  #onChange;
  /** For new photos. @type {Promise<Shelf | null> | null} */
  #shelf = null;
  /** Of all photos here. @type {Set<Shelf>} */
  #shelves = new Set();
  /** The photos are kept one after the other, behind those that came before. */
  #turn = Promise.resolve();
  /** And so are records: a thousand photos may be cancelled at once. */
  #noting = Promise.resolve();
  /** Whose records are to be written; what changes until then goes into them. @type {Set<Item>} */
  #toNote = new Set();

  /** @param {() => void} onChange  What is kept, or whether anything can be, has changed. */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** Where new photos are kept; null where the browser keeps nothing. */
  get shelf() {
    return this.#shelf;
  }

  /** Keeps on a shelf of an earlier visit from now on. @param {Shelf} shelf */
  adopt(shelf) {
    this.#shelves.add(shelf);
    this.#shelf ??= Promise.resolve(shelf);
  }

  /** @param {Item[]} items */
  async take(items) {
    const shelf = await (this.#shelf ??= Shelf.open(BATCHES));
    if (shelf) this.#shelves.add(shelf);
    else this.unkept = "refused";
    this.#onChange();
    for (const item of items) this.#turn = this.#turn.then(() => this.#take(item, shelf));
  }

  /** Keeps the originals of these again: what was saved of them is not what is wanted any more. @param {Item[]} items */
  takeBack(items) {
    for (const item of items) {
      item.saved = false;
      this.#turn = this.#turn.then(() => this.#take(item, item.shelf));
    }
  }

  /**
   * Keeps what was made of a photo, if its shelf takes it.
   * @param {Item} item
   * @param {Part} part
   * @param {Blob} blob
   */
  async keep(item, part, blob) {
    try {
      return (await item.shelf?.put(`${item.key}.${part}`, blob)) ?? blob;
    } catch (error) {
      this.#complain(error);
      return blob;
    }
  }

  /** Takes down how far a photo is. @param {Item} item */
  note(item) {
    if (this.#toNote.has(item)) return this.#noting;
    this.#toNote.add(item);
    return (this.#noting = this.#noting.then(async () => {
      this.#toNote.delete(item);
      await note(item).catch((error) => this.#complain(error));
      this.#onChange();
    }));
  }

  /** Keeps the original no longer, where the file itself is still at hand. @param {Item} item */
  async release(item) {
    if (item.shelf && item.source && item.photo !== item.source) {
      item.photo = item.source;
      await item.shelf.drop(`${item.key}.photo`);
    }
    await this.note(item);
  }

  /** @param {Item} item */
  forget(item) {
    item.gone = true;
    this.#turn = this.#turn.then(() => item.shelf?.forget(item.key)).then(this.#onChange); // it may be kept only just now
  }

  /** Deletes everything that is kept of these and of all others. @param {Item[]} items */
  async clear(items) {
    for (const item of items) item.gone = true;
    const shelves = [...this.#shelves];
    this.#shelves.clear();
    this.#shelf = null;
    this.unkept = "";
    await Promise.all([this.#turn, this.#noting]);
    await Promise.all(shelves.map((shelf) => shelf.clear()));
    this.#onChange();
  }

  /**
   * @param {Item} item
   * @param {Shelf | null} shelf
   */
  async #take(item, shelf) {
    if (!shelf || !item.source || this.unkept || item.gone) return;
    try {
      item.photo = await shelf.put(`${item.key}.photo`, item.source);
      const parts = item.shelf ? [] : MADE; // which may have been quicker
      item.shelf = shelf;
      for (const part of parts) {
        const made = item[part], kept = made && await shelf.put(`${item.key}.${part}`, made);
        if (item[part] === made) item[part] = kept;
      }
    } catch (error) {
      Object.assign(item, { shelf: null, photo: item.source });
      await shelf.forget(item.key).catch(() => {});
      this.#complain(error);
    }
    await this.note(item);
  }

  /** @param {unknown} error */
  #complain(error) {
    const { name } = /** @type {Error} */ (error);
    if (name === "QuotaExceededError") this.unkept = "full";
    else if (name !== "NotFoundError") console.warn("A photo can't be kept.", error); // else it was cleared meanwhile
  }
}
