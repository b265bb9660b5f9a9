/**
 * The contract between page and worker: every message and every error that crosses `postMessage`.
 *
 * Only cloneable data and transferables cross. Each request carries an id; each reply repeats it.
 * A request is answered by any number of `progress` replies and then exactly one `result` or `error`.
 */

/** @typedef {"auto" | "webgpu" | "wasm"} DeviceChoice */
/** @typedef {"webgpu" | "wasm"} Provider */
/** @typedef {"float16" | "float32"} Precision */

/**
 * The steps a person can wait for, in order. `runtime`, `model` and `session` happen once;
 * the others once a photo. The names of the photo's steps are those of `alphacut.pipeline.STAGES`.
 */
export const STAGES = /** @type {const} */ ([
  "runtime", "model", "session",
  "decode", "preprocess", "inference", "mask", "compose", "encode",
]);
/** @typedef {(typeof STAGES)[number]} Stage */

/**
 * Every error code a user of the site can meet. Codes are stable: code may depend on them.
 * Those raised in Python (`alphacut.errors`) are listed too; a test compares both lists.
 */
export const ERROR_CODES = /** @type {const} */ ([
  "cancelled", "internal",
  "empty-file", "not-an-image", "unsupported-format", "truncated-image", "image-too-large",
  "zero-size-image", "out-of-memory", "unknown-model", "bad-model", "unreadable-file",
  "offline", "download-failed", "download-cut-off", "hash-mismatch",
  "runtime-failed", "worker-crashed",
  "webgpu-unavailable", "session-failed", "inference-failed", "device-lost",
]);
/** @typedef {(typeof ERROR_CODES)[number]} ErrorCode */

/**
 * After these the worker is always of no use any more: WASM memory never shrinks, a runtime that
 * failed stays broken, and ONNX Runtime can't leave a lost GPU device.
 * @type {ReadonlySet<ErrorCode>}
 */
export const FATAL_CODES = new Set(["out-of-memory", "runtime-failed", "device-lost"]);

/**
 * An error as it crosses the wire.
 * @typedef {object} WireError
 * @property {ErrorCode} code
 * @property {string} message  What happened, for people.
 * @property {string} hint     What to do about it, for people; may be empty.
 * @property {string} details  For a bug report: stack, expected and found values; may be empty.
 * @property {boolean} [fatal] The worker is of no use any more and must be replaced.
 */

/**
 * What the network ran on, and why.
 * @typedef {object} DeviceReport
 * @property {Provider} provider
 * @property {string} adapter       The GPU adapter's name; empty on `wasm`.
 * @property {boolean} software     The adapter is a software rasteriser, not a GPU.
 * @property {Precision} precision  Arithmetic of the network.
 * @property {number} threads       Threads of the CPU path; 0 on `webgpu`.
 * @property {string} reason        Why this device and this many threads, for people.
 */

/**
 * Something that was done another way than planned, and why.
 * @typedef {object} Remark
 * @property {"device" | "fast-path" | "storage" | "start"} topic
 * @property {string} text  A sentence for people.
 */

/** @typedef {{ path: string, bytes: number, sha256: string }} SiteFile  A file of the site; `path` is relative to the site's root. */

/**
 * A network the site offers, written by build_site.py from models/<id>.toml.
 * @typedef {object} SiteModel
 * @property {string} id
 * @property {string} title
 * @property {string} summary       One line: what it is good for.
 * @property {boolean} default
 * @property {{ name: string, url: string, notice: string }} licence
 *   A non-empty `notice` must be shown and accepted before the model is downloaded.
 * @property {Record<string, unknown>} spec  What `alphacut.models.ModelSpec` needs; opaque to JavaScript.
 * @property {number[]} input        Shape of the network's input, NCHW.
 * @property {Partial<Record<Precision, SiteFile>>} graphs
 * @property {SiteFile} weights
 */

/**
 * What build_site.py wrote into site.json.
 * @typedef {object} Site
 * @property {string} version        Hash of the site's content.
 * @property {SitePython} pyodide
 * @property {{ version: string, index: string, builds: Record<OrtBuild, SiteFile[]> }} ort
 * @property {SiteModel[]} models
 * @property {Sample[]} samples
 * @property {Part[]} parts          Third-party parts with their licences.
 */
/**
 * @typedef {object} SitePython
 * @property {string} version
 * @property {string} index      Folder, relative to the site's root.
 * @property {SiteFile[]} assets What every start fetches, `modules` among it.
 * @property {SiteFile} modules  The Python modules of a job, compiled, in a tar.
 * @property {SiteFile} late     All other modules, fetched when one of them is first imported.
 */
