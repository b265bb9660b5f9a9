/** Where shapes that lie over the photo are on the stage. */

import { set, svgElement } from "../controls.js";

/** @import { Region } from "../../shared/protocol.js" */
/** @import { Viewport } from "./viewport.js" */

/**
 * A rectangle that is seen on any photo: light, on a wider dark one. A filter's shadow would cost a redraw of the whole stage.
 * @param {string} className
 */
export function outlined(className) {
  const shape = svgElement("g", { class: className });
  shape.append(svgElement("rect", { class: "dark" }), svgElement("rect", { class: "light" }));
  return shape;
}

/**
 * Puts an outlined rectangle of an overlay where the view has a part of the photo; hides it where there is none.
 * @param {SVGElement} shape
 * @param {Viewport} viewport
 * @param {Region | null} region
 */
export function putBox(shape, viewport, region) {
  shape.toggleAttribute("hidden", !region);
  for (const rect of region ? shape.children : []) set(rect, boxOf(viewport, /** @type {Region} */ (region)));
}

/**
 * A part of the photo in pixels of the stage.
 * @param {Viewport} viewport
 * @param {Region} region
 */
export function boxOf(viewport, { left, top, right, bottom }) {
  return { ...viewport.toStage({ x: left, y: top }), width: (right - left) * viewport.zoom, height: (bottom - top) * viewport.zoom };
}
