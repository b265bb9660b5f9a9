/** The photos of a batch and what is done with them; no markup. */

import { AlphacutError } from "../../shared/protocol.js";
import { beginAnew, fileOf, isPlain, keptBytes, mayBePhoto, newItem, recall, recipeOf } from "./item.js";
import { Depot } from "./depot.js";
import { opened, replace } from "./kept-file.js";
import { Lean } from "./lean.js";
import { Pace } from "./pace.js";
import { Queue } from "./queue.js";

/** @import { ProgressReply } from "../../shared/protocol.js" */
/** @import { AppContext, Edited } from "../context.js" */
/** @import { Photo } from "../photo.js" */
/** @import { CallOptions } from "../../client/worker-client.js" */
/** @import { Item, Recipe } from "./item.js" */
/** @import { Content } from "./kept-file.js" */
/** @import { Shelf } from "../shelf.js" */
/**
 * @typedef {object} Watcher
 * @property {(items: Item[]) => void} onAdd
 * @property {(item: Item) => void} onChange  Its state, its stage or its picture.
 * @property {(item: Item) => void} onRemove
 * @property {() => void} onKept              What is kept, or whether anything can be, has changed.
 */

/** Longer side of the small cutouts. */
const THUMB = 320;
const NEVER = new AbortController().signal;

export class Batch {
  /** @type {Item[]} */
  items = [];
  pace = new Pace();
  #app;
  #watcher;
  /** @type {Recipe} */
  #recipe;
  #depot;
  /** @type {Queue<Item>} */
  #queue = new Queue({ work: (item, signal) => this.#work(item, signal), onChange: (item) => this.#changed(item) });

  /**
   * @param {AppContext} app
   * @param {Recipe} recipe
   * @param {Watcher} watcher
   */
  constructor(app, recipe, watcher) {
    this.#app = app;
    this.#recipe = recipe;
    this.#watcher = watcher;
    this.#depot = new Depot(watcher.onKept);
  }

  /** @param {Photo[]} photos */
  async add(photos) {
    const items = await Promise.all(photos.map(async (photo) => newItem(await photo.load(NEVER), photo.name, photo.folder ?? "")));
    for (const photo of photos) photo.release();
    const others = items.filter(({ photo }) => photo && !mayBePhoto(photo));
    for (const item of others) Object.assign(item, { state: "failed", error: noPhoto() });
    this.#take(items);
    await this.#depot.take(items.filter((item) => !others.includes(item)));
  }

  /**
   * Goes on with what an earlier visit left.
   * @param {Shelf} shelf
   * @param {any[]} records
   */
  async goOn(shelf, records) {
    this.#depot.adopt(shelf);
    this.#take(await Promise.all(records.filter(({ saved }) => !saved).map((record) => recall(shelf, record))));
    this.catchUp();
  }

  /** @param {Item} item */
  remove(item) {
    this.items = this.items.filter((one) => one !== item);
    this.#queue.remove(item);
    this.#depot.forget(item);
    this.#watcher.onRemove(item);
  }

  /** Forgets all photos and deletes what is kept of them. */
  async clear() {
    const items = this.items.splice(0);
    for (const item of items) {
      this.#queue.remove(item);
      this.#watcher.onRemove(item);
    }
    this.pace = new Pace();
    this.resume();
    await this.#depot.clear(items);
  }

  get paused() {
    return this.#queue.paused;
  }

  pause() {
    this.#queue.pause();
  }

  resume() {
    this.#queue.resume();
  }

  /** @param {Item[]} [items] */
  cancel(items = this.items) {
    this.#queue.cancel(items);
  }

  /** @param {Item[]} items */
  retry(items) {
    this.#queue.retry(items);
  }

  get recipe() {
    return this.#recipe;
  }

  /** What is made of all photos from now on; those that are done are made again from their masters. @param {Recipe} recipe */
  setRecipe(recipe) {
    this.#recipe = recipe;
    for (const item of this.items) {
      if (item.finish) void this.#depot.note(item); // or a reload brings it back
      Object.assign(item, { finish: null, picture: null }); // what was said last holds
    }
    this.catchUp();
  }

  /**
   * Takes over what was done to a photo in the editor; its file is made again by `catchUp`, when the reader is back.
   * @param {Item} item
   * @param {Edited} edited
   * @param {boolean} isNew  The master is another one.
   */
  async edit(item, { master, edits, finish, picture }, isNew) {
    if (picture && picture !== item.picture) void this.#depot.keep(item, "picture", picture);
    Object.assign(item, { edits, finish, picture, version: item.version + 1 });
    if (item.saved) this.#depot.takeBack([item]);
    if (isNew) {
      Object.assign(item, { master, thumb: null });
      const kept = await this.#depot.keep(item, "master", master);
      if (item.master === master) item.master = kept; // else it was changed again
    }
    await this.#depot.note(item);
  }

