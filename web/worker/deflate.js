/**
 * Deflates filtered pixels (RFC 1951): runs of 0 as matches of distance 1, all else as literals, with one Huffman table.
 * That is what zlib's Z_RLE finds in photos, in a third of the time; transparent pixels are one long run.
 */

import { BitWriter } from "./bit-writer.js";
import { codeLengths, tableOf, writeLengths } from "./huffman.js";

/** Symbols: 256 literals, the end, and lengths of matches. */
const SYMBOLS = 286, END = 256, LONGEST_CODE = 15;
/** In bytes. */
const LONGEST_MATCH = 258;
/** The one code for distances; it stands for 1. */
const DISTANCES = [1];
/** A block's head at most, its end and an empty block, in bits. */
const AROUND = 3 + 14 + 19 * 3 + (SYMBOLS + 1) * 7 + LONGEST_CODE + 64;

/** Symbol, number of extra bits and extra bits of a match's length. @type {{ symbol: number, bits: number, extra: number }[]} */
const MATCHES = [];
for (let symbol = 257, length = 3; symbol < 285; symbol += 1) {
  const bits = symbol < 265 ? 0 : symbol - 261 >> 2;
  for (let extra = 0; extra < 1 << bits; extra += 1) MATCHES[length++] = { symbol, bits, extra };
}
MATCHES[LONGEST_MATCH] = { symbol: 285, bits: 0, extra: 0 };

/**
 * @param {Uint32Array} residuals  Filtered rows of `width` pixels of 4 bytes.
 * @param {number} width
 * @param {number} filter  Stands before each row.
 * @param {boolean} last   Whether the stream ends here; else it goes on at the next byte.
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function deflate(residuals, width, filter, last) {
  const counts = count(residuals, width, filter);
  const lengths = codeLengths(counts, LONGEST_CODE), table = tableOf(lengths);
  const writer = new BitWriter(AROUND + bitsOf(counts, lengths));
  writer.put(last ? 0b101 : 0b100, 3); // a block with codes of its own
  writeLengths(writer, lengths, DISTANCES);
  for (let at = 0; at < residuals.length; at += width) {
    writer.symbol(/** @type {number} */ (table[filter]));
    writeRow(writer, residuals.subarray(at, at + width), table);
  }
  writer.symbol(/** @type {number} */ (table[END]));
  if (!last) writer.flush();
  return writer.end();
}

/**
 * How often each symbol will be written.
 * @param {Uint32Array} residuals
 * @param {number} width
 * @param {number} filter
 */
function count(residuals, width, filter) {
  const counts = new Uint32Array(SYMBOLS);
  // One table a channel: adding to the same number twice in a row would wait for the first.
  const red = new Uint32Array(256), green = new Uint32Array(256), blue = new Uint32Array(256), alpha = new Uint32Array(256);
  for (let at = 0; at < residuals.length; at += width) {
    add(counts, filter, 1);
    for (let x = at; x < at + width; x += 1) {
      const word = /** @type {number} */ (residuals[x]);
      if (word === 0) {
        const start = x;
        while (x + 1 < at + width && residuals[x + 1] === 0) x += 1;
        countRun(counts, x + 1 - start);
        continue;
      }
      add(red, word & 255, 1);
      add(green, word >>> 8 & 255, 1);
      add(blue, word >>> 16 & 255, 1);
      add(alpha, word >>> 24, 1);
    }
  }
  for (const channel of [red, green, blue, alpha]) channel.forEach((number, value) => add(counts, value, number));
  add(counts, END, 1);
  return counts;
}

/**
 * @param {Uint32Array} counts
 * @param {number} symbol
 * @param {number} number
 */
function add(counts, symbol, number) {
  counts[symbol] = /** @type {number} */ (counts[symbol]) + number;
}

/**
 * How a run of pixels of 0 is written: zeros one by one, then matches of the longest length, then one of `rest`, or none.
 * @param {number} pixels
 */
function split(pixels) {
  const copied = 4 * pixels - 1, rest = copied % LONGEST_MATCH;
  const longest = (copied - rest) / LONGEST_MATCH;
  return rest < 3 ? { zeros: 1 + rest, longest, rest: 0 } : { zeros: 1, longest, rest };
}

/**
 * @param {Uint32Array} counts
 * @param {number} pixels
 */
function countRun(counts, pixels) {
  const { zeros, longest, rest } = split(pixels);
  add(counts, 0, zeros);
  add(counts, 285, longest);
  if (rest) add(counts, matchOf(rest).symbol, 1);
}

/**
 * How many bits all symbols take, with what follows those of matches: 5 bits more of length at most, and 1 of distance.
 * @param {Uint32Array} counts
 * @param {number[]} lengths
 */
function bitsOf(counts, lengths) {
  return counts.reduce((sum, number, symbol) => sum + number * (Number(lengths[symbol]) + (symbol > END ? 6 : 0)), 0);
}

/** @param {number} length */
function matchOf(length) {
  return /** @type {typeof MATCHES[number]} */ (MATCHES[length]);
}

/**
 * @param {BitWriter} writer
 * @param {Uint32Array} row
 * @param {Uint32Array} table
 */
function writeRow(writer, row, table) {
  for (let x = 0, start = 0; x < row.length; start = x) {
    const isRun = row[x] === 0;
    while (x < row.length && (row[x] === 0) === isRun) x += 1;
    if (isRun) writeRun(writer, x - start, table);
    else writer.pixels(row, start, x, table);
  }
}

/**
 * @param {BitWriter} writer
 * @param {number} pixels
 * @param {Uint32Array} table
 */
function writeRun(writer, pixels, table) {
  const { zeros, longest, rest } = split(pixels);
  for (let i = 0; i < zeros; i += 1) writer.symbol(/** @type {number} */ (table[0]));
  for (let i = 0; i < longest; i += 1) writeMatch(writer, LONGEST_MATCH, table);
  if (rest) writeMatch(writer, rest, table);
}

/**
 * @param {BitWriter} writer
 * @param {number} length
 * @param {Uint32Array} table
 */
function writeMatch(writer, length, table) {
  const { symbol, bits, extra } = matchOf(length);
  writer.symbol(/** @type {number} */ (table[symbol]));
  writer.put(extra, bits);
  writer.put(0, 1); // distance 1, by the only distance code
}
