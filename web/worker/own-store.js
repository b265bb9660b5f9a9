/**
 * The descriptions of the models that visitors bring, kept beside the models' files: a file of a model under its
 * SHA-256, its description under its id.
 */

import { AlphacutError } from "../shared/protocol.js";
import * as store from "./store.js";

/** @import { SiteModel } from "../shared/protocol.js" */
/** @typedef {{ model: SiteModel, onTrial: boolean, since: number }} Entry  `onTrial` until it has run once; `since` as `Date.now()`. */

/** How every id begins; no SHA-256 does. */
export const OWN = "own-";

/**
 * Whether a name in the store is that of a description.
 * @param {string} name
 */
export function isEntry(name) {
  return name.startsWith(OWN);
}

/**
 * Ask before work that would be for nothing.
 * @throws {AlphacutError} `storage-failed`
 */
export async function requireStore() {
  if (await store.canKeep()) return;
  throw new AlphacutError("storage-failed", "This browser keeps no model for this page.", {
    hint: "Its storage may be full, the window private, or the page not come over HTTPS.",
  });
}

/**
 * Keeps a model and its files.
 * @param {Entry} entry
 * @param {Map<string, Uint8Array<ArrayBuffer>>} files  By SHA-256: those that are not kept yet.
 * @throws {AlphacutError} `storage-failed`
 */
export async function putOwn(entry, files) {
  for (const [sha256, bytes] of files) await store.put(sha256, bytes);
  const described = new TextEncoder().encode(JSON.stringify(entry));
  await store.put(entry.model.id, described); // last: what is listed is whole
  const sizes = await store.list();
  const isKept = [...files, /** @type {const} */ ([entry.model.id, described])].every(([name, bytes]) => sizes.get(name) === bytes.byteLength);
  if (isKept) return;
  for (const name of [entry.model.id, ...files.keys()]) await store.drop(name);
  throw new AlphacutError("storage-failed", "The model does not fit into this browser’s storage.", {
    hint: "Remove another model or free some disk space, then try again.",
  });
}

/**
 * The models kept, those on trial included.
 * @returns {Promise<Entry[]>}
 */
export async function listOwn() {
  const entries = [];
  for (const [name, size] of await store.list()) {
    if (isEntry(name)) entries.push(await readEntry(name, size));
  }
  return entries.filter((entry) => entry !== null);
}

/** @param {string} id */
export async function findOwn(id) {
  return (await listOwn()).find(({ model }) => model.id === id)?.model;
}

/**
 * @param {string} name
 * @param {number} size
 * @returns {Promise<Entry | null>}  Null where it can't be read: half of it was written when its page was closed.
 */
async function readEntry(name, size) {
  const bytes = new Uint8Array(size);
  try {
    await store.get(name, bytes);
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