/** @typedef {"jspi" | "asyncify"} OrtBuild  How ONNX Runtime waits for promises: natively, or rewritten for it. */
/** @typedef {{ file: SiteFile, thumb: SiteFile, title: string, credit: string, licence: string, url: string }} Sample */
/** @typedef {{ name: string, version: string, licence: string, url: string }} Part */

/**
 * Milliseconds of each step. `start`: worker start to runtime ready; `model`: download, check and
 * session creation; `total`: from the photo's first byte read to the PNG, without `start` and `model`.
 * @typedef {object} Timings
 * @property {number} start
 * @property {number} model
 * @property {number} decode
 * @property {number} preprocess
 * @property {number} inference
 * @property {number} mask
 * @property {number} compose
 * @property {number} encode
 * @property {number} total
 */

/**
 * @typedef {object} Cutout
 * @property {ArrayBuffer} png          Straight-alpha RGBA PNG at the photo's size.
 * @property {ArrayBuffer | null} preview  JPEG of the original, where browsers can't show its format; else null.
 * @property {number} width
 * @property {number} height
 * @property {string} format            Format of the original as Pillow names it, e.g. "JPEG".
 * @property {Note[]} notes
 * @property {string} model
 * @property {DeviceReport} device
 * @property {Remark[]} remarks
 * @property {Timings} ms
 */
/** @typedef {"first-frame" | "empty-mask" | "full-mask"} Note  Things a person should know about a cutout that is not an error. */

/**
 * @typedef {object} Ready
 * @property {string} model
 * @property {DeviceReport} device
 * @property {Remark[]} remarks
 * @property {{ start: number, model: number }} ms
 */

/** @typedef {{ id: number, type: "start", model: string, device: DeviceChoice }} StartRequest  Loads runtime, model and session. */
/** @typedef {{ id: number, type: "remove", photo: Blob, model: string, device: DeviceChoice }} RemoveRequest  Does what `start` does where still needed, then cuts out. */
/** @typedef {{ id: number, type: "cancel" }} CancelRequest  Ends request `id`, which is answered by the error `cancelled`. */
/** @typedef {{ id: number, type: "stats" }} StatsRequest */
/** @typedef {StartRequest | RemoveRequest | CancelRequest | StatsRequest} Request */

/**
 * What the worker holds on to; tests and bug reports ask for it.
 * @typedef {object} Stats
 * @property {number} pythonHeapBytes
 * @property {number} ortHeapBytes
 * @property {number} proxies        PyProxies not destroyed.
 * @property {number} gpuBuffers     GPU buffers created and not destroyed.
 * @property {number} gpuBytes
 */

/** @typedef {{ id: number, type: "progress", stage: Stage, loaded: number, total: number }} ProgressReply  `loaded` and `total` in bytes for `runtime` and `model`; else 0 of 1 when the stage begins, 1 of 1 when it ends. */
/** @typedef {{ id: number, type: "result", value: Ready | Cutout | Stats }} ResultReply */
/** @typedef {{ id: number, type: "error", error: WireError }} ErrorReply */
/** @typedef {ProgressReply | ResultReply | ErrorReply} Reply */

/** An error with a stable code, a message for people and a hint what to do. */
export class AlphacutError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message
   * @param {{ hint?: string, details?: string, cause?: unknown, fatal?: boolean }} [more]
   */
  constructor(code, message, { hint = "", details = "", cause, fatal = FATAL_CODES.has(code) } = {}) {
    super(message, { cause });
    this.name = "AlphacutError";
    this.code = code;
    this.hint = hint;
    this.details = details;
    this.fatal = fatal;
  }

  /** @returns {WireError} */
  toWire() {
    const { code, message, hint, fatal } = this;
    return { code, message, hint, fatal, details: this.details || String(this.stack ?? "") };
  }

  /** @param {WireError} wire */
  static fromWire({ code, message, hint, details, fatal }) {
    return new AlphacutError(code, message, { hint, details, ...(fatal === undefined ? {} : { fatal }) });
  }

  /**
   * Whatever was thrown, as an AlphacutError: code the program did not foresee becomes `internal`.
   * @param {unknown} thrown
   */
  static from(thrown) {
    if (thrown instanceof AlphacutError) return thrown;
    if (thrown instanceof DOMException && thrown.name === "AbortError") {
      return new AlphacutError("cancelled", "Cancelled.");
    }
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return new AlphacutError("internal", `Something went wrong inside alphacut: ${error.message}`, {
      hint: "Try the photo again; if it fails again, please report it with the details below.",
      details: String(error.stack ?? error),
      cause: thrown,
    });
  }
}
