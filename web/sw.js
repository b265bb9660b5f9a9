/**
 * Service worker: keeps the site for use without network, isolates it from other origins where its server does not (so
 * that WebAssembly gets threads), and takes photos that are shared with the app. Imports nothing; the build stamps in
 * which files there are (tools/offline.py).
 *
 * Files lie in one cache under path and hash. So each version finds its own, a new one fetches only what changed, and
 * nothing is exchanged under a page at work: what a version no longer names is deleted when it takes over, which is
 * when no page of the one before is left, or when the reader asked for it in the only page there is.
 *
 * Answers pass as they are, from the cache as from the network: one that was made anew here would lose the browser's
 * cache of compiled WebAssembly. Only navigations and worker scripts get headers, where they lack them.
 */
"use strict";

/** @import { KeptFiles, OfflineReply, OfflineRequest } from "./shared/offline.js" */
/** @typedef {{ group: string, path: string, hash: string, bytes: number }} Entry  The hash: SHA-256 in base64url, its beginning. */

const scope = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));

const VERSION = "@version@";
/** Group, folder, then name, hash and bytes of each file in it. @type {[string, string, ...[string, string, number][]][]} */
const STAMPED = /** @type {any} */ ("@files@");

const ROOT = scope.registration.scope;
const FILES = `alphacut ${new URL(ROOT).pathname}`;
const SHARED = `alphacut shared ${new URL(ROOT).pathname}`;
const SHELL = "shell";
/** Downloads at once. */
const LANES = 4;

/** @type {Map<string, Entry>} */
const entries = new Map(STAMPED.flatMap(([group, folder, ...files]) => files.map(
  ([name, hash, bytes]) => [ROOT + folder + name, { group, path: folder + name, hash, bytes }],
)));

/** What each answer lacks is added; what the server says itself stands. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "cross-origin",
};

scope.addEventListener("install", (event) => event.waitUntil(install()));
scope.addEventListener("activate", (event) => event.waitUntil(deleteOthers()));
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = addressOf(request);
  if (request.method === "POST" && address === `${ROOT}share`) event.respondWith(takeShared(request));
  else if (request.method === "GET" && (entries.has(address) || needsIsolation(request))) event.respondWith(answer(request, address));
});
scope.addEventListener("message", (event) => {
  const [port] = event.ports;
  if (port) event.waitUntil(reply(event.data).then((answered) => port.postMessage(answered)));
});

/**
 * The first version is installed also where it can't keep the site, for isolation and the network do without. A later
 * one waits until all is here that the one before had: that one works.
 */
async function install() {
  const { trouble } = await keep([SHELL, ...await groupsInUse()]);
  if (trouble && scope.registration.active) throw new Error(trouble);
}

/** Groups of which the version before keeps something. */
async function groupsInUse() {
  const keys = await caches.open(FILES).then((cache) => cache.keys(), () => []); // none where site data is blocked
  return keys.flatMap(({ url }) => entries.get(url.replace(/\?.*/, ""))?.group ?? []);
}

async function deleteOthers() {
  const cache = await caches.open(FILES);
  const named = new Set([...entries.values()].map(keyOf));
  for (const { url } of await cache.keys()) if (!named.has(url)) await cache.delete(url);
}

/**
 * What a request asks for, as the build names it: the front page is one, whatever its address says behind it.
 * @param {Request} request
 */
