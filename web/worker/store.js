/**
 * The one place that owns what this browser keeps of models: each file under its SHA-256, in the origin private
 * file system, from which bytes are read straight into the array that is wanted (bench/storage.py measures it).
 *
 * Nothing here ends a job: without storage the model is in memory only, and a remark says so. Nothing is deleted
 * unasked, because another tab may run an older version of the site.
 */

import { remark } from "./remarks.js";

const FOLDER = "alphacut-models";

/** Chromium does not throw where the quota is used up: it answers with an error's number as if so much were written. */
const NO_SPACE = 2 ** 32 - 8;

const AGAIN = "so the model is kept in memory only and will be downloaded again next time";

/** @type {Promise<FileSystemDirectoryHandle | null> | null} */
let opening = null;
let full = false;

/** Whether files put here are likely to be kept. */
export async function canKeep() {
  return !full && (await folder()) !== null;
}

/** Whether this browser keeps nothing for the page, however much room there is. */
export async function isRefused() {
  return (await folder()) === null;
}

/**
 * Reads a file into `into`, as much of it as fits. What it read is not checked.
 * @param {string} sha256
 * @param {Uint8Array<ArrayBuffer>} into
 * @returns {Promise<number | null>}  The file's length, or null if it is not kept.
 */
export async function get(sha256, into) {
  try {
    const file = await (await folder())?.getFileHandle(sha256);
    const length = file ? await read(file, into) : null;
    return length || null; // an empty file is one that another tab has only just made
  } catch (error) {
    if (nameOf(error) !== "NotFoundError") complain("what it keeps can't be read", error);
    return null;
  }
}

/**
 * Keeps a file, if the browser lets it.
 * @param {string} sha256
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export async function put(sha256, bytes) {
  const place = full ? null : await folder();
  try {
    if (place) await write(await place.getFileHandle(sha256, { create: true }), bytes);
  } catch (error) {
    if (nameOf(error) === "NoModificationAllowedError") return; // another tab is about to keep the same bytes
    if (nameOf(error) === "QuotaExceededError") {
      full = true;
      remark("storage", `The browser's storage for this page is full, ${AGAIN}.`);
    } else complain("it can't be written", error);
    await drop(sha256); // half of it may be there
  }
}

/**
 * Deletes a file, unless another tab is reading or writing it at this moment.
 * @param {string} sha256
 */
export async function drop(sha256) {
  try {
    await (await folder())?.removeEntry(sha256);
  } catch (error) {
    if (!["NotFoundError", "NoModificationAllowedError"].includes(nameOf(error))) complain("it can't be cleared", error);
  }
}

/**
 * Deletes files because somebody asked for it, and gives the storage another chance.
 * @param {Iterable<string>} sha256s
 */
export async function forget(sha256s) {
  for (const sha256 of sha256s) await drop(sha256);
  full = false;
  opening = null;
  remark("storage", "");
}

/**
 * What is kept: bytes by SHA-256.
 * @returns {Promise<Map<string, number>>}
 */
export async function list() {
  /** @type {Map<string, number>} */
  const sizes = new Map();
  for await (const [name, file] of (await folder())?.entries() ?? []) {
    if (file instanceof FileSystemFileHandle) sizes.set(name, (await file.getFile()).size);
  }
  return sizes;
}

/** @returns {Promise<FileSystemDirectoryHandle | null>} */
function folder() {
  return (opening ??= open());
}

async function open() {
  if (!globalThis.isSecureContext) {
    remark("storage", `This page came by plain HTTP, for which browsers keep no files, ${AGAIN}.`);
    return null;
  }
  try {
    // Pages have no such handles; where Python runs in one, the browser's cache alone keeps what it has fetched.
    if (!("createSyncAccessHandle" in FileSystemFileHandle.prototype)) throw new Error("files are written by workers alone");
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create: true });
  } catch (error) {
    remark("storage", `This browser keeps no files for this page (a private window, or site data is blocked), ${AGAIN}. It says: ${error}`);
    return null;
  }
}

/**
 * @param {FileSystemFileHandle} file
 * @param {Uint8Array<ArrayBuffer>} into
 */
async function read(file, into) {
  /** @type {FileSystemSyncAccessHandle} */
  let access;
  try {
    access = await openShared(file);
  } catch (error) {
    if (nameOf(error) !== "NoModificationAllowedError") throw error;
    return copy(await file.getFile(), into);
  }
  try {
    access.read(into, { at: 0 });
    return access.getSize();
  } finally {
    access.close();
  }
}

/**
 * For reading, in several tabs at once where the browser knows that mode.
 * @param {FileSystemFileHandle & { createSyncAccessHandle(options?: { mode: "read-only" }): Promise<FileSystemSyncAccessHandle> }} file
 */
function openShared(file) {
  return file.createSyncAccessHandle({ mode: "read-only" });
}

/**
 * Reads a file that another tab has open: either reads it too, in a browser that lets only one do so directly, or
 * is writing it, and then it is not there yet.
 * @param {File} file
 * @param {Uint8Array<ArrayBuffer>} into
 */
async function copy(file, into) {
  if (file.size !== into.byteLength) return null;
  into.set(new Uint8Array(await file.arrayBuffer()));
  return file.size;
}

/**
 * @param {FileSystemFileHandle} file
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
async function write(file, bytes) {
  const access = await file.createSyncAccessHandle();
  try {
    if (access.getSize() === bytes.byteLength) return; // kept by another tab meanwhile, which may be reading it
    access.truncate(0);
    const written = access.write(bytes, { at: 0 });
    if (written === bytes.byteLength) return;
    const isFull = written < bytes.byteLength || written === NO_SPACE;
    throw new DOMException(`${written} bytes were written`, isFull ? "QuotaExceededError" : "UnknownError");
  } finally {
    access.close(); // without a flush to disk: what a power cut damages is found when it is read
  }
}

/**
 * @param {string} what
 * @param {unknown} error
 */
function complain(what, error) {
  remark("storage", `The browser's storage for this page can't be used (${what}), ${AGAIN}. It says: ${error}`);
}

/** @param {unknown} error */
function nameOf(error) {
  return error instanceof DOMException ? error.name : "";
}
