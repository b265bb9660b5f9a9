/** Asks for the finished file, now or ahead of time, and keeps the last one for as long as nothing changes. */

import { isEmpty } from "./draft.js";

/** @import { Finish, Note, Output } from "../../shared/protocol.js" */
/** @import { WorkerClient } from "../../client/worker-client.js" */
/** @import { State } from "./draft.js" */
/** @typedef {{ state: State, photo: Blob, output: Output }} Job */
/** @typedef {{ blob: Blob, notes: Note[] }} Made */

/** A file is made ahead of time when nothing has changed for so long. */
const CALM_MS = 900;

export class Exporter {
  #client;
  /** @type {{ key: unknown[], made: Promise<Made>, task: AbortController, file: Made | null } | null} */
  #last = null;
  #timer = 0;

  /** @param {WorkerClient} client */
  constructor(client) {
    this.#client = client;
  }

  /**
   * The file of a job, where it is there already.
   * @param {Job} job
   * @returns {Made | null}
   */
  ready(job) {
    if (isMaster(job)) return { blob: job.state.master.blob, notes: [] };
    return this.#isLast(job) ? this.#last?.file ?? null : null;
  }

  /**
   * @param {Job} job
   * @returns {Promise<Made>}
   * @throws {import("../../shared/protocol.js").AlphacutError}
   */
  make(job) {
    clearTimeout(this.#timer);
    const ready = this.ready(job);
    if (ready) return Promise.resolve(ready);
    if (this.#last && this.#isLast(job)) return this.#last.made;
    this.stop();
    const task = new AbortController(), made = this.#ask(job, task.signal);
    const last = (this.#last = { key: keyOf(job), made, task, file: /** @type {Made | null} */ (null) });
    made.then((file) => { last.file = file; }, () => { if (this.#last === last) this.#last = null; });
    return made;
  }

  /**
   * Makes the file when nothing has changed for a while; a change before that, or while it is made, ends it.
   * @param {Job} job
   * @param {(made: Made) => void} onMade
   */
  makeLater(job, onMade) {
    clearTimeout(this.#timer);
    if (!this.#isLast(job)) this.stop();
    // What fails ahead of time fails again when it is asked for, and is said then.
    this.#timer = setTimeout(() => this.make(job).then(onMade, () => {}), CALM_MS);
  }

  /** Ends what is being made. */
  stop() {
    clearTimeout(this.#timer);
    if (this.#last && !this.#last.file) this.#last.task.abort();
    this.#last = null;
  }

  /**
   * @param {Job} job
   * @param {AbortSignal} signal
   */
  async #ask({ state: { master, edits, finish, picture }, photo, output }, signal) {
    const { data, type, notes } = await this.#client.export({
      photo, master: master.blob, edits: [...edits], finish: asShown(finish, picture), picture, output,
    }, { signal });
    return { blob: new Blob([data], { type }), notes };
  }

  /** @param {Job} job */
  #isLast(job) {
    const key = keyOf(job);
    return this.#last !== null && this.#last.key.every((part, index) => part === key[index]);
  }
}

/** Whether the master itself is what is wanted. @param {Job} job */
function isMaster({ state: { edits, finish, picture }, output }) {
  return edits.length === 0 && isEmpty(asShown(finish, picture)) && output.format === "png" && output.metadata !== "keep" && !output.effort;
}

/**
 * Without a picture that was not chosen yet. A crop is sent as such: Python finds the subject's box in every pixel, the
 * page in a small picture.
 * @param {Finish} finish
 * @param {Blob | null} picture
 * @returns {Finish}
 */
function asShown(finish, picture) {
  return finish.background?.kind === "picture" && !picture ? { ...finish, background: null } : finish;
}

/** @param {Job} job @returns {unknown[]} */
function keyOf({ state: { master, edits, finish, picture }, photo, output }) {
  return [photo, master, edits, finish, picture, JSON.stringify(output)];
}
