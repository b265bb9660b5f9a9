/**
 * Files of a model: from what this browser keeps, else downloaded; checked in either case, and kept from then on.
 *
 * The weights come in chunks, each with its own hash. So each is checked while others still arrive, and a download
 * that was cut off goes on, also after a reload, with the first chunk that is missing.
 */

import { AlphacutError } from "../shared/protocol.js";
import { fetchVerified } from "./assets.js";
import { readOwn } from "./own-store.js";
import { remark } from "./remarks.js";
import * as store from "./store.js";

/** @import { ErrorCode, SiteFile } from "../shared/protocol.js" */
/** @import { Digest } from "./assets.js" */
/** @typedef {{ signal: AbortSignal, digest: Digest, onBytes: (loaded: number) => void }} Options */
/** @typedef {{ file: SiteFile, into: Uint8Array<ArrayBuffer> }} Part */

/** Downloads at once: one leaves the line idle between files, many take it away from Python, which comes beside. */
const LANES = 3;
/** How long a file that failed is left alone before it is asked for again, each time it fails. */
const PAUSES_MS = [400, 1600];
/** What another try within seconds can't mend. @type {ReadonlySet<ErrorCode>} */
const FINAL = new Set(["cancelled", "offline"]);

/**
 * Several files as one array, in their order.
 * @param {readonly SiteFile[]} files
 * @param {Options} options  `onBytes` counts what was kept as there already.
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 * @throws {AlphacutError} `cancelled`, `offline`, `download-failed`, `download-cut-off` or `hash-mismatch`
 */
export async function fetchKept(files, { signal, digest, onBytes }) {
  const all = new Uint8Array(files.reduce((sum, { bytes }) => sum + bytes, 0));
  const parts = partsOf(files, all);
  const loaded = new Map();
  const report = (/** @type {SiteFile} */ file) => (/** @type {number} */ bytes) => {
    loaded.set(file, bytes);
    onBytes([...loaded.values()].reduce((sum, one) => sum + one, 0));
  };
  const lane = async () => {
    for (const part of parts) await fill(part, { signal, digest, onBytes: report(part.file) });
  };
  await Promise.all(Array.from({ length: LANES }, lane)); // a lane that fails ends `parts`, and so the others
  return all;
}

/**
 * @param {readonly SiteFile[]} files
 * @param {Uint8Array<ArrayBuffer>} all
 * @returns {Generator<Part>}
 */
function* partsOf(files, all) {
  let end = 0;
  for (const file of files) yield { file, into: all.subarray(end, (end += file.bytes)) };
}

/**
 * @param {Part} part
 * @param {Options} options
 */
async function fill({ file, into }, options) {
  if (file.own) return into.set(await readOwn(file, options.digest));
  if (await readKept({ file, into }, options.digest)) return options.onBytes(file.bytes);
  await download({ file, into }, options);
  await store.put(file.sha256, into);
}

/**
 * @param {Part} part
 * @param {Digest} digest
 */
async function readKept({ file, into }, digest) {
  const length = await store.get(file.sha256, into);
  if (length === null) return false;
  if (length === file.bytes && (await digest(into)) === file.sha256) return true;
  await store.drop(file.sha256);
  remark("storage", "A part of the model that this browser kept was damaged and has been downloaded again.");
  return false;
}

/**
 * Downloads a file, and again after a pause where that fails.
 * @param {Part} part
 * @param {Options} options
 */
async function download({ file, into }, options) {
  // Kept once, not twice: the browser's own cache is left out where the store works, and where it may be damaged.
  const unkept = (await store.canKeep()) ? "no-store" : null;
  for (let tries = 0; ; tries += 1) {
    try {
      return await fetchVerified(file, into, { ...options, cache: unkept ?? (tries > 0 ? "reload" : "default") });
    } catch (error) {
      const pause = PAUSES_MS[tries];
      if (pause === undefined || FINAL.has(AlphacutError.from(error).code)) throw error;
      await sleep(pause, options.signal);
    }
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 */
function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new AlphacutError("cancelled", "Cancelled."));
    setTimeout(resolve, ms);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
}
