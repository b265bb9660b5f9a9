/** The layers of a preview, each on a grid: pixels of a picture, edges as they are wished, shadow, background. */

import { backgroundBlur, edgesOf, placeOf, shadowOf, shifted } from "../../shared/finish.js";
import { blur, reachOf } from "./blur.js";
import { fill } from "./fill.js";
import { grown, gridOver, rectOf, wholeOf } from "./grid.js";
import { contextOf } from "./picture.js";

/** @import { Finish, Frame, PictureBackground, Region } from "../../shared/protocol.js" */
/** @import { Grid, Rect } from "./grid.js" */
/** @import { Picture, Size } from "./picture.js" */

/** What is blurred is computed on a grid where the blur's standard deviation is at most so many pixels. */
const FINE_SIGMA = 2.5;
/** Pixels of such a grid, at most; of a background's, while something is dragged. */
const MOST_BLURRED = 300_000, FEW_BLURRED = 100_000;

/**
 * The picture's pixels on a grid, RGBA with straight alpha as the browser gives them.
 * @param {Picture} picture
 * @param {Grid} grid
 * @param {Region | Size} place  Where it lies: a region, or a size with its corner at 0, 0.
 */
export function pixelsOf(picture, grid, place) {
  const context = contextOf(new OffscreenCanvas(grid.width, grid.height));
  picture.draw(context, grid, "left" in place
    ? { left: place.left, top: place.top, width: place.right - place.left, height: place.bottom - place.top }
    : { left: 0, top: 0, ...place });
  return new Uint32Array(context.getImageData(0, 0, grid.width, grid.height).data.buffer);
}

/** @param {Uint32Array} pixels */
export function alphaOf(pixels) {
  const alpha = new Uint8Array(pixels.length);
  for (let at = 0; at < alpha.length; at++) alpha[at] = /** @type {number} */ (pixels[at]) >>> 24;
  return alpha;
}

/** Edges made softer or moved, as src/alphacut/feather.py does it at full size. */
export class Edges {
  #grid;
  #bounds;
  #edges;
  #table = new Uint8Array(256);
  #moved;

  /**
   * @param {Grid} grid
   * @param {Size} photo
   * @param {Finish} finish
   */
  constructor(grid, photo, finish) {
    this.#grid = grid;
    this.#bounds = rectOf({ left: 0, top: 0, right: photo.width, bottom: photo.height }, grid);
    const { sigma, softSigma, ...rest } = edgesOf(finish, photo);
    this.#edges = { ...rest, sigma: sigma * grid.scale, softSigma: softSigma * grid.scale };
    const beyond = rest.outwards ? 0 : 1; // `shifted` never undoes alpha itself; that is done below
    for (let level = 0; level < 256; level++) this.#table[level] = Math.round(255 * shifted(beyond, level / 255, rest));
    this.#moved = new Uint8Array(sigma > 0 ? grid.width * grid.height : 0);
    this.made = new Uint8Array(grid.width * grid.height);
  }

