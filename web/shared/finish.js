/**
 * The arithmetic of finishing a cutout that the page's preview and Python have in common; pure functions.
 *
 * Python renders the file (src/alphacut: framing.py, feather.py, shadow.py, backgrounds.py, strokes.py);
 * tests/unit/test_finish_js.py runs both on the same numbers. Lengths are in pixels of the upright photo, where the
 * middle of the first pixel is at (0.5, 0.5); standard deviations are those of Gaussians.
 */

/** @import { Canvas, Finish, Frame, PictureBackground, Region, Shadow, Stroke, SubjectCrop } from "./protocol.js" */
/** @typedef {{ width: number, height: number }} Size */
/** @typedef {{ left: number, top: number, width: number, height: number }} Place */

/** Pixels of a canvas for one of the photo, at most. */
const MOST_ENLARGED = 2;
/** Shares of the photo's longer side: how far edges go at 1, and the blur of a background at 1. */
const EDGE_REACH = 0.004, BLUR_REACH = 0.03;
/** Squared length of a segment that has no direction. */
const POINT = 1e-12;
/** Moving edges: see `shifted`. Φ(-1) of the normal distribution, doubled. */
const STEEPEST = 1 / 0.3173, FULL_FROM = 0.25;

/**
 * The part of the plane around the photo that a finish shows, and the finished picture's size.
 * @param {Finish} finish
 * @param {Region | null} subject  Box of alpha >= 128; without one the whole photo counts as the subject.
 * @param {Size} size              Of the photo.
 * @returns {{ frame: Frame, limited: boolean }}  `limited`: the subject would have to be enlarged more than is good.
 */
export function frameOf(finish, subject, { width, height }) {
  const { frame, crop } = finish;
  const whole = { left: 0, top: 0, right: width, bottom: height };
  if (frame) return { frame, limited: false };
  if (!crop) return { frame: { ...whole, width, height }, limited: false };
  return "kind" in crop ? onCanvas(crop, subject ?? whole) : { frame: around(crop, subject ?? whole), limited: false };
}

/**
 * @param {SubjectCrop} crop
 * @param {Region} subject
 * @returns {Frame}
 */
function around({ margin = 0, aspect = null }, { left, top, right, bottom }) {
  const room = margin * Math.max(right - left, bottom - top);
  let across = right - left + 2 * room, down = bottom - top + 2 * room;
  if (aspect) {
    const ratio = aspect[0] / aspect[1];
    [across, down] = [Math.max(across, down * ratio), Math.max(down, across / ratio)];
  }
  const width = Math.max(1, rounded(across)), height = Math.max(1, rounded(down));
  const x = rounded((left + right - width) / 2), y = rounded((top + bottom - height) / 2);
  return { left: x, top: y, right: x + width, bottom: y + height, width, height };
}

/**
 * @param {Canvas} canvas
 * @param {Region} subject
 * @returns {{ frame: Frame, limited: boolean }}
 */
function onCanvas({ width, height, fill = 0.85 }, { left, top, right, bottom }) {
  const wanted = fill * Math.min(width / (right - left), height / (bottom - top));
  const scale = Math.min(wanted, MOST_ENLARGED);
  const across = width / scale, down = height / scale;
  const x = (left + right - across) / 2, y = (top + bottom - down) / 2;
  return {
    frame: { left: x, top: y, right: x + across, bottom: y + down, width, height },
    limited: wanted > MOST_ENLARGED,
  };
}

/** @param {number} value */
function rounded(value) {
  return Math.floor(value + 0.5);
}

/**
 * Where a background picture lies in a finished picture, in pixels of that; it may reach beyond it, and never falls
 * short of it with `cover`.
 * @param {Size} picture
 * @param {Size} finished
 * @param {Omit<PictureBackground, "kind">} how
 * @returns {Place}
 */
export function placeOf(picture, finished, { fit = "cover", x = 0.5, y = 0.5 }) {
  const across = finished.width / picture.width, down = finished.height / picture.height;
  const scale = fit === "cover" ? Math.max(across, down) : Math.min(across, down);
  const width = picture.width * scale, height = picture.height * scale;
  return { left: (finished.width - width) * x, top: (finished.height - height) * y, width, height };
}

/**
 * The standard deviation that the photo is blurred by as a background.
 * @param {number} strength
 * @param {Size} photo
 */
