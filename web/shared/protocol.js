/**
 * The contract between page and worker: every message and every error that crosses `postMessage`.
 *
 * Only cloneable data and transferables cross. Each request carries an id; each reply repeats it.
 * A request is answered by any number of `progress` replies and then exactly one `result` or `error`.
 */

/** @typedef {"auto" | "webgpu" | "wasm"} DeviceChoice */
/** @typedef {"webgpu" | "wasm"} Provider */
/** @typedef {"float16" | "float32"} Precision */
/** @typedef {"webgpu-float16" | "webgpu-float32" | "wasm-float32"} Target  What a graph is made for; see alphacut/onnx_graph.py. */

/**
 * The steps a person can wait for, in order. `runtime`, `model` and `session` happen once;
 * the others once a photo. The names of the photo's steps are those of `alphacut.clock.STAGES`.
 */
export const STAGES = /** @type {const} */ ([
  "runtime", "model", "session",
  "decode", "preprocess", "inference", "mask", "foreground", "compose", "encode",
]);
/** @typedef {(typeof STAGES)[number]} Stage */

/**
 * Every error code a user of the site can meet. Codes are stable: code may depend on them.
 * Those raised in Python (`alphacut.errors`) are listed too; a test compares both lists.
 */
export const ERROR_CODES = /** @type {const} */ ([
  "cancelled", "internal",
  "empty-file", "not-an-image", "unsupported-format", "truncated-image", "image-too-large",
  "zero-size-image", "bad-region", "out-of-memory", "unknown-model", "bad-model", "unreadable-file",
  "offline", "download-failed", "download-cut-off", "hash-mismatch",
  "runtime-failed", "worker-crashed",
  "webgpu-unavailable", "session-failed", "inference-failed",
  "storage-failed",
  "bad-options",
  "bad-message", "origin-refused", "too-many-requests", "sandboxed",
]);
/** @typedef {(typeof ERROR_CODES)[number]} ErrorCode */

/**
 * After these the worker is always of no use any more: WASM memory never shrinks, a runtime that failed stays broken,
 * and what crashed is gone.
 * @type {ReadonlySet<ErrorCode>}
 */
export const FATAL_CODES = new Set(["out-of-memory", "runtime-failed", "worker-crashed"]);

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
 * @property {"device" | "fast-path" | "storage" | "start" | "encode"} topic
 * @property {string} text  A sentence for people.
 */

/** @typedef {{ path: string, bytes: number, sha256: string, own?: boolean }} SiteFile  A file of the site; `path` is relative to the site's root. With `own`, a file that the browser keeps instead. */

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
 * @property {Precision} gpuPrecision Which arithmetic to prefer on a GPU that has both.
 * @property {Record<Target, SiteFile>} graphs
 * @property {Record<Target, number>} largest  Bytes of the largest tensor each graph works with.
 * @property {{ bytes: number, chunks: SiteFile[] }} weights  Chunks to join in this order.
 * @property {SiteFile} check         Input and answer of the self-check; see alphacut/self_check.py.
 * @property {boolean} [own]          The visitor's own: kept in this browser, on no site.
 */

/**
 * What build_site.py wrote into site.json.
 * @typedef {object} Site
 * @property {string} version        Hash of the site's content.
 * @property {SitePython} pyodide
 * @property {{ version: string, index: string, builds: Record<OrtBuild, SiteFile[]> }} ort
 * @property {{ installer: SiteFile[], packages: SiteFile[] }} extras
 *   Wheels for models that visitors bring: `installer` is unpacked, and it installs `packages`.
 * @property {Record<string, string>} integrity  Of the scripts that pages of others load, for their attribute `integrity`.
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
/** @typedef {{ name: string, version: string, licence: string, url: string, text: string }} Part  `text`: path of the licence, or "". */

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
 * @property {number} foreground
 * @property {number} compose
 * @property {number} encode
 * @property {number} total
 */

/**
 * @typedef {object} Cutout
 * @property {ArrayBuffer} data         The file; without other wishes a PNG at the photo's size, with straight alpha.
 * @property {string} type              Its MIME type.
 * @property {ArrayBuffer | null} preview  JPEG of the original, where browsers can't show its format; else null.
 * @property {ArrayBuffer | null} thumbnail  WebP of the finished picture, RGBA, where `thumbnail` was asked for; else null.
 * @property {Region | null} subject    Box of what is half opaque and more (alpha >= 128), in pixels of the photo; null where nothing is.
 * @property {number} width             Of the file's picture, in pixels.
 * @property {number} height
 * @property {string} format            Format of the original as Pillow names it, e.g. "JPEG".
 * @property {Note[]} notes
 * @property {string} model
 * @property {DeviceReport} device
 * @property {Remark[]} remarks
 * @property {Timings} ms
 */
