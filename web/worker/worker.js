/**
 * The worker: takes the requests of web/shared/protocol.js one at a time and answers each.
 */

import { AlphacutError } from "../shared/protocol.js";
import { cutOut } from "./job.js";
import { load, ready, stats } from "./loader.js";

/** @import { Cutout, Measured, MeasureRequest, Ready, Reply, Request, Stats } from "../shared/protocol.js" */
/** @import { Loaded, LoadRequest } from "./loader.js" */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));

// For bench/ alone, so only a worker started as worker.js?bench measures.
const measuring = new URL(scope.location.href).searchParams.has("bench") ? import("./measure.js") : null;

/** One request at a time: a session must not run twice at once. */
let queue = Promise.resolve();
/** Requests not answered yet. @type {Map<number, AbortController>} */
const open = new Map();
/** The request being served; those behind it only wait. @type {number | null} */
let serving = null;

scope.onmessage = (/** @type {MessageEvent} */ { data }) => {
  const request = /** @type {Request} */ (data);
  if (request.type === "cancel") return cancel(request.id);
  if (request.type === "stats") return void answer(request.id, stats);
  if (request.type === "measure" && !measuring) return refuse(request.id, notForBench());
  open.set(request.id, new AbortController());
  queue = queue.then(() => serve(request));
};

/**
 * Rejects when Python or ONNX Runtime dies where no promise of ours hears of it: a trap in WebAssembly that was
 * entered from the event loop.
 * @type {Promise<never>}
 */
const crashed = new Promise((_, reject) => {
  scope.addEventListener("error", ({ error }) => reject(crash(error)));
  scope.addEventListener("unhandledrejection", ({ reason }) => { if (isFatal(reason)) reject(crash(reason)); });
});
crashed.catch(() => {}); // raced against by each request

/** @param {number} id */
function cancel(id) {
  open.get(id)?.abort();
  if (id !== serving && open.delete(id)) refuse(id, cancelled());
}

/**
 * Serves a request that was not cancelled while it waited. Cancelled while it loads, it is answered at once, and
 * what it began is waited for before the next begins: a runtime or session half made is not wasted. Cancelled while
 * it works on a photo, it is answered when it has stopped; the page replaces a worker that takes too long for that.
 * @param {LoadRequest} request
 */
async function serve(request) {
  const signal = open.get(request.id)?.signal;
  if (!signal) return;
  serving = request.id;
  const loading = load(request, signal, post);
  await answer(request.id, async () => {
    const loaded = await Promise.race([loading.usable, aborted(signal), crashed]);
    if (request.type === "start") return ready(request, loaded);
    if (request.type === "measure") return Promise.race([measure(request, loaded), crashed]);
    return Promise.race([cutOut(request, loaded, signal, post), crashed]);
  });
  open.delete(request.id);
  serving = null;
  await loading.settled;
}

/**
 * @param {number} id
 * @param {() => Promise<Ready | Cutout | Stats | Measured> | Ready} call
 */
async function answer(id, call) {
  try {
    const value = await call();
    const transfer = "png" in value ? [value.png, ...(value.preview ? [value.preview] : [])] : [];
    scope.postMessage({ id, type: "result", value }, transfer);
  } catch (error) {
    refuse(id, AlphacutError.from(error));
  }
}

/**
 * @param {number} id
 * @param {AlphacutError} error
 */
function refuse(id, error) {
  post({ id, type: "error", error: error.toWire() });
}

/** @param {Reply} reply */
function post(reply) {
  scope.postMessage(reply);
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<never>}
 */
function aborted(signal) {
  return new Promise((_, reject) => {
    const stop = () => reject(cancelled());
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
}

function cancelled() {
  return new AlphacutError("cancelled", "Cancelled.");
}

/**
 * @param {MeasureRequest} request
 * @param {Loaded} loaded
 */
async function measure(request, loaded) {
  return /** @type {typeof import("./measure.js")} */ (await measuring).measure(request, loaded);
}

function notForBench() {
  return new AlphacutError("internal", "This worker does not measure: it was not started as worker.js?bench.");
}

/** @param {unknown} reason */
function isFatal(reason) {
  if (reason instanceof WebAssembly.RuntimeError || reason instanceof RangeError) return true;
  return reason instanceof Error && "pyodide_fatal_error" in reason;
}

/** @param {unknown} cause */
function crash(cause) {
  const details = String(cause instanceof Error ? cause.stack : cause);
  if (/out of memory|allocation|enlarge memory/i.test(details)) {
    return new AlphacutError("out-of-memory", "Memory ran out while the photo was processed.", {
      hint: "Close other tabs or scale the photo down, then try again.", details, cause,
    });
  }
  return new AlphacutError("runtime-failed", "Python stopped while the photo was processed.", {
    hint: "Try again; Python is started anew.", details, cause,
  });
}
