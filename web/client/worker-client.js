/**
 * The side of the conversation with the worker that asks: calls that return promises.
 *
 * Cancelling asks politely first. Inference on WebAssembly is one synchronous call that hears nothing
 * until it ends, so a worker that has not answered within the grace period is replaced.
 */

import { AlphacutError } from "../shared/protocol.js";
import { WorkerSlot } from "./worker-slot.js";

/** @import { Cutout, DeviceChoice, Exported, ExportRequest, Kept, LiveMask, Options, PatchEdit, ProgressReply, Ready, RefineRequest, Reply, Request, Stage, Stats, StepReply } from "../shared/protocol.js" */
/** @typedef {(progress: ProgressReply) => void} OnProgress */
/** @typedef {(step: StepReply) => void} OnStep */
/** @typedef {{ signal: AbortSignal, onProgress?: OnProgress, onStep?: OnStep }} CallOptions */
/** @typedef {{ model: string, device: DeviceChoice }} Choice */
/** @typedef {Choice & Options & { picture?: Blob | null }} Wishes */
/**
 * @template T
 * @typedef {T extends { id: number } ? Omit<T, "id"> : never} WithoutId
 */
/** @typedef {WithoutId<Request>} Body */
/**
 * @typedef {object} Call
 * @property {Request} request
 * @property {(value: any) => void} resolve
 * @property {(error: AlphacutError) => void} reject
 * @property {OnProgress} onProgress
 * @property {OnStep} [onStep]
 * @property {(() => void) | null} onAnswer  Set once cancelled: told when the worker has let go.
 */

/** Small networks end within this time on WebAssembly; a new worker needs about two seconds to be ready. */
const GRACE_MS = 1000;
/** @type {ReadonlySet<Stage>} */
const START_UP = new Set(["runtime", "model", "session"]);

const ignore = () => {};
/** For calls that are answered at once. */
const NEVER = new AbortController().signal;

export class WorkerClient {
  #worker;
  /** @type {Map<number, Call>} */
  #calls = new Map();
  #nextId = 1;
  /** Settles once no cancelled call can still cost the worker its life. */
  #calm = Promise.resolve();
  #waiting = 0;
  /** @type {Choice | null} */
  #warm = null;

