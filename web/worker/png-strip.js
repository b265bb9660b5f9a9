/** A small worker of png-pool.js: filters and deflates strips of rows. */

import { deflate } from "./deflate.js";
import { filterRows, PAETH } from "./png-filter.js";

/**
 * See `PngPool.deflate`; `rows` begins with `height` rows and may be longer.
 * @typedef {{ id: number, rows: ArrayBuffer, width: number, height: number, hasAbove: boolean, last: boolean }} StripRequest
 */
/** @typedef {{ id: number, data: Uint8Array<ArrayBuffer>, adler32: number, rows: ArrayBuffer }} StripReply  `rows` goes back to be used again. */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));

/** Kept from strip to strip: new memory would first have to be zeroed, which takes a good part of the time. */
let kept = new Uint32Array(0);

scope.onmessage = (/** @type {MessageEvent} */ { data }) => {
  const reply = strip(/** @type {StripRequest} */ (data));
  scope.postMessage(reply, [reply.data.buffer, reply.rows]);
};

/**
 * @param {StripRequest} request
 * @returns {StripReply}
 */
function strip({ id, rows, width, height, hasAbove, last }) {
  const words = new Uint32Array(rows, 0, width * height);
  const above = hasAbove ? words.subarray(0, width) : new Uint32Array(width);
  const pixels = hasAbove ? words.subarray(width) : words;
  if (kept.length < pixels.length) kept = new Uint32Array(pixels.length);
  const residuals = kept.subarray(0, pixels.length);
  const adler32 = filterRows(pixels, above, residuals);
  return { id, data: deflate(residuals, width, PAETH, last), adler32, rows };
}
