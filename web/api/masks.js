/** Masks as pictures, and pictures with masks: pixels, straight alpha. */

import { rawPng, whiteUnder } from "../client/raw-png.js";
import { AlphacutError } from "../shared/protocol.js";
import { blobOf } from "./output.js";

/** @import { FileFormat, PixelFormat } from "../shared/protocol.js" */

/** Pixels: R, G, B and straight alpha. */
class Pixels {
  /**
   * @param {Uint8ClampedArray<ArrayBuffer>} data
   * @param {number} width
   * @param {number} height
   */
  constructor(data, width, height) {
    this.data = data;
    this.width = width;
    this.height = height;
  }

  /** @param {0 | 3} at  Red, or alpha. */
  channel(at) {
    const levels = new Uint8Array(this.width * this.height);
    for (let pixel = 0; pixel < levels.length; pixel++) levels[pixel] = /** @type {number} */ (this.data[4 * pixel + at]);
    return levels;
  }

  /** What it says as a mask: opaque ones have their levels in their colours. */
  get levels() {
    const alpha = this.channel(3);
    return alpha.every((level) => level === 255) ? this.channel(0) : alpha;
  }

  toPng() {
    return rawPng(this);
  }
}

/**
 * A mask as a white picture with that alpha.
 * @param {{ data: ArrayBuffer, width: number, height: number }} mask  A byte a pixel.
 */
export function whitePng({ data, width, height }) {
  return rawPng({ data: whiteUnder(new Uint8Array(data)), width, height });
}

/**
 * A mask as a picture: white, with the mask as its alpha, as PNG or JPEG. A canvas keeps that exactly, as white times
 * alpha is alpha; in a JPEG it is laid on black.
 * @param {{ data: ArrayBuffer, width: number, height: number }} mask  A byte a pixel.
 * @param {FileFormat | PixelFormat | undefined} format
 * @param {number} quality
 * @returns {Promise<Blob>}
 */
export async function drawMask({ data, width, height }, format, quality) {
  if (format === "alpha8") return blobOf({ data, type: "image/x-alpha8", width, height });
  const white = whiteUnder(new Uint8Array(data));
  if (format === "rgba8") return blobOf({ data: white.buffer, type: "image/x-rgba8", width, height });
  const canvas = new OffscreenCanvas(width, height);
  contextOf(canvas).putImageData(new ImageData(white, width, height), 0, 0);
  return canvas.convertToBlob({ type: `image/${format}`, quality });
}

/**
 * A picture's colours with the alpha of a mask, which is scaled to its size.
 * @param {Blob} photo
 * @param {Blob} mask
 */
export async function withMask(photo, mask) {
  const picture = await pixelsOf(photo), { levels } = await pixelsOf(mask, picture);
  for (let at = 0; at < levels.length; at++) picture.data[4 * at + 3] = /** @type {number} */ (levels[at]);
  return picture;
}

/**
 * @param {Pixels} pixels
 * @param {PixelFormat} format
 */
export function encodePixels(pixels, format) {
  const { buffer: data } = format === "rgba8" ? pixels.data : pixels.channel(3), { width, height } = pixels;
  return blobOf({ data, type: `image/x-${format}`, width, height });
}

/**
 * A file's pixels, in sRGB, by the browser's decoder.
 * @param {Blob} file
 * @param {{ width: number, height: number }} [size]  To scale it to.
 * @throws {AlphacutError} `not-an-image`
 */
async function pixelsOf(file, size) {
  const bitmap = await createImageBitmap(file).catch((cause) => {
    throw new AlphacutError("not-an-image", "A picture can't be read by this browser.", {
      hint: "Give it as PNG, JPEG, WebP or AVIF.", details: String(cause), cause,
    });
  });
  const { width, height } = size ?? bitmap, context = contextOf(new OffscreenCanvas(width, height));
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return new Pixels(context.getImageData(0, 0, width, height).data, width, height);
}

/** @param {OffscreenCanvas} canvas */
function contextOf(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context) return context;
  throw new AlphacutError("out-of-memory", "The browser makes no canvas of this size.", { hint: "Try a smaller picture." });
}
