/**
 * The one place that owns what this browser keeps of photos: a folder of the origin private file system for each batch
 * and for the photo in the editor, with the photos, what was made of them, and a record of each that says how far it is.
 *
 * A folder belongs to the tab that holds its lock. A tab that is closed or crashes lets go of it by itself, and the
 * next visit finds what it left.
 */

/** @import { Edit } from "../shared/protocol.js" */

/** Where shelves stand: those of batches, and those of a photo in the editor. */
export const BATCHES = "alphacut-batches", PHOTO = "alphacut-photo";
const RECORD = ".json", PHOTO_PART = ".photo";

export class Shelf {
  #root;
  #id;
  #folder;
  #letGo;
  /** What is being written or dropped, by name: what was asked for last never ends before the rest. @type {Map<string, Promise<unknown>>} */
  #writing = new Map();

  /**
   * @param {string} root
   * @param {string} id
   * @param {FileSystemDirectoryHandle} folder
   * @param {() => void} letGo
   */
  constructor(root, id, folder, letGo) {
    this.#root = root;
    this.#id = id;
    this.#folder = folder;
    this.#letGo = letGo;
  }

  /** A new one; null where the browser keeps no files for this page. @param {string} root @returns {Promise<Shelf | null>} */
  static async open(root) {
    const id = `${Date.now()}-${crypto.getRandomValues(new Uint16Array(1))[0]}`;
    return take(root, id, true).catch(() => null);
  }

  /**
   * Those that earlier visits left and no other tab holds, the oldest first.
   * @param {string} root
   * @returns {Promise<Shelf[]>}
   */
  static async left(root) {
    const ids = await open(root, false).then(namesIn).catch(() => []); // nothing was ever kept, or nothing can be
    const taken = await Promise.all(ids.toSorted().map((id) => take(root, id, false).catch(() => null))); // one that can't be read hides no other
    return taken.filter((shelf) => shelf !== null);
  }

  /**
   * The records of those that nobody holds, which are left as they are.
   * @param {string} root
   * @returns {Promise<any[][]>}
   */
  static async peek(root) {
    try {
      const place = await open(root, false), { held = [] } = await navigator.locks.query();
      const ids = (await namesIn(place)).filter((id) => !held.some(({ name }) => name === `${root}/${id}`));
      return await Promise.all(ids.map(async (id) => {
        return new Shelf(root, id, await place.getDirectoryHandle(id), () => {}).records();
      }).map((records) => records.catch(() => [])));
    } catch {
      return []; // as above
    }
  }

  /**
   * Keeps a file whole or not at all.
   * @param {string} name
   * @param {Blob | string | ReadableStream<Uint8Array<ArrayBuffer>>} content
   * @throws {DOMException} `QuotaExceededError` among others
   */
  async put(name, content) {
    await this.#inTurn(name, () => this.#write(name, content));
  }

  /**
   * @param {string} name
   * @param {string} [type]  What files here don't know of themselves.
   * @returns {Promise<Blob | null>}  Null where it is not kept.
   */
  async get(name, type = "") {
    try {
      const file = await this.open(name, type);
      return file.size > 0 ? file : null;
    } catch {
      return null;
    }
  }

