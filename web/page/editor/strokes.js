/** Strokes of a brush on a grid: how much each pixel is covered. The arithmetic is web/shared/finish.js's. */

import { hardnessOf, profile, widestOf } from "../../shared/finish.js";
import { joined } from "./grid.js";

/** @import { Stroke } from "../../shared/protocol.js" */
/** @import { Grid, Rect } from "./grid.js" */

/** Steps of a profile's table, over the square of the distance: no square root for each pixel. */
const STEPS = 2048;

export class Covering {
  #grid;
  /** 0 to 255 for each pixel: the most that any segment of the stroke covers. */
  coverage;
  #table = new Uint8Array(STEPS + 1);
  /** How far the table goes, in radii: an edge finer than the grid is as wide as one of its pixels. */
  #reach = 1;

  /** @param {Grid} grid */
  constructor(grid) {
    this.#grid = grid;
    this.coverage = new Uint8Array(grid.width * grid.height);
  }

  /**
   * The next stroke; the one before is wiped out where it was.
   * @param {Stroke} stroke
   * @param {Rect | null} before
   */
  begin(stroke, before) {
    if (before) {
      for (let y = before.top; y < before.bottom; y++) this.coverage.fill(0, y * this.#grid.width + before.left, y * this.#grid.width + before.right);
    }
    const hardness = hardnessOf(stroke), radius = widestOf(stroke.points);
    const wider = Math.max(0, (1 / (radius * this.#grid.scale) - (1 - hardness)) / 2), reach = (this.#reach = 1 + wider);
    for (let step = 0; step <= STEPS; step++) {
      this.#table[step] = Math.round(255 * stroke.opacity * profile(Math.sqrt(step / STEPS), Math.max(0, hardness - wider) / reach));
    }
  }

  /**
   * Covers the segments that end with the points from `first` on.
   * @param {number[]} points  x, y and radius of each, in pixels of the photo.
   * @param {number} first     Index of a point.
   * @returns {Rect | null}    Where, if anywhere on the grid.
   */
  cover(points, first) {
    /** @type {Rect | null} */
    let all = null;
    for (let at = 3 * first; at < points.length; at += 3) {
      all = joined(all, this.#segment(points, Math.max(0, at - 3), at));
      // Where the radius changes, the disc around an end is not all within the segment.
      if (at > 0 && points[at + 2] !== points[at - 1]) all = joined(all, this.#segment(points, at, at));
    }
    return all;
  }

  /**
   * @param {number[]} points
   * @param {number} from  Index of an x.
   * @param {number} to
   * @returns {Rect | null}
   */
  #segment(points, from, to) {
    const { left, top, scale, width, height } = this.#grid;
    const at = (/** @type {number} */ index) => /** @type {number} */ (points[index]), wide = scale * this.#reach;
    // On the grid, whose pixels have their middle at halves.
    const ax = (at(from) - left) * scale - 0.5, ay = (at(from + 1) - top) * scale - 0.5, ar = at(from + 2) * wide;
    const bx = (at(to) - left) * scale - 0.5, by = (at(to + 1) - top) * scale - 0.5, br = at(to + 2) * wide;
    const rect = {
      left: Math.max(0, Math.ceil(Math.min(ax - ar, bx - br))), top: Math.max(0, Math.ceil(Math.min(ay - ar, by - br))),
      right: Math.min(width, Math.floor(Math.max(ax + ar, bx + br)) + 1), bottom: Math.min(height, Math.floor(Math.max(ay + ar, by + br)) + 1),
    };
    if (rect.right <= rect.left || rect.bottom <= rect.top) return null;
    const across = bx - ax, down = by - ay, squared = across * across + down * down, widest = Math.max(ar, br);
    const length = Math.sqrt(squared), table = this.#table, coverage = this.coverage;
    for (let y = rect.top; y < rect.bottom; y++) {
      let [start, end] = [rect.left, rect.right];
      if (Math.abs(down) > 1e-3) { // only as far as the band around the segment's line goes
        const middle = ax + (y - ay) * across / down, half = widest * length / Math.abs(down);
        start = Math.max(start, Math.ceil(middle - half));
        end = Math.min(end, Math.floor(middle + half) + 1);
      }
      for (let x = start; x < end; x++) {
        const px = x - ax, py = y - ay;
        const along = squared === 0 ? 1 : Math.min(1, Math.max(0, (px * across + py * down) / squared));
        const dx = px - along * across, dy = py - along * down, radius = ar + along * (br - ar);
        const share = (dx * dx + dy * dy) / (radius * radius);
        if (!(share < 1)) continue;
        const covered = /** @type {number} */ (table[(share * STEPS + 0.5) | 0]), index = y * width + x;
        if (covered > /** @type {number} */ (coverage[index])) coverage[index] = covered;
      }
    }
    return rect;
  }
}
