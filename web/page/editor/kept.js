/**
 * Keeps the photo in the editor and what was done to it, so that a reload, a closed tab or a crash loses nothing: the
 * photo until another takes its place, and what earlier visits left until the reader goes on with it or discards it.
 * Where nothing can be kept `safe` stays false, and the page goes on.
 */

import { photoFromBlob } from "../photo.js";
import { PHOTO, Shelf, fromPlain, toPlain } from "../shelf.js";

/** @import { Photo } from "../photo.js" */
/** @import { State } from "./draft.js" */
/** @typedef {{ shelf: Shelf, record: any }} Rest  What an earlier visit left; no record: it can't be read now. */

const KEY = "photo";
/** A change is written when nothing came for so long. */
const REST_MS = 250;
/** So many photos with work in no file stay of earlier visits, the newest. */
const MOST_LEFT = 3;

export class Kept {
  /** Whether a reload would find all of it. */
  safe = false;
  /** The photo in the editor, and where it is kept. @type {Photo | null} */
  #photo = null;
  /** @type {Shelf | null} */
  #shelf = null;
  /** @type {Promise<Rest[]> | null} */
  #left = null;
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
    return (await this.#look()).filter(({ record }) => record);
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
    if (!await this.#take(rest)) return;
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
      await Promise.all((await this.#look()).splice(0).map(({ shelf }) => shelf.clear()));
    });
  }

  /**
   * @param {Photo} photo
   * @param {Blob} blob
   */
  async #begin(photo, blob) {
    await this.#drop();
    const rest = this.#resumed.get(photo);
    if (rest && await this.#take(rest)) {
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

  #look() {
    return (this.#left ??= leftBefore());
  }

  /** Whether it was still there to be taken. @param {Rest} rest */
  async #take(rest) {
    const left = await this.#look(), at = left.indexOf(rest);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
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

/** What earlier visits left, the oldest first. What is not worth an offer is deleted, but nothing that only can't be read now. */
async function leftBefore() {
  /** @type {Rest[]} */
  const rests = [];
  for (const shelf of (await Shelf.left(PHOTO)).reverse()) {
    const [record = null] = await shelf.records().catch(() => []), worth = rests.filter((rest) => isWork(rest.record)).length < MOST_LEFT;
    const broken = await shelf.lacks(`${KEY}.json`) || await shelf.lacks(`${KEY}.file`); // the page was gone before it was whole
    const isNewest = rests.every((rest) => !rest.record);
    if (broken || record && !isNewest && !(worth && isWork(record))) await shelf.clear();
    else rests.unshift({ shelf, record });
  }
  return rests;
}

/** Whether something was done that is in no file. @param {any} record */
function isWork(record) {
  return record && !record.saved && (record.edits.length > 0 || Object.values(record.finish).some(Boolean));
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
