/** One photo: read, handed to Python, answered; and what is made of it afterwards. */

import { AlphacutError } from "../shared/protocol.js";
import { decode } from "./decode.js";
import { teller } from "./loader.js";
import { pngPool } from "./png-pool.js";
import { remarks } from "./remarks.js";

/** @import { Cutout, Edit, Exported, ExportRequest, PatchEdit, RefineRequest, RemoveRequest, Stage } from "../shared/protocol.js" */
/** @import { Loaded, Post, Python } from "./loader.js" */
/** @import { EditHost } from "./runtime.js" */

/**
 * How often the GPU runs for nothing while a photo is decoded: its clocks fall between photos, and on an H200 ISNet
 * takes 44 ms of a job with two such runs, 84 without. Other numbers are for bench/: worker.js?bench&wake=0.
 */
const { searchParams } = new URL(globalThis.location.href);
const WAKING_RUNS = Number(searchParams.get("wake") ?? 2);
/** Smaller photos are decoded before the GPU has woken, and would wait for it. */
const LONG_TO_DECODE_BYTES = 1_000_000;

/**
 * Cuts out a photo; stops between two stages when cancelled.
 * @param {RemoveRequest} request
 * @param {Loaded} loaded
 * @param {{ signal: AbortSignal, post: Post, onGpu: () => void }} options  `onGpu` is called when the GPU has the photo.
 * @returns {Promise<Cutout>}
 */
export async function cutOut(request, { python, network, model }, { signal, post, onGpu }) {
  const began = performance.now();
  pngPool.start(); // ready when the network is done
  const [photo, picture] = await Promise.all([read(request.photo), readIfGiven(request.picture)]);
  const progress = progressOf(request.id, signal, post);
  const { session } = network;
  if (photo.length >= LONG_TO_DECODE_BYTES) session.wake(WAKING_RUNS, signal);
  const { output, keep, region, finish, thumbnail: wanted } = request;
  const { data, preview, thumbnail, subject, ms, ...facts } = await python.runtime.remove(photo, model.spec, {
    run: (pixels) => {
      const reply = session.run(pixels);
      if (session.report.provider === "webgpu") onGpu();
      return reply;
    },
    ...hostOf(request, progress.checkpoint, signal),
    get lanes() { return pngPool.lanes; }, // which a copy would keep as they are now
  }, { output, keep, region, finish, thumbnail: wanted }, picture);
  progress.end();
  const timings = { start: python.ms, model: network.ms, ...ms, total: performance.now() - began };
  return {
    ...facts, data: data.buffer, preview: preview?.buffer ?? null, thumbnail: thumbnail?.buffer ?? null, subject: subject ?? null,
    model: model.id, device: session.report, remarks: remarks(), ms: timings,
  };
}

/**
 * Makes the finished file of a photo; stops between two stages when cancelled.
 * @param {ExportRequest} request
 * @param {Python} python
 * @param {AbortSignal} signal
 * @param {Post} post
 * @returns {Promise<Exported>}
 */
export async function exportFile(request, { runtime }, signal, post) {
  const began = performance.now();
  pngPool.start();
  const { finish, output } = request;
  const progress = progressOf(request.id, signal, post);
  const work = await readWork(request);
  const { data, ms, ...facts } = await runtime.export(work, hostOf(request, progress.checkpoint, signal), { finish, output });
  progress.end();
  return { ...facts, data: data.buffer, ms: { ...ms, total: performance.now() - began } };
}

/**
 * Finds alpha anew where a stroke is.
 * @param {RefineRequest} request
 * @param {Python} python
 * @param {AbortSignal} signal
 * @param {Post} post
 * @returns {Promise<PatchEdit>}
 */
export async function refine(request, { runtime }, signal, post) {
  const progress = progressOf(request.id, signal, post);
  const work = await readWork(request);
  const { data, ...box } = await runtime.refine(work, hostOf(request, progress.checkpoint, signal), request.stroke);
  progress.end();
  return { kind: "patch", ...box, data: data.buffer };
}

/**
 * What Python asks of this side beside the network.
 * @param {{ photo: Blob, picture?: Blob | null, mask?: Blob | null }} request
 * @param {EditHost["checkpoint"]} checkpoint
 * @param {AbortSignal} signal
 * @returns {EditHost}
 */
function hostOf({ photo, picture, mask }, checkpoint, signal) {
  return {
    decode: (type, space, limit) => decode(photo, type, { space, limit }),
    decodeMask: (type, space, limit) => decode(mask ?? new Blob(), type, { space, limit }),
    decodePicture: (type, space, limit) => decode(picture ?? new Blob(), type, { space, limit }),
    checkpoint,
    get lanes() { return pngPool.lanes; },
    async deflate(...rows) {
      const strip = await pngPool.deflate(...rows);
      return signal.aborted ? { error: cancelled() } : strip;
    },
  };
}

/** @param {{ photo: Blob, master: Blob, mask?: Blob | null, picture?: Blob | null, edits: Edit[] }} request */
async function readWork(request) {
  const [photo, master, mask, picture] = await Promise.all([
    read(request.photo), read(request.master), readIfGiven(request.mask), readIfGiven(request.picture),
  ]);
  return { photo, master, mask, picture, edits: request.edits };
}

/** @param {Blob | null | undefined} file */
async function readIfGiven(file) {
  return file ? read(file) : undefined;
}

/** @param {Blob} photo */
export async function read(photo) {
  try {
    return new Uint8Array(await photo.arrayBuffer());
  } catch (cause) {
    throw new AlphacutError("unreadable-file", "The file can't be read any more.", {
      hint: "It may have been moved, changed or deleted since you chose it; choose it again.",
      details: String(cause), cause,
    });
  }
}

/**
 * Reports the stages and ends the job at the next one once it was cancelled.
 * @param {number} id
 * @param {AbortSignal} signal
 * @param {Post} post
 */
function progressOf(id, signal, post) {
  const tell = teller(id, post);
  /** @type {Stage | null} */
  let current = null;
  const end = () => { if (current) tell(current, 1, 1); };
  return {
    end,
    /** @param {string} stage */
    async checkpoint(stage) {
      end();
      current = /** @type {Stage} */ (stage);
      tell(current, 0, 1);
      await breathe();
      return signal.aborted ? { error: cancelled() } : {};
    },
  };
}

function cancelled() {
  return new AlphacutError("cancelled", "Cancelled.").toWire();
}

/** Lets messages in: a cancel that waits is heard before the next stage begins. */
function breathe() {
  return new Promise((resolve) => { setTimeout(resolve, 0); });
}
