/**
 * The worker: takes the requests of web/shared/protocol.js one at a time and answers each.
 */

import { AlphacutError } from "../shared/protocol.js";
import { nativeDigest, ROOT, superviseFetch } from "./assets.js";
import { OrtSession } from "./ort.js";
import { Runtime } from "./runtime.js";

/** @import { Cutout, DeviceChoice, Ready, Reply, RemoveRequest, Request, Site, Stage, StartRequest, Stats } from "../shared/protocol.js" */
/** @import { PythonCutout } from "./runtime.js" */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));

/** One request at a time: a session must not run twice at once. */
let queue = Promise.resolve();
/** @type {Map<number, AbortController>} */
const controllers = new Map();

/** @type {Promise<{ site: Site, runtime: Runtime, ms: number }> | null} */
let starting = null;
/** @type {{ key: string, session: OrtSession, ms: number } | null} */
let loaded = null;

scope.onmessage = (/** @type {MessageEvent} */ { data }) => {
  const request = /** @type {Request} */ (data);
  if (request.type === "cancel") return controllers.get(request.id)?.abort();
  if (request.type === "stats") return void answer(request.id, stats);
  const controller = new AbortController();
  controllers.set(request.id, controller);
  queue = queue.then(() => serve(request, controller.signal));
};

/**
 * Answers a request. Cancelled while it loads, it is answered at once, and what it began is waited for before the
 * next begins: a runtime or session half made is not wasted. Cancelled while it works on a photo, it is answered
 * when it has stopped; the page replaces a worker that takes too long for that.
 * @param {StartRequest | RemoveRequest} request
 * @param {AbortSignal} signal
 */
async function serve(request, signal) {
  const loading = prepare(request, signal);
  await answer(request.id, async () => {
    const prepared = await Promise.race([loading, aborted(signal)]);
    return request.type === "start" ? ready(request, prepared) : remove(request, prepared, signal);
  });
  controllers.delete(request.id);
  await loading.catch(() => {}); // already answered
}

/**
 * @param {number} id
 * @param {() => Promise<Ready | Cutout | Stats>} call
 */
async function answer(id, call) {
  try {
    const value = await call();
    post({ id, type: "result", value }, "png" in value ? [value.png, ...(value.preview ? [value.preview] : [])] : []);
  } catch (error) {
    post({ id, type: "error", error: AlphacutError.from(error).toWire() });
  }
}

/** @typedef {Awaited<ReturnType<typeof prepare>>} Prepared */

/**
 * @param {StartRequest} request
 * @param {Prepared} prepared
 * @returns {Ready}
 */
function ready(request, { boot, session }) {
  return { model: request.model, device: session.session.report, ms: { start: boot.ms, model: session.ms } };
}

/**
 * @param {RemoveRequest} request
 * @param {Prepared} prepared
 * @param {AbortSignal} signal
 * @returns {Promise<Cutout>}
 */
async function remove(request, { boot, session, model }, signal) {
  const began = performance.now();
  const photo = new Uint8Array(await request.photo.arrayBuffer());
  const progress = progressOf(request.id, signal);
  const cutout = await boot.runtime.remove(photo, model.spec, {
    run: (data, ...dims) => session.session.run(data, ...dims),
    checkpoint: progress.checkpoint,
  });
  progress.end();
  return finished(cutout, request, session.session, {
    start: boot.ms, model: session.ms, ...cutout.ms, total: performance.now() - began,
  });
}

/**
 * @param {PythonCutout} cutout
 * @param {RemoveRequest} request
 * @param {OrtSession} session
 * @param {Cutout["ms"]} ms
 * @returns {Cutout}
 */
function finished(cutout, request, session, ms) {
  const { width, height, format, notes } = cutout;
  const preview = cutout.preview?.buffer ?? null;
  return { png: cutout.png.buffer, preview, width, height, format, notes, model: request.model, device: session.report, ms };
}

/**
 * Runtime and session, side by side where both are still to be loaded.
 * @param {StartRequest | RemoveRequest} request
 * @param {AbortSignal} signal
 */
async function prepare(request, signal) {
  const { site, booting } = await load(request.id);
  const model = site.models.find(({ id }) => id === request.model);
  if (!model) {
    throw new AlphacutError("unknown-model", `This site has no model “${request.model}”.`, {
      hint: `It has ${site.models.map(({ id }) => id).join(", ")}.`,
    });
  }
  const [boot, session] = await Promise.all([booting, open(site, model.id, request.device, request.id, booting, signal)]);
  return { boot, session, model };
}

