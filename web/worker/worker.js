/**
 * The worker: takes the requests of web/shared/protocol.js in their order and answers each.
 */

import { AlphacutError } from "../shared/protocol.js";
import { orCrash } from "./crash.js";
import { noImage } from "./glance.js";
import { cutOut, exportFile, refine } from "./job.js";
import { forgetModel, listKept } from "./kept.js";
import { maskOf } from "./live.js";
import { load, loadPython, loadSite, ready, stats } from "./loader.js";
import { adopt, disown, inspect, keep, list, testPhoto } from "./own-model.js";

/** @import { AdoptRequest, CheckRequest, ExportRequest, InspectRequest, MeasureRequest, RefineRequest, RemoveRequest, Reply, Request, ResultReply } from "../shared/protocol.js" */
/** @import { Loaded, LoadRequest } from "./loader.js" */
/** @typedef {LoadRequest | ExportRequest | RefineRequest | InspectRequest | AdoptRequest} QueuedRequest */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));

// For bench/ alone, so only a worker started as worker.js?bench measures.
const measuring = new URL(scope.location.href).searchParams.has("bench") ? import("./measure.js") : null;

/** Files up to this size are worked on two at a time: decoded, two of them fit into memory. */
const SMALL_BYTES = 16_000_000;

/** Resolves when the next request may begin. */
let queue = Promise.resolve();
/** What was begun last: `key` says which photos may begin before it, and all that began earlier, is answered. */
/** @type {{ key: string, served: Promise<unknown> }} */
let last = { key: "", served: Promise.resolve() };
/** Requests not answered yet. @type {Map<number, AbortController>} */
const open = new Map();
/** Those of them that have begun; the others only wait. @type {Set<number>} */
const serving = new Set();

scope.onmessage = (/** @type {MessageEvent} */ { data }) => {
  const request = /** @type {Request} */ (data);
  if (request.type === "cancel") return cancel(request.id);
  if (request.type === "stats") return void answer(request.id, stats);
  if (request.type === "storage") return void answer(request.id, async () => listKept(await loadSite()));
  if (request.type === "forget") return void answer(request.id, async () => forgetModel(await loadSite(), request.model));
  if (request.type === "own") return void answer(request.id, list);
  if (request.type === "disown") return void answer(request.id, () => disown(request.model));
  if (request.type === "measure" && !measuring) return refuse(request.id, notForBench());
  open.set(request.id, new AbortController());
  const looked = request.type === "remove" ? glance(request) : null;
  queue = Promise.all([queue, looked]).then(() => admit(request));
};

/**
 * Answers a request whose file is no photo, though others wait, and nothing be loaded yet.
 * @param {RemoveRequest} request
 */
async function glance({ id, photo }) {
  const error = await noImage(photo);
  if (error && open.delete(id)) refuse(id, error);
}

// Held for as long as this worker lives, as the end of some is told by nothing else: see client/worker-slot.js.
if (scope.name) {
  globalThis.navigator.locks?.request(scope.name, () => {
    scope.postMessage({ type: "alive", lock: scope.name });
    return new Promise(() => {});
  }).catch(() => {}); // without locks the page hears of errors only
}

/** @param {number} id */
function cancel(id) {
  open.get(id)?.abort();
  if (!serving.has(id) && open.delete(id)) refuse(id, cancelled());
}

/**
 * Begins a request and resolves when the next may begin: when this one is answered, or, where the GPU has its photo,
 * already then. So the next photo is decoded while the GPU works; never more than two are under way.
 * @param {QueuedRequest} request
 */
async function admit(request) {
  const key = keyOf(request);
  if (key !== last.key) await last.served;
  const before = last.served;
  /** @type {Promise<void>} */
  const onGpu = new Promise((resolve) => {
    last = { key, served: Promise.all([before, serve(request, resolve)]).then(() => {}) }; // or each would hold the one before
  });
  await Promise.race([last.served, Promise.all([onGpu, before])]);
}

/**
 * The same for photos that may overlap.
 * @param {QueuedRequest} request
 */
function keyOf(request) {
  const overlaps = request.type === "remove" && request.photo.size <= SMALL_BYTES;
  return overlaps ? `${request.model} ${request.device}` : `${request.id}`;
}

/**
 * Serves a request that was not cancelled or refused while it waited. Cancelled while it loads, it is answered at once,
 * and what it began is waited for before the next begins: a runtime or session half made is not wasted. Cancelled while
 * it works on a photo, it is answered when it has stopped; the page replaces a worker that takes too long for that.
 * @param {QueuedRequest} request
 * @param {() => void} onGpu  Called when the GPU has the photo.
 */
async function serve(request, onGpu) {
  const signal = open.get(request.id)?.signal;
  if (!signal) return;
  serving.add(request.id);
  if (request.type === "inspect" || request.type === "adopt") {
    const work = request.type === "inspect" ? inspect(request, signal, post) : adopt(request, signal, post);
    await answer(request.id, () => orCrash(work, aborted(signal)));
    done(request.id);
    return void await work.catch(() => {}); // it shares Python with the next one
  }
  if (request.type === "export" || request.type === "refine") {
    await answer(request.id, () => rework(request, signal));
    return done(request.id);
  }
  const loading = load(request, signal, post);
  await answer(request.id, async () => {
    const usable = orCrash(loading.usable, aborted(signal));
    if (request.type === "check") return tryOut(request, usable, signal);
    const loaded = await usable;
    if (request.type === "start") return ready(request, loaded);
    if (request.type === "mask") return orCrash(maskOf(request, loaded));
    if (request.type === "measure") return orCrash(measure(request, loaded));
    return orCrash(cutOut(request, loaded, { signal, post, onGpu }));
  });
  done(request.id);
  await loading.settled;
}

/** @param {number} id */
function done(id) {
  open.delete(id);
  serving.delete(id);
}

/**
 * What needs Python alone: no model is loaded, nor waited for.
 * @param {ExportRequest | RefineRequest} request
 * @param {AbortSignal} signal
 */
async function rework(request, signal) {
  const python = await orCrash(loadPython(request.id, post), aborted(signal));
  const work = request.type === "export" ? exportFile(request, python, signal, post) : refine(request, python, signal, post);
  return orCrash(work);
}

/**
 * Runs a visitor's model once; one that does not run is not kept.
 * @param {CheckRequest} request
 * @param {Promise<Loaded>} usable
 * @param {AbortSignal} signal
 */
async function tryOut(request, usable, signal) {
  try {
    const loaded = await usable;
    const photo = { ...request, type: /** @type {const} */ ("remove"), photo: testPhoto() };
    await orCrash(cutOut(photo, loaded, { signal, post, onGpu: () => {} }));
    await keep(loaded.model);
    return loaded.model;
  } catch (error) {
    await disown(request.model);
    throw error;
  }
}

/**
 * @param {MeasureRequest} request
 * @param {Loaded} loaded
 */
async function measure(request, loaded) {
  return /** @type {typeof import("./measure.js")} */ (await measuring).measure(request, loaded);
}

/**
 * @param {number} id
 * @param {() => ResultReply["value"] | Promise<ResultReply["value"]>} call
 */
async function answer(id, call) {
  try {
    const value = await call();
    const buffers = Object.values(value).filter((part) => part instanceof ArrayBuffer);
    scope.postMessage({ id, type: "result", value }, buffers);
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

function notForBench() {
  return new AlphacutError("internal", "This worker does not measure: it was not started as worker.js?bench.");
}
