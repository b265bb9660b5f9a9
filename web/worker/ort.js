/**
 * The one place that touches ONNX Runtime: makes a session from a graph and its weights and runs it.
 */

import { AlphacutError } from "../shared/protocol.js";
import { ROOT, fetchVerified } from "./assets.js";
import { chooseDevice, cpu, POWER_PREFERENCE } from "./device.js";

/** @import * as Ort from "onnxruntime-common" */
/** @import { DeviceChoice, DeviceReport, OrtBuild, Precision, Site, SiteModel, WireError } from "../shared/protocol.js" */
/** @import { Digest } from "./assets.js" */
/** @import { Wish } from "./device.js" */

/** The name under which every graph looks for its weights. */
const WEIGHTS = "weights.bin";

/**
 * Which build this browser can run: suspending on promises natively is smaller and faster than rewriting every
 * function for it.
 * @type {OrtBuild}
 */
export const ORT_BUILD = "Suspending" in WebAssembly ? "jspi" : "asyncify";
const ENTRY = { jspi: "ort.jspi.min", asyncify: "ort.webgpu.min" };

/** What ONNX Runtime says when its own WebAssembly is beyond repair; it does not start a second time. */
const BROKEN = /no available backend|previous call to|initWasm|Aborted|bad_alloc|out of memory|memory access/i;

/** @type {typeof Ort | null} */
let ort = null;

/**
 * @typedef {object} OpenOptions
 * @property {AbortSignal} signal
 * @property {Digest} digest
 * @property {(loaded: number, total: number) => void} onBytes
 * @property {() => Promise<void>} onSession  Awaited when the bytes are there and the session is about to be made.
 * @property {Precision | undefined} [precision]  Wish of a benchmark.
 * @property {number | undefined} [threads]       Wish of a benchmark.
 * @property {boolean | undefined} [profile]      Times each kernel; see `endProfiling`.
 */

/** Loads ONNX Runtime's code once; its WebAssembly follows with the first session.
 * @param {Site} site
 * @param {Wish} wish
 */
async function loadOrt(site, wish) {
  if (ort) return ort;
  const index = new URL(site.ort.index, ROOT).href;
  /** @type {typeof Ort} */
  const module = await import(`${index}${ENTRY[ORT_BUILD]}.js`).catch((cause) => { throw notLoaded(cause); });
  module.env.logLevel = "error";
  module.env.webgpu.powerPreference = POWER_PREFERENCE; // or it might take another adapter than the one reported
  module.env.wasm.wasmPaths = {
    mjs: `${index}ort-wasm-simd-threaded.${ORT_BUILD}.js`,
    wasm: `${index}ort-wasm-simd-threaded.${ORT_BUILD}.wasm`,
  };
  // Fixed for the life of the worker by the first session; the GPU path must not take away the CPU path's threads.
  module.env.wasm.numThreads = cpu("", wish).threads;
  ort = module;
  return module;
}

/** A loaded network on a device. */
export class OrtSession {
  #session;
  #lost = "";
  #running = false;

