/** Pixels of what a canvas can draw: elements, bitmaps, frames of video. */

import { AlphacutError } from "../shared/protocol.js";
import { rawPng } from "./raw-png.js";

/**
 * What a picture shows, as a PNG. A canvas keeps colours times alpha, so those under a low alpha come rounded, as they
 * are already in canvases and most bitmaps. Colours are sRGB's.
 * @param {CanvasImageSource} picture
 * @param {{ width: number, height: number }} size  In pixels.
 * @returns {Blob}
 * @throws {AlphacutError} `unreadable-file`
 */
export function pixelsOf(picture, { width, height }) {
  if (!(width > 0 && height > 0)) throw unreadable("It has no pixels: it is not loaded yet, was closed, or has no size.");
  try {
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (!context) throw new RangeError("no canvas of this size");
    context.drawImage(picture, 0, 0, width, height);
    return rawPng(context.getImageData(0, 0, width, height));
  } catch (cause) {
    const foreign = cause instanceof DOMException && cause.name === "SecurityError";
    throw unreadable(foreign ? CROSS_ORIGIN : "Check that it is loaded and was not closed.", cause);
  }
}

const CROSS_ORIGIN = "It came from another site, which did not allow this page to read it. Load it with"
  + ' crossorigin="anonymous" from a server that sends Access-Control-Allow-Origin.';

/**
 * A drawing in SVG, drawn at its own size.
 * @param {Blob} file
 * @returns {Promise<Blob>}
 * @throws {AlphacutError} `unsupported-format` in a worker, else `not-an-image`
 */
export async function drawSvg(file) {
  if (!("Image" in globalThis)) {
    throw new AlphacutError("unsupported-format", "SVG can't be read in a worker.", { hint: "Call this from the page." });
  }
  const url = URL.createObjectURL(file), image = new Image();
  try {
    image.src = url;
    await image.decode();
    return pixelsOf(image, { width: image.naturalWidth, height: image.naturalHeight });
  } catch (cause) {
    if (cause instanceof AlphacutError) throw cause;
    throw new AlphacutError("not-an-image", "This SVG file can't be drawn.", {
      hint: "Check that it is complete, and that the page's Content-Security-Policy allows img-src blob:.", cause,
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * @param {string} hint
 * @param {unknown} [cause]
 */
function unreadable(hint, cause) {
  return new AlphacutError("unreadable-file", "The picture's pixels can't be read.", {
    hint, details: cause ? String(cause) : "", cause,
  });
}
