/** Where the models that visitors bring are kept: the browser's storage, each under its id. */

import { AlphacutError } from "../shared/protocol.js";

/** @import { SiteFile, SiteModel } from "../shared/protocol.js" */
/** @import { Digest } from "./assets.js" */
/** @typedef {{ model: SiteModel, onTrial: boolean, since: number }} Entry  `onTrial` until it has run once; `since` as `Date.now()`. */

const CACHE = "alphacut-own-models";
/** Addresses that nothing is ever fetched from: the storage wants some. */
const FOLDER = new URL("../own/", import.meta.url);
const ENTRY = "model.json";

/**
 * Keeps a model and its files.
 * @param {Entry} entry
 * @param {Map<string, Uint8Array<ArrayBuffer>>} files  By `SiteFile.path`; empty where they are kept already.
 * @throws {AlphacutError} `storage-failed`
 */
export async function putOwn(entry, files) {
  const cache = await openOwn();
  try {
    for (const [path, bytes] of files) await cache.put(address(path), new Response(bytes));
    await cache.put(address(`${entry.model.id}/${ENTRY}`), Response.json(entry)); // last: what is listed is whole
  } catch (cause) {
    await removeOwn(entry.model.id);
    throw new AlphacutError("storage-failed", "The model does not fit into this browser’s storage.", {
      hint: "Remove another model or free some disk space, then try again.", details: String(cause), cause,
    });
  }
}

/**
 * The bytes of a file that is kept.
 * @param {SiteFile} file
 * @param {Digest} digest
 * @throws {AlphacutError} `storage-failed`
 */
export async function readOwn(file, digest) {
  const response = await (await openOwn()).match(address(file.path));
  const bytes = new Uint8Array(await response?.arrayBuffer() ?? new ArrayBuffer(0));
  if (bytes.byteLength === file.bytes && await digest(bytes) === file.sha256) return bytes;
  throw new AlphacutError("storage-failed", "This browser no longer has your model in full.", {
    hint: "Remove the model from the list and bring it again.",
    details: `${file.path}\nexpected ${file.bytes} bytes, found ${bytes.byteLength}`,
  });
}

/**
 * The models kept, those on trial included.
 * @returns {Promise<Entry[]>}
 */
export async function listOwn() {
  if (!globalThis.caches) return []; // without a secure context nothing can have been kept
  const cache = await openOwn();
  const entries = (await cache.keys()).filter(({ url }) => url.endsWith(`/${ENTRY}`));
  return Promise.all(entries.map(async (request) => (await cache.match(request))?.json()));
}

/** @param {string} id */
export async function findOwn(id) {
  return (await listOwn()).find(({ model }) => model.id === id)?.model;
}

/**
 * Forgets a model; one that is not there is no error.
 * @param {string} id
 */
export async function removeOwn(id) {
  const cache = await openOwn();
  for (const request of await cache.keys()) {
    if (request.url.startsWith(address(`${id}/`))) await cache.delete(request);
  }
}

/** @param {string} path */
function address(path) {
  return new URL(path, FOLDER).href;
}

/**
 * The storage itself; ask before work that would be for nothing without it.
 * @throws {AlphacutError} `storage-failed`
 */
export async function openOwn() {
  if (globalThis.caches) return caches.open(CACHE);
  throw new AlphacutError("storage-failed", "This page can’t keep a model: the browser allows it only over HTTPS.", {
    hint: "Open the page over HTTPS, or from this computer (localhost).",
  });
}