/** @type {Promise<Site> | null} */
let siteLoading = null;

/**
 * Starts the runtime once; a failed start is forgotten, so that the next request tries again.
 * @param {number} id
 */
async function load(id) {
  siteLoading ??= fetchSite().catch((error) => { siteLoading = null; throw error; });
  const site = await siteLoading;
  starting ??= loadRuntime(site, id).catch((error) => { starting = null; throw error; });
  starting.catch(() => {}); // awaited by whoever needs it; a session that fails first must not leave it unheard
  return { site, booting: starting };
}

/** @returns {Promise<Site>} */
async function fetchSite() {
  const supervision = superviseFetch(() => {});
  try {
    return await (await fetch(new URL("site.json", ROOT))).json();
  } finally {
    supervision.stop();
  }
}

/**
 * @param {Site} site
 * @param {number} id
 */
async function loadRuntime(site, id) {
  const total = site.pyodide.assets.reduce((sum, { bytes }) => sum + bytes, 0);
  let arrived = 0;
  progress(id, "runtime", 0, total);
  const supervision = superviseFetch((bytes) => progress(id, "runtime", Math.min(arrived += bytes, total), total));
  try {
    const runtime = await Promise.race([Runtime.load(site), supervision.failure]);
    progress(id, "runtime", total, total);
    if (counting) runtime.traceProxies();
    return { site, runtime, ms: performance.now() };
  } finally {
    supervision.stop();
  }
}

/**
 * The session for a model and a device; the one before is released.
 * @param {Site} site
 * @param {string} modelId
 * @param {DeviceChoice} device
 * @param {number} id
 * @param {Promise<{ runtime: Runtime }>} booting
 * @param {AbortSignal} signal
 */
async function open(site, modelId, device, id, booting, signal) {
  const key = `${modelId} ${device}`;
  if (loaded?.key === key) return loaded;
  const previous = loaded;
  loaded = null;
  await previous?.session.release();
  const model = /** @type {Site["models"][number]} */ (site.models.find((candidate) => candidate.id === modelId));
  const began = performance.now();
  const session = await OrtSession.open(site, model, device, {
    signal,
    digest: nativeDigest ?? (async (bytes) => (await booting).runtime.sha256(bytes)),
    onBytes: (bytes, total) => progress(id, "model", bytes, total),
    onSession: () => progress(id, "session", 0, 1),
  });
  progress(id, "session", 1, 1);
  loaded = { key, session, ms: performance.now() - began };
  return loaded;
}

/**
 * Reports the stages of a photo and stops between two of them when the request was cancelled.
 * @param {number} id
 * @param {AbortSignal} signal
 */
function progressOf(id, signal) {
  /** @type {Stage | null} */
  let current = null;
  const end = () => { if (current) progress(id, current, 1, 1); };
  return {
    end,
    /** @param {string} stage */
    async checkpoint(stage) {
      end();
      current = /** @type {Stage} */ (stage);
      progress(id, current, 0, 1);
      await breathe();
      return signal.aborted ? { error: new AlphacutError("cancelled", "Cancelled.").toWire() } : {};
    },
  };
}

/** Lets messages in: a cancel that waits is heard before the next stage begins. */
function breathe() {
  return new Promise((resolve) => { setTimeout(resolve, 0); });
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<never>}
 */
function aborted(signal) {
  return new Promise((_, reject) => {
    const stop = () => reject(new AlphacutError("cancelled", "Cancelled."));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
}

/**
 * @param {number} id
 * @param {Stage} stage
 * @param {number} done
 * @param {number} total
 */
function progress(id, stage, done, total) {
  post({ id, type: "progress", stage, loaded: done, total });
}

/**
 * @param {Reply} reply
 * @param {Transferable[]} [transfer]
 */
function post(reply, transfer = []) {
  scope.postMessage(reply, transfer);
}

/** Counting memory costs a little, so only a worker started as worker.js?stats does. */
const counting = new URL(scope.location.href).searchParams.has("stats") ? await import("./stats.js") : null;

/** @returns {Promise<Stats>} */
async function stats() {
  const runtime = (await starting)?.runtime;
  return {
    pythonHeapBytes: runtime?.heapBytes ?? 0,
    proxies: counting ? runtime?.proxies ?? 0 : 0,
    ...(counting?.count() ?? { ortHeapBytes: 0, gpuBuffers: 0, gpuBytes: 0 }),
  };
}
