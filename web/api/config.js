/** What a call may ask for, and what that means to the worker. */

import { AlphacutError } from "../shared/protocol.js";
import { readOutput } from "./output.js";
import { untilDisposal } from "./workers.js";

/** @import { DeviceChoice } from "../shared/protocol.js" */
/** @import { OutputConfig, Wanted } from "./output.js" */

/**
 * Told what takes time: `key` is one of
 * - `fetch:runtime` and `fetch:model`: `current` and `total` in bytes; only where something must be loaded,
 * - `load:session`: 0 of 1, then 1 of 1; likewise,
 * - `compute:decode`, `compute:preprocess`, `compute:inference`, `compute:mask`, `compute:foreground`,
 *   `compute:compose`, `compute:encode`: the step that begins, `current` steps of `total` are done. The last call is
 *   `compute:encode` with `current` equal to `total`.
 * @callback Progress
 * @param {string} key
 * @param {number} current
 * @param {number} total
 * @returns {void}
 */
/**
 * @typedef {object} Config
 * @property {string | URL} [publicPath]  The folder of alphacut's files: site.json, worker.js, worker/, runtime/,
 *   models/. Default: where alphacut.js was loaded from; after a bundler it must be given.
 * @property {string | URL} [workerUrl]  Only where `publicPath` is of another origin than the page: a file of the page's
 *   own origin whose one line is `import "<publicPath>worker.js";`.
 * @property {"u2netp" | "isnet" | "isnet_fp16" | "isnet_quint8" | "large" | "medium" | "small" | (string & {})} [model]
 *   The id of a model in site.json. Default: the site's default, `u2netp`. The other names are those of
 *   IMG.LY's package, and all mean `isnet`, if the site has it.
 * @property {"auto" | "gpu" | "cpu" | "webgpu" | "wasm"} [device]  Default `auto`: the GPU where there is one. `gpu` means
 *   the same, `cpu` and `wasm` the CPU; `webgpu` the GPU or an error.
 * @property {OutputConfig} [output]
 * @property {Progress} [progress]
 * @property {AbortSignal} [signal]  Ends this call; it rejects with an `AlphacutError` whose `code` is `cancelled`, whose
 *   `name` is `AbortError`, and whose `cause` is the signal's reason.
 * @property {RequestInit} [fetchArgs]  For `fetch`, of photos and masks given by their address, and of nothing else: the
 *   site's own files are fetched without them, so what they hold for a photo's server is not sent to the site.
 * @property {boolean} [debug]  Tell the console of device, remarks and times.
 * @property {boolean} [rescale]  Results always have the photo's size: `false` is refused.
 * @property {boolean} [proxyToWorker]  Taken and ignored: everything always runs in a worker.
 */
/**
 * A config with its defaults.
 * @typedef {object} Settled
 * @property {URL} root
 * @property {URL | null} workerUrl
 * @property {string | null} model  Null: the site's default.
 * @property {DeviceChoice} device
 * @property {Wanted} output
 * @property {Progress} progress
 * @property {AbortSignal} signal
 * @property {RequestInit | undefined} fetchArgs
 * @property {boolean} debug
 */

/** The names of IMG.LY's models: the same network in 32, 16 and 8 bits. Ours is the one in 16. */
const ISNET = new Set(["isnet", "isnet_fp16", "isnet_quint8", "large", "medium", "small"]);

/** @type {Record<string, DeviceChoice>} */
const DEVICES = { auto: "auto", gpu: "auto", webgpu: "webgpu", cpu: "wasm", wasm: "wasm" };

/**
 * @param {Config} config
 * @param {string} script  Where alphacut.js was loaded from.
 * @returns {Settled}
 * @throws {AlphacutError} `bad-options`
 */
export function settle(config, script) {
  const { publicPath = new URL("./", script), workerUrl, model, device = "auto", output, progress, rescale = true } = config;
  if (!rescale) throw bad("rescale can't be false: results have the photo's size.", "Scale the result where it must be smaller.");
  const choice = Object.hasOwn(DEVICES, device) ? DEVICES[device] : undefined;
  if (!choice) throw bad(`device can't be ${String(device)}.`, `It may be: ${Object.keys(DEVICES).join(", ")}.`);
  return {
    root: folder(publicPath), workerUrl: workerUrl ? absolute(workerUrl, "workerUrl") : null,
    model: model === undefined ? null : nameOf(model), device: choice, output: readOutput(output),
    progress: progress ?? (() => {}), signal: untilDisposal(config.signal), fetchArgs: config.fetchArgs, debug: Boolean(config.debug),
  };
}

/** @param {string} model */
function nameOf(model) {
  if (typeof model !== "string") throw bad("model is the name of a model.", "“isnet”, for instance.");
  return ISNET.has(model) ? "isnet" : model;
}

/** @param {string | URL} path */
function folder(path) {
  const url = absolute(path, "publicPath");
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  url.search = url.hash = "";
  return url;
}

/**
 * @param {string | URL} address
 * @param {string} name
 */
function absolute(address, name) {
  const base = "document" in globalThis ? document.baseURI : globalThis.location?.href;
  if (URL.canParse(String(address), base)) return new URL(address, base);
  throw bad(`${name} is no address: ${String(address)}.`, "Give it as a URL, or relative to the page.");
}

/**
 * @param {string} message
 * @param {string} hint
 */
function bad(message, hint) {
  return new AlphacutError("bad-options", message, { hint });
}
