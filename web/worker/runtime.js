/**
 * Python in the worker: starts Pyodide with NumPy, Pillow and alphacut, and calls `alphacut.browser.entry`.
 */

import { AlphacutError } from "../shared/protocol.js";
import { unpack } from "./archive.js";
import { fetchVerified, nativeDigest, ROOT } from "./assets.js";
import { fetchNow } from "./fetch-now.js";
import { isStarved } from "./memory.js";

/** @import { PngPool, Strip } from "./png-pool.js" */
/** @import { Edit, Finish, Inspection, Note, Options, Output, Region, Site, SitePython, Stage, Stroke, Target, WireError } from "../shared/protocol.js" */

/** What the archive of modules holds, as the lock file names it: installers must not fetch it again. */
const PACKAGES = ["numpy", "Pillow", "alphacut"];
/** Written by tools/pack_python.py: the names of the modules that are not fetched at the start. */
const LATE_NAMES = "late-modules.txt";

/**
 * What Python makes of a photo; see `Cutout` in src/alphacut/pipeline.py.
 * @typedef {object} PythonCutout
 * @property {Uint8Array<ArrayBuffer>} data
 * @property {string} type
 * @property {Uint8Array<ArrayBuffer> | undefined} preview
 * @property {Uint8Array<ArrayBuffer> | undefined} thumbnail
 * @property {Region | undefined} subject
 * @property {number} width
 * @property {number} height
 * @property {string} format
 * @property {Note[]} notes
 * @property {Record<"decode" | "preprocess" | "inference" | "mask" | "foreground" | "compose" | "encode", number>} ms
 */
/** @typedef {{ data: Uint8Array<ArrayBuffer>, type: string, width: number, height: number, notes: Note[], ms: Partial<Record<Stage, number>> }} PythonExport */
/** @typedef {{ data: Uint8Array<ArrayBuffer>, left: number, top: number, width: number, height: number }} PythonPatch */
/** @typedef {{ photo: Uint8Array, master: Uint8Array, mask?: Uint8Array, picture?: Uint8Array, edits: Edit[] }} Work */
/**
 * @template T
 * @typedef {{ value: T, error?: undefined } | { error: WireError }} PythonReply
 */
/** @typedef {{ name: string, bytes: Uint8Array }} Wheel */
/**
 * What becomes of a visitor's model; see src/alphacut/browser/own_models.py.
 * @typedef {object} Rewritten
 * @property {Record<string, unknown>} spec
 * @property {Uint8Array<ArrayBuffer>} weights
 * @property {Record<Target, Uint8Array<ArrayBuffer>>} graphs
 * @property {Record<Target, number>} largest
 */

/**
 * What Python asks of this side; its functions resolve and never reject, because a promise rejected
 * with something that is no Error would never wake Python.
 * @typedef {object} Host
 * @property {(pixels: Uint8Array) => Promise<import("./network.js").RunReply>} run
 * @property {DecodeForPython} decode
 * @property {DecodeForPython} [decodePicture]  The same, of the background picture.
 * @property {DecodeForPython} [decodeMask]     Of a mask.
 * @property {(stage: string) => Promise<{ error?: WireError }>} checkpoint
 * @property {number} lanes  How many strips of a PNG are deflated at a time; 0 where Python must do it.
 * @property {(...strip: Parameters<PngPool["deflate"]>) => Promise<Strip | { error: WireError }>} deflate
 */

/** @typedef {(type: string, space: PredefinedColorSpace, limit: number) => Promise<import("./decode.js").Decoded>} DecodeForPython */
/** @typedef {Pick<Host, "decode" | "decodePicture" | "decodeMask" | "checkpoint" | "lanes" | "deflate">} EditHost  What is asked of it where no network runs. */

export class Runtime {
  #pyodide;
  #application;
  #remove;
  #export;
  #refine;
  #mask;

  /** @param {any} pyodide */
  constructor(pyodide) {
    this.#pyodide = pyodide;
    const entry = pyodide.pyimport("alphacut.browser.entry");
    const ffi = pyodide.pyimport("pyodide.ffi");
    this.#application = entry.Application(ffi, Object.fromEntries);
    // Every access of an attribute would make another proxy.
    this.#remove = this.#application.remove;
    this.#export = this.#application.export;
    this.#refine = this.#application.refine;
    this.#mask = this.#application.mask;
    ffi.destroy();
    entry.destroy();
  }

