/**
 * Colours where there are none: each is taken over from its neighbours, by ever coarser averages that are laid below
 * ("push-pull", S. Gortler et al., "The Lumigraph", 1996, section 3.4).
 */

/**
 * @typedef {object} Level
 * @property {number} width
 * @property {number} height
 * @property {Float32Array} values  Red, green, blue, each times weight, and weight, of each pixel.
 */

/**
 * Fills an image in place.
 * @param {Level} level  Weights from 0 to 1: how far a colour is known.
 */
export function fill(level) {
  if (level.width * level.height <= 1) return;
  const half = halved(level), { width, height, values } = level;
  fill(half);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const rest = 1 - number(values[at + 3]);
      if (rest <= 0) continue;
      const from = 4 * ((y >> 1) * half.width + (x >> 1)), weight = rest / Math.max(number(half.values[from + 3]), 1e-6);
      for (let channel = 0; channel < 3; channel++) values[at + channel] = number(values[at + channel]) + weight * number(half.values[from + channel]);
      values[at + 3] = 1;
    }
  }
}

/** @param {Level} level @returns {Level} */
function halved({ width, height, values }) {
  const across = (width + 1) >> 1, down = (height + 1) >> 1, made = new Float32Array(4 * across * down);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const to = 4 * ((y >> 1) * across + (x >> 1));
      for (let channel = 0; channel < 4; channel++) made[to + channel] = number(made[to + channel]) + number(values[at + channel]);
    }
  }
  for (let at = 0; at < made.length; at += 4) { // more than one known pixel is as good as one
    const weight = number(made[at + 3]);
    if (weight > 1) for (let channel = 0; channel < 4; channel++) made[at + channel] = number(made[at + channel]) / weight;
  }
  return { width: across, height: down, values: made };
}

/** What an index within an array holds. @param {number | undefined} value */
function number(value) {
  return /** @type {number} */ (value);
}
