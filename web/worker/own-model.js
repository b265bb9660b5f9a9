/** Models that visitors bring: looked into, rewritten and kept, tried once, listed, forgotten. */

import { AlphacutError } from "../shared/protocol.js";
import { nativeDigest } from "./assets.js";
import { cpu } from "./device.js";
import { read } from "./job.js";
import { namesOf } from "./kept.js";
import { loadPython, loadSite } from "./loader.js";
import { fetchKept } from "./model-files.js";
import { createSession, firstLine } from "./ort.js";
import { listOwn, OWN, putOwn, requireStore } from "./own-store.js";
import { answerOf } from "./self-check.js";
import * as store from "./store.js";

/** @import { AdoptRequest, InspectRequest, OwnChoices, OwnStep, Site, SiteFile, SiteModel } from "../shared/protocol.js" */
/** @import { Digest } from "./assets.js" */
/** @import { Post } from "./loader.js" */
/** @import { Entry } from "./own-store.js" */
/** @import { Rewritten, Runtime, Wheel } from "./runtime.js" */

/** Rewriting takes up to ten times a file's size of a WebAssembly memory that ends at 4 GB. */
const MAX_BYTES = 400_000_000;
/** A trial that began so long ago was given up: its page was closed. */
const TRIAL_MS = 3_600_000;

/** @type {Promise<Runtime> | null} */
let equipped = null;

/**
 * What is in the file.
 * @param {InspectRequest} request
 * @param {AbortSignal} signal
 * @param {Post} post
 */
export async function inspect({ id, file, name }, signal, post) {
  if (file.size > MAX_BYTES) throw tooLarge(file);
  const runtime = await equip(id, signal, post);
  tell(id, post, "inspect", 0, 1);
  return runtime.inspect(await read(file), name);
}

/**
 * Rewrites the file and keeps the result on trial: `keep` or `disown` follows once it has run.
 * @param {AdoptRequest} request
 * @param {AbortSignal} signal
 * @param {Post} post
 * @returns {Promise<SiteModel>}
 */
export async function adopt({ id, file, choices }, signal, post) {
  await requireStore();
  const runtime = await equip(id, signal, post);
  tell(id, post, "rewrite", 0, 1);
  const { width, height, mean, std, activation } = choices;
  const spec = { id: "own", width, height, mean, std, output: activation };
  const made = runtime.rewrite(await read(file), spec, choices.output);
  if (signal.aborted) throw new AlphacutError("cancelled", "Cancelled.");
  tell(id, post, "store", 0, 1);
  const digest = digestOf(runtime);
  const check = await learnAnswer(await loadSite(), made, digest, signal);
  const { model, files } = await describe(made, choices, check, digest);
  if (signal.aborted) throw new AlphacutError("cancelled", "Cancelled.");
  await putOwn({ model, onTrial: true, since: Date.now() }, files);
  return model;
}

/**
 * The models that have passed their trial.
 * @returns {Promise<SiteModel[]>}
 */
export async function list() {
  return (await listOwn()).filter(({ onTrial }) => !onTrial).map(({ model }) => model);
}

/**
 * Keeps a model that has run.
 * @param {SiteModel} model
 */
export function keep(model) {
  return putOwn({ model, onTrial: false, since: Date.now() }, new Map());
}

/**
 * Forgets a model, and with it those whose trial was given up; files that another model has too stay.
 * @param {string} id
 * @returns {Promise<SiteModel[]>} Those that are left.
 */
export async function disown(id) {
  const [site, entries] = await Promise.all([loadSite(), listOwn()]);
  const goes = (/** @type {Entry} */ { model, onTrial, since }) => model.id === id || (onTrial && since < Date.now() - TRIAL_MS);
  const left = new Set([...site.models, ...entries.filter((entry) => !goes(entry)).map(({ model }) => model)].flatMap(namesOf));
  const gone = entries.filter(goes).flatMap(({ model }) => [model.id, ...namesOf(model)]);
  await store.forget(gone.filter((name) => !left.has(name)));
  return list();
}

/** A photo for the first run: a bright disc before a dark ground, as a PPM file. */
export function testPhoto() {
  const side = 96;
  const header = new TextEncoder().encode(`P6 ${side} ${side} 255\n`);
  const pixels = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3), x = (pixel % side) - side / 2, y = Math.floor(pixel / side) - side / 2;
    return Math.hypot(x, y) < side / 3 ? 220 - x : 40 + (i % 3) * 20;
  });
  return new Blob([header, pixels]);
}

/**
 * Python with onnx, loaded once.
 * @param {number} id
 * @param {AbortSignal} signal
 * @param {Post} post
 */
function equip(id, signal, post) {
  equipped ??= install(id, signal, post).catch((error) => { equipped = null; throw error; });
  return equipped;
}

/**
 * @param {number} id
 * @param {AbortSignal} signal
 * @param {Post} post
 */
