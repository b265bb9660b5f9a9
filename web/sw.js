/**
 * Service worker: makes the site isolated from other origins where its server does not, so that WebAssembly gets
 * threads. Imports nothing; keeps nothing.
 *
 * Only navigations and worker scripts need the headers. Every other answer goes to the page as it came: one that
 * was made anew here loses the browser's cache of compiled WebAssembly.
 */
"use strict";

const scope = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));

/** What each answer lacks is added; what the server says itself stands. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

scope.addEventListener("install", () => scope.skipWaiting());
scope.addEventListener("fetch", (event) => {
  if (needsIsolation(event.request)) event.respondWith(isolated(event.request));
});

/**
 * The modules that a worker imports have its destination too, but not its mode.
 * @param {Request} request
 */
function needsIsolation({ mode, destination }) {
  return mode === "navigate" || (destination === "worker" && mode === "same-origin");
}

/**
 * Fetches as the browser would have; a failure stays the same failure. Where the server isolates the site by now, its
 * answers pass as they are, but for the scripts that the browser still has from before: these are completed.
 * @param {Request} request
 */
async function isolated(request) {
  const response = await fetch(request);
  const asItIs = response.type !== "basic" || isolates(response); // not basic: a redirect, which the browser follows
  return asItIs ? response : withHeaders(response);
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
