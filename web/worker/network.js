/**
 * A network that can be trusted: checked on the device it runs on, and moved to another one where that fails.
 */

import { AlphacutError } from "../shared/protocol.js";
import { chooseDevice, cpu } from "./device.js";
import { fetchKept } from "./model-files.js";
import { createSession, firstLine, isBroken, loadOrt } from "./ort.js";
import { remark } from "./remarks.js";
import { isFlat, selfCheck } from "./self-check.js";

/** @import { DeviceChoice, DeviceReport, Site, SiteModel, WireError } from "../shared/protocol.js" */
/** @import { Digest } from "./assets.js" */
/** @import { Answer } from "./ort.js" */

/** @typedef {Awaited<ReturnType<typeof createSession>>} Session */

/**
 * @typedef {object} OpenOptions
 * @property {AbortSignal} signal
 * @property {Digest} digest
 * @property {(loaded: number, total: number) => void} onBytes
 * @property {() => Promise<void>} onSession  Awaited when the bytes are there and the session is about to be made.
 */

/**
 * What a run resolves to; see `OrtSession` in src/alphacut/browser/ort_session.py.
 * @typedef {{ data: Uint8Array, shape: readonly number[], release: () => void } | { again: true } | { error: WireError }} RunReply
 */

export class Network {
  #site;
  #model;
  #digest;
  /** @type {Session} */
  #session;
  /** Devices that failed since the last photo that came through. */
  #failures = 0;
  /** One run at a time: a session must not run twice at once. @type {Promise<unknown>} */
  #idle = Promise.resolve();

  /**
   * @param {Site} site
   * @param {SiteModel} model
   * @param {Digest} digest
   * @param {Session} session
   */
  constructor(site, model, digest, session) {
    this.#site = site;
    this.#model = model;
    this.#digest = digest;
    this.#session = session;
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
  static async open(site, model, choice, { signal, digest, onBytes, onSession }) {
    remark("device", "");
    remark("fast-path", "");
    const [report] = await Promise.all([chooseDevice(choice, model), loadOrt(site)]);
    const files = await download(model, report, { signal, digest, onBytes });
    await onSession();
    const session = await settle(site, model, report, 0, async (other) => (
      other.provider === report.provider ? files : { ...files, graph: await fetchKept([graphOf(model, other)], { signal, digest, onBytes: () => {} }) }
    ));
    return new Network(site, model, digest, session);
  }

  /** What it runs on by now. */
  get report() {
    return this.#session.report;
  }

  /**
   * Runs the network. `pixels` is read before the call returns, unless another photo is on the device: then the reply
   * asks for it again. Never rejects: see `Host` in runtime.js.
   * @param {Uint8Array} pixels
   * @returns {Promise<RunReply>}
   */
  run(pixels) {
    const reply = this.#running ? this.#idle.then(() => /** @type {const} */ ({ again: true })) : this.#run(pixels);
    return reply;
  }

  #running = false;

  /**
   * @param {Uint8Array} pixels
   * @returns {Promise<RunReply>}
   */
  #run(pixels) {
    this.#running = true;
    const { promise, resolve } = withResolvers();
    this.#idle = promise;
    const free = () => { this.#running = false; resolve(); };
    return this.#session.run(pixels).then((answer) => this.#checked(answer)).then(
      ({ levels, shape, release }) => {
        this.#failures = 0;
        return { data: levels, shape, release: () => { release(); free(); } };
      },
      (cause) => this.#recover(cause).finally(free),
    );
  }

  /** Frees the session's memory, on the GPU too. */
  async release() {
    await this.#session.release();
  }

  /**
   * A flat map is what a GPU gives that has stopped computing; it is believed after another self-check.
   * @param {Answer} answer
   */
  async #checked(answer) {
    if (this.report.provider !== "webgpu" || !isFlat(answer.levels)) return answer;
    const { levels, shape, release } = answer;
    const kept = levels.slice();
    release();
    await selfCheck(this.#session, await fetchCheck(this.#model, this.#digest));
    return { levels: kept, shape, release: () => {} };
  }