  /** @param {() => Worker} start  Starts a worker, whenever there is none. */
  constructor(start) {
    this.#worker = new WorkerSlot(start, {
      onReply: (reply) => this.#receive(reply),
      onCrash: (details) => this.#fail(details),
    });
  }

  /**
   * Loads runtime, model and session.
   * @param {Choice} choice
   * @param {CallOptions} options
   * @returns {Promise<Ready>}
   */
  async start(choice, options) {
    const ready = await this.ask({ type: "start", ...choice }, options);
    this.#warm = choice;
    return ready;
  }

  /**
   * Cuts the subject out of a photo, loading what is still missing.
   * @param {Blob} photo
   * @param {Wishes} wishes
   * @param {CallOptions} options
   * @returns {Promise<Cutout>}
   */
  async remove(photo, wishes, options) {
    const cutout = await this.ask({ type: "remove", photo, ...wishes }, options);
    this.#warm = { model: wishes.model, device: wishes.device };
    return cutout;
  }

  /**
   * Makes the finished file of a photo, its master, edits and finish. Loads Python where it is missing, no model.
   * @param {Omit<ExportRequest, "id" | "type">} job
   * @param {CallOptions} options
   * @returns {Promise<Exported>}
   */
  export(job, options) {
    return this.ask({ type: "export", ...job }, options);
  }

  /**
   * Finds alpha anew where a stroke is, by the photo's edges: the edit that does so.
   * @param {Omit<RefineRequest, "id" | "type">} job
   * @param {CallOptions} options
   * @returns {Promise<PatchEdit>}
   */
  refine(job, options) {
    return this.ask({ type: "refine", ...job }, options);
  }

  /**
   * Masks one picture of a camera.
   * @param {ImageBitmap} frame  Small; the caller closes it.
   * @param {Choice} choice
   * @param {CallOptions} options
   * @returns {Promise<LiveMask>}
   */
  mask(frame, choice, options) {
    return this.ask({ type: "mask", frame, ...choice }, options);
  }

  /**
   * What the worker holds on to.
   * @param {CallOptions} options
   * @returns {Promise<Stats>}
   */
  stats(options) {
    return this.ask({ type: "stats" }, options);
  }

  /** Whether something was asked for that is not answered yet. */
  get busy() {
    return this.#calls.size + this.#waiting > 0;
  }

  /** Ends the worker, which gives its memory back; whatever it was asked for is cancelled. */
  dismiss() {
    this.#worker.dismiss();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { onAnswer, reject } of calls) {
      onAnswer?.();
      reject(cancelled());
    }
  }

  /**
   * What the browser keeps of models.
   * @returns {Promise<Kept>}
   */
  storage() {
    return this.ask({ type: "storage" });
  }

  /**
   * Deletes what the browser keeps.
   * @param {string | null} model  A model's id, or null for everything.
   * @returns {Promise<Kept>}  What is left.
   */
  forget(model) {
    return this.ask({ type: "forget", model });
  }

  /**
   * Posts a request and waits for its result; web/shared/protocol.js says which belongs to which.
   * @param {Body} body
   * @param {Partial<CallOptions>} [options]
   * @returns {Promise<any>}
   */
  async ask(body, { signal = NEVER, onProgress = ignore, onStep = ignore } = {}) {
    await this.#untilCalm();
    if (signal.aborted) throw cancelled();
    const id = this.#nextId++, cancel = () => this.#cancel(id);
    signal.addEventListener("abort", cancel);
    try {
      return await new Promise((resolve, reject) => {
        this.#calls.set(id, { request: { ...body, id }, resolve, reject, onProgress, onStep, onAnswer: null });
        this.#worker.post({ ...body, id });
      });
    } finally {
      signal.removeEventListener("abort", cancel); // a camera's signal outlives thousands of calls
    }
  }

  async #untilCalm() {
    this.#waiting += 1;
    /** @type {Promise<void>} */
    let seen;
    do await (seen = this.#calm); while (seen !== this.#calm);
    this.#waiting -= 1;
  }

  /** @param {number} id */
  #cancel(id) {
    const call = this.#calls.get(id);
    if (!call) return;
    call.reject(cancelled());
    const answered = new Promise((resolve) => {
      call.onAnswer = () => resolve(undefined);
      setTimeout(() => this.#giveUp(id), GRACE_MS);
    });
    this.#calm = Promise.all([this.#calm, answered]).then(ignore);
    this.#worker.post({ id, type: "cancel" });
  }

  /** @param {number} id */
  #giveUp(id) {
    if (this.#calls.has(id)) this.#recycle();
  }

  /** Replaces the worker; calls that nobody cancelled are asked again. */
  #recycle() {
    this.#worker.dismiss();
    for (const [id, { onAnswer }] of this.#calls) {
      if (!onAnswer) continue;
      this.#calls.delete(id);
      onAnswer();
    }
    for (const { request } of this.#calls.values()) this.#worker.post(request);
    // Whoever waits brings its own choice of model; loading the old one first would only hold it up.
    if (this.#calls.size === 0 && this.#waiting === 0) this.#warmUp();
  }

  /** Loads again what was loaded, so that the next photo need not wait. Trouble shows when it comes. */
  #warmUp() {
    if (!this.#warm) return;
    /** @type {Request} */
    const request = { id: this.#nextId++, type: "start", ...this.#warm };
    this.#calls.set(request.id, { request, resolve: ignore, reject: ignore, onProgress: ignore, onAnswer: null });
    this.#worker.post(request);
  }

  /** @param {Reply} reply */
  #receive(reply) {
    if (reply.type === "progress") return this.#tell(reply);
    if (reply.type === "step") return this.#calls.get(reply.id)?.onStep?.(reply);
    const call = this.#calls.get(reply.id);
    this.#calls.delete(reply.id);
    call?.onAnswer?.();
    if (reply.type === "result") return call?.resolve(reply.value);
    if (reply.error.fatal) {
      if (call?.request.type === "start") this.#warm = null; // or what cannot start would be started for ever
      this.#recycle();
    }
    call?.reject(AlphacutError.fromWire(reply.error));
  }

  /**
   * Start-up is shared: a photo that waits for a `start` under way wants to hear of it too.
   * @param {ProgressReply} progress
   */
  #tell(progress) {
    const shared = START_UP.has(progress.stage);
    for (const [id, call] of this.#calls) {
      if (!call.onAnswer && (shared || id === progress.id)) call.onProgress(progress);
    }
  }

  /** @param {string} details */
  #fail(details) {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) {
      call.onAnswer?.();
      call.reject(new AlphacutError("worker-crashed", "The part of the page that does the work has stopped.", {
        hint: "Try again: nothing is lost. If it stops again, a smaller photo or the CPU may help.",
        details,
      }));
    }
  }
}

function cancelled() {
  return new AlphacutError("cancelled", "Cancelled.");
}