  /**
   * @param {Site} site
   * @param {(bytes: number) => void} onBytes  Told how many bytes of the modules have arrived since.
   * @returns {Promise<Runtime>}
   * @throws {AlphacutError} `runtime-failed`, `out-of-memory`, or what became of the download
   */
  static async load({ pyodide: files }, onBytes) {
    /** @type {string[]} */
    const complaints = [];
    try {
      const modules = fetchModules(files, onBytes);
      const pyodide = await Promise.race([boot(files, modules, complaints), failureOf(modules)]);
      const runtime = new Runtime(pyodide);
      if (!nativeDigest) check(files, runtime.sha256(await modules));
      return runtime;
    } catch (cause) {
      if (cause instanceof AlphacutError) throw cause;
      const details = [String(cause instanceof Error ? cause.stack : cause), ...complaints].join("\n");
      if (isStarved(cause)) {
        throw new AlphacutError("out-of-memory", "There is too little memory to start Python.", { hint: "Close other tabs, then try again.", details, cause });
      }
      throw new AlphacutError("runtime-failed", "Python could not be started in this browser.", {
        hint: "Reload the page. alphacut needs a current browser; it is tested in Chromium, Firefox and WebKitGTK.", details, cause,
      });
    }
  }

  /**
   * Cuts out a photo.
   * @param {Uint8Array} photo
   * @param {Record<string, unknown>} spec
   * @param {Host} host
   * @param {Options} options
   * @param {Uint8Array | undefined} picture  For a background.
   * @returns {Promise<PythonCutout>}
   * @throws {AlphacutError}
   */
  remove(photo, spec, host, options, picture) {
    return finished(this.#remove(photo, JSON.stringify(spec), host, JSON.stringify(options), picture));
  }

  /**
   * Makes the finished file of a photo.
   * @param {Work} work
   * @param {EditHost} host
   * @param {{ finish: Finish, output?: Output }} options
   * @returns {Promise<PythonExport>}
   * @throws {AlphacutError}
   */
  export({ edits, ...files }, host, options) {
    const { table, patches } = apart(edits);
    return finished(this.#export({ ...files, patches }, host, JSON.stringify({ ...options, edits: table })));
  }

  /**
   * Finds alpha anew where a stroke is.
   * @param {Work} work
   * @param {EditHost} host
   * @param {Stroke} stroke
   * @returns {Promise<PythonPatch>}
   * @throws {AlphacutError}
   */
  refine({ edits, ...files }, host, stroke) {
    const { table, patches } = apart(edits);
    return finished(this.#refine({ ...files, patches }, host, JSON.stringify({ stroke, edits: table })));
  }

  /**
   * Masks one picture of a camera.
   * @param {ImageData} picture
   * @param {Record<string, unknown>} spec
   * @param {Pick<Host, "run">} host
   * @returns {Promise<{ alpha: Uint8Array<ArrayBuffer>, width: number, height: number }>}
   * @throws {AlphacutError}
   */
  mask({ data, width, height }, spec, host) {
    return finished(this.#mask(data, width, height, JSON.stringify(spec), host));
  }

  /**
   * Installs wheels that are here already: nothing is asked of any index.
   * @param {Wheel[]} installer  micropip and what it imports.
   * @param {Wheel[]} packages
   */
  async install(installer, packages) {
    for (const { bytes } of installer) this.#pyodide.unpackArchive(bytes, "wheel");
    for (const { name, bytes } of packages) this.#pyodide.FS.writeFile(`/tmp/${name}`, bytes);
    const micropip = this.#pyodide.pyimport("micropip");
    const names = this.#pyodide.toPy(packages.map(({ name }) => `emfs:/tmp/${name}`));
    try {
      await micropip.install.callKwargs(names, { deps: false });
    } finally {
      names.destroy();
      micropip.destroy();
      for (const { name } of packages) this.#pyodide.FS.unlink(`/tmp/${name}`);
    }
  }

  /**
   * What a visitor's .onnx file holds. `install` comes before.
   * @param {Uint8Array} file
   * @param {string} name
   * @returns {Inspection}
   * @throws {AlphacutError} `bad-model`, `out-of-memory`
   */
  inspect(file, name) {
    return JSON.parse(this.#ownModels((own) => own.inspect(file, name)));
  }

  /**
   * Makes a visitor's .onnx file into graphs and weights.
   * @param {Uint8Array} file
   * @param {Record<string, unknown>} spec
   * @param {string} output
   * @returns {Rewritten}
   * @throws {AlphacutError} `bad-model`, `out-of-memory`
   */
  rewrite(file, spec, output) {
    return this.#ownModels((own) => own.rewrite(file, JSON.stringify(spec), output));
  }

  /** @param {(own: any) => { value: any, error?: WireError }} call */
  #ownModels(call) {
    const entry = this.#pyodide.pyimport("alphacut.browser.own_models");
    const ffi = this.#pyodide.pyimport("pyodide.ffi");
    const own = entry.OwnModels(ffi, Object.fromEntries);
    try {
      const { value, error } = call(own);
      if (error) throw AlphacutError.fromWire(error);
      return value;
    } finally {
      for (const proxy of [own, ffi, entry]) proxy.destroy();
    }
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

/**
 * What Python gives in the end.
 * @template T
 * @param {PromiseLike<PythonReply<T>> & { destroy(): void }} task
 * @returns {Promise<T>}
 */
async function finished(task) {
  /** @type {PythonReply<T>} */
  let reply;
  try {
    reply = await task; // a trap in WebAssembly never gets here: worker.js hears of it
  } finally {
    task.destroy();
  }
  if (reply.error) throw AlphacutError.fromWire(reply.error);
  return reply.value;
}

/**
 * Edits as JSON can hold them: the data of patches apart, in their places their numbers.
 * @param {Edit[]} edits
 */
function apart(edits) {
  /** @type {Uint8Array[]} */
  const patches = [];
  const table = Array.isArray(edits) ? edits.map((edit) => (
    edit?.kind === "patch" && edit.data instanceof ArrayBuffer ? { ...edit, data: patches.push(new Uint8Array(edit.data)) - 1 } : edit
  )) : edits;
  return { table, patches };
}

/**
 * @param {SitePython} files
 * @param {(bytes: number) => void} onBytes
 */
async function fetchModules({ modules }, onBytes) {
  let before = 0;
  const bytes = new Uint8Array(modules.bytes);
  await fetchVerified(modules, bytes, {
    signal: new AbortController().signal,
    digest: nativeDigest ?? (async () => modules.sha256), // Python does it as soon as it can: see `load`
    onBytes: (loaded) => { onBytes(loaded - before); before = loaded; }, cache: "default",
  });
  return bytes;
}

/**
 * Starts Pyodide from modules that are written into its file system before Python looks for the first one.
 * @param {SitePython} files
 * @param {Promise<Uint8Array>} modules
 * @param {string[]} complaints  Gets what is written to stderr.
 */
async function boot(files, modules, complaints) {
  const index = new URL(files.index, ROOT).href;
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all([
    import(`${index}pyodide.js`), import(`${index}pyodide.asm.js`),
  ]);
  let folder = "";
  const pyodide = await loadPyodide({
    indexURL: index, packageBaseUrl: index, lockFileURL: `${index}pyodide-lock.json`, createPyodideModule,
    stdLibURL: `${index}empty.zip`,
    fsInit: async (/** @type {any} */ FS, /** @type {{ sitePackages: string }} */ { sitePackages }) => {
      folder = sitePackages.slice(0, sitePackages.lastIndexOf("/"));
      unpack(await modules, FS, folder);
    },
    stdout: () => {}, stderr: (/** @type {string} */ line) => complaints.push(line),
  });
  for (const name of PACKAGES) pyodide.loadedPackages[name] = "default channel";
  installLateModules(pyodide, files, folder);
  return pyodide;
}

/**
 * @param {any} pyodide
 * @param {SitePython} files
 * @param {string} folder
 */
function installLateModules({ FS, pyimport }, { late }, folder) {
  const finder = pyimport("alphacut.browser.late_modules");
  finder.install(FS.readFile(`${folder}/${LATE_NAMES}`, { encoding: "utf8" }), late.sha256, {
    fetch: () => fetchNow(late),
    unpack: (/** @type {Uint8Array} */ data) => unpack(data, FS, folder),
  });
  finder.destroy();
}

/**
 * @param {Promise<unknown>} promise
 * @returns {Promise<never>}  Never resolves.
 */
function failureOf(promise) {
  return promise.then(() => new Promise(() => {}));
}

/**
 * @param {SitePython} files
 * @param {string} found
 */
function check({ modules: { path, sha256 } }, found) {
  if (found === sha256) return;
  throw new AlphacutError("hash-mismatch", "Python is not the one this site was built with.", {
    hint: "Reload the page without cache. If that does not help, the site was not copied completely.",
    details: `${path}\nexpected sha256 ${sha256}\nfound    sha256 ${found}`,
  });
}
