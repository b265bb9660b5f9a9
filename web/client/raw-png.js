/**
 * Writes pixels as a PNG without compressing them: quick, and exact, straight alpha included. A canvas would not do,
 * as it keeps colours times alpha, which damages those under a low one.
 */

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** A stored block of deflate (RFC 1951) holds no more. */
const BLOCK_BYTES = 65_535;
const BLOCK_HEAD = 5;
/** So many sums fit into 32 bits before they must be reduced. */
const ADLER_RUN = 5552;
const ADLER_BASE = 65_521;
/** The chunk cICP: primaries of Display P3, transfer of sRGB, RGB, full range. */
const DISPLAY_P3 = Uint8Array.of(12, 13, 0, 1);

const CRCS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

/**
 * @param {{ data: Uint8Array | Uint8ClampedArray, width: number, height: number, colorSpace?: PredefinedColorSpace }} image
 *   RGBA, straight alpha, as ImageData has it.
 * @returns {Blob}
 */
export function rawPng({ data, width, height, colorSpace = "srgb" }) {
  const head = new Uint8Array(13), fields = new DataView(head.buffer);
  fields.setUint32(0, width);
  fields.setUint32(4, height);
  head.set([8, 6], 8); // bits of a channel, RGBA; then deflate, filters by row, not interlaced: all 0
  const space = colorSpace === "display-p3" ? [chunk("cICP", DISPLAY_P3)] : [];
  const pixels = stored(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 4 * width, height);
  const parts = [SIGNATURE, chunk("IHDR", head), ...space, chunk("IDAT", pixels), chunk("IEND", new Uint8Array())];
  return new Blob(parts, { type: "image/png" });
}

/**
 * White pixels of this alpha, RGBA.
 * @param {Uint8Array} alpha
 */
export function whiteUnder(alpha) {
  const pixels = new Uint8ClampedArray(4 * alpha.length).fill(255);
  for (let at = 0; at < alpha.length; at++) pixels[4 * at + 3] = /** @type {number} */ (alpha[at]);
  return pixels;
}

/**
 * Rows as a zlib stream (RFC 1950) of stored blocks; before each row stands a 0, for no filter.
 * @param {Uint8Array} data
 * @param {number} stride  Bytes of a row.
 * @param {number} height
 */
function stored(data, stride, height) {
  const row = stride + 1, blocks = Math.ceil(row / BLOCK_BYTES);
  const out = new Uint8Array(2 + height * (row + blocks * BLOCK_HEAD) + 4), view = new DataView(out.buffer);
  out.set([0x78, 0x01]);
  const line = new Uint8Array(row);
  let at = 2, sum = 1;
  for (let y = 0; y < height; y++) {
    line.set(data.subarray(y * stride, (y + 1) * stride), 1);
    sum = adler32(line, sum);
    for (let from = 0; from < row; from += BLOCK_BYTES) {
      const block = line.subarray(from, from + BLOCK_BYTES);
      out[at] = Number(y === height - 1 && from + BLOCK_BYTES >= row);
      view.setUint16(at + 1, block.length, true);
      view.setUint16(at + 3, ~block.length, true);
      out.set(block, at + BLOCK_HEAD);
      at += BLOCK_HEAD + block.length;
    }
  }
  view.setUint32(at, sum);
  return out;
}

/**
 * @param {string} type
 * @param {Uint8Array} data
 */
function chunk(type, data) {
  const out = new Uint8Array(data.length + 12), view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let at = 0; at < 4; at++) out[4 + at] = type.charCodeAt(at);
  out.set(data, 8);
  view.setUint32(data.length + 8, crc32(out.subarray(4, data.length + 8)));
  return out;
}

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = /** @type {number} */ (CRCS[(crc ^ byte) & 0xff]) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} before  The checksum of what came before.
 */
function adler32(bytes, before) {
  let low = before & 0xffff, high = before >>> 16;
  for (let from = 0; from < bytes.length; from += ADLER_RUN) {
    for (const byte of bytes.subarray(from, from + ADLER_RUN)) high += low += byte;
    low %= ADLER_BASE;
    high %= ADLER_BASE;
  }
  return (high << 16 | low) >>> 0;
}
