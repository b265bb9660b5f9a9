/** What can't be a photo, told by its first bytes: at once, before there is a Python to say so. */

import { AlphacutError } from "../shared/protocol.js";

/** As many as alphacut/sniff.py looks at. */
const HEAD_BYTES = 512;
/**
 * The beginnings that Python knows, be it to name what can't be read, and that of TGA, which has no signature: a map of
 * colours or none, and one of six kinds.
 */
const KNOWN = /^(?:$|\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|BM|II[*+]\0|MM\0[*+]|\0\0\x01\0|P[1-6]|8BPS|%PDF|%!PS|\xff\n|\0\0\0\x0c(?:JXL |jP {2})|\xff\x4f\xff\x51|v\/1\x01|RIFF.{4}WEBP|.{4}ftyp|.[\0\x01][\x01-\x03\t-\x0b])|<svg/is;

/**
 * The error for a file that Python would not take for an image, in its words; null for all others, and where it is not sure.
 * @param {Blob} photo
 */
export async function noImage(photo) {
  try {
    const head = new Uint8Array(await photo.slice(0, HEAD_BYTES).arrayBuffer());
    if (KNOWN.test(String.fromCharCode(...head))) return null;
  } catch {
    return null; // who reads all of it will say why
  }
  return new AlphacutError("not-an-image", "The file is not an image.", {
    hint: "Supported formats: JPEG, PNG, WebP, GIF, BMP, TIFF, ICO, PPM, TGA; and AVIF, HEIC, JPEG XL, JPEG 2000 in browsers that read them (Safari reads HEIC).",
  });
}
