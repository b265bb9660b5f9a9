/**
 * The one place that owns what this browser keeps of a batch: a folder of the origin private file system each, with
 * the photos, what was made of them, and a record of each photo that says how far it is.
 *
 * A folder belongs to the tab that holds its lock. A tab that is closed or crashes lets go of it by itself, and the
 * next visit finds what it left.
 */

const ROOT = "alphacut-batches";
const RECORD = ".json";

export class Shelf {
  #id;
  #folder;
  #letGo;
  /** What is being written, by name: a later content never ends before an earlier one. @type {Map<string, Promise<unknown>>} */
  #writing = new Map();

  /**
   * @param {string} id
   * @param {FileSystemDirectoryHandle} folder
   * @param {() => void} letGo
   */
  constructor(id, folder, letGo) {
    this.#id = id;
    this.#folder = folder;
    this.#letGo = letGo;
  }

  /** A new one; null where the browser keeps no files for this page. @returns {Promise<Shelf | null>} */
  static async open() {
    const id = `${Date.now()}-${crypto.getRandomValues(new Uint16Array(1))[0]}`;
    return take(id, true).catch(() => null);
  }

  /**
   * Those that earlier visits left and no other tab holds, the oldest first.
   * @returns {Promise<Shelf[]>}
   */
  static async left() {
    try {
      const ids = await namesIn(await root(false));
      return (await Promise.all(ids.toSorted().map((id) => take(id, false)))).filter((shelf) => shelf !== null);
    } catch {
      return []; // nothing was ever kept, or nothing can be
    }
  }

  /**
   * Keeps a file whole or not at all.
   * @param {string} name
   * @param {Blob | string | ReadableStream<Uint8Array<ArrayBuffer>>} content
   * @returns {Promise<Blob>}  The file that is kept, of the same type.
   * @throws {DOMException} `QuotaExceededError` among others
   */
  async put(name, content) {
    const write = () => this.#write(name, content);
    const writing = (this.#writing.get(name) ?? Promise.resolve()).then(write, write);
    this.#writing.set(name, writing);
    return writing.finally(() => {
      if (this.#writing.get(name) === writing) this.#writing.delete(name);
    });
  }

  /**
   * @param {string} name
   * @param {string} [type]  What files here don't know of themselves.
   * @returns {Promise<Blob | null>}  Null where it is not kept.
   */
  async get(name, type = "") {
    try {
      const file = await (await this.#folder.getFileHandle(name)).getFile();
      return file.size > 0 ? file.slice(0, file.size, type) : null;
    } catch {
      return null;
    }
  }

  /** Forgets a file, if it is there. @param {string} name */
  async drop(name) {
    await this.#folder.removeEntry(name).catch(() => {});
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

  /** Forgets a photo and what was made of it. @param {string} key */
  async forget(key) {
    for (const name of await namesIn(this.#folder)) if (name.startsWith(`${key}.`)) await this.drop(name);
  }

  /** Deletes everything and lets go. */
  async clear() {
    await Promise.allSettled(this.#writing.values());
    await (await root(false)).removeEntry(this.#id, { recursive: true }).catch(() => {});
    this.#letGo();
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
    const file = await handle.getFile();
    return file.slice(0, file.size, content instanceof Blob ? content.type : "");
  }
}

/**
 * The shelf of this id, unless another tab holds it.
 * @param {string} id
 * @param {boolean} create
 */
async function take(id, create) {
  const letGo = await hold(`${ROOT}/${id}`);
  if (!letGo) return null;
  try {
    return new Shelf(id, await (await root(create)).getDirectoryHandle(id, { create }), letGo);
  } catch (error) {
    letGo();
    throw error;
  }
}

/**
 * @param {boolean} create
 * @throws {DOMException | TypeError}
 */
async function root(create) {
  if (!("createWritable" in FileSystemFileHandle.prototype)) throw new TypeError("Files can't be written from a page here.");
  return (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create });
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