function addressOf({ url, mode }) {
  const address = url.replace(/[?#].*/, "");
  return mode === "navigate" && address === `${ROOT}index.html` ? ROOT : address;
}

/**
 * The modules that a worker imports have its destination too, but not its mode.
 * @param {Request} request
 */
function needsIsolation({ mode, destination }) {
  return mode === "navigate" || (destination === "worker" && mode === "same-origin");
}

/**
 * From the cache, else as the browser would have fetched it; a failure stays the same failure.
 * @param {Request} request
 * @param {string} address
 */
async function answer(request, address) {
  const response = await kept(request, address) ?? await fetch(request);
  // Not basic: a redirect, which the browser follows.
  const asItIs = !needsIsolation(request) || response.type !== "basic" || isolates(response);
  return asItIs ? response : withHeaders(response);
}

/**
 * @param {Request} request
 * @param {string} address
 */
async function kept({ cache, headers, mode }, address) {
  const entry = entries.get(address);
  if (!entry || headers.has("Range") || (mode !== "navigate" && (cache === "reload" || cache === "no-store"))) return undefined;
  return caches.match(keyOf(entry), { cacheName: FILES }).catch(() => undefined); // deleted or blocked meanwhile
}

/** @param {Entry} entry */
function keyOf({ path, hash }) {
  return `${ROOT}${path}?${hash}`;
}

/** @param {Response} response */
function isolates({ headers }) {
  return headers.has("Cross-Origin-Opener-Policy") && headers.has("Cross-Origin-Embedder-Policy");
}

/** @param {Response} response */
function withHeaders({ body, status, statusText, headers }) {
  const completed = new Headers(headers);
  for (const [name, value] of Object.entries(ISOLATION)) if (!headers.has(name)) completed.set(name, value);
  return new Response(body, { status, statusText, headers: completed });
}

/**
 * Brings what is missing of some groups.
 * @param {string[]} groups
 * @returns {Promise<KeptFiles>}
 */
async function keep(groups) {
  /** @type {KeptFiles["trouble"]} */
  let trouble = "";
  try {
    const cache = await caches.open(FILES);
    const there = new Set((await cache.keys()).map(({ url }) => url));
    const missing = [...entries.values()].filter((entry) => groups.includes(entry.group) && !there.has(keyOf(entry))).values();
    const lane = async () => {
      for (const entry of missing) await cache.put(keyOf(entry), await bring(entry));
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  } catch (error) {
    trouble = error instanceof DOMException && error.name === "QuotaExceededError" ? "full" : "failed";
  }
  return { ...await listKept(), trouble };
}

/**
 * A file as this version was built with it, from the browser's own cache if it is there: the page may just have used it.
 * @param {Entry} entry
 */
async function bring({ path, hash }) {
  const get = async (/** @type {RequestCache} */ cache) => {
    const response = await fetch(ROOT + path, { cache });
    const content = await response.clone().arrayBuffer();
    if (!response.ok || !(await hashOf(content)).startsWith(hash)) throw new TypeError(`${path} is not of this version`);
    // One that was redirected is refused for a navigation.
    return response.redirected ? new Response(response.body, { headers: response.headers }) : response;
  };
  return get("force-cache").catch(() => get("reload"));
}

/** @param {ArrayBuffer} content */
async function hashOf(content) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return btoa(String.fromCharCode(...digest)).replaceAll("+", "-").replaceAll("/", "_");
}

/** @returns {Promise<KeptFiles>} */
async function listKept() {
  const cache = await caches.open(FILES);
  const there = new Set((await cache.keys()).map(({ url }) => url));
  /** @type {KeptFiles["groups"]} */
  const groups = {};
  for (const entry of entries.values()) {
    const group = (groups[entry.group] ??= { bytes: 0, whole: true });
    if (there.has(keyOf(entry))) group.bytes += entry.bytes;
    else group.whole = false;
  }
  return { version: VERSION, groups, trouble: "" };
}

/** @param {string[]} groups */
async function drop(groups) {
  const cache = await caches.open(FILES);
  for (const entry of entries.values()) if (groups.includes(entry.group)) await cache.delete(keyOf(entry));
  return listKept();
}

/**
 * @param {OfflineRequest} request
 * @returns {Promise<OfflineReply>}
 */
async function reply(request) {
  if (request.type === "keep") return keep(request.groups);
  if (request.type === "drop") return drop(request.groups);
  if (request.type === "take-shared") return { photos: await giveShared() };
  const windows = await scope.clients.matchAll({ includeUncontrolled: true, type: "window" });
  const pages = windows.filter(({ url }) => url.startsWith(ROOT)); // the origin may have other sites
  if (request.type === "use") {
    if (pages.length <= 1) await scope.skipWaiting(); // under other pages nothing is exchanged
    return { others: pages.length - 1 };
  }
  // A page that came before this worker is served by it from now on, if it is of the same version.
  if (request.version === VERSION) await scope.clients.claim();
  return listKept();
}

/**
 * Takes photos that another app shares; the page asks for them when it has started.
 * @param {Request} request
 */
async function takeShared(request) {
  let outcome = "shared";
  try {
    const cache = await caches.open(SHARED);
    for (const photo of (await request.formData()).getAll("photos")) {
      if (!(photo instanceof File)) continue;
      const headers = { "Content-Type": photo.type || "application/octet-stream", "X-Name": encodeURIComponent(photo.name) };
      await cache.put(`${ROOT}share/${crypto.randomUUID()}`, new Response(photo, { headers }));
    }
  } catch {
    outcome = "share-failed"; // no room, or no form
  }
  return Response.redirect(`${ROOT}?${outcome}`, 303);
}

/** @returns {Promise<File[]>} */
async function giveShared() {
  const cache = await caches.open(SHARED);
  const photos = [];
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    if (!response) continue;
    const type = response.headers.get("Content-Type") ?? "";
    photos.push(new File([await response.blob()], decodeURIComponent(response.headers.get("X-Name") ?? ""), { type }));
    await cache.delete(request);
  }
  return photos;
}
