/** Huffman codes as deflate wants them (RFC 1951): lengths from counts, codes from lengths, and how a block tells them. */

import { LENGTH_BITS } from "./bit-writer.js";

/** @import { BitWriter } from "./bit-writer.js" */

/** In which order a block's head tells the lengths of the codes for lengths. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * Lengths of the codes that make what was counted shortest; 0 for symbols that do not occur.
 * @param {ArrayLike<number>} counts  Of two symbols at least.
 * @param {number} longest            No code is longer: counts are made more alike until none is.
 * @returns {number[]}
 */
export function codeLengths(counts, longest) {
  for (let weights = Array.from(counts); ; weights = weights.map((count) => Math.ceil(count / 2))) {
    const lengths = unlimited(weights);
    if (Math.max(...lengths) <= longest) return lengths;
  }
}

/**
 * Merges the two lightest trees until one is left. Merged ones come by in the order of their weight, so that two
 * queues tell the lightest.
 * @param {number[]} counts
 */
function unlimited(counts) {
  /** @typedef {{ weight: number, symbol: number, children: Tree[] }} Tree */
  /** @type {Tree[]} */
  const leaves = counts.map((weight, symbol) => ({ weight, symbol, children: [] })).filter(({ weight }) => weight);
  leaves.sort((one, other) => one.weight - other.weight);
  /** @type {Tree[]} */
  const merged = [];
  let leaf = 0, tree = 0;
  const lightest = () => {
    const [one, other] = [leaves[leaf], merged[tree]];
    if (one && (!other || one.weight <= other.weight)) return leaf += 1, one;
    return tree += 1, /** @type {Tree} */ (other);
  };
  for (let left = leaves.length; left > 1; left -= 1) {
    const children = [lightest(), lightest()];
    merged.push({ weight: children.reduce((sum, { weight }) => sum + weight, 0), symbol: 0, children });
  }
  const lengths = counts.map(() => 0);
  measure(/** @type {Tree} */ (merged.at(-1)), 0, lengths);
  return lengths;
}

/**
 * @param {{ symbol: number, children: any[] }} tree
 * @param {number} depth
 * @param {number[]} lengths
 */
function measure({ symbol, children }, depth, lengths) {
  if (!children.length) lengths[symbol] = depth;
  for (const child of children) measure(child, depth + 1, lengths);
}

/**
 * The codes of some lengths, in the order of RFC 1951, 3.2.2: bits reversed, each above its length.
 * @param {number[]} lengths
 */
export function tableOf(lengths) {
  const table = new Uint32Array(lengths.length);
  let code = 0;
  for (let length = 1; length <= Math.max(...lengths); length += 1) {
    code <<= 1;
    lengths.forEach((found, symbol) => {
      if (found === length) table[symbol] = reversed(code++, length) << LENGTH_BITS | length;
    });
  }
  return table;
}

/**
 * @param {number} code
 * @param {number} length
 */
function reversed(code, length) {
  let result = 0;
  for (let bit = 0; bit < length; bit += 1) result |= (code >>> bit & 1) << length - 1 - bit;
  return result;
}

/**
 * Writes the lengths of a block's codes, which are coded themselves.
 * @param {BitWriter} writer
 * @param {number[]} literals   286 lengths, of literals, end and matches.
 * @param {number[]} distances
 */
export function writeLengths(writer, literals, distances) {
  const lengths = [...literals, ...distances], counts = ORDER.map(() => 0);
  for (const length of lengths) counts[length] = Number(counts[length]) + 1;
  const own = codeLengths(counts, 7), table = tableOf(own);
  writer.put(literals.length - 257, 5);
  writer.put(distances.length - 1, 5);
  writer.put(ORDER.length - 4, 4);
  for (const symbol of ORDER) writer.put(Number(own[symbol]), 3);
  for (const length of lengths) writer.symbol(Number(table[length]));
}