  /**
   * @param {string} name
   * @param {string} type
   * @returns {Promise<Blob>}
   * @throws {DOMException} It can't be read.
   */
  async open(name, type) {
    const file = await (await this.#folder.getFileHandle(name)).getFile();
    return file.slice(0, file.size, type);
  }

  /** Whether a file is surely not there, or was never whole; one that only can't be read now is there. @param {string} name */
  async lacks(name) {
    try {
      return (await (await this.#folder.getFileHandle(name)).getFile()).size === 0;
    } catch (error) {
      return error instanceof DOMException && error.name === "NotFoundError";
    }
  }

  /** Forgets a file, if it is there; one that is being written can't be removed before. @param {string} name */
  async drop(name) {
    await this.#inTurn(name, () => this.#folder.removeEntry(name).catch(() => {}));
  }

  /**
   * Takes down how far a photo is.
   * @param {string} key
   * @param {unknown} record
   */
  async note(key, record) {
    await this.put(key + RECORD, JSON.stringify(record));
  }

  /** What was taken down, in the order of the keys; what can't be read is left out. @returns {Promise<any[]>} */
  async records() {
    const names = (await namesIn(this.#folder)).filter((name) => name.endsWith(RECORD)).toSorted();
    const read = names.map(async (name) => JSON.parse((await (await this.get(name))?.text()) ?? "null"));
    return (await Promise.allSettled(read)).flatMap((one) => (one.status === "fulfilled" && one.value) || []);
  }

  /** Keys of photos without a record that can be read: the page was gone before it was written. @param {any[]} records */
  async strays(records) {
    const names = (await namesIn(this.#folder)).filter((name) => name.endsWith(PHOTO_PART)).toSorted();
    const whole = await Promise.all(names.map((name) => this.get(name)));
    const keys = names.filter((_, at) => whole[at]).map((name) => name.slice(0, -PHOTO_PART.length));
    return keys.filter((key) => !records.some((record) => record.key === key));
  }

  /** Forgets a photo and what was made of it, what is still being written too. @param {string} key */
  async forget(key) {
    const names = new Set([...this.#writing.keys(), ...await namesIn(this.#folder)]);
    for (const name of names) if (name.startsWith(`${key}.`)) await this.drop(name);
  }

  /** Deletes everything and lets go. */
  async clear() {
    await Promise.allSettled(this.#writing.values());
    await open(this.#root, false).then((root) => root.removeEntry(this.#id, { recursive: true })).catch(() => {}); // it is gone
    this.#letGo();
  }

  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} act
   */
  #inTurn(name, act) {
    const acting = (this.#writing.get(name) ?? Promise.resolve()).then(act, act);
    this.#writing.set(name, acting);
    return acting.finally(() => {
      if (this.#writing.get(name) === acting) this.#writing.delete(name);
    });
  }

  /**
   * @param {string} name
   * @param {Blob | string | ReadableStream<Uint8Array<ArrayBuffer>>} content
   */
  async #write(name, content) {
    const handle = await this.#folder.getFileHandle(name, { create: true });
    const stream = await handle.createWritable();
    try {
      if (content instanceof ReadableStream) await content.pipeTo(stream, { preventClose: true });
      else await stream.write(content);
      await stream.close();
    } catch (error) {
      await stream.abort().catch(() => {});
      throw error;
    }
  }
}

/** Bytes on all shelves there, whoever holds them. @param {string} root */
export async function bytesOn(root) {
  try {
    return await bytesIn(await open(root, false));
  } catch {
    return 0; // there are none, or they go just now
  }
}

/** @param {FileSystemDirectoryHandle} folder @returns {Promise<number>} */
async function bytesIn(folder) {
  let bytes = 0;
  for await (const handle of folder.values()) {
    bytes += handle instanceof FileSystemDirectoryHandle ? await bytesIn(handle) : (await /** @type {FileSystemFileHandle} */ (handle).getFile()).size;
  }
  return bytes;
}

/** Edits as JSON can hold them; `fromPlain` brings them back. @param {readonly Edit[]} edits */
export function toPlain(edits) {
  return edits.map((edit) => (edit.kind === "patch" ? { ...edit, data: toText(edit.data) } : edit));
}

/** @param {any[]} edits @returns {Edit[]} */
export function fromPlain(edits) {
  return edits.map((edit) => (edit.kind === "patch" ? { ...edit, data: fromText(edit.data) } : edit));
}

/** @param {ArrayBuffer} data */
function toText(data) {
  return btoa(Array.from(new Uint8Array(data), (byte) => String.fromCharCode(byte)).join(""));
}

/** @param {string} text */
function fromText(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

/**
 * The shelf of this id, unless another tab holds it.
 * @param {string} root
 * @param {string} id
 * @param {boolean} create
 */
async function take(root, id, create) {
  const letGo = await hold(`${root}/${id}`);
  if (!letGo) return null;
  try {
    return new Shelf(root, id, await (await open(root, create)).getDirectoryHandle(id, { create }), letGo);
  } catch (error) {
    letGo();
    throw error;
  }
}

/**
 * @param {string} root
 * @param {boolean} create
 * @throws {DOMException | TypeError}
 */
async function open(root, create) {
  if (!("createWritable" in FileSystemFileHandle.prototype)) throw new TypeError("Files can't be written from a page here.");
  return (await navigator.storage.getDirectory()).getDirectoryHandle(root, { create });
}

/** @param {FileSystemDirectoryHandle} folder */
async function namesIn(folder) {
  /** @type {string[]} */
  const names = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}

/**
 * Takes a lock until the function it gives is called or the page goes; null where another tab has it.
 * @param {string} name
 * @returns {Promise<(() => void) | null>}
 */
function hold(name) {
  return new Promise((resolve, reject) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(null);
      return new Promise((letGo) => { resolve(() => letGo(undefined)); });
    }).catch(reject);
  });
}
