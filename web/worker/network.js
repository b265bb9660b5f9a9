/**
 * A network that can be trusted: checked on the device it runs on, and moved to another one where that fails.
 */

import { AlphacutError } from "../shared/protocol.js";
import { chooseDevice, cpu } from "./device.js";
import { isStarved } from "./memory.js";
import { fetchKept } from "./model-files.js";
import { createSession, firstLine, isBroken, loadOrt } from "./ort.js";
import { remark } from "./remarks.js";
import { isFlat, selfCheck } from "./self-check.js";
import { canKeep } from "./store.js";

/** @import { DeviceChoice, DeviceReport, Site, SiteFile, SiteModel, Target, WireError } from "../shared/protocol.js" */
/** @import { Digest } from "./assets.js" */
/** @import { Wish } from "./device.js" */
/** @import { Answer, NetworkFiles } from "./ort.js" */

/**
 * @typedef {object} OpenOptions
 * @property {AbortSignal} signal
 * @property {Digest} digest
 * @property {(loaded: number, total: number) => void} onBytes
 * @property {() => Promise<void>} onSession  Awaited when the bytes are there and the session is about to be made.
 * @property {Wish} [wish]
 */

/**
 * What a session is made of, wherever it runs. `held`: the weights, where the browser keeps no files: another device
 * must not need the network.
 * @typedef {{ site: Site, model: SiteModel, digest: Digest, wish: Wish, held: Uint8Array | null }} Source
 */
/** @typedef {NetworkFiles & { check: Uint8Array }} Files */
/** A session, and the milliseconds it took to make it and to run it the first time, which compiles the shaders. */
/** @typedef {{ session: Awaited<ReturnType<typeof createSession>>, ms: { create: number, first: number | null } }} Settled */

/**
 * What a run resolves to; see `OrtSession` in src/alphacut/browser/ort_session.py.
 * @typedef {{ data: Uint8Array, shape: readonly number[], release: () => void } | { again: true } | { error: WireError }} RunReply
 */

export class Network {
  #source;
  /** @type {Settled} */
  #settled;
  /** How often the GPU failed since a photo last came through. */
  #failures = 0;
  /** Resolves when the photo on the device has been read back: a session must not run twice at once. @type {Promise<void> | null} */
  #busy = null;

  /** Whether a photo waits for that. */
  #awaited = false;

  /**
   * @param {Source} source
   * @param {Settled} settled
   */
  constructor(source, settled) {
    this.#source = source;
    this.#settled = settled;
  }

  /**
   * Downloads the model and makes a session on the device chosen. A GPU that fails is tried a second time; then the
   * CPU takes over, and the report says so.
   * @param {Site} site
   * @param {SiteModel} model
   * @param {DeviceChoice} choice
   * @param {OpenOptions} options
   * @throws {AlphacutError}
   */
  static async open(site, model, choice, { signal, digest, onBytes, onSession, wish = {} }) {
    remark("device", "");
    remark("fast-path", "");
    /** @type {Source} */
    const source = { site, model, digest, wish, held: null };
    const [report] = await Promise.all([chooseDevice(choice, model, wish), loadOrt(site, wish)]);
    const files = await download(source, report, { signal, onBytes });
    if (!(await canKeep())) source.held = files.weights;
    await onSession();
    return new Network(source, await settle(source, report, files, 0));
  }

  /** What it runs on by now. */
  get report() {
    return this.#settled.session.report;
  }

  /** Milliseconds that making the session and its first run took; null where nothing ran yet. */
  get ms() {
    return this.#settled.ms;
  }

  /** Shape of the input, NHWC. */
  get inputShape() {
    return this.#settled.session.inputShape;
  }

  /**
   * Runs the network. `pixels` is read before the call returns, unless another photo is on the device: then the reply
   * asks for it again. Never rejects: see `Host` in runtime.js.
   * @param {Uint8Array} pixels
   * @returns {Promise<RunReply>}
   */
  async run(pixels) {
    this.#awaited = Boolean(this.#busy);
    if (this.#busy) return this.#busy.then(() => ({ again: true }));
    const free = this.#occupy();
    try {
      const { levels, shape, release } = await this.#believed(await this.#settled.session.run(pixels));
      this.#failures = 0;
      return { data: levels, shape, release: () => { release(); free(); } };
    } catch (cause) {
      return this.#recover(cause).finally(free);
    }
  }

  /**
   * Lets the GPU run the network so often for nothing while there are no pixels for it yet: between two photos its
   * clocks go down. Pixels that come meanwhile wait for one run at most. A failure is left to be met by the photo.
   * @param {number} runs
   * @param {AbortSignal} signal
   */
  async wake(runs, signal) {
    const { session } = this.#settled;
    if (this.report.provider !== "webgpu" || this.report.software || !("wake" in session)) return;
    for (let run = 0; run < runs && !this.#busy && !this.#awaited && !signal.aborted; run += 1) {
      const free = this.#occupy();
      await session.wake().catch(() => {}).finally(free);
    }
  }

  /**
   * Takes the session for one run.
   * @returns {() => void}  Gives it back.
   */
  #occupy() {
    /** @type {() => void} */
    let free = () => {};
    this.#busy = new Promise((resolve) => { free = () => { this.#busy = null; resolve(); }; });
    return free;
  }

  /** See `CpuSession.endProfiling` in ort.js. */
  endProfiling() {
    this.#settled.session.endProfiling();
  }

  /** Frees the session's memory, on the GPU too. */
  async release() {
    await this.#settled.session.release();
  }

