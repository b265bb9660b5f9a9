/**
 * Loads what a job needs, each once: the site's description, Python, ONNX Runtime, the network on its device.
 */

import { AlphacutError } from "../shared/protocol.js";
import { fetchEarly, fetchJson, nativeDigest, ROOT, watchFetches } from "./assets.js";
import { Network } from "./network.js";
import { ORT_BUILD } from "./ort.js";
import { findOwn } from "./own-store.js";
import { remarks } from "./remarks.js";
import { Runtime } from "./runtime.js";

/** @import { CheckRequest, MaskRequest, MeasureRequest, Ready, RemoveRequest, Reply, Site, SiteModel, Stage, StartRequest, Stats } from "../shared/protocol.js" */
/** @typedef {(reply: Reply) => void} Post */
/** @typedef {StartRequest | RemoveRequest | MaskRequest | CheckRequest | MeasureRequest} LoadRequest */
/** @typedef {{ runtime: Runtime, ms: number }} Python */
/** @typedef {{ key: string, session: Network, ms: number }} Opened */
/** @typedef {{ python: Python, network: Opened, model: SiteModel }} Loaded */

/** @type {Promise<Site> | null} */
let siteLoading = null;
/** Python, and the failure of a download of Python or ONNX Runtime. @type {{ python: Promise<Python>, failure: Promise<never> } | null} */
let starting = null;
/** @type {Opened | null} */
let current = null;
/** Sessions are made one after the other, also where the one before was given up by its request. */
let opening = Promise.resolve();

// Counting memory costs a little, so only a worker started as worker.js?stats does; it must begin before ORT.
const counting = new URL(globalThis.location.href).searchParams.has("stats") ? import("./stats.js") : null;

/**
 * Loads Python alone.
 * @param {number} id  Of the request.
 * @param {Post} post
 */
export async function loadPython(id, post) {
  const site = await loadSite();
  starting ??= start(site, teller(id, post));
  return { site, ...await Promise.race([starting.python, starting.failure]) };
}

/**
 * Loads runtime and session, side by side where both are still to be loaded.
 * @param {LoadRequest} request
 * @param {AbortSignal} signal
 * @param {Post} post
 * @returns {{ usable: Promise<Loaded>, settled: Promise<void> }}
 *   `usable` may reject while parts go on loading; `settled` resolves when nothing does any more.
 */
export function load(request, signal, post) {
  const usable = loadAll(request, signal, post);
  return { usable, settled: usable.then(ignore, ignore).then(() => opening) };
}

/**
 * @param {StartRequest} request
 * @param {Loaded} loaded
 * @returns {Ready}
 */
export function ready({ model }, { python, network }) {
  return { model, device: network.session.report, remarks: remarks(), ms: { start: python.ms, model: network.ms } };
}

/** @returns {Promise<Stats>} */
export async function stats() {
  const runtime = (await starting?.python)?.runtime;
  const counted = (await counting)?.count() ?? { ortHeapBytes: 0, gpuBuffers: 0, gpuBytes: 0 };
  return { pythonHeapBytes: runtime?.heapBytes ?? 0, proxies: counting ? runtime?.proxies ?? 0 : 0, ...counted };
}

/**
 * @param {LoadRequest} request
 * @param {AbortSignal} signal
 * @param {Post} post
 * @returns {Promise<Loaded>}
 */
async function loadAll(request, signal, post) {
  const tell = teller(request.id, post);
  const site = await loadSite();
  const model = site.models.find(({ id }) => id === request.model) ?? await findOwn(request.model) ?? notFound(site, request.model);
  starting ??= start(site, tell);
  const { python, failure } = starting;
  if (request.type === "measure") await Promise.race([python, failure]); // so that Python does not slow down what is measured
  const network = open(site, model, request, python, signal, tell);
  return Promise.race([
    Promise.all([python, network]).then(([python, network]) => ({ python, network, model })),
    failure,
  ]);
}

/** @returns {Promise<Site>} */
export function loadSite() {
  const site = { path: "site.json", bytes: 0, sha256: "" };
  return (siteLoading ??= fetchJson(site).catch((error) => { siteLoading = null; throw error; }));
}

/**
 * @param {Site} site
 * @param {string} id
 * @returns {never}
 */
function notFound(site, id) {
  throw new AlphacutError("unknown-model", `This site has no model “${id}”.`, {
    hint: `It has ${site.models.map((candidate) => candidate.id).join(", ")}.`,
  });
}

/**
 * Starts Python, and begins with the downloads that are asked for last. A failure is fatal: half a Python can't be
 * taken back, and ONNX Runtime does not try a second time.
 * @param {Site} site
 * @param {Tell} tell
 */
function start(site, tell) {
  const began = performance.now();
  const fetched = [...site.pyodide.assets, ...site.ort.builds[ORT_BUILD]].filter(({ path }) => !path.endsWith(".js"));
  const total = fetched.reduce((sum, { bytes }) => sum + bytes, 0);
  let arrived = 0;
  tell("runtime", 0, total);
  const prefixes = [site.pyodide.index, site.ort.index].map((index) => new URL(index, ROOT).href);
  const count = (/** @type {number} */ bytes) => tell("runtime", Math.min(arrived += bytes, total), total);
  const failure = watchFetches(prefixes, count).catch((error) => { throw asFatal(AlphacutError.from(error)); });
  // Each would wait for a script that asks for it.
  for (const { path } of fetched) if (path.endsWith(".wasm")) fetchEarly(new URL(path, ROOT).href);
  const python = Runtime.load(site, count).then(async (runtime) => {
    if (await counting) runtime.traceProxies();
    return { runtime, ms: performance.now() - began };
  }, (error) => { throw asFatal(AlphacutError.from(error)); });
  for (const promise of [failure, python]) promise.catch(ignore); // heard of by whoever races against them
  return { python, failure };
}

/**
 * The session for a model and a device; the one before is released.
 * @param {Site} site
 * @param {SiteModel} model
 * @param {LoadRequest} request
 * @param {Promise<Python>} python
 * @param {AbortSignal} signal
 * @param {Tell} tell
 * @returns {Promise<Opened>}
 */
function open(site, model, request, python, signal, tell) {
  const { precision, threads, profile } = request.type === "measure" ? request : {};
  const network = opening.then(async () => {
    const key = [model.id, request.device, precision, profile].join(" ");
    if (current?.key === key) return current;
    if (signal.aborted) throw new AlphacutError("cancelled", "Cancelled.");
    const began = performance.now();
    const session = await Network.open(site, model, request.device, {
      signal, wish: { precision, threads, profile },
      digest: nativeDigest ?? (async (bytes) => (await python).runtime.sha256(bytes)),
      onBytes: (bytes, total) => tell("model", bytes, total),
      onSession: async () => {
        tell("session", 0, 1);
        // Not before the new one's bytes are here: a download that fails must not cost the network that works.
        const previous = current;
        current = null;
        await previous?.session.release().catch(ignore); // a lost device must not keep the next one from being used
      },
    });
    tell("session", 1, 1);
    return (current = { key, session, ms: performance.now() - began });
  });
  opening = network.then(ignore, ignore);
  return network;
}

/** @typedef {(stage: Stage, done: number, total: number) => void} Tell */

/**
 * @param {number} id
 * @param {Post} post
 * @returns {Tell}
 */
export function teller(id, post) {
  return (stage, loaded, total) => post({ id, type: "progress", stage, loaded, total });
}

/** @param {AlphacutError} error */
function asFatal({ code, message, hint, details, cause }) {
  return new AlphacutError(code, message, { hint, details, cause, fatal: true });
}

function ignore() {}