  /** How far a change of alpha is seen, in pixels of the grid. */
  get reach() {
    return reachOf(this.#edges.sigma) + reachOf(this.#edges.softSigma);
  }

  /**
   * @param {Uint8Array} alpha
   * @param {Rect} changed
   */
  update(alpha, changed) {
    const { width } = this.#grid, { sigma, softSigma } = this.#edges, bounds = this.#bounds;
    const rect = grown(changed, this.reach, this.#grid);
    const wider = grown(rect, reachOf(softSigma), this.#grid);
    const moved = sigma > 0 ? this.#moved : alpha;
    if (sigma > 0) this.#move(alpha, wider);
    blur(moved, this.made, width, { sigma: softSigma, bounds, rect });
    return rect;
  }

  /**
   * @param {Uint8Array} alpha
   * @param {Rect} rect
   */
  #move(alpha, rect) {
    const { width } = this.#grid, { sigma, outwards } = this.#edges, moved = this.#moved, table = this.#table;
    blur(alpha, moved, width, { sigma, bounds: this.#bounds, rect });
    for (let y = rect.top; y < rect.bottom; y++) {
      for (let at = y * width + rect.left, end = y * width + rect.right; at < end; at++) {
        const level = /** @type {number} */ (table[/** @type {number} */ (moved[at])]), was = /** @type {number} */ (alpha[at]);
        moved[at] = outwards === level > was ? level : was;
      }
    }
  }
}

/**
 * The grid that a shadow is blurred on: coarse where it is soft, and as far beyond what is seen as it comes from.
 * @param {Grid} grid
 * @param {{ sigma: number, dx: number, dy: number }} shadow
 */
export function shadowGrid({ left, top, scale, width, height }, { sigma, dx, dy }) {
  const beyond = 3 * sigma + 2 / scale;
  return gridOver({
    left: left - dx - beyond, top: top - dy - beyond, right: left - dx + width / scale + beyond, bottom: top - dy + height / scale + beyond,
  }, Math.min(scale, FINE_SIGMA / Math.max(sigma, 1e-6)), 2 * MOST_BLURRED);
}

/**
 * How dark the shadow is at each pixel of a grid.
 * @param {Uint8Array} alpha  On `coarse`.
 * @param {Grid} coarse       See `shadowGrid`.
 * @param {Grid} grid
 * @param {ReturnType<typeof shadowOf>} shadow
 */
export function shadowLayer(alpha, coarse, grid, { sigma, opacity, dx, dy }) {
  const { width, height } = coarse, soft = new Uint8Array(alpha.length);
  blur(alpha, soft, width, { sigma: sigma * coarse.scale, bounds: wholeOf(coarse), rect: wholeOf(coarse) });
  const image = new ImageData(width, height), black = new Uint32Array(image.data.buffer);
  for (let at = 0; at < soft.length; at++) black[at] = Math.round(/** @type {number} */ (soft[at]) * opacity) << 24;
  return alphaOf(enlarged(image, { ...coarse, left: coarse.left + dx, top: coarse.top + dy }, grid));
}

/**
 * The grid that the photo is blurred on as a background: one of few, so that what is blurred serves many strengths.
 * @param {Size} size
 * @param {number} strength
 * @param {boolean} quick  Something is dragged: fewer pixels.
 */
export function blurredGrid(size, strength, quick) {
  const sigma = backgroundBlur(strength, size), region = { left: 0, top: 0, right: size.width, bottom: size.height };
  const halvings = Math.ceil(2 * Math.log2(Math.max(sigma, FINE_SIGMA) / FINE_SIGMA)) / 2;
  return gridOver(region, 2 ** -halvings, quick ? FEW_BLURRED : MOST_BLURRED);
}

/**
 * A photo blurred as a background.
 * @param {Float32Array} behind  See `withoutSubject`.
 * @param {Size} size
 * @param {{ strength: number, grid: Grid }} options  `grid`: see `blurredGrid`.
 */
export function blurredPhoto(behind, size, { strength, grid }) {
  const sigma = backgroundBlur(strength, size), pixels = grid.width * grid.height;
  const image = new ImageData(grid.width, grid.height);
  const plane = new Uint8Array(pixels), made = new Uint8Array(pixels);
  for (let channel = 0; channel < 3; channel++) {
    for (let at = 0; at < plane.length; at++) plane[at] = /** @type {number} */ (behind[4 * at + channel]) + 0.5;
    blur(plane, made, grid.width, { sigma: sigma * grid.scale, bounds: wholeOf(grid), rect: wholeOf(grid) });
    for (let at = 0; at < made.length; at++) image.data[4 * at + channel] = /** @type {number} */ (made[at]);
  }
  for (let at = 3; at < image.data.length; at += 4) image.data[at] = 255;
  return image;
}

/**
 * A photo in which the subject has no part (src/alphacut/backgrounds.py): its place is filled from around.
 * @param {Uint32Array} pixels
 * @param {Uint8Array} alpha
 * @param {Grid} grid
 * @returns {Float32Array}  Red, green, blue and weight, 1, of each pixel.
 */
export function withoutSubject(pixels, alpha, { width, height }) {
  const values = new Float32Array(4 * alpha.length), level = (/** @type {number} */ at) => /** @type {number} */ (alpha[at]);
  for (let at = 0; at < alpha.length; at++) {
    const x = at % width, up = at >= width ? at - width : at, low = at < alpha.length - width ? at + width : at;
    const most = Math.max(level(at), level(up), level(low), level(x > 0 ? at - 1 : at), level(x < width - 1 ? at + 1 : at));
    const pixel = /** @type {number} */ (pixels[at]), there = (pixel >>> 24) / 255; // a grid's last column may lie beside the photo
    weigh(values, at, pixel, there * Math.max(0, 1 - 4 * most / 255));
  }
  fill({ width, height, values });
  return values;
}

/**
 * The subject's colours, coarse, going on beyond its edges: for pixels whose own colour is the old background's.
 * @param {Uint32Array} pixels
 * @param {Uint8Array} alpha
 * @param {number} width  Of both.
 * @param {number} step   Pixels for one of the result, each way.
 * @returns {Uint32Array}
 */
export function subjectColours(pixels, alpha, width, step) {
  const height = alpha.length / width, across = Math.ceil(width / step), down = Math.ceil(height / step);
  const values = new Float32Array(4 * across * down), made = new Uint32Array(across * down);
  for (let y = 0, to = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step, to++) {
      const at = y * width + x;
      weigh(values, to, /** @type {number} */ (pixels[at]), (/** @type {number} */ (alpha[at]) / 255) ** 4);
    }
  }
  fill({ width: across, height: down, values });
  for (let at = 0; at < made.length; at++) {
    const [red = 0, green = 0, blue = 0] = values.subarray(4 * at, 4 * at + 3);
    made[at] = (red + 0.5) | (green + 0.5) << 8 | (blue + 0.5) << 16;
  }
  return made;
}

/**
 * @param {Float32Array} values
 * @param {number} at
 * @param {number} pixel
 * @param {number} weight
 */
function weigh(values, at, pixel, weight) {
  values[4 * at] = (pixel & 255) * weight;
  values[4 * at + 1] = (pixel >>> 8 & 255) * weight;
  values[4 * at + 2] = (pixel >>> 16 & 255) * weight;
  values[4 * at + 3] = weight;
}

/**
 * A coarse image on a finer grid.
 * @param {ImageData} image
 * @param {Grid} from
 * @param {Grid} to
 * @param {boolean} [endless]  Beyond its border the last pixels go on.
 */
export function enlarged(image, from, to, endless = false) {
  const small = new OffscreenCanvas(from.width, from.height), context = contextOf(new OffscreenCanvas(to.width, to.height));
  contextOf(small).putImageData(image, 0, 0);
  const factor = to.scale / from.scale, x = (from.left - to.left) * to.scale, y = (from.top - to.top) * to.scale;
  context.setTransform(factor, 0, 0, factor, x, y);
  context.drawImage(small, 0, 0);
  if (endless) goOn(context, { left: x, top: y, right: x + from.width * factor, bottom: y + from.height * factor });
  return new Uint32Array(context.getImageData(0, 0, to.width, to.height).data.buffer);
}

/**
 * Stretches the outermost pixels of what was drawn to the borders of the canvas.
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {Region} drawn
 */
function goOn(context, drawn) {
  const { canvas } = context, { width, height } = canvas;
  const left = Math.max(0, Math.ceil(drawn.left)), right = Math.min(width, Math.floor(drawn.right));
  const top = Math.max(0, Math.ceil(drawn.top)), bottom = Math.min(height, Math.floor(drawn.bottom));
  if (right <= left || bottom <= top) return;
  context.resetTransform();
  context.imageSmoothingEnabled = false;
  if (left > 0) context.drawImage(canvas, left, 0, 1, height, 0, 0, left, height);
  if (right < width) context.drawImage(canvas, right - 1, 0, 1, height, right, 0, width - right, height);
  if (top > 0) context.drawImage(canvas, 0, top, width, 1, 0, 0, width, top);
  if (bottom < height) context.drawImage(canvas, 0, bottom - 1, width, 1, 0, bottom, width, height - bottom);
}

/**
 * Where a background picture lies, in pixels of the photo.
 * @param {Size} picture
 * @param {Frame} frame
 * @param {PictureBackground} how
 * @returns {Region}
 */
export function pictureRegion(picture, frame, how) {
  const place = placeOf(picture, frame, how);
  const across = (frame.right - frame.left) / frame.width, down = (frame.bottom - frame.top) / frame.height;
  const left = frame.left + place.left * across, top = frame.top + place.top * down;
  return { left, top, right: left + place.width * across, bottom: top + place.height * down };
}
