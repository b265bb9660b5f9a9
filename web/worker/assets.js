/**
 * The one place that downloads: files of this site, with byte progress, checked before use.
 */

import { AlphacutError } from "../shared/protocol.js";

/** A download from which nothing came for so long has failed, whatever the browser still hopes. */
const STALL_MS = 30_000;
/** Counted in so many ticks, as a tab that was frozen has one of them afterwards, and has not waited meanwhile. */
const TICKS = 10;

/** @import { SiteFile } from "../shared/protocol.js" */
/** @typedef {(bytes: Uint8Array<ArrayBuffer>) => Promise<string>} Digest  SHA-256 in hexadecimal. */

/** The site's root, whatever sub-path it lies under. */
export const ROOT = new URL("../", import.meta.url);

/** Whether this worker is another site's, which imports ours: browsers start no further workers from here for it. */
export const FOREIGN = "location" in globalThis && globalThis.location.origin !== ROOT.origin;

/**
 * Downloads a file into an array of its length and checks its hash.
 * @param {SiteFile} file
 * @param {Uint8Array<ArrayBuffer>} into
 * @param {{ signal: AbortSignal, digest: Digest, onBytes: (loaded: number) => void, cache: RequestCache }} options
 * @throws {AlphacutError} `cancelled`, `offline`, `download-failed`, `download-cut-off` or `hash-mismatch`
 */
export async function fetchVerified(file, into, { signal, digest, onBytes, cache }) {
  await readAll(await fetchFile(file, { signal, cache }), file, into, { signal, onBytes });
  const found = await digest(into);
  if (found === file.sha256) return;
  throw new AlphacutError("hash-mismatch", `${nameOf(file)} is not the file this site was built with.`, {
    hint: "Reload the page without cache. If that does not help, the site was not copied completely.",
    details: `${file.path}\nexpected sha256 ${file.sha256}\nfound    sha256 ${found}`,
  });
}

/**
 * SHA-256 by the browser, or null where it offers none: on pages that came by plain HTTP from another machine.
 * @type {Digest | null}
 */
export const nativeDigest = globalThis.crypto?.subtle
  ? async (bytes) => toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)))
  : null;

/**
 * What is known of the fetches of Pyodide and ONNX Runtime under an address.
 * @typedef {object} Watch
 * @property {string} prefix
 * @property {(bytes: number) => void} onBytes  Called with the number of bytes that have arrived since.
 * @property {(error: AlphacutError) => void} fail
 */
/** @type {Set<Watch>} */
const watches = new Set();
/** @type {Map<string, Promise<Response>>} */
const early = new Map();
const plainFetch = globalThis.fetch.bind(globalThis);

/**
 * Takes the place of `fetch` where something is watched: Pyodide and ONNX Runtime fetch by themselves, and Pyodide
 * swallows what goes wrong and would wait for ever. Where nothing is, as in pages of others, `fetch` stays theirs.
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 */
function watchingFetch(input, init) {
  const url = input instanceof Request ? input.url : new URL(String(input), globalThis.location.href).href;
  const watch = [...watches].find(({ prefix }) => url.startsWith(prefix));
  if (!watch) return plainFetch(input, init);
  const started = early.get(url);
  early.delete(url);
  return started ?? watched(watch, url, plainFetch(input, init), init?.signal);
}

/**
 * Watches what is fetched under some addresses: counts bytes, makes failures known, and corrects the type of .wasm
 * where a server does not know it.
 * @param {string[]} prefixes
 * @param {(bytes: number) => void} onBytes
 * @returns {Promise<never>}  Rejects with the first failure.
 */
export function watchFetches(prefixes, onBytes) {
  /** @type {(error: AlphacutError) => void} */
  let fail = () => {};
  /** @type {Promise<never>} */
  const failure = new Promise((_, reject) => { fail = reject; });
  failure.catch(() => {}); // whoever races against it hears of it; nobody else needs to
  for (const prefix of prefixes) watches.add({ prefix, onBytes, fail });
  globalThis.fetch = watchingFetch;
  return failure;
}

/**
 * Begins a download that a library will ask for later, so that it need not wait its turn.
 * @param {string} url  Must be watched.
 */
export function fetchEarly(url) {
  const response = globalThis.fetch(url);
  response.catch(() => {}); // the watch has heard of it
  early.set(url, response);
}

/**
 * @param {Watch} watch
 * @param {string} url
 * @param {Promise<Response>} pending
 * @param {AbortSignal | null} [signal]
 */
async function watched(watch, url, pending, signal) {
  const file = { path: url.replace(ROOT.href, ""), bytes: 0, sha256: "" };
  try {
    const response = withWasmType(file, await explain(pending, file, signal));
    count(response.clone(), watch.onBytes).catch((cause) => watch.fail(cutOff(file, 0, cause)));
    return response;
  } catch (error) {
    watch.fail(AlphacutError.from(error));
    throw error;
  }
}

/**
 * @param {Response} response
 * @param {(loaded: number) => void} onBytes
 */
async function count(response, onBytes) {
  if (!response.body) return;
  const reader = response.body.getReader();
  for (let part = await inTime(reader.read()); !part.done; part = await inTime(reader.read())) {
    onBytes(part.value.byteLength);
  }
}

/**
 * @param {SiteFile} file
 * @param {Response} response
 */
