/** Filters rows of RGBA pixels for PNG by the Paeth predictor: on photos the best of PNG's five, or within 1% of it. */

/** PNG's number of the filter, which stands before each row. */
export const PAETH = 4;

/** Largest prime below 2 ** 16; see RFC 1950. */
const MODULUS = 65521;
/** So many pixels may be summed before Adler's sums would leave 31 bits, which would make them slow. */
const BLOCK = 900;

/**
 * Filters rows and sums up what the filtered rows hold, filter numbers included.
 * @param {Uint32Array} pixels     Rows of RGBA, a word a pixel.
 * @param {Uint32Array} above      The row above them.
 * @param {Uint32Array} residuals  Gets the filtered pixels.
 * @returns {number}  Adler-32.
 */
export function filterRows(pixels, above, residuals) {
  const width = above.length;
  let sums = { a: 1, b: 0 }, up = above;
  for (let at = 0; at < pixels.length; at += width) {
    const row = pixels.subarray(at, at + width);
    sums = filterRow(row, up, residuals.subarray(at, at + width), { a: sums.a + PAETH, b: sums.b + sums.a + PAETH });
    up = row;
  }
  return sums.b * 65536 + sums.a;
}

/**
 * @param {Uint32Array} row
 * @param {Uint32Array} above
 * @param {Uint32Array} residuals
 * @param {{ a: number, b: number }} sums  Adler's two so far.
 */
function filterRow(row, above, residuals, sums) {
  let { a, b } = sums, left = 0, corner = 0;
  for (let start = 0; start < row.length; start += BLOCK) {
    a %= MODULUS;
    b %= MODULUS;
    const end = Math.min(row.length, start + BLOCK);
    for (let x = start; x < end; x += 1) {
      const pixel = /** @type {number} */ (row[x]), up = /** @type {number} */ (above[x]);
      if ((pixel | up | left) === 0) { // outside the subject: what Paeth predicts from 0 and 0 is 0
        residuals[x] = 0;
        b += 4 * a;
        corner = 0;
        continue;
      }
      const red = pixel - predict(left & 255, up & 255, corner & 255) & 255;
      const green = (pixel >>> 8) - predict(left >>> 8 & 255, up >>> 8 & 255, corner >>> 8 & 255) & 255;
      const blue = (pixel >>> 16) - predict(left >>> 16 & 255, up >>> 16 & 255, corner >>> 16 & 255) & 255;
      // Inside the subject alpha is 255 all around, which a branch tells sooner than arithmetic.
      const alpha = (pixel & left & up & corner) >>> 24 === 255
        ? 0 : (pixel >>> 24) - predict(left >>> 24, up >>> 24, corner >>> 24) & 255;
      residuals[x] = red | green << 8 | blue << 16 | alpha << 24;
      b += 4 * (a + red) + 3 * green + 2 * blue + alpha;
      a += red + green + blue + alpha;
      left = pixel;
      corner = up;
    }
  }
  return { a: a % MODULUS, b: b % MODULUS };
}

/**
 * Paeth's predictor: that of the three neighbours which is nearest to left + up - corner; of equally near ones the
 * first in that order. Left and up enclose the sum where the corner lies between them; beyond them it is nearest to
 * the one that is farther from the corner. Without branches, because no processor can foretell which it will be.
 * @param {number} left
 * @param {number} up
 * @param {number} corner
 */
export function predict(left, up, corner) {
  const difference = left - up, negative = difference & difference >> 31;
  const low = up + negative, high = left - negative;
  const turn = 3 * corner - left - up; // the corner is nearer than an end while this lies between both
  const lower = low + (corner - low & turn - high >> 31);
  return high + (lower - high & low - turn >> 31);
}
