/** Holds the one worker of the page: made when first needed, and made anew after it was dismissed. */

/** @import { Alive, Reply, Request } from "../shared/protocol.js" */
/**
 * @typedef {object} Listener
 * @property {(reply: Reply) => void} onReply
 * @property {(details: string) => void} onCrash  The worker is gone, and with it all it was asked for.
 */

export class WorkerSlot {
  /** @type {Worker | null} */
  #worker = null;
  #start;
  #listener;

  /**
   * @param {() => Worker} start  Starts a worker.
   * @param {Listener} listener
   */
  constructor(start, listener) {
    this.#start = start;
    this.#listener = listener;
  }

  /** @param {Request} request */
  post(request) {
    this.#worker ??= this.#hire();
    this.#worker.postMessage(request);
  }

  /** Ends the worker at once, whatever it is doing; nothing is heard of it any more. */
  dismiss() {
    if (!this.#worker) return;
    this.#worker.onmessage = this.#worker.onerror = this.#worker.onmessageerror = null;
    this.#worker.terminate();
    this.#worker = null;
  }

  #hire() {
    const worker = this.#start();
    worker.onmessage = ({ data }) => (data.type === "alive" ? this.#watch(worker, data) : this.#listener.onReply(data));
    worker.onerror = (event) => {
      event.preventDefault();
      this.#crash([event.message, event.filename, event.lineno].filter(Boolean).join(" · "));
    };
    worker.onmessageerror = () => this.#crash("A message from the worker could not be read.");
    return worker;
  }

  /**
   * A worker that closes itself, or that the browser ends, tells nobody; but it lets go of its lock. What it posted
   * before may arrive just behind that, and is waited for.
   * @param {Worker} worker
   * @param {Alive} alive
   */
  #watch(worker, { lock }) {
    navigator.locks.request(lock, () => {
      setTimeout(() => { if (worker === this.#worker) this.#crash("It ended without a word."); });
    }).catch(() => {}); // the page goes
  }

  /** @param {string} details */
  #crash(details) {
    this.dismiss();
    this.#listener.onCrash(details);
  }
}