/** @typedef {"first-frame" | "approximate-colours" | "metadata-lost" | "empty-mask" | "full-mask" | "flat-mask" | "undecided-mask" | "no-subject" | "enlargement-limited" | "picture-colours" | "background-colour" | "unknown-colours"} Note  Things a person should know about a cutout that is not an error. */

/**
 * What can be asked for beside a cutout; Python checks it (alphacut/browser/options.py) and answers `bad-options`.
 * @typedef {object} Options
 * @property {Output} [output]  Without it: PNG, fast.
 * @property {"subject" | "background"} [keep]  What the file shows; without it the subject.
 * @property {Region} [region]  Where the subject is.
 * @property {Finish | null} [finish]
 * @property {number} [thumbnail]  Longer side in pixels of a small picture that is wanted too, 16 to 2048.
 */
/** @typedef {{ left: number, top: number, right: number, bottom: number }} Region  In pixels of the upright photo; right and bottom lie outside. */

/** @typedef {"png" | "webp" | "jpeg" | "mask-png"} FileFormat  `mask-png` is alpha alone, in grey. */
/** @typedef {"rgba8" | "alpha8"} PixelFormat  Bare pixels: R, G, B of sRGB and straight alpha; alpha alone. */
/**
 * The file to make; see `Output` in src/alphacut/output.py, which says what goes together.
 * @typedef {object} Output
 * @property {FileFormat | PixelFormat} [format]  Without it PNG.
 * @property {"fast" | "small"} [effort]
 * @property {number} [quality]        1 to 100, for JPEG and lossy WebP; without it 90.
 * @property {boolean} [lossless]      For WebP.
 * @property {string} [background]     `#rrggbb`, of sRGB as in CSS; without it transparent, in JPEG white.
 * @property {boolean} [premultiplied] Colours times alpha; viewers take every file for straight.
 * @property {8 | 16} [depth]          Bits of a channel; 16 for PNG only.
 * @property {"none" | "keep"} [metadata]  Whether EXIF is kept, place and time included.
 */

/**
 * What a cutout is finished with; see `Finish` in src/alphacut/finish.py, which checks it. What is null or absent is not done.
 * @typedef {object} Finish
 * @property {Background | null} [background]
 * @property {SubjectCrop | Canvas | null} [crop]
 * @property {Frame | null} [frame]    Exactly this part; wins over `crop`.
 * @property {Shadow | null} [shadow]
 * @property {number} [softness]       0 to 1; see `softened` in web/shared/finish.js.
 * @property {number} [shift]          -1 (smaller) to 1 (larger); likewise.
 */
/** @typedef {{ kind: "colour", colour: string }} ColourBackground  `#rrggbb`. */
/** @typedef {{ kind: "picture", fit?: "cover" | "contain", x?: number, y?: number }} PictureBackground  The request's `picture`; `x`, `y` 0 to 1 as `object-position` in CSS. */
/** @typedef {{ kind: "blur", strength?: number }} BlurBackground  The photo itself; `strength` 0 to 1. */
/** @typedef {ColourBackground | PictureBackground | BlurBackground} Background */
/** @typedef {{ margin?: number, aspect?: [number, number] | null }} SubjectCrop  `margin` 0 to 1, a share of the longer side of the subject's box. */
/** @typedef {{ kind: "canvas", width: number, height: number, fill?: number }} Canvas  In pixels; the subject fills a share of it, 0.01 to 1, in the tighter direction. */
/** @typedef {{ left: number, top: number, right: number, bottom: number, width: number, height: number }} Frame  Pixels of the photo, which may lie outside it; `width` and `height` in whole pixels of the finished picture. */
/** @typedef {{ opacity?: number, blur?: number, dx?: number, dy?: number }} Shadow  `opacity` 0 to 1; lengths are shares of the longer side of the subject's box: `blur` 0 to 1 (standard deviation), `dx` and `dy` -1 to 1. */

