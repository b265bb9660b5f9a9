/**
 * The one place that touches ONNX Runtime: makes a session from a graph and its weights and runs it.
 */

import { AlphacutError } from "../shared/protocol.js";
import { ROOT } from "./assets.js";
import { cpu, requestDevice } from "./device.js";
import { GpuIo } from "./gpu-io.js";
import { remark } from "./remarks.js";

/** @import * as Ort from "onnxruntime-common" */
/** @import { DeviceReport, OrtBuild, Site } from "../shared/protocol.js" */
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

/** What it says where only its GPU part can't begin. */
const WITHOUT_GPU = /GPU adapter|WebGPU is not supported/i;

/** How long a run or the making of a session that failed may take to end before it is let be. */
const LAST_WAIT_MS = 5000;

/** @type {typeof Ort | null} */
let ort = null;

/** @typedef {{ graph: Uint8Array, weights: Uint8Array }} NetworkFiles */

/**
 * A network's answer. `levels` may lie in memory shared with the GPU, until `release` is called.
 * @typedef {{ levels: Uint8Array, shape: readonly number[], release: () => void }} Answer
 */

/** Loads ONNX Runtime's code once; its WebAssembly follows with the first session.
 * @param {Site} site
 * @param {Wish} [wish]
 */
export async function loadOrt(site, wish) {
  if (ort) return ort;
  const index = new URL(site.ort.index, ROOT).href;
  /** @type {typeof Ort} */
  const module = await import(`${index}${ENTRY[ORT_BUILD]}.js`).catch((cause) => { throw notLoaded(cause); });
  module.env.logLevel = "error";
  module.env.wasm.wasmPaths = {
    mjs: `${index}ort-wasm-simd-threaded.${ORT_BUILD}.js`,
    wasm: `${index}ort-wasm-simd-threaded.${ORT_BUILD}.wasm`,
  };
  // Fixed for the life of the worker by the first session; the GPU path must not take away the CPU path's threads.
  module.env.wasm.numThreads = cpu("", wish).threads;
  ort = module;
  return module;
}

/**
 * Makes a session.
 * @param {Site} site
 * @param {DeviceReport} report  What to run on.
 * @param {NetworkFiles} files
 * @param {boolean} [profile]  Whether to time kernels; see `endProfiling`.
 * @returns {Promise<CpuSession | GpuSession>}
 */
export async function createSession(site, report, files, profile = false) {
  const { InferenceSession, Tensor } = await loadOrt(site);
  /** @type {Ort.InferenceSession.SessionOptions} */
  const options = {
    externalData: [{ path: WEIGHTS, data: files.weights }], graphOptimizationLevel: "all", enableProfiling: profile,
  };
  if (report.provider === "wasm") {
    const session = await InferenceSession.create(files.graph, { ...options, executionProviders: ["wasm"] });
    return new CpuSession(session, report, Tensor);
  }
  const device = await requestDevice({ timed: profile }), failure = failureOf(device);
  const onDevice = { ...options, executionProviders: [{ name: "webgpu", device }] };
  const creating = profile ? InferenceSession.create(files.graph, onDevice) : captured(InferenceSession, files.graph, onDevice);
  try {
    return new GpuSession(await Promise.race([creating, failure]), report, Tensor, { device, failure });
  } catch (cause) {
    device.destroy();
    // Or its weights would stay. ONNX Runtime makes one session at a time, so the next one waits for this one's end, as
    // long as LAST_WAIT_MS at most: one may never end. What goes wrong with two at once fails as the first did.
    await inTime(creating.then((session) => session.release()).catch(() => {}));
    throw cause;
  }
}

/**
 * A session that replays its GPU commands, which takes a twelfth of the CPU's time of issuing them anew; or else one
 * that does not.
 * @param {Ort.InferenceSessionFactory} factory
 * @param {Uint8Array} graph
 * @param {Ort.InferenceSession.SessionOptions} options
 */
async function captured(factory, graph, options) {
  try {
    return await factory.create(graph, { ...options, enableGraphCapture: true });
  } catch (cause) {
    if (!/graph capture/i.test(String(cause))) throw cause;
    remark("fast-path", `GPU commands are not replayed but issued anew for every photo: ${firstLine(cause)}`);
    return factory.create(graph, options);
  }
}

/** What a device reports by itself; ONNX Runtime goes on, on another device. */
class GpuFailure extends Error {}

/** A network on the CPU. */
class CpuSession {
  #session;
  #tensor;

  /**
   * @param {Ort.InferenceSession} session
   * @param {DeviceReport} report
   * @param {Ort.TensorConstructor} tensor
   */
  constructor(session, report, tensor) {
    this.#session = session;
    this.#tensor = tensor;
    this.report = report;
  }

