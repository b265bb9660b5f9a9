/**
 * Keeps the photo in the editor and what was done to it, so that a reload, a closed tab or a crash loses nothing: the
 * photo until another takes its place, and what earlier visits left until the reader goes on with it or discards it.
 * Where nothing can be kept `safe` stays false, and the page goes on.
 */

import { photoFromBlob } from "../photo.js";
import { PHOTO, Shelf, fromPlain, toPlain } from "../shelf.js";
import { KEY, Left } from "./left.js";

/** @import { Photo } from "../photo.js" */
/** @import { State } from "./draft.js" */
/** @import { Rest } from "./left.js" */

/** A change is written when nothing came for so long. */
const REST_MS = 250;

export class Kept {
  /** Whether a reload would find all of it. */
  safe = false;
  /** The photo in the editor, and where it is kept. @type {Photo | null} */
  #photo = null;
  /** @type {Shelf | null} */
  #shelf = null;
  #left = new Left();
  /** Photos that were made of these, until they are in the editor. @type {WeakMap<Photo, Rest>} */
  #resumed = new WeakMap();
  /** @type {State | null} */
  #last = null;
  /** Still to be written. @type {State | null} */
  #state = null;
  /** Whether the last state is in a file. */
  #saved = false;
  #type = "";
  /** The background's picture, as it was written. @type {Blob | null} */
  #picture = null;
  #version = 0;
  #timer = 0;
  #turn = Promise.resolve();

  constructor() {
    document.addEventListener("visibilitychange", () => document.hidden && this.#write()); // a phone may never come back
  }

  /** What earlier visits left and can be read, the oldest first. @returns {Promise<Rest[]>} */
  async left() {
    return this.#left.list();
  }

  /**
   * The photo that was left, with what was done to it. It stays where it is until it is in the editor.
   * @param {Rest} rest
   * @returns {Promise<Photo>}
   * @throws {unknown} It can't be read.
   */
  async resume(rest) {
    const { name, type, region, finish, edits, picture } = rest.record;
    // Copies: the files go when they are cleared, the photo stays in the editor.
    const blob = await copy(rest.shelf, "file", type);
    if (!blob) throw new Error(`${name} is not there any more.`);
    const edited = { edits: fromPlain(edits), finish, picture: await copy(rest.shelf, "picture", picture) };
    const photo = Object.assign(photoFromBlob(blob, name), { edited, ...(region && { options: { region } }) });
    this.#resumed.set(photo, rest);
    return photo;
  }

  /** Deletes what was left. @param {Rest} rest */
  async discard(rest) {
    if (!await this.#left.take(rest)) return;
    await rest.shelf.clear();
    this.#tell();
  }

  /**
   * This photo is in the editor now, and takes the place of the one that this page kept.
   * @param {Photo} photo
   * @param {Blob} blob
   * @param {State} state
   */
  open(photo, blob, state) {
    if (photo !== this.#photo) {
      this.#photo = photo;
      this.#type = blob.type;
      void this.#next(() => this.#begin(photo, blob));
    }
    this.change(state);
    this.#write();
  }

  /** @param {State} state */
  change(state) {
    this.safe = this.#saved = false;
    this.#version += 1;
    this.#state = this.#last = state;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), REST_MS);
  }

  /** This is in a file: it stays, but no longer than until another visit leaves something. @param {State} state */
  saved(state) {
    if (state !== this.#last || this.#saved) return;
    this.change(state);
    this.#saved = true;
    this.#write();
  }

  /** Deletes all that is kept. The photo in the editor stays there, and is not kept again. */
  async clear() {
    this.#version += 1;
    this.safe = false;
    this.#photo = null;
    await this.#next(async () => {
      await this.#drop();
      await this.#left.clear();
    });
  }

  /**
   * @param {Photo} photo
   * @param {Blob} blob
   */
  async #begin(photo, blob) {
    await this.#drop();
    const rest = this.#resumed.get(photo);
    if (rest && await this.#left.take(rest)) {
      this.#shelf = rest.shelf;
      this.#picture = photo.edited?.picture ?? null;
      return;
    }
    const shelf = (this.#shelf = await Shelf.open(PHOTO));
    await shelf?.put(`${KEY}.file`, blob).catch(async (error) => {
      await this.#drop();
      throw error;
    });
  }

  async #drop() {
    const shelf = this.#shelf;
    this.#shelf = this.#picture = null;
    await shelf?.clear();
  }

  #write() {
    const state = this.#state, version = this.#version, photo = this.#photo, saved = this.#saved;
    clearTimeout(this.#timer);
    this.#state = null;
    if (state) void this.#next(() => this.#note(state, { photo, version, saved }));
  }

  /**
   * @param {State} state
   * @param {{ photo: Photo | null, version: number, saved: boolean }} at
   */
  async #note({ master, edits, finish, picture }, { photo, version, saved }) {
    const shelf = this.#shelf;
    if (!shelf || !photo) return;
    if (picture && picture !== this.#picture) await shelf.put(`${KEY}.picture`, picture);
    this.#picture = picture;
    const record = { name: photo.name, type: this.#type, region: master.region, edits: toPlain(edits), finish, picture: picture?.type, saved };
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
