/** What file a call asks for, in the words of the worker. */

import { AlphacutError } from "../shared/protocol.js";

/** @import { FileFormat, Output, PixelFormat } from "../shared/protocol.js" */

/**
 * @typedef {object} OutputConfig
 * @property {"image/png" | "image/jpeg" | "image/webp" | "image/x-rgba8" | "image/x-alpha8" | FileFormat} [format]
 *   Default `image/png`. `image/x-rgba8` is no file but pixels: R, G, B and straight alpha, a byte each, row by row, in
 *   sRGB; `image/x-alpha8` is alpha alone, a byte a pixel. Both have width and height in the Blob's type:
 *   `image/x-rgba8;width=640;height=480`. `mask-png` is alpha alone as a grey PNG; `png`, `jpeg` and `webp` are short
 *   for the MIME types.
 * @property {number} [quality]  0 to 1, default 0.8, for JPEG and lossy WebP; others don't lose, and have none.
 * @property {"foreground" | "background" | "mask"} [type]  What `removeBackground` gives, default `foreground`:
 *   `background` is what `removeForeground` gives, `mask` what `segmentForeground` gives.
 * @property {string} [background]  A colour as `#rrggbb` (sRGB) that the cutout is laid on. Without it a JPEG's is white.
 * @property {boolean} [lossless]   For WebP.
 * @property {"fast" | "small"} [effort]  `small` takes some four times as long, for smaller files. Default `fast`.
 * @property {8 | 16} [depth]       Bits of a channel; 16 for PNG only, where the photo has them. Default 8.
 * @property {"none" | "keep"} [metadata]  `keep`: also what the photo's EXIF tells, place and time included. Default `none`.
 */
/** @typedef {"foreground" | "background" | "mask"} Kind */
/** @typedef {{ file: Output, type: Kind }} Wanted */

const QUALITY = 0.8;
/** @type {Record<string, FileFormat | PixelFormat>} */
const FORMATS = {
  "image/png": "png", "image/jpeg": "jpeg", "image/webp": "webp", "image/x-rgba8": "rgba8", "image/x-alpha8": "alpha8",
  "png": "png", "jpeg": "jpeg", "webp": "webp", "mask-png": "mask-png",
};
const TYPES = /** @type {const} */ (["foreground", "background", "mask"]);

/**
 * @param {OutputConfig} [config]
 * @returns {Wanted}
 * @throws {AlphacutError} `bad-options`
 */
export function readOutput({ format = "image/png", quality = QUALITY, type = "foreground", ...ours } = {}) {
  const made = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (!made) throw bad(`output.format can't be ${String(format)}`, `It may be: ${Object.keys(FORMATS).join(", ")}.`);
  if (!TYPES.includes(type)) throw bad(`output.type can't be ${String(type)}`, `It may be: ${TYPES.join(", ")}.`);
  if (typeof quality !== "number" || !(quality >= 0 && quality <= 1)) throw bad("output.quality is a number from 0 to 1", "0.8, for instance.");
  const loses = made === "jpeg" || (made === "webp" && !ours.lossless);
  return { type, file: { format: made, ...ours, ...(loses ? { quality: Math.max(1, Math.round(100 * quality)) } : {}) } };
}

/**
 * Refuses what has no part in a mask: the same whatever its format.
 * @param {Output} file
 * @returns {Output}
 * @throws {AlphacutError} `bad-options`
 */
export function ofMask(file) {
  const { background, metadata = "none", depth = 8 } = file;
  if (background !== undefined) throw bad("a mask has no background", "Leave output.background out.");
  if (metadata !== "none") throw bad("a mask holds no metadata", "Leave output.metadata out.");
  if (depth !== 8) throw bad("a mask has 8 bits", "Leave output.depth out.");
  return file;
}

/**
 * @param {string} what
 * @param {string} hint
 */
function bad(what, hint) {
  return new AlphacutError("bad-options", `The file that was asked for can't be made: ${what}.`, { hint });
}

/**
 * The Blob of an answer; bare pixels say their size in its type.
 * @param {{ data: ArrayBuffer, type: string, width: number, height: number }} answer
 */
export function blobOf({ data, type, width, height }) {
  const bare = type.startsWith("image/x-");
  return new Blob([data], { type: bare ? `${type};width=${width};height=${height}` : type });
}