async function install(id, signal, post) {
  const { site, runtime } = await loadPython(id, post);
  const { installer, packages } = await download(site, runtime, signal, (loaded, total) => tell(id, post, "tools", loaded, total));
  await runtime.install(installer, packages).catch((cause) => {
    throw new AlphacutError("runtime-failed", "The tools for ONNX models could not be started.", {
      hint: "Reload the page and try again.", details: String(cause), cause,
    });
  });
  return runtime;
}

/**
 * @param {Site} site
 * @param {Runtime} runtime
 * @param {AbortSignal} signal
 * @param {(loaded: number, total: number) => void} onBytes
 */
async function download({ extras }, runtime, signal, onBytes) {
  const digest = digestOf(runtime);
  const total = [...extras.installer, ...extras.packages].reduce((sum, { bytes }) => sum + bytes, 0);
  /** @type {Map<string, number>} */
  const loaded = new Map();
  const wheel = async (/** @type {SiteFile} */ file) => {
    const bytes = await fetchKept([file], { signal, digest, onBytes: (count) => {
      loaded.set(file.path, count);
      onBytes([...loaded.values()].reduce((sum, one) => sum + one, 0), total);
    } });
    return { name: file.path.split("/").at(-1) ?? "", bytes };
  };
  const [installer, packages] = await Promise.all([extras.installer, extras.packages].map((files) => Promise.all(files.map(wheel))));
  return /** @type {Record<"installer" | "packages", Wheel[]>} */ ({ installer, packages });
}

/**
 * A description like those in site.json, and the files it names.
 * @param {Rewritten} made
 * @param {OwnChoices} choices
 * @param {Uint8Array<ArrayBuffer>} check
 * @param {Digest} digest
 */
async function describe({ spec, weights, graphs, largest }, { title, output, gpuPrecision }, check, digest) {
  // Of its own for each time: what is tried must not meet, or cost, what was kept before.
  const what = new TextEncoder().encode(JSON.stringify([await digest(weights), spec, output, Date.now()]));
  const id = `${OWN}${(await digest(what)).slice(0, 12)}`;
  /** @type {Map<string, Uint8Array<ArrayBuffer>>} */
  const files = new Map();
  const keepFile = async (/** @type {string} */ name, /** @type {Uint8Array<ArrayBuffer>} */ bytes) => {
    const sha256 = await digest(bytes);
    files.set(sha256, bytes);
    return { path: `${id}/${name}`, bytes: bytes.byteLength, sha256, own: true };
  };
  const named = await Promise.all(Object.entries(graphs).map(async ([target, graph]) => [target, await keepFile(`${target}.onnx`, graph)]));
  const stored = await keepFile("weights.bin", weights);
  /** @type {SiteModel} */
  const model = {
    id, title, summary: "Your model, kept in this browser.", default: false, own: true,
    licence: { name: "", url: "", notice: "" }, spec: { ...spec, id }, gpuPrecision, graphs: Object.fromEntries(named), largest,
    weights: { bytes: stored.bytes, chunks: [stored] }, check: await keepFile("check.bin", check),
  };
  return { model, files };
}

/**
 * The self-check of a model that nobody has seen before: the CPU's answer is the one to hold a GPU against.
 * @param {Site} site
 * @param {Rewritten} made
 * @param {Digest} digest
 * @param {AbortSignal} signal
 */
async function learnAnswer(site, { graphs, weights }, digest, signal) {
  const known = /** @type {SiteModel} */ (site.models[0]).check;
  const tile = await fetchKept([known], { signal, digest, onBytes: () => {} });
  try {
    const session = await createSession(site, cpu("to learn the answer"), { graph: graphs["wasm-float32"], weights });
    return await answerOf(session, tile); // the session ends with this worker
  } catch (cause) {
    throw new AlphacutError("inference-failed", `The network failed: ${firstLine(cause)}`, {
      hint: "It can’t be run here; another export of it may.", details: String(cause instanceof Error ? cause.stack : cause), cause,
    });
  }
}

/** @param {Blob} file */
function tooLarge({ size }) {
  const most = MAX_BYTES / 1e6;
  return new AlphacutError("bad-model", `The file has ${Math.ceil(size / 1e6)} MB; at most ${most} MB fit into a browser’s memory.`, {
    hint: "Use a smaller variant, or one with 16-bit weights.",
  });
}

/**
 * @param {Runtime} runtime
 * @returns {Digest}
 */
function digestOf(runtime) {
  return nativeDigest ?? (async (bytes) => runtime.sha256(bytes));
}

/**
 * @param {number} id
 * @param {Post} post
 * @param {OwnStep} step
 * @param {number} loaded
 * @param {number} total
 */
function tell(id, post, step, loaded, total) {
  post({ id, type: "step", step, loaded, total });
}
