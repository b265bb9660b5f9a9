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
  if (needsIsolation(event.request)) event.respondWith(isolated(event));
});

/** @param {Request} request */
function needsIsolation({ mode, destination, url }) {
  return new URL(url).origin === scope.location.origin && (mode === "navigate" || destination === "worker");
}

/**
 * Fetches as the browser would have; a failure stays the same failure.
 * @param {FetchEvent} event
 */
async function isolated(event) {
  const response = await fetch(event.request);
  if (response.type !== "basic") return response; // a redirect, which the browser follows by itself
  if (!isolates(response)) return withHeaders(response);
  // The server isolates the site by now: once its pages are closed, this worker is not needed any more.
  if (event.request.mode === "navigate") event.waitUntil(scope.registration.unregister());
  return response;
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