  /**
   * A flat map is what a GPU gives that has stopped computing, so it is believed only after another self-check.
   * @param {Answer} answer
   * @returns {Promise<Answer>}
   */
  async #believed({ levels, shape, release }) {
    if (this.report.provider !== "webgpu" || !isFlat(levels)) return { levels, shape, release };
    const kept = levels.slice();
    release();
    await selfCheck(this.#settled.session, await fetchAll([this.#source.model.check], this.#source));
    return { levels: kept, shape, release: () => {} };
  }

  /**
   * Puts another session into the failed one's place: on the GPU the first time, then on the CPU.
   * @param {unknown} cause
   * @returns {Promise<RunReply>}
   */
  async #recover(cause) {
    const { session } = this.#settled, { report } = session;
    if (report.provider !== "webgpu" || isBroken(cause)) return { error: failed(cause).toWire() };
    this.#failures += 1;
    try {
      await session.release().catch(() => {}); // what was lost may be beyond releasing
      const next = this.#failures > 1 ? cpuAfter(report, cause) : again(report, cause);
      this.#settled = await settle(this.#source, next, await download(this.#source, next), this.#failures);
      return { again: true };
    } catch (error) {
      return { error: AlphacutError.from(error).toWire() };
    }
  }
}

/**
 * A session on the device of the report, its self-check passed; on the same device anew where that fails the first
 * time; or else on the CPU.
 * @param {Source} source
 * @param {DeviceReport} report
 * @param {Files} files
 * @param {number} failures  Of the GPU so far.
 * @returns {Promise<Settled>}
 * @throws {AlphacutError} `session-failed`, `out-of-memory`
 */
async function settle(source, report, files, failures) {
  /** @type {Settled["session"] | null} */
  let session = null;
  try {
    const began = performance.now();
    session = await createSession(source.site, report, files, source.wish.profile);
    const created = performance.now();
    if (report.provider === "webgpu") await selfCheck(session, files.check);
    const first = report.provider === "webgpu" ? performance.now() - created : null;
    return { session, ms: { create: created - began, first } };
  } catch (cause) {
    await session?.release().catch(() => {});
    if (report.provider === "wasm" || isBroken(cause)) throw sessionFailed(source.model, cause);
    if (failures === 0) return settle(source, again(report, cause), files, 1);
    const onCpu = cpuAfter(report, cause);
    const graph = await fetchAll([graphOf(source.model, onCpu)], source);
    return settle(source, onCpu, { ...files, graph }, failures);
  }
}

/**
 * @param {DeviceReport} report
 * @param {unknown} cause
 */
function again(report, cause) {
  remark("device", `The GPU failed (${firstLine(cause)}) and was started again.`);
  return report;
}

/**
 * @param {DeviceReport} report
 * @param {unknown} cause
 */
function cpuAfter({ adapter }, cause) {
  remark("device", `The GPU (${adapter}) failed twice (${firstLine(cause)}), so the CPU does its work.`);
  return cpu(`the GPU (${adapter}) failed: ${firstLine(cause)}`);
}

/**
 * Graph, weights and self-check, in one progress.
 * @param {Source} source
 * @param {DeviceReport} device
 * @param {{ signal?: AbortSignal, onBytes?: (loaded: number, total: number) => void }} [options]
 * @returns {Promise<Files>}
 */
async function download(source, device, { signal, onBytes = () => {} } = {}) {
  const { model } = source, graphFile = graphOf(model, device);
  const total = graphFile.bytes + model.weights.bytes + model.check.bytes;
  const loaded = [0, 0, 0];
  const chunks = source.held ? [] : model.weights.chunks;
  const [graph, weights, check] = await Promise.all([[graphFile], chunks, [model.check]].map((files, i) => (
    fetchAll(files, source, { signal, onBytes: (bytes) => {
      loaded[i] = bytes;
      onBytes(loaded.reduce((a, b) => a + b), total);
    } })
  )));
  return /** @type {Files} */ ({ graph, weights: source.held ?? weights, check });
}

/**
 * @param {readonly SiteFile[]} files
 * @param {Source} source
 * @param {{ signal?: AbortSignal | undefined, onBytes?: (loaded: number) => void }} [options]
 */
function fetchAll(files, { digest }, { signal = new AbortController().signal, onBytes = () => {} } = {}) {
  return fetchKept(files, { signal, digest, onBytes });
}

/**
 * @param {SiteModel} model
 * @param {DeviceReport} device
 */
function graphOf(model, { provider, precision }) {
  return model.graphs[/** @type {Target} */ (`${provider}-${precision}`)];
}

/**
 * @param {SiteModel} model
 * @param {unknown} cause
 */
function sessionFailed(model, cause) {
  return errorOf("session-failed", `${model.title} could not be loaded`, "Try the other device, or a smaller model.", cause);
}

/** @param {unknown} cause */
function failed(cause) {
  return errorOf("inference-failed", "The network failed", "Try again, or choose the other device.", cause);
}

/**
 * @param {"session-failed" | "inference-failed"} code  Where it is not that memory ran out.
 * @param {string} message
 * @param {string} hint
 * @param {unknown} cause
 */
function errorOf(code, message, hint, cause) {
  const more = { details: String(cause instanceof Error ? cause.stack : cause), cause };
  if (!isStarved(cause)) return new AlphacutError(code, `${message}: ${firstLine(cause)}`, { fatal: isBroken(cause), hint, ...more });
  return new AlphacutError("out-of-memory", "There is too little memory for the network.", {
    hint: "Close other tabs or choose a smaller model, then try again.", ...more,
  });
}
