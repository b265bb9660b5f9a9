/** Keeps photos and what is made of them, as long as the browser lets it; nothing here ends the work. */

import { note } from "./item.js";
import { KeptFile, opened, replace } from "./kept-file.js";
import { BATCHES, Shelf } from "../shelf.js";

/** @import { Item, Part } from "./item.js" */
/** @import { Content } from "./kept-file.js" */

/** @type {readonly Part[]} */
const MADE = ["master", "thumb", "result", "picture", "likeness"];
const ZIP = "zip";

export class Depot {
  /** Why nothing more is kept: the browser does not let a page keep files, or has no space left. @type {"" | "refused" | "full"} */
  unkept = "";
  /** ZIPs, and how many saves began since. @type {{ shelf: Shelf, name: string, bytes: number, saves: number }[]} */
  #zips = [];
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

  /** Keeps on a shelf of an earlier visit from now on. @param {Shelf} shelf */
  adopt(shelf) {
    this.#shelves.add(shelf);
    this.#shelf ??= Promise.resolve(shelf);
    void shelf.forget(ZIP);
  }

  /** @param {Item[]} items */
  async take(items) {
    const shelf = await (this.#shelf ??= Shelf.open(BATCHES));
    if (shelf) this.#shelves.add(shelf);
    else this.unkept = "refused";
    this.#onChange();
    for (const item of items) this.#turn = this.#turn.then(() => (this.unkept ? undefined : this.#take(item, shelf)));
  }

  /** Keeps the originals of these again: what was saved of them is not what is wanted any more. @param {Item[]} items */
  takeBack(items) {
    for (const item of items) {
      item.saved = false;
      this.#turn = this.#turn.then(() => this.#take(item, item.shelf));
    }
  }

  /**
   * Keeps what was made of a photo, if its shelf takes it; else not even what was made before, which is out of date.
   * @param {Item} item
   * @param {Part} part
   * @param {Content} content
   * @returns {Promise<Content>}
   */
  async keep(item, part, content) {
    const { shelf, gone } = item;
    if (!shelf || gone) return content;
    if (item[part] !== content) replace(item[part]);
    try {
      await shelf.put(`${item.key}.${part}`, await opened(content));
      item.unwritten.delete(part);
      return new KeptFile(shelf, item.key, part, content);
    } catch (error) {
      item.unwritten.add(part);
      await item.shelf?.drop(`${item.key}.${part}`);
      this.#complain(error);
      return content;
    }
  }

  /**
   * Keeps it no longer.
   * @param {Item} item
   * @param {Part} part
   */
  async drop(item, part) {
    item.unwritten.delete(part);
    await item.shelf?.drop(`${item.key}.${part}`);
  }

  /**
   * Keeps a ZIP while it is made and as long as a download may read it, if there is room. Each has a name of its own.
   * @param {ReadableStream<Uint8Array<ArrayBuffer>>} content
   * @returns {Promise<Blob | null>}
   */
  async keepZip(content) {
    const shelf = await this.#shelf, name = `${ZIP}.${Date.now()}`;
    await shelf?.put(name, content).catch(() => shelf.drop(name)); // too large for it, perhaps
    const kept = await shelf?.get(name) ?? null;
    if (shelf && kept) this.#zips.push({ shelf, name, bytes: kept.size, saves: 0 });
    this.#onChange();
    return kept;
  }

  /** A save begins: drops the ZIPs but the last save's, which a download may still read; when that ends, no page is told. */
  async dropZips() {
    const old = this.#zips.filter((zip) => zip.saves++ > 0);
    this.#zips = this.#zips.filter((zip) => !old.includes(zip));
    await Promise.all(old.map(({ shelf, name }) => shelf.drop(name)));
  }

  /** Of ZIPs that are kept. */
  get zipBytes() {
    return this.#zips.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Takes down how far a photo is. @param {Item} item */
  note(item) {
    if (this.#toNote.has(item)) return this.#noting;
    this.#toNote.add(item);
    return (this.#noting = this.#noting.then(async () => {
      this.#toNote.delete(item);
      await note(item).then(() => item.unwritten.delete("record"), (error) => {
        item.unwritten.add("record");
        this.#complain(error);
      });
      this.#onChange();
    }));
  }

  /** Keeps the original no longer, where the file itself is still at hand. @param {Item} item */
  async release(item) {
    if (item.shelf && item.source && item.photo !== item.source) {
      item.photo = item.source;
      await this.drop(item, "photo");
    }
    await this.note(item);
  }

  /** @param {Item} item */
  forget(item) {
    item.gone = true;
    const forget = () => Promise.all([...this.#shelves].map((shelf) => shelf.forget(item.key)));
    this.#turn = this.#turn.then(forget).then(this.#onChange); // it may be kept only just now
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
    this.#zips = [];
    this.#onChange();
  }

  /**
   * @param {Item} item
   * @param {Shelf | null} shelf
   */
  async #take(item, shelf) {
    if (!shelf || item.gone) return;
    try {
      if (item.source) {
        await shelf.put(`${item.key}.photo`, item.source);
        item.photo = new KeptFile(shelf, item.key, "photo", item.source);
      }
    } catch (error) {
      // Its record would promise what is not kept. What was made of it is left: it may be read here.
      Object.assign(item, { shelf: null, photo: item.source });
      await Promise.all(["photo", "json"].map((part) => shelf.drop(`${item.key}.${part}`)));
      return this.#complain(error);
    }
    const parts = item.shelf ? [] : MADE; // which may have been quicker
    item.shelf = shelf;
    for (const part of parts) {
      const made = item[part], kept = made && await this.keep(item, part, made);
      if (item[part] === made) item[part] = kept;
    }
    await this.note(item);
  }

  /** @param {unknown} error */
  #complain(error) {
    const { name } = /** @type {Error} */ (error);
    if (name === "QuotaExceededError") this.unkept = "full";
    else if (name !== "NotFoundError") console.warn("A photo can't be kept.", error); // else it was cleared meanwhile
    this.#onChange();
  }
}
