/** The raster that a preview is computed on: a part of the plane around the photo, at the scale it is seen at. */

/** @import { Region } from "../../shared/protocol.js" */
/** @import { Viewport } from "./viewport.js" */

/**
 * @typedef {object} Grid
 * @property {number} left   Of its first pixel's left edge, in pixels of the photo.
 * @property {number} top
 * @property {number} scale  Its pixels for one of the photo, at most 1.
 * @property {number} width  In its own pixels.
 * @property {number} height
 */
/** @typedef {{ left: number, top: number, right: number, bottom: number }} Rect  In whole pixels of a grid. */

/** Pixels of a preview, whatever the zoom and the screen: what arithmetic can be done on between two frames. */
const MOST_PIXELS = 1_500_000;
/** Beyond what is visible, in CSS pixels, so that edges are blurred there as in the whole picture. */
const BEYOND = 24;

/**
 * The grid for what a viewport shows.
 * @param {Viewport} viewport
 * @param {number} [quality]  Below 1 coarser, for what must be quick.
 * @returns {Grid}
 */
export function gridOf({ visible, content, zoom, ratio }, quality = 1) {
  const beyond = BEYOND / zoom;
  const region = {
    left: Math.max(content.left, visible.left - beyond), top: Math.max(content.top, visible.top - beyond),
    right: Math.min(content.right, visible.right + beyond), bottom: Math.min(content.bottom, visible.bottom + beyond),
  };
  return gridOver(region, Math.min(1, zoom * ratio) * quality, MOST_PIXELS);
}

/**
 * The grid over a region, no finer than `scale`. At the photo's own scale its pixels are the photo's.
 * @param {Region} region
 * @param {number} scale
 * @param {number} [most]  Pixels.
 * @returns {Grid}
 */
export function gridOver({ left, top, right, bottom }, scale, most = MOST_PIXELS) {
  const across = Math.max(right - left, 1), down = Math.max(bottom - top, 1);
  const fine = Math.min(scale, Math.sqrt(most / across / down));
  if (fine >= 1) [left, top] = [Math.floor(left), Math.floor(top)];
  const pixels = (/** @type {number} */ length) => Math.max(1, Math.ceil(length * fine - 1e-6));
  return { left, top, scale: fine, width: pixels(right - left), height: pixels(bottom - top) };
}

/**
 * @param {Grid} a
 * @param {Grid} b
 */
export function sameGrid(a, b) {
  return a.left === b.left && a.top === b.top && a.scale === b.scale && a.width === b.width && a.height === b.height;
}

/**
 * A region of the photo in pixels of a grid, as far as it lies on it; empty where `right <= left`.
 * @param {Region} region
 * @param {Grid} grid
 * @returns {Rect}
 */
export function rectOf({ left, top, right, bottom }, grid) {
  const { scale, width, height } = grid;
  return {
    left: Math.max(0, Math.floor((left - grid.left) * scale + 1e-6)), top: Math.max(0, Math.floor((top - grid.top) * scale + 1e-6)),
    right: Math.min(width, Math.ceil((right - grid.left) * scale - 1e-6)), bottom: Math.min(height, Math.ceil((bottom - grid.top) * scale - 1e-6)),
  };
}

/** @param {Grid} grid @returns {Rect} */
export function wholeOf({ width, height }) {
  return { left: 0, top: 0, right: width, bottom: height };
}

/**
 * A rectangle grown on all sides, within a grid.
 * @param {Rect} rect
 * @param {number} by
 * @param {Grid} grid
 * @returns {Rect}
 */
export function grown({ left, top, right, bottom }, by, { width, height }) {
  return {
    left: Math.max(0, left - by), top: Math.max(0, top - by), right: Math.min(width, right + by), bottom: Math.min(height, bottom + by),
  };
}

/**
 * @param {Rect | null} a
 * @param {Rect | null} b
 * @returns {Rect | null}
 */
export function joined(a, b) {
  if (!a || !b) return a ?? b;
  return {
    left: Math.min(a.left, b.left), top: Math.min(a.top, b.top), right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom),
  };
}
