/**
 * A pool of small workers that filter and deflate strips of a PNG side by side; Python writes the file around them
 * (src/alphacut/png.py). Where it does not work Python encodes by itself, and a remark says so.
 */

import { FOREIGN, ROOT } from "./assets.js";
import { firstLine } from "./ort.js";
import { remark } from "./remarks.js";

/** @import { StripReply, StripRequest } from "./png-strip.js" */

/** More bring nothing: cutting the strips out of Python's memory takes as long as eight workers need for them. */
const MOST_WORKERS = 8;
/** A pool that was not used for so long ends; it is started anew when needed. */
const IDLE_MS = 60_000;
/** A strip takes milliseconds. */
const PATIENCE_MS = 20_000;

/** @typedef {{ data: Uint8Array<ArrayBuffer>, adler32: number } | { failed: true }} Strip  What Python gets. */
/** @typedef {{ worker: Worker, open: Map<number, (reply: Strip) => void> }} Lane */

export class PngPool {
  /** How many strips are worked on at a time; 0 where that failed once. */
  lanes;
  /** @type {Lane[]} */
  #lanes = [];
  /** Of strips that are done: as many as were under way at most. @type {ArrayBuffer[]} */
  #spare = [];
  #id = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #idle;

  constructor(cores = navigator.hardwareConcurrency || 2) {
    this.lanes = Math.max(2, Math.min(MOST_WORKERS, cores));
    if (FOREIGN) this.#fail(`alphacut's files come from another site, ${ROOT.host}, than the page`);
  }

  /** Starts the workers, if they are not running: they are ready when there is something to encode. */
  start() {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#endIfIdle(), IDLE_MS);
    try {
      while (this.#lanes.length < this.lanes) this.#lanes.push(this.#lane());
    } catch (cause) {
      this.#fail(firstLine(cause));
    }
  }

  /**
   * Filters and deflates rows. Never rejects: see `Host` in runtime.js.
   * @param {Uint8Array} rows    RGBA; copied before the call returns.
   * @param {number} width       In pixels.
   * @param {boolean} hasAbove   Whether the first row only stands above the strip.
   * @param {boolean} last       Whether the stream of all strips ends here.
   * @returns {Promise<Strip>}
   */
  async deflate(rows, width, hasAbove, last) {
    this.start();
    const lane = this.#lanes.toSorted((one, other) => one.open.size - other.open.size)[0];
    if (!lane) return { failed: true };
    const copy = this.#copy(rows), id = this.#id += 1;
    /** @type {Promise<Strip>} */
    const strip = new Promise((resolve) => { lane.open.set(id, resolve); });
    /** @type {StripRequest} */
    const request = { id, rows: copy, width, height: rows.length / (4 * width), hasAbove, last };
    lane.worker.postMessage(request, [copy]);
    const late = setTimeout(() => this.#fail("one of them does not answer"), PATIENCE_MS);
    return strip.finally(() => clearTimeout(late));
  }

  /**
   * Copies rows into memory of a strip that is done, if there is some that suffices.
   * @param {Uint8Array} rows
   */
  #copy(rows) {
    const spare = this.#spare.pop();
    if (!spare || spare.byteLength < rows.length) return rows.slice().buffer;
    new Uint8Array(spare).set(rows);
    return spare;
  }

  /** @returns {Lane} */
  #lane() {
    const worker = new Worker(new URL("../worker/png-strip.js", import.meta.url), { type: "module" });
    /** @type {Lane} */
    const lane = { worker, open: new Map() };
    worker.onmessage = ({ data }) => {
      const { id, rows, ...reply } = /** @type {StripReply} */ (data);
      this.#spare.push(rows);
      lane.open.get(id)?.(reply);
      lane.open.delete(id);
    };
    worker.onerror = (event) => {
      event.preventDefault(); // it would go on to this worker's own error event, which ends the photo
      this.#fail(event.message || "one of them could not be started");
    };
    return lane;
  }

  /** @param {string} why */
  #fail(why) {
    this.lanes = 0;
    remark("encode", `PNG files are made by one core instead of several, which takes longer: the workers for it failed (${why}).`);
    this.#end();
  }

  #endIfIdle() {
    if (this.#lanes.some(({ open }) => open.size)) return this.start();
    this.#end();
  }

  #end() {
    clearTimeout(this.#idle);
    const lanes = this.#lanes;
    this.#lanes = [];
    this.#spare = [];
    for (const { worker, open } of lanes) {
      worker.terminate();
      for (const answer of open.values()) answer({ failed: true });
    }
  }
}

/** The pool of this worker, for all its photos. */
export const pngPool = new PngPool();