export function backgroundBlur(strength, photo) {
  return strength * BLUR_REACH * Math.max(photo.width, photo.height);
}

/**
 * A shadow in pixels of the photo: alpha, moved and blurred, times opacity, in black.
 * @param {Shadow} shadow
 * @param {Region} subject
 */
export function shadowOf({ opacity = 0.35, blur = 0.03, dx = 0, dy = 0.03 }, { left, top, right, bottom }) {
  const unit = Math.max(right - left, bottom - top);
  return { opacity, sigma: blur * unit, dx: dx * unit, dy: dy * unit };
}

/**
 * How edges are moved: alpha is blurred by `sigma`, then `shifted` with `gain`; the last blur is by `softSigma`.
 * @param {{ softness?: number, shift?: number }} finish
 * @param {Size} photo
 */
export function edgesOf({ softness = 0, shift = 0 }, photo) {
  const reach = EDGE_REACH * Math.max(photo.width, photo.height);
  const gain = 1 + (STEEPEST - 1) * Math.min(1, Math.abs(shift) / FULL_FROM);
  return { sigma: Math.abs(shift) * reach, gain, outwards: shift > 0, softSigma: softness * reach };
}

/**
 * Alpha with its edges moved. A straight edge that was blurred by sigma goes out by sigma where its foot is made
 * `STEEPEST` times as steep, and inwards likewise; less than a quarter of the way the gain fades, so that nothing jumps.
 * @param {number} alpha    0 to 1.
 * @param {number} blurred  The same, blurred.
 * @param {{ gain: number, outwards: boolean }} edges
 */
export function shifted(alpha, blurred, { gain, outwards }) {
  return outwards ? Math.max(alpha, Math.min(1, gain * blurred)) : Math.min(alpha, Math.max(0, 1 - gain * (1 - blurred)));
}

/**
 * How much of a brush's full effect is left at a distance.
 * @param {number} distance  As a share of the radius.
 * @param {number} hardness  As `hardnessOf` gives it, below 1.
 */
export function profile(distance, hardness) {
  const u = Math.min(1, Math.max(0, (distance - hardness) / (1 - hardness)));
  return 1 - u * u * (3 - 2 * u);
}

/**
 * A stroke's hardness, so that where it is widest its edge is one pixel wide at least.
 * @param {Stroke} stroke
 */
export function hardnessOf({ points, hardness }) {
  return Math.min(hardness, Math.max(0, 1 - 1 / widestOf(points)));
}

/**
 * The greatest radius of a stroke.
 * @param {number[]} points
 */
export function widestOf(points) {
  let greatest = 0;
  for (let index = 2; index < points.length; index += 3) greatest = Math.max(greatest, points[index] ?? 0);
  return greatest;
}

/**
 * How much a stroke covers a place: the most that any disc around its points or any segment between them does, times
 * its opacity.
 * @param {Stroke} stroke
 * @param {number} x
 * @param {number} y
 */
export function coverage(stroke, x, y) {
  const { points, opacity } = stroke;
  let least = Infinity;
  for (let at = 0; at < points.length; at += 3) {
    least = Math.min(least, distance(points, at, at, x, y), distance(points, Math.max(0, at - 3), at, x, y));
  }
  return opacity * profile(least, hardnessOf(stroke));
}

/**
 * From a place to the segment between two points, as a share of the radius at the segment's nearest place.
 * @param {number[]} points
 * @param {number} from  Index of a point's x.
 * @param {number} to
 * @param {number} x
 * @param {number} y
 */
function distance(points, from, to, x, y) {
  const [ax = 0, ay = 0, ar = 0] = points.slice(from, from + 3), [bx = 0, by = 0, br = 0] = points.slice(to, to + 3);
  const across = bx - ax, down = by - ay, squared = across * across + down * down;
  const along = squared <= POINT ? 1 : Math.min(1, Math.max(0, ((x - ax) * across + (y - ay) * down) / squared));
  return Math.hypot(x - ax - along * across, y - ay - along * down) / (ar + along * (br - ar));
}

/**
 * Alpha after a stroke.
 * @param {"erase" | "restore"} kind
 * @param {number} alpha  0 to 1.
 * @param {number} covered  See `coverage`.
 */
export function stroked(kind, alpha, covered) {
  return alpha * (1 - covered) + (kind === "restore" ? covered : 0);
}
