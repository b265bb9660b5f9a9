/** Masks of a live picture. */

/** @import { LiveMask, MaskRequest } from "../shared/protocol.js" */
/** @import { Loaded } from "./loader.js" */

/** @type {OffscreenCanvasRenderingContext2D | null} Stays: a new one for each of thirty pictures a second costs more than it holds. */
let drawing = null;

/**
 * @param {MaskRequest} request
 * @param {Loaded} loaded
 * @returns {Promise<LiveMask>}
 */
export async function maskOf({ frame }, { python, network, model }) {
  const began = performance.now();
  const pixels = pixelsOf(frame);
  frame.close();
  const { session } = network;
  const run = (/** @type {Uint8Array} */ data) => session.run(data);
  const { width, height, alpha } = await python.runtime.mask(pixels, model.spec, { run });
  return { width, height, alpha: alpha.buffer, device: session.report, ms: performance.now() - began };
}

/** @param {ImageBitmap} frame */
function pixelsOf(frame) {
  const { width, height } = frame;
  drawing ??= /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true }));
  const { canvas } = drawing;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  drawing.drawImage(frame, 0, 0);
  return drawing.getImageData(0, 0, width, height);
}