/** @typedef {StrokeEdit | PatchEdit} Edit  A change to alpha by hand; edits are made in their order. */
/** @typedef {{ points: number[], hardness: number, opacity: number }} Stroke  `points`: x, y and radius of each, in pixels of the photo; see `coverage` in web/shared/finish.js. */
/** @typedef {{ kind: "erase" | "restore" } & Stroke} StrokeEdit */
/** @typedef {{ kind: "patch", left: number, top: number, width: number, height: number, data: ArrayBuffer }} PatchEdit  Alpha of a box: `data` is a PNG of its size, grey (levels) and alpha (how much they count). `refine` gives such. */

/**
 * What `export` gives.
 * @typedef {object} Exported
 * @property {ArrayBuffer} data
 * @property {string} type          Its MIME type.
 * @property {number} width         In pixels.
 * @property {number} height
 * @property {Note[]} notes
 * @property {Partial<Record<Stage, number>> & { total: number }} ms
 */

/**
 * What `mask` gives: alpha of the network's size, whatever the picture's proportions.
 * @typedef {object} LiveMask
 * @property {ArrayBuffer} alpha   One byte a pixel: 0 is background, 255 is subject.
 * @property {number} width
 * @property {number} height
 * @property {DeviceReport} device
 * @property {number} ms
 */

/**
 * @typedef {object} Ready
 * @property {string} model
 * @property {DeviceReport} device
 * @property {Remark[]} remarks
 * @property {{ start: number, model: number }} ms
 */

/** @typedef {{ id: number, type: "start", model: string, device: DeviceChoice }} StartRequest  Loads runtime, model and session. */
/** @typedef {{ id: number, type: "remove", photo: Blob, model: string, device: DeviceChoice, picture?: Blob | null } & Options} RemoveRequest  Does what `start` does where still needed, then cuts out. */
/** @typedef {{ photo: Blob, master: Blob, edits: Edit[] }} Mastered  A photo, the cutout that `remove` made of it without a finish, and what was changed by hand since. */
/** @typedef {{ id: number, type: "export", finish: Finish, picture?: Blob | null, mask?: Blob | null, output?: Output } & Mastered} ExportRequest  Makes the finished file at full size; answered by `Exported`. Needs no model. With a `mask`, it is the photo with that alpha in place of its own (of opaque masks the red channel), scaled to the photo: `master` is not looked at then, and there are no edits and no finish. */
/** @typedef {{ id: number, type: "refine", stroke: Stroke } & Mastered} RefineRequest  Finds alpha anew where the stroke is, by the photo's edges; answered by a `PatchEdit`. Needs no model. */
/** @typedef {{ id: number, type: "mask", frame: ImageBitmap, model: string, device: DeviceChoice }} MaskRequest  Masks one picture of a camera, small already; answered by `LiveMask`. Loads what is missing as `start` does. */
/** @typedef {{ id: number, type: "inspect", file: Blob, name: string }} InspectRequest  Looks into a visitor's .onnx file. */
/** @typedef {{ id: number, type: "adopt", file: Blob, choices: OwnChoices }} AdoptRequest  Rewrites it and keeps it in the browser, on trial. */
/** @typedef {{ id: number, type: "check", model: string, device: DeviceChoice }} CheckRequest  Tries a model that is on trial; one that fails is not kept. */
/** @typedef {{ id: number, type: "own" }} OwnRequest  Lists the models kept. */
/** @typedef {{ id: number, type: "disown", model: string }} DisownRequest  Forgets one; answered by those that are left. */
/** @typedef {{ id: number, type: "cancel" }} CancelRequest  Ends request `id`, which is answered by the error `cancelled`. */
/** @typedef {{ id: number, type: "stats" }} StatsRequest */
/** @typedef {{ id: number, type: "storage" }} StorageRequest  What this browser keeps; answered by `Kept`. */
/** @typedef {{ id: number, type: "forget", model: string | null }} ForgetRequest  Deletes what is kept of a model, or everything; answered by what is left. */
/** @typedef {InspectRequest | AdoptRequest | CheckRequest | OwnRequest | DisownRequest} OwnModelRequest */
/** @typedef {StartRequest | RemoveRequest | ExportRequest | RefineRequest | MaskRequest | CancelRequest | StatsRequest | StorageRequest | ForgetRequest | OwnModelRequest | MeasureRequest} Request */

