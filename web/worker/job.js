/** One photo: read, handed to Python, answered. */

import { AlphacutError } from "../shared/protocol.js";
import { decode } from "./decode.js";
import { teller } from "./loader.js";
import { pngPool } from "./png-pool.js";
import { remarks } from "./remarks.js";

/** @import { Cutout, RemoveRequest, Stage } from "../shared/protocol.js" */
/** @import { Loaded, Post } from "./loader.js" */

/** How often the GPU runs for nothing while a photo is decoded; so far for bench/ alone: worker.js?bench&wake=2. */
const { searchParams } = new URL(globalThis.location.href);
const WAKING_RUNS = searchParams.has("bench") ? Number(searchParams.get("wake")) : 0;

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
  const photo = await read(request.photo);
  const progress = progressOf(request.id, signal, post);
  const { session } = network;
  session.wake(WAKING_RUNS, signal);
  const { output, region } = request;
  const { data, preview, ms, ...facts } = await python.runtime.remove(photo, model.spec, {
    run: (pixels) => {
      const reply = session.run(pixels);
      if (session.report.provider === "webgpu") onGpu();
      return reply;
    },
    decode: (type, space, limit) => decode(request.photo, type, { space, limit }),
    checkpoint: progress.checkpoint,
    get lanes() { return pngPool.lanes; },
    async deflate(...rows) {
      const strip = await pngPool.deflate(...rows);
      return signal.aborted ? { error: cancelled() } : strip;
    },
  }, { output, region });
  progress.end();
  const timings = { start: python.ms, model: network.ms, ...ms, total: performance.now() - began };
  return {
    ...facts, data: data.buffer, preview: preview?.buffer ?? null,
    model: model.id, device: session.report, remarks: remarks(), ms: timings,
  };
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