  /** Makes anew what is out of date. */
  catchUp() {
    const stale = this.items.filter((item) => item.state === "done" && this.#isStale(item));
    this.#depot.takeBack(stale.filter(({ saved }) => saved));
    this.#queue.retry(stale);
  }

  get unkept() {
    return this.#depot.unkept;
  }

  /** Bytes that are kept. */
  get keptBytes() {
    return this.items.reduce((sum, item) => sum + keptBytes(item), this.#depot.zipBytes);
  }

  /** @param {ReadableStream<Uint8Array<ArrayBuffer>>} content @returns {Promise<Blob | null>}  Null where it can't be kept. */
  keepZip(content) {
    return this.#depot.keepZip(content);
  }

  dropZips() {
    return this.#depot.dropZips();
  }

  /**
   * These were saved as they were made then. Where that is still what is wanted, originals need not be kept any longer.
   * @param {{ item: Item, made: string }[]} files
   */
  async saved(files) {
    for (const { item, made } of files) {
      if (item.made !== made || this.#isStale(item)) continue;
      item.saved = true;
      await this.#depot.release(item);
    }
  }

  /** Makes those again whose files can't be read any more, and says whether there are such. @param {Item[]} items */
  async renew(items) {
    const reading = await Promise.allSettled(items.map(fileOf).map(async (file) => file && (await opened(file)).slice(0, 1).arrayBuffer()));
    const begun = items.filter((item, at) => reading[at]?.status === "rejected" && beginAnew(item));
    this.#queue.retry(begun);
    return begun.length > 0;
  }

  /** Whether another file is wanted than there is. @param {Item} item */
  #isStale(item) {
    return item.photo !== null && item.made !== recipeOf(item, this.#recipe);
  }

  /** @param {Item[]} items */
  #take(items) {
    this.items.push(...items);
    this.#watcher.onAdd(items);
    this.#queue.add(items);
  }

  /**
   * @param {Item} item
   * @param {AbortSignal} signal
   */
  async #work(item, signal) {
    try {
      await this.#make(item, signal);
    } catch (error) {
      if (AlphacutError.from(error).code !== "unreadable-file" || !beginAnew(item)) throw error;
      await this.#make(item, signal);
    }
  }

  /**
   * @param {Item} item
   * @param {AbortSignal} signal
   */
  async #make(item, signal) {
    const onProgress = (/** @type {ProgressReply} */ { stage }) => {
      if (signal.aborted || stage === item.stage) return;
      item.stage = stage;
      this.#watcher.onChange(item);
    };
    let ms = item.master ? 0 : await this.#cutOut(item, { signal, onProgress });
    while (item.made !== recipeOf(item, this.#recipe)) ms += await this.#finish(item, { signal, onProgress });
    const { width = 0, height = 0 } = item.cutout?.whole().facts ?? {};
    this.pace.done({ now: performance.now(), ms, megapixels: width * height / 1e6 });
  }

  /**
   * @param {Item} item
   * @param {CallOptions} hearing
   * @returns {Promise<number>}  Milliseconds.
   */
  async #cutOut(item, hearing) {
    const { model, device } = await this.#settle();
    const wishes = { model: model.id, device, thumbnail: THUMB };
    const cutout = await this.#app.client.remove(await readable(/** @type {Content} */ (item.photo)), wishes, hearing);
    const { data, thumbnail, preview, ...facts } = cutout;
    const master = await this.#depot.keep(item, "master", new Blob([data], { type: facts.type }));
    const thumb = thumbnail && await this.#depot.keep(item, "thumb", new Blob([thumbnail], { type: "image/webp" }));
    const likeness = preview && await this.#depot.keep(item, "likeness", new Blob([preview], { type: "image/jpeg" }));
    Object.assign(item, { master, thumb, likeness, cutout: new Lean({ facts, title: model.title }), ms: facts.ms.total, made: "" });
    return item.ms;
  }

  /** What to run with. Where the reader declines, nobody is asked again for each photo. */
  async #settle() {
    try {
      return await (await this.#app.settings()).settle();
    } catch (error) {
      this.pause();
      throw error;
    }
  }

  /**
   * Makes the file to save. Without edits and finish, and as a PNG, that is the master.
   * @param {Item} item
   * @param {CallOptions} hearing
   * @returns {Promise<number>}  Milliseconds.
   */
  async #finish(item, hearing) {
    const { edits } = item;
    if (!item.photo || !item.master) throw new TypeError("There is nothing to finish.");
    const { output } = this.#recipe, finish = item.finish ?? this.#recipe.finish, made = recipeOf(item, this.#recipe);
    if (edits.length === 0 && isPlain(finish, output)) {
      replace(item.result);
      Object.assign(item, { result: null, made });
      await this.#depot.drop(item, "result");
      return 0;
    }
    const [photo, master, picture] = await Promise.all([readable(item.photo), readable(item.master), item.picture && readable(item.picture)]);
    const { data, type, ms } = await this.#app.client.export({ photo, master, edits: [...edits], finish, picture, output }, hearing);
    item.ms = (item.cutout?.whole().facts.ms.total ?? 0) + ms.total;
    item.result = await this.#depot.keep(item, "result", new Blob([data], { type }));
    item.made = made;
    return ms.total;
  }

  /** @param {Item} item */
  #changed(item) {
    if (item.state !== "working") item.stage = null;
    if (!this.items.some(({ state }) => state === "working")) this.pace.rest();
    // What is to be done again is found out after a reload: its file is not made by the recipe of then.
    if (item.state !== "working" && item.state !== "waiting") void this.#depot.note(item);
    this.#watcher.onChange(item);
  }
}

/** @param {Content} content */
function readable(content) {
  return opened(content).catch((cause) => {
    throw new AlphacutError("unreadable-file", "The file can't be read any more.", { hint: "Add it again.", details: String(cause), cause });
  });
}

function noPhoto() {
  return new AlphacutError("not-an-image", "This file is no photo.", { hint: "Add JPEG, PNG, WebP or other pictures." });
}
