/** What the public functions do. */

import { toBlob } from "../client/photo-blob.js";
import { AlphacutError, STAGES } from "../shared/protocol.js";
import { settle } from "./config.js";
import { whitePixels, whitePng } from "./masks.js";
import { blobOf, ofMask } from "./output.js";
import { findModel } from "./site.js";
import { withWorker } from "./workers.js";

/** @import { ImageSource } from "../client/photo-blob.js" */
/** @import { Cutout, Exported, Output, ProgressReply, Ready } from "../shared/protocol.js" */
/** @import { Config, Settled } from "./config.js" */
/** @import { Kind } from "./output.js" */

/** The steps of a photo. */
const STEPS = STAGES.slice(STAGES.indexOf("decode"));
/** Python needs an empty finish to be told so. */
const NO_FINISH = {};
/** JPEG has no alpha: masks lie on it. */
const BLACK = "#000000";

/**
 * Cuts a photo into what `kind` says; without it, what the config's `output.type` does.
 * @param {ImageSource} image
 * @param {Config} config
 * @param {string} script  Where alphacut.js was loaded from.
 * @param {Kind} [kind]
 * @returns {Promise<Blob>}
 */
export function cut(image, config, script, kind) {
  return asCalled(async () => {
    const settled = settle(config, script), { type, file } = settled.output, part = kind ?? type;
    if (part === "mask") return maskFile(image, settled, ofMask(file));
    return blobOf(await remove(await toBlob(image, settled), settled, part, file));
  });
}

/**
 * A mask as the file that was asked for. No canvas has a part in it: browsers limit their size, and some add noise to
 * what is read from them.
 * @param {ImageSource} image
 * @param {Settled} settled
 * @param {Output} file
 */
async function maskFile(image, settled, file) {
  const photo = await toBlob(image, settled);
  if (file.format === "mask-png" || file.format === "alpha8") return blobOf(await remove(photo, settled, "mask", file));
  if (file.format === "rgba8") return whitePixels(await remove(photo, settled, "mask", { ...file, format: "alpha8" }));
  const alpha = await remove(photo, settled, "mask", { format: "alpha8" });
  const master = whitePng(alpha), output = file.format === "jpeg" ? { ...file, background: BLACK } : file;
  const job = { photo: master, master, edits: [], finish: NO_FINISH, output };
  const made = await withWorker(settled, (client) => client.export(job, { signal: settled.signal }));
  tellMore(settled, made);
  return blobOf(made);
}

/**
 * @param {Blob} photo
 * @param {Settled} settled
 * @param {Kind} kind
 * @param {Output} output
 * @returns {Promise<Cutout>}
 */
async function remove(photo, settled, kind, output) {
  const model = (await findModel(settled)).id, { device } = settled;
  const keep = kind === "background" ? "background" : "subject";
  const cutout = await withWorker(settled, (client) => (
    client.remove(photo, { model, device, keep, output }, { signal: settled.signal, onProgress: teller(settled) })
  ));
  tellMore(settled, cutout);
  return cutout;
}

/**
 * @param {ImageSource} image
 * @param {ImageSource} mask
 * @param {Config} config
 * @param {string} script
 * @returns {Promise<Blob>}
 */
export function apply(image, mask, config, script) {
  return asCalled(async () => {
    const settled = settle(config, script), { output: { file: output }, signal } = settled;
    const [photo, shape] = await Promise.all([toBlob(image, settled), toBlob(mask, settled)]);
    const job = { photo, mask: shape, master: new Blob(), edits: [], finish: NO_FINISH, output };
    const made = await withWorker(settled, (client) => client.export(job, { signal, onProgress: teller(settled) }));
    tellMore(settled, made);
    return blobOf(made);
  });
}

/**
 * @param {Config} config
 * @param {string} script
 * @returns {Promise<Ready>}
 */
export function load(config, script) {
  return asCalled(async () => {
    const settled = settle(config, script), model = (await findModel(settled)).id;
    const ready = await withWorker(settled, (client) => (
      client.start({ model, device: settled.device }, { signal: settled.signal, onProgress: teller(settled) })
    ));
    tellMore(settled, ready);
    return ready;
  });
}

/**
 * Whatever goes wrong comes as an AlphacutError; one that ended by a signal has the name that browsers give such.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function asCalled(work) {
  try {
    return await work();
  } catch (thrown) {
    const error = AlphacutError.from(thrown);
    if (error.code === "cancelled") error.name = "AbortError";
    throw error;
  }
}

/**
 * @param {Settled} settled
 * @returns {(reply: ProgressReply) => void}
 */
function teller({ progress }) {
  return ({ stage, loaded, total }) => {
    if (stage === "runtime" || stage === "model") return progress(`fetch:${stage}`, loaded, total);
    if (stage === "session") return progress("load:session", loaded, total);
    const step = STEPS.indexOf(stage), last = stage === "encode" && loaded === total;
    if (loaded === 0 || last) progress(`compute:${stage}`, step + Number(last), STEPS.length);
  };
}

/**
 * @param {Settled} settled
 * @param {Cutout | Exported | Ready} answer
 */
function tellMore({ debug }, { ...facts }) {
  if (!debug) return;
  for (const bytes of ["data", "preview", "thumbnail"]) Reflect.deleteProperty(facts, bytes);
  console.debug("alphacut:", facts);
}