  get inputShape() {
    return shapeOf(this.#session.inputMetadata[0]);
  }

  /**
   * Runs the network. `pixels` is read before the call returns.
   * @param {Uint8Array} pixels
   * @returns {Promise<Answer>}
   */
  async run(pixels) {
    const [input] = this.#session.inputNames, [output] = this.#session.outputNames;
    const results = await this.#session.run({ [String(input)]: new this.#tensor("uint8", pixels, this.inputShape) });
    const tensor = /** @type {Ort.Tensor} */ (results[String(output)]);
    return { levels: /** @type {Uint8Array} */ (tensor.data), shape: tensor.dims, release: () => tensor.dispose() };
  }

  /** Ends profiling: ONNX Runtime prints what it noted, one line of JSON for each run of a kernel. */
  endProfiling() {
    this.#session.endProfiling();
  }

  /** Frees the session's memory. */
  async release() {
    await this.#session.release();
  }
}

/** A network on the GPU, on a device of its own, with its input and output bound to buffers that stay. */
class GpuSession {
  #session;
  #device;
  #io;
  #feeds;
  #fetches;
  #shape;
  #failure;
  /** The run under way, which a failure does not end. @type {Promise<unknown>} */
  #running = Promise.resolve();

  /**
   * @param {Ort.InferenceSession} session
   * @param {DeviceReport} report
   * @param {typeof Ort.Tensor} tensor
   * @param {{ device: GPUDevice, failure: Promise<never> }} gpu
   */
  constructor(session, report, tensor, { device, failure }) {
    this.#session = session;
    this.#device = device;
    this.#failure = failure;
    this.report = report;
    this.inputShape = shapeOf(session.inputMetadata[0]);
    this.#shape = shapeOf(session.outputMetadata[0]);
    const pixels = this.inputShape.reduce((a, b) => a * b), levels = this.#shape.reduce((a, b) => a * b);
    this.#io = new GpuIo(device, { pixels, levels, half: report.precision === "float16" });
    const { input, output } = this.#io, dataType = report.precision;
    this.#feeds = { [String(session.inputNames[0])]: tensor.fromGpuBuffer(input, { dataType, dims: this.inputShape }) };
    this.#fetches = { [String(session.outputNames[0])]: tensor.fromGpuBuffer(output, { dataType, dims: this.#shape }) };
  }

  /**
   * Runs the network. `pixels` is read before the call returns.
   * @param {Uint8Array} pixels
   * @returns {Promise<Answer>}
   */
  run(pixels) {
    this.#io.upload(pixels);
    const answer = this.#answer();
    this.#running = answer.catch(() => {});
    return Promise.race([answer, this.#failure]);
  }

  /** @returns {Promise<Answer>} */
  async #answer() {
    await this.#session.run(this.#feeds, this.#fetches).catch(unlessRun);
    const levels = await this.#io.download();
    return { levels, shape: this.#shape, release: () => this.#io.release() };
  }

  /** Gives the GPU something to do, so that its clocks are up: a run on whatever pixels the input holds. */
  async wake() {
    const ended = this.#session.run(this.#feeds, this.#fetches).catch(unlessRun).then(() => this.#device.queue.onSubmittedWorkDone());
    this.#running = ended.catch(() => {});
    await Promise.race([ended, this.#failure]);
  }

  /** See `CpuSession.endProfiling`. */
  endProfiling() {
    this.#session.endProfiling();
  }

  /**
   * Frees the session's memory, on the GPU at once. ONNX Runtime must not free what a run that failed still uses: one
   * that does not end is let be.
   */
  async release() {
    const ended = this.#running.then(() => true);
    this.#io.destroy();
    this.#device.destroy();
    if (await inTime(ended)) await this.#session.release();
  }
}

/**
 * In replayed runs ONNX Runtime Web 1.30 knows the output buffer again only if its memory allocator happens to answer
 * as it did before, and else stumbles over that buffer when the run has ended: what the GPU was to do is done.
 * @param {unknown} cause
 */
function unlessRun(cause) {
  if (!(cause instanceof TypeError && cause.message.includes("gpuBufferMetadata"))) throw cause;
}

/**
 * @template T
 * @param {Promise<T>} ending
 * @returns {Promise<T | false>}  False where it takes too long.
 */
function inTime(ending) {
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const late = new Promise((resolve) => { timer = setTimeout(resolve, LAST_WAIT_MS, false); });
  return Promise.race([ending, late]).finally(() => clearTimeout(timer));
}

/**
 * Rejects when the device is lost or reports an error that no call of ours hears of.
 * @param {GPUDevice} device
 * @returns {Promise<never>}
 */
function failureOf(device) {
  /** @type {Promise<never>} */
  const failure = new Promise((_, reject) => {
    device.lost.then(({ message, reason }) => reject(new GpuFailure(`the GPU device was lost: ${message || reason}`)));
    device.addEventListener("uncapturederror", ({ error }) => reject(new GpuFailure(`the GPU reported: ${error.message}`)));
  });
  failure.catch(() => {}); // raced against by creation and each run
  return failure;
}

/** @param {Ort.InferenceSession.ValueMetadata | undefined} metadata */
function shapeOf(metadata) {
  const shape = metadata?.isTensor ? metadata.shape : [];
  return shape.map(Number);
}

/** @param {unknown} cause */
function notLoaded(cause) {
  return new AlphacutError("runtime-failed", "ONNX Runtime could not be loaded.", {
    hint: "Check the connection and try again.", details: String(cause), cause,
  });
}

/**
 * Whether ONNX Runtime itself is of no use any more after this.
 * @param {unknown} cause
 */
export function isBroken(cause) {
  return !(cause instanceof GpuFailure) && !WITHOUT_GPU.test(String(cause)) && BROKEN.test(String(cause));
}

/** @param {unknown} cause */
export function firstLine(cause) {
  return String(cause instanceof Error ? cause.message : cause).split("\n", 1)[0] ?? "";
}
