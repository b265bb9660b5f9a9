/**
 * Whether a device computes a network right: some GPUs and drivers give all zeros, one flat value or noise without
 * any error. Input and answer are stored beside the network by build_site.py; see alphacut/self_check.py.
 */

/** As in alphacut/self_check.py: side of the input before it is stretched, and of the answer. */
const TILE = 32, TILE_BYTES = 3 * TILE * TILE, GRID = 16;

/** How far the answer's cells may be off on average, of 255 levels; arithmetic in 16 bits moves them by less than 1. */
const TOLERANCE = 8;

/** @import { Answer } from "./ort.js" */
/** @typedef {{ inputShape: readonly number[], run: (pixels: Uint8Array) => Promise<Answer> }} Checked */

/**
 * @param {Checked} session
 * @param {Uint8Array} check  The tile, and after it the answer.
 * @throws {Error} which says how far off the device is
 */
export async function selfCheck(session, check) {
  const found = (await answerOf(session, check)).subarray(TILE_BYTES), expected = check.subarray(TILE_BYTES);
  const off = found.reduce((sum, level, cell) => sum + Math.abs(level - Number(expected[cell])), 0) / found.length;
  if (!(off <= Math.min(TOLERANCE, spread(expected) / 4))) throw new Error(`it computes the network wrong: a known picture came out ${off.toFixed(0)} of 255 levels off`);
}

/**
 * How far a flat answer would be off at least: what is to be told from it must be allowed less.
 * @param {Uint8Array} expected
 */
function spread(expected) {
  const median = Number(expected.toSorted()[expected.length >> 1]);
  return expected.reduce((sum, level) => sum + Math.abs(level - median), 0) / expected.length;
}

/**
 * What a session makes of the tile, after the tile itself: a self-check for other devices.
 * @param {Checked} session
 * @param {Uint8Array} tile  What follows it is not looked at.
 */
export async function answerOf(session, tile) {
  const [, height = 0, width = 0] = session.inputShape;
  const { levels, shape, release } = await session.run(stretched(tile, width, height));
  const check = new Uint8Array(TILE_BYTES + GRID * GRID);
  check.set(tile.subarray(0, TILE_BYTES));
  check.set(summary(levels, Number(shape.at(-1)), Number(shape.at(-2))), TILE_BYTES);
  release();
  return check;
}

/**
 * Whether every level is the same, as a device gives that has stopped computing. Real photos have such maps too.
 * @param {Uint8Array} levels
 */
export function isFlat(levels) {
  return levels.every((level) => level === levels[0]);
}

/**
 * @param {Uint8Array} tile
 * @param {number} width
 * @param {number} height
 */
function stretched(tile, width, height) {
  const pixels = new Uint8Array(height * width * 3), across = 3 * width;
  for (let y = 0, before = -1; y < height; y += 1) {
    const row = Math.floor((y * TILE) / height);
    if (row === before) {
      pixels.copyWithin(y * across, (y - 1) * across, y * across);
    } else {
      for (let i = 0; i < across; i += 1) {
        const from = 3 * (row * TILE + Math.floor((Math.floor(i / 3) * TILE) / width)) + (i % 3);
        pixels[y * across + i] = Number(tile[from]);
      }
    }
    before = row;
  }
  return pixels;
}

/**
 * @param {Uint8Array} levels
 * @param {number} width
 * @param {number} height
 */
function summary(levels, width, height) {
  const cells = new Uint8Array(GRID * GRID);
  const edges = (/** @type {number} */ i, /** @type {number} */ side) => {
    const start = Math.floor((i * side) / GRID);
    return [start, Math.max(Math.floor(((i + 1) * side) / GRID), start + 1)];
  };
  for (let cell = 0; cell < cells.length; cell += 1) {
    const [top = 0, bottom = 0] = edges(Math.floor(cell / GRID), height), [left = 0, right = 0] = edges(cell % GRID, width);
    let sum = 0;
    for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) sum += Number(levels[y * width + x]);
    cells[cell] = Math.floor(sum / ((bottom - top) * (right - left)));
  }
  return cells;
}
