/** A decoded picture and smaller ones of it, each half the one before, so that every scale is drawn quickly and well. */

/** @import { Grid } from "./grid.js" */
/** @typedef {{ width: number, height: number }} Size */

/** Half pictures are drawn in bands of so many pixels, for between them the page must answer. */
const BAND_PIXELS = 2_000_000;
/** The smallest one has about so many. */
const FEW_PIXELS = 300_000;
/** What is tried where the browser refuses the whole picture, as a share of its sides. */
const REDUCED = [1, 1 / 2, 1 / 4];

export class Picture {
  /** @type {(ImageBitmap | OffscreenCanvas)[]} */
  #levels;
  /** Whether the browser had no memory for all of it. */
  reduced;

  /**
   * @param {(ImageBitmap | OffscreenCanvas)[]} levels
   * @param {boolean} reduced
   */
  constructor(levels, reduced) {
    this.#levels = levels;
    this.reduced = reduced;
  }

  /**
   * @param {Blob} blob
   * @param {Size} [size]  Where it is known: a picture too large for the browser is then read smaller.
   */
  static async open(blob, size) {
    const bitmap = await decoded(blob, size);
    return new Picture(await halved(bitmap), size !== undefined && bitmap.width < size.width);
  }

  get width() {
    return this.#levels[0]?.width ?? 1;
  }

  get height() {
    return this.#levels[0]?.height ?? 1;
  }

  /**
   * Draws what lies on a grid, as if the picture had the given size and its corner at the given place.
   * @param {OffscreenCanvasRenderingContext2D} context
   * @param {Grid} grid
   * @param {{ left: number, top: number, width: number, height: number }} place  In pixels of the photo.
   */
  draw(context, grid, { left, top, width, height }) {
    const { scale } = grid;
    const level = this.#levels.findLast((one) => one.width >= width * scale && one.height >= height * scale) ?? this.#levels[0];
    if (!level) return;
    const across = width * scale / level.width, down = height * scale / level.height;
    context.imageSmoothingEnabled = across !== 1 || down !== 1;
    context.setTransform(across, 0, 0, down, (left - grid.left) * scale, (top - grid.top) * scale);
    context.drawImage(level, 0, 0);
    context.resetTransform();
  }

  /** Gives the memory back. @returns {undefined} */
  close() {
    for (const level of this.#levels.splice(0)) {
      if (level instanceof ImageBitmap) level.close();
    }
  }
}

/**
 * @param {Blob} blob
 * @param {Size} [size]
 */
async function decoded(blob, size) {
  /** @type {unknown} */
  let failed;
  for (const share of size ? REDUCED : [1]) {
    try {
      if (share === 1 || !size) return await createImageBitmap(blob);
      return await createImageBitmap(blob, { resizeWidth: Math.ceil(size.width * share), resizeQuality: "medium" });
    } catch (error) {
      failed = error;
    }
  }
  throw failed;
}

/** @param {ImageBitmap} bitmap */
async function halved(bitmap) {
  /** @type {(ImageBitmap | OffscreenCanvas)[]} */
  const levels = [bitmap];
  for (let from = levels[0]; from && from.width * from.height > FEW_PIXELS; from = levels.at(-1)) levels.push(await half(from));
  return levels;
}

/** @param {ImageBitmap | OffscreenCanvas} from */
async function half(from) {
  const made = new OffscreenCanvas(Math.ceil(from.width / 2), Math.ceil(from.height / 2));
  const context = contextOf(made);
  const rows = Math.max(2, 2 * Math.floor(BAND_PIXELS / from.width / 2));
  for (let top = 0; top < from.height; top += rows) {
    const down = Math.min(rows, from.height - top);
    context.drawImage(from, 0, top, from.width, down, 0, top / 2, made.width, down / 2);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return made;
}

/**
 * A context whose pixels are read more than they are shown.
 * @param {OffscreenCanvas} canvas
 */
export function contextOf(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser gives no canvas to draw on.");
  return context;
}
