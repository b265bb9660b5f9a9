/** What can't be a photo, told by its first bytes: at once, before there is a Python to say so. */

import { AlphacutError } from "../shared/protocol.js";

/** As many as alphacut/sniff.py looks at. */
const HEAD_BYTES = 512;
/**
 * The beginnings that Python knows, be it to name what can't be read, and somewhat more than these; and that of TGA, which
 * has no signature: a map of colours or none, and one of six kinds.
 */
const KNOWN = /^(?:$|[\0\x89\xff]|GIF|BM|II|MM|P[1-6]|8BPS|%PDF|%!PS|v\/1|RIFF.{4}WEBP|.{4}ftyp|.[\0\x01][\x01-\x03\t-\x0b])|<svg/is;

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
