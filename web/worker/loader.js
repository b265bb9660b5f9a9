/**
 * Loads what a job needs, each once: the site's description, Python, ONNX Runtime, the network on its device.
 */

import { AlphacutError } from "../shared/protocol.js";
import { fetchEarly, fetchFile, nativeDigest, ROOT, watchFetches } from "./assets.js";
import { ORT_BUILD, OrtSession } from "./ort.js";
import { remarks } from "./remarks.js";
import { Runtime } from "./runtime.js";

/** @import { DeviceChoice, Ready, RemoveRequest, Reply, Site, SiteModel, Stage, StartRequest, Stats } from "../shared/protocol.js" */
/** @typedef {(reply: Reply) => void} Post */
/** @typedef {{ runtime: Runtime, ms: number }} Python */
/** @typedef {{ key: string, session: OrtSession, ms: number }} Network */
/** @typedef {{ python: Python, network: Network, model: SiteModel }} Loaded */

/** @type {Promise<Site> | null} */
let siteLoading = null;
/** Python, and the failure of a download of Python or ONNX Runtime. @type {{ python: Promise<Python>, failure: Promise<never> } | null} */
let starting = null;
/** @type {Network | null} */
let current = null;
/** Sessions are made one after the other, also where the one before was given up by its request. */
let opening = Promise.resolve();

// Counting memory costs a little, so only a worker started as worker.js?stats does; it must begin before ORT.
const counting = new URL(globalThis.location.href).searchParams.has("stats") ? import("./stats.js") : null;

/**
 * Loads runtime and session, side by side where both are still to be loaded.
 * @param {StartRequest | RemoveRequest} request
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
 * @param {StartRequest | RemoveRequest} request
 * @param {AbortSignal} signal
 * @param {Post} post
 * @returns {Promise<Loaded>}
 */
async function loadAll(request, signal, post) {
  const tell = teller(request.id, post);
  siteLoading ??= fetchSite().catch((error) => { siteLoading = null; throw error; });
  const site = await siteLoading;
  const model = findModel(site, request.model);
  starting ??= start(site, tell);
  const { python, failure } = starting;
  const network = open(site, model, request.device, python, signal, tell);
  return Promise.race([
    Promise.all([python, network]).then(([python, network]) => ({ python, network, model })),
    failure,
  ]);
}

/** @returns {Promise<Site>} */
async function fetchSite() {
  return (await fetchFile({ path: "site.json", bytes: 0, sha256: "" })).json();
}

/**
 * @param {Site} site
 * @param {string} id
 */
function findModel(site, id) {
  const model = site.models.find((candidate) => candidate.id === id);
  if (model) return model;
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
 * @param {DeviceChoice} device
 * @param {Promise<Python>} python
 * @param {AbortSignal} signal
 * @param {Tell} tell
 * @returns {Promise<Network>}
 */
function open(site, model, device, python, signal, tell) {
  const network = opening.then(async () => {
    const key = `${model.id} ${device}`;
    if (current?.key === key) return current;
    if (signal.aborted) throw new AlphacutError("cancelled", "Cancelled.");
    const began = performance.now();
    const session = await OrtSession.open(site, model, device, {
      signal,
      digest: nativeDigest ?? (async (bytes) => (await python).runtime.sha256(bytes)),
      onBytes: (bytes, total) => tell("model", bytes, total),
      onSession: async () => {
        tell("session", 0, 1);
        // Not before the new one's bytes are here: a download that fails must not cost the network that works.
        const previous = current;
        current = null;
        await previous?.session.release();
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
