/** Puts the layers of a preview together, pixel by pixel. Colours are 0xAABBGGRR, alpha is straight. */

/** @import { Rect } from "./grid.js" */
/**
 * @typedef {object} Layers
 * @property {Uint32Array} photo
 * @property {Uint32Array} master
 * @property {Uint8Array} alpha            As it shall be; the master has its own.
 * @property {Uint32Array | null} beyond   The subject's colours beyond its edges, one for STEP x STEP pixels, where alpha is not the master's.
 * @property {Uint8Array | null} shadow    0 to 255, black.
 * @property {Uint32Array | number} under  The background: pixels, or one colour; 0 is transparent.
 */

/** See `Layers.beyond`. */
export const STEP = 4;

/**
 * @param {Uint32Array} out
 * @param {number} width  Of all of them.
 * @param {Layers} layers
 * @param {Rect} rect
 */
export function compose(out, width, { photo, master, alpha, beyond, shadow, under }, { left, top, right, bottom }) {
  const pixels = typeof under === "number" ? null : under, flat = typeof under === "number" ? under : 0;
  const coarse = Math.ceil(width / STEP);
  for (let y = top; y < bottom; y++) {
    const row = Math.floor(y / STEP) * coarse;
    for (let x = left, at = y * width + left; x < right; x++, at++) {
      const own = /** @type {number} */ (photo[at]), a = Math.min(/** @type {number} */ (alpha[at]), own >>> 24);
      let colour = /** @type {number} */ (master[at]);
      // What is hardly there has coarse colours on a canvas, which matters where it is made more than it was.
      if (2 * (colour >>> 24) < a) colour = a < 255 && beyond ? /** @type {number} */ (beyond[row + (x / STEP | 0)]) : own;
      if (a === 255) {
        out[at] = colour | 0xff000000;
        continue;
      }
      let below = pixels ? /** @type {number} */ (pixels[at]) : flat;
      const dark = shadow ? /** @type {number} */ (shadow[at]) : 0;
      if (dark > 0) below = over(0, dark, below);
      out[at] = a === 0 ? below : over(colour, a, below);
    }
  }
}

/**
 * One colour over another.
 * @param {number} colour  Its alpha is of no account:
 * @param {number} a       this is, 1 to 254.
 * @param {number} below
 */
function over(colour, a, below) {
  const under = below >>> 24;
  if (under === 0) return (colour & 0xffffff) | a << 24;
  const rest = (255 - a) * under, sum = 255 * a + rest; // alpha of both, times 255
  const red = ((colour & 255) * 255 * a + (below & 255) * rest) / sum + 0.5;
  const green = ((colour >>> 8 & 255) * 255 * a + (below >>> 8 & 255) * rest) / sum + 0.5;
  const blue = ((colour >>> 16 & 255) * 255 * a + (below >>> 16 & 255) * rest) / sum + 0.5;
  return red | green << 8 | blue << 16 | (sum / 255 + 0.5) << 24;
}

/**
 * `#rrggbb` as a pixel.
 * @param {string} colour
 */
export function pixelOf(colour) {
  const value = Number.parseInt(colour.slice(1), 16);
  return (0xff000000 | (value & 255) << 16 | value & 0xff00 | value >>> 16) >>> 0;
}
