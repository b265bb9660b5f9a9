/** Alpha on a grid after all edits, kept up to date with as little work as can be while a stroke is drawn. */

import { joined, rectOf, wholeOf } from "./grid.js";
import { contextOf } from "./picture.js";
import { Covering } from "./strokes.js";

/** @import { Edit, PatchEdit, StrokeEdit } from "../../shared/protocol.js" */
/** @import { Grid, Rect } from "./grid.js" */

/** Decoded patches: they are drawn anew for every grid. @type {WeakMap<PatchEdit, ImageBitmap>} */
const decodedPatches = new WeakMap();

/**
 * Decodes the patches of edits that were not yet, which must be done before a mask is given them.
 * @param {readonly Edit[]} edits
 */
export async function decodePatches(edits) {
  await Promise.all(edits.map(async (edit) => {
    if (edit.kind !== "patch" || decodedPatches.has(edit)) return;
    decodedPatches.set(edit, await createImageBitmap(new Blob([edit.data], { type: "image/png" })));
  }));
}

/**
 * Keeps alpha, or a part of it, below the photo's own, as src/alphacut/export.py does.
 * @param {Uint8Array} most
 * @param {Uint8Array} alpha
 * @param {number} [from]  Index of a pixel.
 * @param {number} [to]
 */
export function keepBelow(most, alpha, from = 0, to = alpha.length) {
  for (let at = from; at < to; at++) {
    const own = /** @type {number} */ (most[at]);
    if (own < /** @type {number} */ (alpha[at])) alpha[at] = own;
  }
}

export class Mask {
  #grid;
  /** As the master has it. */
  #base;
  /** The photo's own alpha: what it lacks can't be brought back. */
  #most;
  /** After the edits that are done. */
  #done;
  /** @type {readonly Edit[]} */
  #edits = [];
  #covering;
  /** Where the last stroke was covered. @type {Rect | null} */
  #covered = null;
  /** A stroke that is being drawn. @type {StrokeEdit | null} */
  #live = null;
  #liveFrom = 0;
  /** What is shown: after the edits and the stroke that is being drawn. */
  alpha;

  /**
   * @param {Grid} grid
   * @param {Uint8Array} base
   * @param {Uint8Array} most
   */
  constructor(grid, base, most) {
    this.#grid = grid;
    this.#base = base;
    this.#most = most;
    this.#done = base.slice();
    this.alpha = base.slice();
    this.#covering = new Covering(grid);
  }

  /**
   * Takes over a list of edits; what only adds to the one before is not computed from the start.
   * @param {readonly Edit[]} edits
   * @returns {Rect | null}  What may have changed.
   */
  setEdits(edits) {
    const before = this.#edits, isLonger = before.length <= edits.length && before.every((edit, index) => edit === edits[index]);
    if (isLonger && before.length === edits.length && !this.#live) return null;
    this.#edits = edits;
    this.#live = null;
    if (!isLonger) this.#done.set(this.#base);
    /** @type {Rect | null} */
    let changed = isLonger ? this.#covered : wholeOf(this.#grid);
    for (const edit of isLonger ? edits.slice(before.length) : edits) changed = joined(changed, this.#apply(edit));
    this.alpha.set(this.#done);
    keepBelow(this.#most, this.alpha);
    return changed;
  }

  /**
   * Shows a stroke before it is an edit. The same one with more points is only continued.
   * @param {StrokeEdit} stroke
   * @returns {Rect | null}  What changed.
   */
  draw(stroke) {
    const { points } = stroke;
    if (this.#live !== stroke) {
      this.#begin(stroke);
      this.#live = stroke;
      this.#liveFrom = 0;
    }
    const rect = this.#covering.cover(points, this.#liveFrom);
    this.#liveFrom = points.length / 3;
    this.#covered = joined(this.#covered, rect);
    if (!rect) return null;
    this.#blend(stroke.kind, rect, this.alpha);
    const { width } = this.#grid;
    keepBelow(this.#most, this.alpha, rect.top * width, rect.bottom * width);
    return rect;
  }

  /** @param {StrokeEdit} stroke */
  #begin(stroke) {
    this.#covering.begin(stroke, this.#covered);
    this.#covered = null;
  }

  /** @param {Edit} edit @returns {Rect | null} */
  #apply(edit) {
    if (edit.kind === "patch") return this.#patch(edit);
    this.#begin(edit);
    const rect = this.#covering.cover(edit.points, 0);
    this.#covered = rect;
    if (rect) this.#blend(edit.kind, rect, this.#done);
    return rect;
  }

  /**
   * @param {"erase" | "restore"} kind
   * @param {Rect} rect
   * @param {Uint8Array} target
   */
  #blend(kind, { left, top, right, bottom }, target) {
    const { width } = this.#grid, { coverage } = this.#covering, done = this.#done, to = kind === "restore" ? 255 : 0;
    for (let y = top; y < bottom; y++) {
      for (let at = y * width + left, end = y * width + right; at < end; at++) {
        const covered = /** @type {number} */ (coverage[at]), alpha = /** @type {number} */ (done[at]);
        target[at] = (alpha * (255 - covered) + to * covered + 127) / 255;
      }
    }
  }

  /** @param {PatchEdit} patch @returns {Rect | null} */
  #patch(patch) {
    const bitmap = decodedPatches.get(patch), { left, top, scale } = this.#grid;
    const rect = rectOf({ left: patch.left, top: patch.top, right: patch.left + patch.width, bottom: patch.top + patch.height }, this.#grid);
    const across = rect.right - rect.left, down = rect.bottom - rect.top;
    if (!bitmap || across <= 0 || down <= 0) return null;
    const context = contextOf(new OffscreenCanvas(across, down));
    context.imageSmoothingQuality = "medium";
    context.drawImage(
      bitmap, (patch.left - left) * scale - rect.left, (patch.top - top) * scale - rect.top, patch.width * scale, patch.height * scale,
    );
    const { data } = context.getImageData(0, 0, across, down), width = this.#grid.width;
    for (let y = 0, from = 0; y < down; y++) {
      for (let at = (rect.top + y) * width + rect.left, end = at + across; at < end; at++, from += 4) {
        const covered = /** @type {number} */ (data[from + 3]), value = /** @type {number} */ (data[from]);
        this.#done[at] = (/** @type {number} */ (this.#done[at]) * (255 - covered) + value * covered + 127) / 255;
      }
    }
    return rect;
  }
}
