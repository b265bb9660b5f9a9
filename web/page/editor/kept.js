/**
 * Keeps the photo in the editor and what was done to it, so that a reload, a closed tab or a crash loses nothing: the
 * latest photo alone, until another takes its place. Where nothing can be kept `safe` stays false, and the page goes on.
 */

import { photoFromBlob } from "../photo.js";
import { PHOTO, Shelf, fromPlain, toPlain } from "../shelf.js";

/** @import { Photo } from "../photo.js" */
/** @import { State } from "./draft.js" */

const KEY = "photo";
/** A change is written when nothing came for so long. */
const REST_MS = 250;

export class Kept {
  /** Whether a reload would find all of it. */
  safe = false;
  /** The photo in the editor, and where it is kept. @type {Photo | null} */
  #photo = null;
  /** @type {Shelf | null} */
  #shelf = null;
  /** Of earlier visits, the oldest first. @type {Promise<Shelf[]> | null} */
  #left = null;
  /** Still to be written. @type {State | null} */
  #state = null;
  #type = "";
  /** The background's picture, as it was written. @type {Blob | null} */
  #picture = null;
  #version = 0;
  #timer = 0;
  #turn = Promise.resolve();

  constructor() {
    document.addEventListener("visibilitychange", () => document.hidden && this.#write()); // a phone may never come back
  }

  /** Name of the photo that an earlier visit left; null if there is none. @returns {Promise<string | null>} */
  async left() {
    const shelves = await (this.#left ??= Shelf.left(PHOTO));
    for (let shelf; (shelf = shelves.at(-1)); shelves.pop()) {
      const [record] = await shelf.records();
      if (record && await shelf.get(`${KEY}.file`)) return record.name;
      await shelf.clear(); // the page was gone before it was whole
    }
    return null;
  }

  /**
   * Goes on with what was left.
   * @returns {Promise<Photo>}
   * @throws {unknown} It can't be read.
   */
  async resume() {
    const shelf = /** @type {Shelf} */ ((await this.#left)?.at(-1)), [record] = await shelf.records();
    const { name, type, region, finish } = record, edits = fromPlain(record.edits);
    // Copies: the files go when they are cleared, the photo stays in the editor.
    const blob = /** @type {Blob} */ (await copy(shelf, "file", type)), picture = await copy(shelf, "picture", record.picture);
    (await this.#left)?.pop();
    await this.#shelf?.clear();
    this.#shelf = shelf;
    this.#type = type;
    this.#picture = picture;
    return (this.#photo = Object.assign(photoFromBlob(blob, name), { edited: { edits, finish, picture }, ...(region && { options: { region } }) }));
  }

  /** Deletes what was left. */
  async discard() {
    await (await this.#left)?.pop()?.clear();
    this.#tell();
  }

  /**
   * This photo is in the editor now, and takes the place of all that was kept.
   * @param {Photo} photo
   * @param {Blob} blob
   * @param {State} state
   */
  open(photo, blob, state) {
    if (photo !== this.#photo) {
      this.#photo = photo;
      this.#type = blob.type;
      void this.#next(async () => {
        await this.#drop();
        const shelf = (this.#shelf = await Shelf.open(PHOTO));
        await shelf?.put(`${KEY}.file`, blob).catch(async (error) => {
          await this.#drop();
          throw error;
        });
      });
    }
    this.change(state);
    this.#write();
  }

  /** @param {State} state */
  change(state) {
    this.safe = false;
    this.#version += 1;
    this.#state = state;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), REST_MS);
  }

  /** Deletes all that is kept. The photo in the editor stays there, and is not kept again. */
  async clear() {
    this.#version += 1;
    this.safe = false;
    this.#photo = null;
    await this.#next(() => this.#drop());
  }

  async #drop() {
    const shelves = [...await (this.#left ?? Shelf.left(PHOTO)), ...(this.#shelf ? [this.#shelf] : [])];
    this.#left = Promise.resolve([]);
    this.#shelf = this.#picture = null;
    await Promise.all(shelves.map((shelf) => shelf.clear()));
  }

  #write() {
    const state = this.#state, version = this.#version, photo = this.#photo;
    clearTimeout(this.#timer);
    this.#state = null;
    if (state) void this.#next(() => this.#note(state, photo, version));
  }

  /**
   * @param {State} state
   * @param {Photo | null} photo
   * @param {number} version
   */
  async #note({ master, edits, finish, picture }, photo, version) {
    const shelf = this.#shelf;
    if (!shelf || !photo) return;
    if (picture && picture !== this.#picture) await shelf.put(`${KEY}.picture`, picture);
    this.#picture = picture;
    const record = { name: photo.name, type: this.#type, region: master.region, edits: toPlain(edits), finish, picture: picture?.type };
    await shelf.note(KEY, record);
    this.safe = version === this.#version;
  }

  /** @param {() => Promise<void>} step */
  #next(step) {
    return (this.#turn = this.#turn.then(step).catch((error) => {
      console.warn("The photo in the editor can't be kept.", error); // the page asks before it is left
    }).then(() => this.#tell()));
  }

  #tell() {
    document.dispatchEvent(new Event("keptchange"));
  }
}

/**
 * @param {Shelf} shelf
 * @param {string} part
 * @param {string} [type]
 */
async function copy(shelf, part, type) {
  const file = type === undefined ? null : await shelf.get(`${KEY}.${part}`);
  return file && new Blob([await file.arrayBuffer()], { type });
}
