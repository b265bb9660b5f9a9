/**
 * Python in the worker: starts Pyodide with NumPy, Pillow and alphacut, and calls `alphacut.browser.entry`.
 */

import { AlphacutError } from "../shared/protocol.js";
import { ROOT } from "./assets.js";

/** @import { Note, Site, WireError } from "../shared/protocol.js" */

const PACKAGES = ["numpy", "pillow", "alphacut"];

/**
 * What Python makes of a photo; see `Cutout` in src/alphacut/pipeline.py.
 * @typedef {object} PythonCutout
 * @property {Uint8Array<ArrayBuffer>} png
 * @property {Uint8Array<ArrayBuffer> | undefined} preview
 * @property {number} width
 * @property {number} height
 * @property {string} format
 * @property {Note[]} notes
 * @property {Record<"decode" | "preprocess" | "inference" | "mask" | "compose" | "encode", number>} ms
 */
/** @typedef {{ value: PythonCutout, error?: undefined } | { error: WireError }} PythonReply */

/**
 * What Python asks of this side; `run` and `checkpoint` resolve and never reject, because a promise rejected
 * with something that is no Error would never wake Python.
 * @typedef {object} Host
 * @property {(pixels: Uint8Array) => Promise<import("./network.js").RunReply>} run
 * @property {(stage: string) => Promise<{ error?: WireError }>} checkpoint
 */

export class Runtime {
  #pyodide;
  #application;
  #remove;

  /** @param {any} pyodide */
  constructor(pyodide) {
    this.#pyodide = pyodide;
    const entry = pyodide.pyimport("alphacut.browser.entry");
    const ffi = pyodide.pyimport("pyodide.ffi");
    this.#application = entry.Application(ffi, Object.fromEntries);
    this.#remove = this.#application.remove; // every access of an attribute would make another proxy
    ffi.destroy();
    entry.destroy();
  }

  /**
   * @param {Site} site
   * @returns {Promise<Runtime>}
   * @throws {AlphacutError} `runtime-failed`
   */
  static async load(site) {
    const index = new URL(site.pyodide.index, ROOT).href;
    /** @type {string[]} */
    const complaints = [];
    try {
      const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all([
        import(`${index}pyodide.js`), import(`${index}pyodide.asm.js`),
      ]);
      const pyodide = await loadPyodide({
        indexURL: index, packageBaseUrl: index, lockFileURL: `${index}pyodide-lock.json`, createPyodideModule,
        packages: PACKAGES, stdout: () => {}, stderr: (/** @type {string} */ line) => complaints.push(line),
      });
      // A package that failed to load is only written to stderr; importing it tells.
      return new Runtime(pyodide);
    } catch (cause) {
      throw new AlphacutError("runtime-failed", "Python could not be started in this browser.", {
        hint: "Reload the page. alphacut needs a current browser: Chrome or Edge 113, Firefox 121, Safari 17.4 or later.",
        details: [String(cause instanceof Error ? cause.stack : cause), ...complaints].join("\n"),
        cause,
      });
    }
  }

  /**
   * Cuts out a photo.
   * @param {Uint8Array} photo
   * @param {Record<string, unknown>} spec
   * @param {Host} host
   * @returns {Promise<PythonCutout>}
   * @throws {AlphacutError}
   */
  async remove(photo, spec, host) {
    /** @type {PythonReply} */
    let reply;
    const task = this.#remove(photo, JSON.stringify(spec), host);
    try {
      reply = await task; // a trap in WebAssembly never gets here: worker.js hears of it
    } finally {
      task.destroy();
    }
    if (reply.error) throw AlphacutError.fromWire(reply.error);
    return reply.value;
  }

  /**
   * SHA-256 by Python, for pages where the browser offers none.
   * @param {Uint8Array} bytes
   */
  sha256(bytes) {
    const sha256 = this.#application.sha256;
    try {
      return /** @type {string} */ (sha256(bytes));
    } finally {
      sha256.destroy();
    }
  }

  /** Bytes of the WASM heap. */
  get heapBytes() {
    return /** @type {number} */ (this.#pyodide._module.HEAP8.byteLength);
  }

  /** Counts PyProxies from now on. */
  traceProxies() {
    this.#pyodide._module.enable_pyproxy_allocation_tracing();
  }

  /** PyProxies made since `traceProxies` and not destroyed. */
  get proxies() {
    return /** @type {number} */ (this.#pyodide._module.pyproxy_alloc_map.size);
  }
}
