/**
 * The origin private file system and the locks, as far as shelves use them, in memory. As in browsers, a file that was
 * read of is unreadable once it is written over or removed, and one that is being written can't be removed.
 */

/** What tests turn: how many bytes there is room for, and what files wait for before they are there and before they are whole. */
export const disk = { quota: Infinity, open: Promise.resolve(), ready: Promise.resolve() };

/** What is being written is lost, and locks are let go: the page is gone. */
export function leave() {
  held.clear();
}

/** Paths and texts of all files. */
export async function listed(folder = root, path = "") {
  const found = {};
  for (const [name, entry] of folder.entries) {
    if (entry instanceof Folder) Object.assign(found, await listed(entry, `${path}${name}/`));
    else found[path + name] = new TextDecoder().decode(entry.bytes);
  }
  return found;
}

class Snapshot extends Blob {
  #entry;
  #whole;

  constructor(entry, type = "", bytes = entry.bytes) {
    super([bytes], { type });
    this.#entry = entry;
    this.#whole = bytes;
  }

  async arrayBuffer() {
    if (this.#entry.bytes !== this.#whole) throw new DOMException("The file was changed.", "NotReadableError");
    return super.arrayBuffer();
  }

  async text() {
    return new TextDecoder().decode(await this.arrayBuffer());
  }

  slice(_from, _to, type) {
    return new Snapshot(this.#entry, type, this.#whole);
  }
}

class Writer extends WritableStream {
  #entry;
  #parts = [];

  constructor(entry) {
    const done = () => { entry.writers -= 1; };
    super({ write: (part) => this.write(part), close: () => this.#end().finally(done), abort: done });
    this.#entry = entry;
    entry.writers += 1;
  }

  async write(part) {
    this.#parts.push(part instanceof Blob ? await part.arrayBuffer() : part);
  }

  async #end() {
    await disk.ready;
    const bytes = new Uint8Array(await new Blob(this.#parts).arrayBuffer());
    if (sizeOf(root) + bytes.length - this.#entry.bytes.length > disk.quota) throw new DOMException("Full.", "QuotaExceededError");
    this.#entry.bytes = bytes;
  }
}

class FileHandle {
  constructor(entry) {
    this.entry = entry;
  }

  async getFile() {
    return new Snapshot(this.entry);
  }

  async createWritable() {
    return new Writer(this.entry);
  }
}

export class Folder {
  entries = new Map();

  async getDirectoryHandle(name, { create = false } = {}) {
    return this.#get(name, create, () => new Folder());
  }

  async getFileHandle(name, { create = false } = {}) {
    if (create) await disk.open;
    return new FileHandle(this.#get(name, create, () => ({ bytes: new Uint8Array(), writers: 0 })));
  }

  async removeEntry(name) {
    const entry = this.#get(name, false);
    if (entry.writers > 0) throw new DOMException("It is being written.", "NoModificationAllowedError");
    this.entries.delete(name);
    entry.bytes = null;
  }

  async* keys() {
    yield* [...this.entries.keys()];
  }

  #get(name, create, make) {
    if (!this.entries.has(name) && !create) throw new DOMException("There is no such file.", "NotFoundError");
    if (!this.entries.has(name)) this.entries.set(name, make());
    return this.entries.get(name);
  }
}

function sizeOf(folder) {
  return [...folder.entries.values()].reduce((sum, entry) => sum + (entry instanceof Folder ? sizeOf(entry) : entry.bytes.length), 0);
}

const root = new Folder(), held = new Set();
const locks = {
  async request(name, _options, act) {
    if (held.has(name)) return act(null);
    held.add(name);
    await act({ name });
    held.delete(name);
  },
};
Object.assign(globalThis, { FileSystemFileHandle: FileHandle, FileSystemDirectoryHandle: Folder });
Object.defineProperty(globalThis, "navigator", { value: { storage: { getDirectory: async () => root }, locks }, configurable: true });
