/**
 * The browser's own image decoders, for photos that Python can't read, or not in their right colours.
 *
 * By way of a canvas and not of VideoFrame.copyTo or ImageDecoder alone: those leave EXIF orientation to the reader
 * (Chromium 156), and not every browser has them. A canvas keeps colours times alpha, so where a photo brings a very
 * low alpha of its own, colours come back rounded, by what can't be seen.
 */

/** @typedef {{ data: Uint8Array, width: number, height: number, space: PredefinedColorSpace }} Pixels  RGBA, upright, straight alpha. */
/** @typedef {{ refused: "unsupported" | "damaged" | "too-large" | "no-memory" }} Refused  See `Refused` in alphacut/foreign.py. */
/** @typedef {Pixels | Refused} Decoded */

/**
 * Decodes a photo; never rejects. The profile embedded in it is applied.
 * @param {Blob} photo
 * @param {string} type  MIME type.
 * @param {{ space: PredefinedColorSpace, limit: number }} wanted  The colour space, and the greatest number of pixels.
 * @returns {Promise<Decoded>}
 */
export async function decode(photo, type, { space, limit }) {
  const bitmap = await bitmapOf(photo.slice(0, photo.size, type));
  if (!bitmap) return { refused: await reads(type) ? "damaged" : "unsupported" };
  try {
    return bitmap.width * bitmap.height > limit ? { refused: "too-large" } : pixelsOf(bitmap, space);
  } catch {
    return { refused: "no-memory" }; // nothing else can fail with a bitmap in hand
  } finally {
    bitmap.close();
  }
}

/** @param {Blob} photo */
async function bitmapOf(photo) {
  try {
    return await createImageBitmap(photo, {
      premultiplyAlpha: "none", colorSpaceConversion: "default", imageOrientation: "from-image",
    });
  } catch {
    return null;
  }
}

/**
 * @param {ImageBitmap} bitmap
 * @param {PredefinedColorSpace} space
 * @returns {Pixels}
 */
function pixelsOf(bitmap, space) {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { colorSpace: space, willReadFrequently: true });
  if (!context) throw new RangeError("no canvas of this size");
  context.drawImage(bitmap, 0, 0);
  const image = context.getImageData(0, 0, width, height, { colorSpace: space });
  return { data: new Uint8Array(image.data.buffer), width, height, space: image.colorSpace ?? "srgb" };
}

/**
 * Whether the browser reads this format: then a file it does not read is damaged.
 * @param {string} type
 */
async function reads(type) {
  return "ImageDecoder" in globalThis && await ImageDecoder.isTypeSupported(type);
}