function withWasmType(file, response) {
  const type = response.headers.get("Content-Type") ?? "";
  if (!file.path.endsWith(".wasm") || type.startsWith("application/wasm")) return response;
  return new Response(response.body, { headers: { "Content-Type": "application/wasm" } });
}

/**
 * The response for a file of this site.
 * @param {SiteFile} file
 * @param {{ signal?: AbortSignal | null, cache?: RequestCache }} [options]
 * @throws {AlphacutError} `cancelled`, `offline` or `download-failed`
 */
export function fetchFile(file, { signal = null, cache = "default" } = {}) {
  return explain(plainFetch(new URL(file.path, ROOT), { signal, cache }), file, signal);
}

/**
 * What a file of JSON holds.
 * @param {SiteFile} file
 * @returns {Promise<any>}
 * @throws {AlphacutError} `offline`, `download-failed` or `download-cut-off`
 */
export async function fetchJson(file) {
  const response = await fetchFile(file);
  const text = await inTime(response.text()).catch((cause) => { throw cutOff(file, 0, cause); });
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Some servers answer with a page of theirs instead of 404; others end early without a word.
    throw /^[^{]/.test(text) ? refused(file, "sent something else", cause) : cutOff(file, 0, cause);
  }
}

/**
 * The response, or an AlphacutError that says why there is none.
 * @param {Promise<Response>} pending
 * @param {SiteFile} file
 * @param {AbortSignal | null} [signal]
 */
async function explain(pending, file, signal) {
  /** @type {Response} */
  let response;
  try {
    response = await inTime(pending);
  } catch (cause) {
    if (signal?.aborted) throw new AlphacutError("cancelled", "Cancelled.", { cause });
    throw unreachable(file, cause);
  }
  if (response.ok) return response;
  throw refused(file, `answered ${response.status}`, `HTTP ${response.status} ${response.statusText}`);
}

/**
 * @param {SiteFile} file
 * @param {string} what  The server did instead.
 * @param {unknown} cause
 */
function refused(file, what, cause) {
  return new AlphacutError("download-failed", `${nameOf(file)} could not be downloaded: the server ${what}.`, {
    hint: "Try again in a moment. If that does not help, the site was not copied completely.", details: `${file.path}\n${cause}`,
  });
}

/**
 * @param {SiteFile} file
 * @param {unknown} cause
 */
function unreachable(file, cause) {
  if (navigator.onLine === false) {
    return new AlphacutError("offline", `${nameOf(file)} is not here yet, and this computer is offline.`, {
      hint: "Connect to the network and try again.", details: `${file.path}\n${cause}`, cause,
    });
  }
  return new AlphacutError("download-failed", `${nameOf(file)} could not be downloaded: the connection failed.`, {
    hint: "Check the connection and try again.", details: `${file.path}\n${cause}`, cause,
  });
}

/**
 * @param {Response} response
 * @param {SiteFile} file
 * @param {Uint8Array<ArrayBuffer>} into
 * @param {{ signal: AbortSignal, onBytes: (loaded: number) => void }} options
 */
async function readAll(response, file, into, { signal, onBytes }) {
  let loaded = 0;
  try {
    const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
    for (let part = await inTime(reader.read()); !part.done; part = await inTime(reader.read())) {
      if (loaded + part.value.byteLength > into.byteLength) throw tooLong(file);
      into.set(part.value, loaded);
      onBytes(loaded += part.value.byteLength);
    }
  } catch (cause) {
    if (cause instanceof AlphacutError) throw cause;
    if (signal.aborted) throw new AlphacutError("cancelled", "Cancelled.", { cause });
    throw cutOff(file, loaded, cause);
  }
  if (loaded < into.byteLength) throw cutOff(file, loaded, "the stream ended");
}

/**
 * @template T
 * @param {Promise<T>} pending
 * @returns {Promise<T>}
 */
function inTime(pending) {
  /** @type {ReturnType<typeof setInterval>} */
  let timer;
  const late = new Promise((_, reject) => {
    let left = TICKS;
    timer = setInterval(() => {
      if (--left === 0) reject(new Error(`nothing arrived for ${STALL_MS / 1000} s`));
    }, STALL_MS / TICKS);
  });
  return Promise.race([pending, /** @type {Promise<never>} */ (late)]).finally(() => clearInterval(timer));
}

/** @param {SiteFile} file */
function tooLong(file) {
  return new AlphacutError("hash-mismatch", `${nameOf(file)} is longer than the file this site was built with.`, {
    hint: "Reload the page without cache. If that does not help, the site was not copied completely.",
    details: `${file.path}\nexpected ${file.bytes} bytes`,
  });
}

/**
 * @param {SiteFile} file
 * @param {number} loaded
 * @param {unknown} cause
 */
function cutOff(file, loaded, cause) {
  const much = file.bytes ? ` after ${megabytes(loaded)} of ${megabytes(file.bytes)} MB` : "";
  return new AlphacutError("download-cut-off", `${nameOf(file)} did not arrive in full: the download was cut off${much}.`, {
    hint: "Check the connection and try again.", details: `${file.path}\n${cause}`, cause,
  });
}

/** @param {SiteFile} file */
function nameOf(file) {
  return file.path.startsWith("models/") ? "The model" : `The file ${file.path.split("/").at(-1)}`;
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

/** @param {Uint8Array} bytes */
function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
