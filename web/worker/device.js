/** Chooses what the network runs on, and says why. */

import { AlphacutError } from "../shared/protocol.js";

/** @import { DeviceChoice, DeviceReport, Precision } from "../shared/protocol.js" */

/** More threads than this bring nothing for networks of this size. */
const MAX_THREADS = 16;

/** Which adapter is asked for where there are several; ONNX Runtime asks for the same. */
export const POWER_PREFERENCE = "high-performance";

/** Names of software rasterisers: slower than WebAssembly. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;

/**
 * What a benchmark wants instead of what is best.
 * @typedef {{ precision?: Precision | undefined, threads?: number | undefined }} Wish
 */

/**
 * @param {DeviceChoice} choice
 * @param {Precision[]} precisions  Those the model comes in.
 * @param {Wish} [wish]
 * @returns {Promise<DeviceReport>}
 * @throws {AlphacutError} `webgpu-unavailable`, if the GPU was asked for and there is none, or it can't do as wished
 */
export async function chooseDevice(choice, precisions, wish = {}) {
  if (choice === "wasm") return cpu("chosen by you", wish);
  const adapter = await requestAdapter();
  if (!adapter) return withoutGpu(choice, `gpu` in navigator ? "no GPU is available to this browser" : "this browser has no WebGPU");
  const name = nameOf(adapter.info);
  const software = Boolean(adapter.info.isFallbackAdapter) || SOFTWARE.test(name);
  if (software && choice === "auto") return cpu(`the only WebGPU adapter, ${name}, is software and slower than this`);
  const half = adapter.features.has("shader-f16") && precisions.includes("float16");
  return {
    provider: "webgpu", adapter: name, software, threads: 0,
    precision: wish.precision ? granted(wish.precision, half, name) : half ? "float16" : "float32",
    reason: choice === "webgpu" ? "chosen by you" : "a GPU is available",
  };
}

/**
 * The CPU path, with as many threads as cross-origin isolation allows.
 * @param {string} reason
 * @param {Wish} [wish]  Its threads are taken where isolation allows threads.
 * @returns {DeviceReport}
 */
export function cpu(reason, wish = {}) {
  const isolated = globalThis.crossOriginIsolated;
  const threads = isolated ? wish.threads ?? Math.min(navigator.hardwareConcurrency || 1, MAX_THREADS) : 1;
  const why = isolated ? "" : "; one thread, because the server sends no cross-origin isolation headers";
  return { provider: "wasm", adapter: "", software: false, precision: "float32", threads, reason: reason + why };
}

/**
 * @param {Precision} wished
 * @param {boolean} half  Adapter and model both can compute in float16.
 * @param {string} adapter
 */
function granted(wished, half, adapter) {
  if (wished === "float32" || half) return wished;
  throw new AlphacutError("webgpu-unavailable", `The GPU (${adapter}) can't compute this network in ${wished}.`);
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