  /**
   * @param {Ort.InferenceSession} session
   * @param {DeviceReport} report
   * @param {GPUDevice | null} device
   */
  constructor(session, report, device) {
    this.#session = session;
    this.report = report;
    device?.lost.then(({ message }) => { this.#lost = message || "the device was lost"; });
  }

  /**
   * Downloads the model and makes a session on the device chosen. Where `auto` picked a GPU that can't run the
   * network, the CPU does, and the report says so.
   * @param {Site} site
   * @param {SiteModel} model
   * @param {DeviceChoice} choice
   * @param {OpenOptions} options
   */
  static async open(site, model, choice, { signal, digest, onBytes, onSession, precision, threads, profile = false }) {
    const wish = { precision, threads };
    const [{ env, InferenceSession }, report] = await Promise.all([
      loadOrt(site, wish), chooseDevice(choice, /** @type {Precision[]} */ (Object.keys(model.graphs)), wish),
    ]);
    const files = await download(model, report, { signal, digest, onBytes });
    await onSession();
    try {
      return await create(InferenceSession, env, files, report, profile);
    } catch (cause) {
      if (choice !== "auto" || report.provider !== "webgpu") throw sessionFailed(model, cause);
      const onCpu = cpu(`the GPU (${report.adapter}) could not load the network: ${firstLine(cause)}`);
      const graph = await fetchVerified(graphOf(model, onCpu), { signal, digest, onBytes: () => {} });
      const again = { graph, weights: files.weights };
      return create(InferenceSession, env, again, onCpu, profile).catch((error) => { throw sessionFailed(model, error); });
    }
  }

  /**
   * Runs the network. `data` is read before the call returns. Never rejects: see `Host` in runtime.js.
   * @param {Float32Array} data
   * @param {...number} dims
   * @returns {Promise<{ data: Float32Array, shape: readonly number[] } | { error: WireError }>}
   */
  async run(data, ...dims) {
    if (this.#running || !ort) return { error: failed("The network is already running.").toWire() };
    this.#running = true;
    const [input] = this.#session.inputNames, [output] = this.#session.outputNames;
    try {
      const results = await this.#session.run({ [String(input)]: new ort.Tensor("float32", data, dims) });
      const tensor = /** @type {Ort.Tensor} */ (results[String(output)]);
      return { data: /** @type {Float32Array} */ (tensor.data), shape: tensor.dims };
    } catch (cause) {
      return { error: this.#explain(cause).toWire() };
    } finally {
      this.#running = false;
    }
  }

  /** Ends profiling: ONNX Runtime prints what it noted, one line of JSON for each run of a kernel. */
  endProfiling() {
    this.#session.endProfiling();
  }

  /** Frees the session's memory, on the GPU too. */
  async release() {
    await this.#session.release();
  }

  /** @param {unknown} cause */
  #explain(cause) {
    if (!this.#lost) return failed(firstLine(cause), cause, BROKEN.test(String(cause)));
    return new AlphacutError("device-lost", "The GPU was lost while it worked on the photo.", {
      hint: "Try again; if it happens again, choose the CPU as device.", details: `${this.#lost}\n${cause}`, cause,
    });
  }
}

/**
 * Weights and graph, in one progress.
 * @param {SiteModel} model
 * @param {DeviceReport} device
 * @param {{ signal: AbortSignal, digest: Digest, onBytes: (loaded: number, total: number) => void }} options
 */
async function download(model, device, { signal, digest, onBytes }) {
  const graphFile = graphOf(model, device);
  const total = graphFile.bytes + model.weights.bytes;
  const loaded = { graph: 0, weights: 0 };
  const report = () => onBytes(loaded.graph + loaded.weights, total);
  const [graph, weights] = await Promise.all([
    fetchVerified(graphFile, { signal, digest, onBytes: (n) => { loaded.graph = n; report(); } }),
    fetchVerified(model.weights, { signal, digest, onBytes: (n) => { loaded.weights = n; report(); } }),
  ]);
  return { graph, weights };
}

/**
 * @param {SiteModel} model
 * @param {DeviceReport} device
 */
function graphOf(model, { precision }) {
  const file = model.graphs[precision];
  if (file) return file;
  throw new AlphacutError("bad-model", `${model.title} does not come in ${precision}.`);
}

/**
 * @param {Ort.InferenceSessionFactory} factory
 * @param {Ort.Env} env
 * @param {{ graph: Uint8Array, weights: Uint8Array }} files
 * @param {DeviceReport} report
 * @param {boolean} profile
 */
async function create(factory, env, { graph, weights }, report, profile) {
  const session = await factory.create(graph, {
    executionProviders: [report.provider],
    externalData: [{ path: WEIGHTS, data: weights }],
    graphOptimizationLevel: "all",
    enableProfiling: profile,
  });
  return new OrtSession(session, report, report.provider === "webgpu" ? await env.webgpu.device : null);
}

/**
 * @param {SiteModel} model
 * @param {unknown} cause
 */
function sessionFailed(model, cause) {
  return new AlphacutError("session-failed", `${model.title} could not be loaded: ${firstLine(cause)}`, {
    fatal: BROKEN.test(String(cause)), hint: "Try the other device, or a smaller model.", details: String(cause instanceof Error ? cause.stack : cause), cause,
  });
}

/** @param {unknown} cause */
function notLoaded(cause) {
  return new AlphacutError("runtime-failed", "ONNX Runtime could not be loaded.", {
    hint: "Check the connection and try again.", details: String(cause), cause,
  });
}

/**
 * @param {string} message
 * @param {unknown} [cause]
 * @param {boolean} [fatal]
 */
function failed(message, cause, fatal = false) {
  return new AlphacutError("inference-failed", `The network failed: ${message}`, {
    fatal,
    hint: "Try again, or choose the other device.", details: String(cause instanceof Error ? cause.stack : cause ?? ""), cause,
  });
}

/** @param {unknown} cause */
function firstLine(cause) {
  return String(cause instanceof Error ? cause.message : cause).split("\n", 1)[0] ?? "";
}
