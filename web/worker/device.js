/** Chooses what the network runs on, and says why. */

import { AlphacutError } from "../shared/protocol.js";
import { FOREIGN, ROOT } from "./assets.js";

/** @import { DeviceChoice, DeviceReport, Precision, SiteModel } from "../shared/protocol.js" */

/** More threads than this bring nothing for networks of this size. */
const MAX_THREADS = 16;

/** Which adapter is asked for where there are several. */
const POWER_PREFERENCE = "high-performance";

/** Names of software rasterisers: slower than WebAssembly. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;

/** What the kernels use where an adapter has it. @type {readonly GPUFeatureName[]} */
const FEATURES = ["shader-f16", "subgroups"];
/** @type {readonly GPUFeatureName[]} */
const TIMING = /** @type {any} */ (["timestamp-query", "chromium-experimental-timestamp-query-inside-passes"]);

/** Limits that are raised to what the adapter has; kernels choose their tiles by them. */
const LIMITS = /** @type {const} */ ([
  "maxBufferSize", "maxStorageBufferBindingSize", "maxStorageBuffersPerShaderStage", "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup", "maxComputeWorkgroupSizeX", "maxComputeWorkgroupSizeY", "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
]);

/**
 * What a benchmark wants instead of what is best.
 * @typedef {{ precision?: Precision | undefined, threads?: number | undefined, profile?: boolean | undefined }} Wish
 */

/**
 * @param {DeviceChoice} choice
 * @param {SiteModel} model
 * @param {Wish} [wish]
 * @returns {Promise<DeviceReport>}
 * @throws {AlphacutError} `webgpu-unavailable`, if the GPU was asked for and there is none, or it can't do as wished
 */
export async function chooseDevice(choice, model, wish = {}) {
  if (choice === "wasm") return cpu("chosen by you", wish);
  const adapter = await requestAdapter();
  if (!adapter) return withoutGpu(choice, `gpu` in navigator ? "no GPU is available to this browser" : "this browser has no WebGPU");
  const name = nameOf(adapter.info);
  const software = Boolean(adapter.info.isFallbackAdapter) || SOFTWARE.test(name);
  if (software && choice === "auto") return cpu(`the only WebGPU adapter, ${name}, is software and slower than this`);
  const precision = wish.precision ?? (adapter.features.has("shader-f16") ? model.gpuPrecision : "float32");
  if (precision === "float16" && !adapter.features.has("shader-f16")) return withoutGpu(choice, `it (${name}) can't compute in 16 bits`);
  const needed = model.largest[`webgpu-${precision}`];
  const offered = Math.min(adapter.limits.maxBufferSize, adapter.limits.maxStorageBufferBindingSize);
  if (needed > offered) {
    return withoutGpu(choice, `the network needs buffers of ${megabytes(needed)} MB and the GPU (${name}) offers ${megabytes(offered)}`);
  }
  return {
    provider: "webgpu", adapter: name, software, threads: 0, precision,
    reason: choice === "webgpu" ? "chosen by you" : "a GPU is available",
  };
}

/**
 * The CPU path, with as many threads as the page may have: threads are workers that share memory.
 * @param {string} reason
 * @param {Wish} [wish]  Its threads are taken where isolation allows threads.
 * @returns {DeviceReport}
 */
export function cpu(reason, wish = {}) {
  const single = whyOneThread();
  const threads = single ? 1 : wish.threads ?? Math.min(navigator.hardwareConcurrency || 1, MAX_THREADS);
  return { provider: "wasm", adapter: "", software: false, precision: "float32", threads, reason: reason + single };
}

function whyOneThread() {
  if (FOREIGN) return `; one thread, because alphacut's files come from another site (${ROOT.host}) than the page`;
  return globalThis.crossOriginIsolated ? "" : "; one thread, because the page is not isolated from other origins";
}

/**
 * A device of its own for a session, so that a lost one can be replaced.
 * @param {{ timed: boolean }} options  Whether kernels are to be timed, where the adapter can.
 * @returns {Promise<GPUDevice>}
 */
export async function requestDevice({ timed }) {
  const adapter = await requestAdapter();
  if (!adapter) throw new Error("the GPU adapter is gone");
  const wanted = timed ? [...FEATURES, ...TIMING] : FEATURES;
  return adapter.requestDevice({
    requiredFeatures: wanted.filter((name) => adapter.features.has(name)),
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  });
}

/**
 * @param {DeviceChoice} choice
 * @param {string} reason
 */
function withoutGpu(choice, reason) {
  if (choice === "auto") return cpu(reason);
  throw new AlphacutError("webgpu-unavailable", `The GPU can't be used: ${reason}.`, {
    hint: "Choose “Auto” or the CPU as device.",
  });
}

async function requestAdapter() {
  try {
    return await navigator.gpu?.requestAdapter({ powerPreference: POWER_PREFERENCE }) ?? null;
  } catch {
    return null; // some browsers reject instead of giving null; either way there is no adapter
  }
}

/** @param {GPUAdapterInfo} info */
function nameOf(info) {
  const { description, vendor, architecture, device } = info;
  return description || [vendor, architecture, device].filter(Boolean).join(" ") || "unnamed adapter";
}

/** @param {number} bytes */
function megabytes(bytes) {
  return Math.ceil(bytes / 1e6);
}
