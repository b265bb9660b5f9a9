/**
 * Gaussian blur of one channel: three box blurs each way, whose edge pixels count in part, so that any standard
 * deviation can be had; as Pillow's GaussianBlur does it. Only tiles where something changes are computed.
 */

/** @import { Rect } from "./grid.js" */

const PASSES = 3;
const TILE = 96;

/** How far a blur reaches, in pixels. @param {number} sigma */
export function reachOf(sigma) {
  return sigma > 0 ? PASSES * (Math.floor(radiusOf(sigma)) + 1) : 0;
}

/**
 * Blurs within `bounds`, at whose edges the last pixels go on for ever.
 * @param {Uint8Array} source
 * @param {Uint8Array} target  Written within `rect`.
 * @param {number} width       Of both.
 * @param {{ sigma: number, bounds: Rect, rect: Rect }} where
 */
export function blur(source, target, width, { sigma, bounds, rect }) {
  const reach = reachOf(sigma);
  const [left, top] = [Math.max(bounds.left, rect.left), Math.max(bounds.top, rect.top)];
  const [right, bottom] = [Math.min(bounds.right, rect.right), Math.min(bounds.bottom, rect.bottom)];
  const tile = Math.max(TILE, 3 * reach);
  for (let y = top; y < bottom; y += tile) {
    for (let x = left; x < right; x += tile) {
      const inner = { left: x, top: y, right: Math.min(right, x + tile), bottom: Math.min(bottom, y + tile) };
      const outer = {
        left: Math.max(bounds.left, inner.left - reach), top: Math.max(bounds.top, inner.top - reach),
        right: Math.min(bounds.right, inner.right + reach), bottom: Math.min(bounds.bottom, inner.bottom + reach),
      };
      if (reach === 0 || isFlat(source, width, outer)) copy(source, target, width, inner);
      else blurTile(source, target, width, inner, outer, sigma);
    }
  }
}

/** @param {number} sigma */
function radiusOf(sigma) {
  // The box whose variance is that of a Gaussian, split evenly over the passes (Pillow's BoxBlur.c derives the same).
  const square = sigma * sigma / PASSES, length = Math.sqrt(12 * square + 1);
  const whole = Math.floor((length - 1) / 2);
  const rest = ((2 * whole + 1) * (whole * (whole + 1) - 3 * square)) / (6 * (square - (whole + 1) * (whole + 1)));
  return whole + rest;
}

/**
 * @param {Uint8Array} source
 * @param {number} width
 * @param {Rect} rect
 */
function isFlat(source, width, { left, top, right, bottom }) {
  const first = source[top * width + left];
  for (let y = top; y < bottom; y++) {
    for (let at = y * width + left, end = y * width + right; at < end; at++) if (source[at] !== first) return false;
  }
  return true;
}

/**
 * @param {Uint8Array} source
 * @param {Uint8Array} target
 * @param {number} width
 * @param {Rect} rect
 */
function copy(source, target, width, { left, top, right, bottom }) {
  if (source === target) return;
  for (let y = top; y < bottom; y++) target.set(source.subarray(y * width + left, y * width + right), y * width + left);
}

/**
 * @param {Uint8Array} source
 * @param {Uint8Array} target
 * @param {number} width
 * @param {Rect} inner
 * @param {Rect} outer
 * @param {number} sigma
 */
function blurTile(source, target, width, inner, outer, sigma) {
  const across = outer.right - outer.left, down = outer.bottom - outer.top;
  let [a, b] = [new Float32Array(across * down), new Float32Array(across * down)];
  for (let y = 0; y < down; y++) {
    const from = (outer.top + y) * width + outer.left;
    a.set(source.subarray(from, from + across), y * across);
  }
  const radius = radiusOf(sigma);
  for (let pass = 0; pass < PASSES; pass++) {
    for (let y = 0; y < down; y++) boxLine(a, b, y * across, 1, across, radius);
    [a, b] = [b, a];
  }
  for (let pass = 0; pass < PASSES; pass++) {
    boxColumns(a, b, across, down, radius);
    [a, b] = [b, a];
  }
  for (let y = inner.top; y < inner.bottom; y++) {
    let from = (y - outer.top) * across + inner.left - outer.left;
    for (let at = y * width + inner.left, end = y * width + inner.right; at < end; at++) target[at] = (a[from++] ?? 0) + 0.5;
  }
}

/**
 * @param {Float32Array} from
 * @param {Float32Array} to
 * @param {number} start
 * @param {number} step
 * @param {number} length
 * @param {number} radius
 */
function boxLine(from, to, start, step, length, radius) {
  const whole = Math.floor(radius), rest = radius - whole, weight = 1 / (2 * radius + 1);
  const at = (/** @type {number} */ index) => /** @type {number} */ (from[start + step * (index < 0 ? 0 : index < length ? index : length - 1)]);
  let sum = 0;
  for (let index = -whole; index <= whole; index++) sum += at(index);
  for (let index = 0; index < length; index++) {
    to[start + step * index] = (sum + rest * (at(index - whole - 1) + at(index + whole + 1))) * weight;
    sum += at(index + whole + 1) - at(index - whole);
  }
}

/**
 * Row by row, as memory lies: all columns' sums are kept at once.
 * @param {Float32Array} from
 * @param {Float32Array} to
 * @param {number} across
 * @param {number} down
 * @param {number} radius
 */
function boxColumns(from, to, across, down, radius) {
  const whole = Math.floor(radius), rest = radius - whole, weight = 1 / (2 * radius + 1);
  const sums = new Float32Array(across);
  const row = (/** @type {number} */ index) => across * (index < 0 ? 0 : index < down ? index : down - 1);
  const value = (/** @type {number} */ index) => /** @type {number} */ (from[index]);
  for (let index = -whole; index <= whole; index++) {
    for (let x = 0, at = row(index); x < across; x++, at++) sums[x] = /** @type {number} */ (sums[x]) + value(at);
  }
  for (let y = 0; y < down; y++) {
    let above = row(y - whole - 1), below = row(y + whole + 1), last = row(y - whole), at = row(y);
    for (let x = 0; x < across; x++) {
      const sum = /** @type {number} */ (sums[x]);
      to[at++] = (sum + rest * (value(above++) + value(below))) * weight;
      sums[x] = sum + value(below++) - value(last++);
    }
  }
}
