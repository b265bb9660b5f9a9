/** Measures the network alone, for bench/: through the session that jobs use, on pixels that are always the same. */

import { AlphacutError } from "../shared/protocol.js";
import { stats } from "./loader.js";

/** @import { DeviceChoice, DeviceReport, Kernel, Measured, MeasureRequest, Provider } from "../shared/protocol.js" */
/** @import { Loaded } from "./loader.js" */

/**
 * A line of ONNX Runtime's profile; `dur` in microseconds. A name of "Api" ends in the shader's, after an "&".
 * @typedef {{ cat: string, name: string, dur: number, args: { op_name?: string } }} Event
 */
/** @type {Event[]} */
let profiled = [];

/** The first run of each network that was measured. @type {WeakMap<Loaded["network"]["session"], number>} */
const firsts = new WeakMap();

// ONNX Runtime prints its profile, and keeps the console that it finds when it starts: later than this module.
const print = console.log;
console.log = (/** @type {unknown[]} */ ...words) => {
  const line = String(words[0]);
  if (line.startsWith('{"cat"')) profiled.push(JSON.parse(line.replace(/,$/, "")));
  else if (line !== "[" && line !== "]") print(...words);
};

/**
 * @param {MeasureRequest} request
 * @param {Loaded} loaded
 * @returns {Promise<Measured>}
 * @throws {AlphacutError} what `Network.run` answers; `session-failed` where another device took over
 */
export async function measure({ rounds, device, profile = false }, { network }) {
  const { session } = network;
  const input = noise(session.inputShape.reduce((a, b) => a * b));
  /** @type {number[]} */
  const runs = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    const answer = await session.run(input);
    runs.push(performance.now() - began);
    if ("error" in answer) throw AlphacutError.fromWire(answer.error);
    if ("release" in answer) answer.release();
    insist(device, session.report); // a GPU that failed is replaced by the CPU, which answers as well
  }
  const first_ms = session.ms.first ?? firsts.get(session) ?? runs.shift() ?? NaN; // on a GPU the self-check ran first
  firsts.set(session, first_ms);
  const { provider } = session.report;
  return {
    device: session.report, create_ms: session.ms.create, first_ms, runs,
    kernels: profile ? endProfile(session, provider) : null, gpuBytes: (await stats()).gpuBytes,
  };
}

/**
 * @param {DeviceChoice} asked
 * @param {DeviceReport} report
 */
function insist(asked, { provider, reason }) {
  if (asked === "auto" || asked === provider) return;
  throw new AlphacutError("session-failed", `The network runs on ${provider}, not on ${asked}: ${reason}.`);
}

/**
 * Pseudo-random levels, the same each time.
 * @param {number} count
 */
function noise(count) {
  const levels = new Uint8Array(count);
  let state = 1;
  for (let i = 0; i < count; i += 1) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    levels[i] = state >>> 24;
  }
  return levels;
}

/**
 * What each kind of kernel takes in a run: shaders by the GPU's own clock, where it tells; operators on the CPU.
 * @param {Loaded["network"]["session"]} session
 * @param {Provider} provider
 * @returns {Kernel[]}
 */
function endProfile(session, provider) {
  session.endProfiling();
  const category = provider === "webgpu" ? "Api" : "Node";
  const runs = profiled.filter(({ name }) => name === "model_run").length; // that of the self-check among them
  /** @type {Map<string, Kernel>} */
  const kernels = new Map();
  for (const { name, dur, args } of profiled.filter(({ cat }) => cat === category)) {
    const kind = provider === "webgpu" ? name.split("&").at(-1) ?? name : args.op_name ?? name;
    const { count, ms } = kernels.get(kind) ?? { count: 0, ms: 0 };
    kernels.set(kind, { name: kind, count: count + 1 / runs, ms: ms + dur / 1000 / runs });
  }
  profiled = [];
  return [...kernels.values()].sort((a, b) => b.ms - a.ms);
}
