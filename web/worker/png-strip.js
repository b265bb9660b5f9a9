/** A small worker of png-pool.js: filters and deflates strips of rows. */

import { deflate } from "./deflate.js";
import { filterRows, PAETH } from "./png-filter.js";

/** @typedef {{ id: number, rows: ArrayBuffer, width: number, hasAbove: boolean, last: boolean }} StripRequest  See `PngPool.deflate`. */
/** @typedef {{ id: number, data: Uint8Array<ArrayBuffer>, adler32: number }} StripReply */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));

scope.onmessage = (/** @type {MessageEvent} */ { data }) => {
  const reply = strip(/** @type {StripRequest} */ (data));
  scope.postMessage(reply, [reply.data.buffer]);
};

/**
 * @param {StripRequest} request
 * @returns {StripReply}
 */
function strip({ id, rows, width, hasAbove, last }) {
  const words = new Uint32Array(rows);
  const above = hasAbove ? words.subarray(0, width) : new Uint32Array(width);
  const pixels = hasAbove ? words.subarray(width) : words;
  const residuals = new Uint32Array(pixels.length);
  const adler32 = filterRows(pixels, above, residuals);
  return { id, data: deflate(residuals, width, PAETH, last), adler32 };
}
