/** Where shapes that lie over the photo are on the stage. */

import { set } from "../controls.js";

/** @import { Region } from "../../shared/protocol.js" */
/** @import { Viewport } from "./viewport.js" */

/**
 * Puts a rectangle of an overlay where the view has a part of the photo; hides it where there is none.
 * @param {SVGElement} shape
 * @param {Viewport} viewport
 * @param {Region | null} region
 */
export function putBox(shape, viewport, region) {
  shape.toggleAttribute("hidden", !region);
  if (region) set(shape, boxOf(viewport, region));
}

/**
 * A part of the photo in pixels of the stage.
 * @param {Viewport} viewport
 * @param {Region} region
 */
export function boxOf(viewport, { left, top, right, bottom }) {
  return { ...viewport.toStage({ x: left, y: top }), width: (right - left) * viewport.zoom, height: (bottom - top) * viewport.zoom };
}
