/** Masks as white pictures with that alpha. */

import { rawPng, whiteUnder } from "../client/raw-png.js";
import { blobOf } from "./output.js";

/** @typedef {{ data: ArrayBuffer, width: number, height: number }} Mask  A byte a pixel. */

/**
 * As a PNG.
 * @param {Mask} mask
 */
export function whitePng({ data, width, height }) {
  return rawPng({ data: whiteUnder(new Uint8Array(data)), width, height });
}

/**
 * As bare pixels.
 * @param {Mask} mask
 */
export function whitePixels({ data, width, height }) {
  return blobOf({ data: whiteUnder(new Uint8Array(data)).buffer, type: "image/x-rgba8", width, height });
}