/**
 * What was found in a visitor's .onnx file; see `Inspection` in src/alphacut/onnx_inspect.py.
 * @typedef {object} Inspection
 * @property {string} name
 * @property {string} producer
 * @property {number} opset
 * @property {number} nodes
 * @property {number} parameters
 * @property {{ name: string, dtype: string, shape: Dim[], layout: "NCHW" | "NHWC", channels: number, width: number | null, height: number | null }} input
 *   `width` and `height` are null where any will do.
 * @property {{ name: string, dtype: string, shape: Dim[], activation: Activation, why: string }[]} outputs  The likeliest first.
 * @property {string[]} others
 * @property {number} width     Fixed, or proposed.
 * @property {number} height
 * @property {{ normalisation: string, side: number, why: string, sure: boolean }} family
 * @property {Precision[]} precisions
 * @property {string[]} remarks
 * @property {{ id: string, title: string, mean: number[], std: number[] }[]} normalisations  Those to choose from.
 * @property {Activation[]} activations  Those to choose from.
 */
/** @typedef {number | string | null} Dim */
/** @typedef {"alpha" | "logits" | "minmax"} Activation  What a map holds; see `ModelSpec.output`. */

/**
 * How the visitor wants a model to be fed and read.
 * @typedef {object} OwnChoices
 * @property {string} title
 * @property {number} width
 * @property {number} height
 * @property {number[]} mean
 * @property {number[]} std
 * @property {string} output       Name of the output that is the mask.
 * @property {Activation} activation
 * @property {Precision} gpuPrecision
 */

/** @typedef {"tools" | "inspect" | "rewrite" | "store"} OwnStep  What takes time with a visitor's model beside a photo's stages; `tools` in bytes. */

/**
 * Runs the network alone on pseudo-random pixels. Answered only by a worker started as worker.js?bench. Threads are
 * fixed by a worker's first session.
 * @typedef {object} MeasureRequest
 * @property {number} id
 * @property {"measure"} type
 * @property {string} model
 * @property {DeviceChoice} device
 * @property {Precision} [precision]  Instead of what the worker would choose; likewise `threads`.
 * @property {number} [threads]
 * @property {number} rounds          Runs, a session's first one included where no self-check ran before.
 * @property {boolean} [profile]      Also time each kernel, which slows the runs down.
 */

/**
 * @typedef {object} Measured
 * @property {DeviceReport} device
 * @property {number} create_ms        Session creation, with the files at hand.
 * @property {number} first_ms         The session's first run, which compiles the shaders; on a GPU that is the self-check.
 * @property {number[]} runs           Milliseconds of the others, upload and read-back included.
 * @property {Kernel[] | null} kernels Where they were asked for; longest first.
 * @property {number} gpuBytes         Of GPU buffers after the last run; 0 in a worker that was not started with ?stats.
 */
/** @typedef {{ name: string, count: number, ms: number }} Kernel  What one kind of kernel takes in a run, on average. */

/**
 * What the worker holds on to; tests and bug reports ask for it.
 * @typedef {object} Stats
 * @property {number} pythonHeapBytes
 * @property {number} ortHeapBytes
 * @property {number} proxies        PyProxies not destroyed.
 * @property {number} gpuBuffers     GPU buffers created and not destroyed.
 * @property {number} gpuBytes
 */

/**
 * What this browser keeps of models. Models that share files count them each.
 * @typedef {object} Kept
 * @property {number} bytes   Of everything.
 * @property {{ model: string, bytes: number, targets: Target[] }[]} models  Of this site's models and the visitor's,
 *   those of which something is kept; `targets`: what they could run on without network.
 * @property {number} others  Bytes that belong to none of them: of another version of the site, or another site of this origin.
 * @property {boolean} refused  Whether nothing can be kept, because the browser does not let the page.
 */

/** @typedef {{ id: number, type: "progress", stage: Stage, loaded: number, total: number }} ProgressReply  `loaded` and `total` in bytes for `runtime` and `model`; else 0 of 1 when the stage begins, 1 of 1 when it ends. */
/** @typedef {{ id: number, type: "step", step: OwnStep, loaded: number, total: number }} StepReply */
/** @typedef {{ id: number, type: "result", value: Ready | Cutout | Exported | PatchEdit | LiveMask | Stats | Kept | Inspection | SiteModel | SiteModel[] | Measured }} ResultReply */
/** @typedef {{ id: number, type: "error", error: WireError }} ErrorReply */
/** @typedef {{ type: "alive", lock: string }} Alive  Belongs to no request: the worker holds this Web Lock, its name, until it ends. */
/** @typedef {ProgressReply | StepReply | ResultReply | ErrorReply} Reply */

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
