/** Whatever a photo is given as, as a file that the worker reads. */

import { AlphacutError } from "../shared/protocol.js";
import { untilAborted } from "./abort.js";
import { download } from "./download.js";
import { drawSvg, pixelsOf } from "./pixels.js";
import { rawPng, whiteUnder } from "./raw-png.js";

/**
 * What a photo can be given as: a file (Blob, File, or its bytes), its address (URL, string, `data:` and `blob:`
 * included), pixels, or what a page shows. Bitmaps, frames, canvases, videos, drawings and elements whose file can't be
 * fetched are read through a canvas: colours under a low alpha come rounded, those under alpha 0 are lost, and browsers
 * that guard against fingerprinting add noise. So does the worker with files that Python can't read, HEIC for instance. All
 * others are read exactly.
 * @typedef {Blob | ArrayBuffer | ArrayBufferView | URL | string | ImageData | ImageBitmap | VideoFrame | HTMLImageElement | SVGImageElement | HTMLVideoElement | HTMLCanvasElement | OffscreenCanvas} ImageSource
 */
/** @typedef {{ fetchArgs?: RequestInit | undefined, signal?: AbortSignal | undefined }} Reading */

const SVG_TYPE = "image/svg+xml";
/** Bare pixels say their size in their type, as `removeBackground` writes it. */
const PIXELS_TYPE = /^image\/x-(rgba|alpha)8\s*;\s*width=(\d+)\s*;\s*height=(\d+)$/;
const NOT_LOADED = "The photo could not be downloaded.";
const MISSING = "Check its address.";
const NO_ANSWER = "The server did not answer, or does not allow this page to read the file (it must send"
  + " Access-Control-Allow-Origin), or the page's Content-Security-Policy forbids the address (connect-src).";

/**
 * How each kind becomes a file. They are told by name, so that those of other windows count too.
 * @type {Record<string, (input: any, reading: Reading) => Blob | Promise<Blob>>}
 */
const KINDS = {
  Blob: fromFile,
  File: fromFile,
  ArrayBuffer: (/** @type {ArrayBuffer} */ bytes) => fromFile(new Blob([bytes])),
  String: fromAddress,
  URL: fromAddress,
  ImageData: fromImageData,
  ImageBitmap: (/** @type {ImageBitmap} */ bitmap) => pixelsOf(bitmap, bitmap),
  OffscreenCanvas: (/** @type {OffscreenCanvas} */ canvas) => pixelsOf(canvas, canvas),
  HTMLCanvasElement: (/** @type {HTMLCanvasElement} */ canvas) => pixelsOf(canvas, canvas),
  VideoFrame: (/** @type {VideoFrame} */ frame) => pixelsOf(frame, { width: frame.displayWidth, height: frame.displayHeight }),
  HTMLVideoElement: (/** @type {HTMLVideoElement} */ video) => pixelsOf(video, { width: video.videoWidth, height: video.videoHeight }),
  HTMLImageElement: fromImage,
  SVGImageElement: fromSvgImage,
};

/**
 * A file with the photo. Elements that show a file give that file where it can be fetched, with all it holds (16 bits,
 * profile, orientation); else, and for all others, it is a PNG of their pixels, which for ImageData is exact.
 * @param {ImageSource} input
 * @param {Reading} [reading]  `fetchArgs` go to `fetch`.
 * @returns {Promise<Blob>}
 * @throws {AlphacutError} `bad-options`, `unreadable-file`, `download-failed`, `offline`, `not-an-image`, `unsupported-format`, `cancelled`
 */
export async function toBlob(input, reading = {}) {
  if (ArrayBuffer.isView(input)) return fromFile(new Blob([unshared(input)]));
  const kind = Object.prototype.toString.call(input).slice("[object ".length, -1);
  const read = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (!read) {
    throw new AlphacutError("bad-options", `A photo can't be given as ${kind}.`, {
      hint: "Give a Blob or File, its bytes, its address, ImageData, an ImageBitmap, a VideoFrame, or an image, video or canvas element.",
    });
  }
  return untilAborted(async () => read(input, reading), reading.signal);
}