  /**
   * Puts another session into the failed one's place.
   * @param {unknown} cause
   * @returns {Promise<RunReply>}
   */
  async #recover(cause) {
    const { report } = this.#session;
    if (report.provider !== "webgpu" || isBroken(cause)) return { error: failed(cause).toWire() };
    this.#failures += 1;
    try {
      await this.#session.release().catch(() => {}); // what was lost may be beyond releasing
      remark("device", `The GPU failed while it worked on a photo (${firstLine(cause)}) and was started again.`);
      const options = { signal: new AbortController().signal, digest: this.#digest, onBytes: () => {} };
      const next = this.#failures > 1 ? onCpuAfter(report, cause) : report;
      this.#session = await settle(this.#site, this.#model, next, this.#failures, (other) => download(this.#model, other, options));
      return { again: true };
    } catch (error) {
      return { error: AlphacutError.from(error).toWire() };
    }
  }
}

/**
 * A session on the device of the report, self-check passed; on the same device anew where that fails the first time;
 * or else on the CPU.
 * @param {Site} site
 * @param {SiteModel} model
 * @param {DeviceReport} report
 * @param {number} failures  Of the GPU so far.
 * @param {(report: DeviceReport) => Promise<import("./ort.js").NetworkFiles & { check: Uint8Array }>} filesFor
 * @returns {Promise<Session>}
 */
async function settle(site, model, report, failures, filesFor) {
  const files = await filesFor(report);
  /** @type {Session | null} */
  let session = null;
  try {
    session = await createSession(site, report, files);
    if (report.provider === "webgpu") await selfCheck(session, files.check);
    return session;
  } catch (cause) {
    await session?.release().catch(() => {});
    if (report.provider === "wasm" || isBroken(cause)) throw sessionFailed(model, cause);
    if (failures === 0) return settle(site, model, report, 1, filesFor);
    return settle(site, model, onCpuAfter(report, cause), 2, filesFor);
  }
}

/**
 * @param {DeviceReport} report
 * @param {unknown} cause
 */
function onCpuAfter({ adapter }, cause) {
  remark("device", `The GPU (${adapter}) failed twice (${firstLine(cause)}), so the CPU does its work.`);
  return cpu(`the GPU (${adapter}) failed: ${firstLine(cause)}`);
}

/**
 * Graph, weights and self-check, in one progress.
 * @param {SiteModel} model
 * @param {DeviceReport} device
 * @param {{ signal: AbortSignal, digest: Digest, onBytes: (loaded: number, total: number) => void }} options
 */
async function download(model, device, { signal, digest, onBytes }) {
  const graphFile = graphOf(model, device);
  const total = graphFile.bytes + model.weights.bytes;
  const loaded = { graph: 0, weights: 0 };
  const report = () => onBytes(loaded.graph + loaded.weights, total);
  const [graph, weights, check] = await Promise.all([
    fetchKept([graphFile], { signal, digest, onBytes: (n) => { loaded.graph = n; report(); } }),
    fetchKept(model.weights.chunks, { signal, digest, onBytes: (n) => { loaded.weights = n; report(); } }),
    fetchCheck(model, digest, signal),
  ]);
  return { graph, weights, check };
}

/**
 * @param {SiteModel} model
 * @param {Digest} digest
 * @param {AbortSignal} [signal]
 */
function fetchCheck(model, digest, signal = new AbortController().signal) {
  return fetchKept([model.check], { signal, digest, onBytes: () => {} });
}

/**
 * @param {SiteModel} model
 * @param {DeviceReport} device
 */
function graphOf(model, { provider, precision }) {
  return model.graphs[/** @type {import("../shared/protocol.js").Target} */ (`${provider}-${precision}`)];
}

/**
 * @param {SiteModel} model
 * @param {unknown} cause
 */
function sessionFailed(model, cause) {
  return new AlphacutError("session-failed", `${model.title} could not be loaded: ${firstLine(cause)}`, {
    fatal: isBroken(cause), hint: "Try the other device, or a smaller model.", details: stackOf(cause), cause,
  });
}

/** @param {unknown} cause */
function failed(cause) {
  return new AlphacutError("inference-failed", `The network failed: ${firstLine(cause)}`, {
    fatal: isBroken(cause), hint: "Try again, or choose the other device.", details: stackOf(cause), cause,
  });
}

/** @param {unknown} cause */
function stackOf(cause) {
  return String(cause instanceof Error ? cause.stack : cause);
}

/** @returns {{ promise: Promise<void>, resolve: () => void }} */
function withResolvers() {
  /** @type {() => void} */
  let resolve = () => {};
  const promise = new Promise((/** @type {(value: void) => void} */ done) => { resolve = done; });
  return { promise, resolve };
}
