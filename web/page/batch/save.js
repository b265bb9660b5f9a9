/** Saves many files at once: as one ZIP, which is written while it is made, or into a folder. */

import { makeZip } from "../../vendor/client-zip.js";
import { opened } from "./kept-file.js";

/** @import { Content } from "./kept-file.js" */
/** @typedef {{ path: string, file: Content }} Output */
/** @typedef {{ saved: Output[], failed: { path: string, why: string }[] }} Saved */
/** @typedef {(content: ReadableStream<Uint8Array<ArrayBuffer>>) => Promise<Blob | null>} Keep */
/** @typedef {{ signal: AbortSignal, onProgress: (done: number) => void }} Options */

const ZIP_NAME = "alphacut.zip";
const ZIP_TYPE = "application/zip";
/** Not there in every browser, so not in TypeScript's types. */
const pickers = /** @type {{ showSaveFilePicker?: Function, showDirectoryPicker?: Function }} */ (/** @type {unknown} */ (globalThis));

export function canPickFolder() {
  return pickers.showDirectoryPicker !== undefined;
}

/**
 * Where the ZIP goes; asked at a click, before anything else. Null where this browser asks by itself.
 * @returns {Promise<FileSystemFileHandle | null>}
 * @throws {DOMException} `AbortError`: the reader changed their mind
 */
export async function pickZip() {
  const types = [{ accept: { [ZIP_TYPE]: [".zip"] } }];
  return pickers.showSaveFilePicker?.({ id: "alphacut", suggestedName: ZIP_NAME, types }) ?? null;
}

/** @returns {Promise<FileSystemDirectoryHandle>} */
export async function pickFolder() {
  return pickers.showDirectoryPicker?.({ id: "alphacut", mode: "readwrite" });
}

/**
 * Saves as one ZIP. Photos don't get smaller by compression, so they are only joined.
 * @param {Output[]} files
 * @param {{ file: FileSystemFileHandle | null, keep: Keep }} place  Without a file the ZIP is made where it can be kept, or in memory, and downloaded.
 * @param {Options} options
 * @returns {Promise<Saved>}
 */
export async function saveZip(files, { file, keep }, options) {
  /** @type {Saved} */
  const saved = { saved: [], failed: [] };
  const zip = () => {
    saved.saved.length = saved.failed.length = 0;
    return /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (makeZip(readable(files, saved, options)));
  };
  if (file) await zip().pipeTo(await file.createWritable(), { signal: options.signal });
  else {
    const blob = await made(zip, keep, options.signal);
    if (saved.saved.length > 0) download(blob);
  }
  return saved;
}

/**
 * Saves into a folder, until it is told to stop. No file that is there already is written over.
 * @param {Output[]} files
 * @param {FileSystemDirectoryHandle} folder
 * @param {Options} options
 * @returns {Promise<Saved>}
 */
export async function saveInto(files, folder, { signal, onProgress }) {
  /** @type {Saved} */
  const saved = { saved: [], failed: [] };
  for (const file of files) {
    if (signal.aborted) break;
    try {
      await write(file, folder, signal);
      saved.saved.push(file);
    } catch (error) {
      if (signal.aborted) break;
      saved.failed.push({ path: file.path, why: String(error) });
    }
    onProgress(saved.saved.length + saved.failed.length);
  }
  return saved;
}

/**
 * The files that can be read, for the ZIP; one that can't is left out of it.
 * @param {Output[]} files
 * @param {Saved} saved
 * @param {Options} options
 */
async function* readable(files, saved, { signal, onProgress }) {
  for (const output of files) {
    signal.throwIfAborted();
    /** @type {Blob} */
    let input;
    try {
      input = await opened(output.file);
      await input.slice(0, 1).arrayBuffer();
    } catch (error) {
      saved.failed.push({ path: output.path, why: String(error) });
      continue;
    }
    yield { name: output.path, input, size: input.size, lastModified: new Date() };
    saved.saved.push(output);
    onProgress(saved.saved.length + saved.failed.length);
  }
}

/**
 * @param {() => ReadableStream<Uint8Array<ArrayBuffer>>} zip
 * @param {Keep} keep
 * @param {AbortSignal} signal
 */
async function made(zip, keep, signal) {
  const kept = await keep(zip());
  signal.throwIfAborted();
  return (kept ?? await new Response(zip()).blob()).slice(0, undefined, ZIP_TYPE);
}

/** @param {Blob} blob */
function download(blob) {
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: url, download: ZIP_NAME });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser has begun by then
}

/**
 * @param {Output} file
 * @param {FileSystemDirectoryHandle} folder
 * @param {AbortSignal} signal
 */
async function write({ path, file }, folder, signal) {
  const [name = "", ...above] = path.split("/").toReversed();
  for (const part of above.toReversed()) folder = await folder.getDirectoryHandle(part, { create: true });
  const free = await unused(name, folder), handle = await folder.getFileHandle(free, { create: true });
  try {
    await (await opened(file)).stream().pipeTo(await handle.createWritable(), { signal });
  } catch (error) {
    await folder.removeEntry(free).catch(() => {}); // empty, and the reason is told anyway
    throw error;
  }
}

/**
 * The name, with a number where the folder has such a file.
 * @param {string} name
 * @param {FileSystemDirectoryHandle} folder
 */
async function unused(name, folder) {
  let found = name;
  for (let count = 2; await exists(found, folder); count += 1) found = name.replace(/(?=\.[^.]*$)/, ` (${count})`);
  return found;
}

/**
 * @param {string} name
 * @param {FileSystemDirectoryHandle} folder
 */
async function exists(name, folder) {
  try {
    await folder.getFileHandle(name);
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") return false;
    throw error;
  }
}
