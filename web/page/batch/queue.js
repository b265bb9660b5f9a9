/**
 * Which photo is worked on next, and what becomes of it. Pure: it knows neither page nor worker.
 *
 * Two photos are given out at a time, so that the worker reads the next one while the GPU has this one. A photo that
 * was under way when the worker died is tried once more, alone and after the others: so no photo is blamed for its
 * neighbour, and one that kills the worker twice holds nobody up.
 */

import { AlphacutError } from "../../shared/protocol.js";

/** @typedef {"waiting" | "working" | "done" | "failed" | "cancelled"} State */
/**
 * @typedef {object} Entry  What the queue reads and writes of a photo.
 * @property {State} state
 * @property {AlphacutError | null} error  Why it failed.
 * @property {number} crashes              How often the worker died with it.
 */
/**
 * @template {Entry} T
 * @typedef {object} Options
 * @property {(entry: T, signal: AbortSignal) => Promise<unknown>} work
 * @property {(entry: T) => void} onChange  The state of this one changed.
 * @property {number} [width]               How many are under way at most.
 */

/** @template {Entry} T */
export class Queue {
  #work;
  #onChange;
  #width;
  /** @type {Set<T>} */
  #entries = new Set();
  /** @type {Map<T, AbortController>} */
  #running = new Map();
  #paused = false;

  /** @param {Options<T>} options */
  constructor({ work, onChange, width = 2 }) {
    this.#work = work;
    this.#onChange = onChange;
    this.#width = width;
  }

  get paused() {
    return this.#paused;
  }

  /** Takes photos in, at any time; those that wait are worked on in this order. @param {Iterable<T>} entries */
  add(entries) {
    for (const entry of entries) this.#entries.add(entry);
    this.#fill();
  }

  /** Forgets one, whatever is being done with it. @param {T} entry */
  remove(entry) {
    this.#entries.delete(entry);
    this.#stop(entry);
    this.#fill();
  }

  /** What is under way goes on to its end; nothing new begins. */
  pause() {
    this.#paused = true;
  }

  resume() {
    this.#paused = false;
    this.#fill();
  }

  /** @param {Iterable<T>} [entries] */
  cancel(entries = this.#entries) {
    // All leave the line before a place in it is given away.
    for (const entry of entries) {
      if (entry.state !== "waiting" && entry.state !== "working") continue;
      this.#stop(entry);
      this.#set(entry, "cancelled");
    }
    this.#fill();
  }

  /** Has these worked on, whatever became of them before; one that is under way begins anew. @param {Iterable<T>} entries */
  retry(entries) {
    for (const entry of entries) {
      this.#stop(entry);
      Object.assign(entry, { error: null, crashes: 0 });
      this.#set(entry, "waiting");
    }
    this.#fill();
  }

  #fill() {
    for (let next = this.#next(); next; next = this.#next()) void this.#run(next);
  }

  /** The photo to begin now, if there is one and room for it. */
  #next() {
    const running = [...this.#running.keys()];
    if (this.#paused || running.length >= this.#width || running.some(isSuspect)) return undefined;
    const waiting = [...this.#entries].filter(({ state }) => state === "waiting");
    return waiting.find((entry) => !isSuspect(entry)) ?? (running.length === 0 ? waiting[0] : undefined);
  }

  /** @param {T} entry */
  async #run(entry) {
    const controller = new AbortController();
    this.#running.set(entry, controller);
    this.#set(entry, "working");
    const error = await this.#work(entry, controller.signal).then(() => null, AlphacutError.from);
    if (this.#running.get(entry) !== controller) return; // it was cancelled, or begun anew
    this.#running.delete(entry);
    this.#settle(entry, error);
    this.#fill();
  }

  /**
   * @param {T} entry
   * @param {AlphacutError | null} error
   */
  #settle(entry, error) {
    if (!error) return this.#set(entry, "done");
    if (error.code === "cancelled") return this.#set(entry, "cancelled");
    if (error.fatal && ++entry.crashes === 1) return this.#set(entry, "waiting");
    entry.error = error;
    this.#set(entry, "failed");
  }

  /** @param {T} entry */
  #stop(entry) {
    const controller = this.#running.get(entry);
    this.#running.delete(entry); // first, so that what the abort brings home is of no interest
    controller?.abort();
  }

  /**
   * @param {T} entry
   * @param {State} state
   */
  #set(entry, state) {
    entry.state = state;
    this.#onChange(entry);
  }
}

/** @param {Entry} entry */
function isSuspect({ crashes }) {
  return crashes > 0;
}