/**
 * Bytes that a Blob takes: of memory that threads share, as WebAssembly's may be, a copy.
 * @param {ArrayBufferView} view
 * @returns {Uint8Array<ArrayBuffer>}
 */
function unshared({ buffer, byteOffset, byteLength }) {
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer, byteOffset, byteLength);
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

/** @param {Blob} file */
function fromFile(file) {
  const [, kind, width, height] = PIXELS_TYPE.exec(file.type) ?? [];
  if (kind) return fromPixels(file, kind === "rgba" ? 4 : 1, Number(width), Number(height));
  return file.type.startsWith(SVG_TYPE) ? drawSvg(file) : file;
}

/**
 * @param {Blob} file
 * @param {1 | 4} channels  Alpha alone, or R, G, B and straight alpha.
 * @param {number} width
 * @param {number} height
 */
async function fromPixels(file, channels, width, height) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!bytes.length || bytes.length !== channels * width * height) {
    throw new AlphacutError("bad-options", `${bytes.length} bytes are no ${width} by ${height} pixels.`, { details: file.type });
  }
  return rawPng({ data: channels === 4 ? bytes : whiteUnder(bytes), width, height });
}

/**
 * @param {string | URL} address
 * @param {Reading} reading
 */
async function fromAddress(address, reading) {
  return fromFile(await fetched(absolute(address), reading));
}

/** @param {ImageData} image */
function fromImageData(image) {
  const data = /** @type {unknown} */ (image.data);
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return rawPng(image);
  throw new AlphacutError("bad-options", "ImageData must hold 8 bits a channel.", { hint: "Make it with pixelFormat “rgba-unorm8”." });
}

/**
 * @param {HTMLImageElement} image
 * @param {Reading} reading
 */
async function fromImage(image, reading) {
  const shown = image.decode().then(() => true, () => false);
  const draw = () => pixelsOf(image, { width: image.naturalWidth, height: image.naturalHeight });
  // An element that is not loaded yet has not chosen among its sources.
  if (!image.currentSrc) await shown;
  const address = image.currentSrc || image.src;
  return address ? fileOr(address, reading, async () => await shown ? draw() : null) : draw();
}

/**
 * @param {SVGImageElement} image
 * @param {Reading} reading
 */
function fromSvgImage(image, reading) {
  const address = new URL(image.href.baseVal, image.baseURI).href;
  const width = Math.round(image.width.baseVal.value), height = Math.round(image.height.baseVal.value);
  return fileOr(address, reading, async () => pixelsOf(image, { width, height }));
}

/**
 * The file that an element shows, or what `draw` makes of the element where the file can't be fetched or is a
 * drawing. Where that fails too, the error is the download's.
 * @param {string} address
 * @param {Reading} reading
 * @param {() => Promise<Blob | null>} draw
 */
async function fileOr(address, reading, draw) {
  /** @type {Blob} */
  let file;
  try {
    file = await fetched(address, reading);
  } catch (error) {
    if (reading.signal?.aborted) throw error;
    const drawn = await draw().catch(() => null);
    if (!drawn) throw error;
    return drawn;
  }
  return file.type.startsWith(SVG_TYPE) ? await draw() ?? fromFile(file) : file;
}

/**
 * @param {string} address
 * @param {Reading} reading
 */
async function fetched(address, reading) {
  return (await download(address, NOT_LOADED, { ...reading, missing: MISSING, silent: NO_ANSWER })).blob();
}

/** @param {string | URL} address */
function absolute(address) {
  const base = "document" in globalThis ? document.baseURI : globalThis.location?.href;
  if (URL.canParse(String(address), base)) return new URL(address, base).href;
  throw new AlphacutError("bad-options", "This is no address of a photo.", { details: String(address).slice(0, 200) });
}
