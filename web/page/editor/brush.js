/** The brush: erases, restores, or hints. Strokes are in pixels of the photo, with a radius for each point. */

import { set, svgElement } from "../controls.js";
import { make } from "../dom.js";
import { wayOf } from "./gestures.js";

/** @import { Stroke, StrokeEdit } from "../../shared/protocol.js" */
/** @import { Mark, Tool } from "./gestures.js" */
/** @import { Stage } from "./stage.js" */
/** @typedef {"erase" | "restore" | "hint"} BrushMode */
/** @typedef {{ mode: BrushMode, size: number, hardness: number, opacity: number }} BrushSettings  `size`: a diameter, 0 to 100 on a scale that grows. */
/**
 * @typedef {object} BrushHost
 * @property {(stroke: StrokeEdit) => void} onStroke  It was begun, or has more points.
 * @property {(stroke: StrokeEdit | null) => void} onEnd  Null: it was broken off.
 * @property {(stroke: Stroke) => void} onHint
 * @property {() => void} onSettings  A key changed them.
 */

/** Diameters in pixels of the photo: shares of its longer side. */
const SMALLEST = 0.002, LARGEST = 0.25;
/** What a pen's lightest touch leaves of the radius. */
const LIGHTEST = 0.15;
/** Pixels of the stage that a stroke must go for another point. */
const NEXT_POINT = 0.7;
const LOUPE = 132, LOUPE_ZOOM = 2;

/** @implements {Tool} */
export class Brush {
  /** @type {BrushSettings} */
  settings = { mode: "erase", size: 62, hardness: 0.7, opacity: 1 };
  /** Longer side of the photo. */
  side = 1000;
  #stage;
  #host;
  #ring = svgElement("circle", { class: "ring" });
  #rim = svgElement("circle", { class: "rim" });
  #trail = svgElement("polyline", { class: "trail" });
  #loupe = make("canvas", { className: "loupe", width: 2 * LOUPE, height: 2 * LOUPE, hidden: true });
  /** @type {StrokeEdit | null} */
  #stroke = null;
  /** @type {Mark | null} */
  #at = null;
  /** Where a finger paints. @type {Mark | null} */
  #touch = null;

  /**
   * @param {Stage} stage
   * @param {BrushHost} host
   */
  constructor(stage, host) {
    this.#stage = stage;
    this.#host = host;
  }

  /** In pixels of the photo. */
  get diameter() {
    return Math.max(1, this.side * SMALLEST * (LARGEST / SMALLEST) ** (this.settings.size / 100));
  }

  /** @param {boolean} on */
  take(on) {
    if (on) {
      this.#stage.overlay.append(this.#trail, this.#rim, this.#ring);
      this.#stage.element.append(this.#loupe);
    } else for (const part of [this.#trail, this.#rim, this.#ring, this.#loupe]) part.remove();
    this.hover(null);
  }

  /** @param {Mark} mark */
  start(mark) {
    const { mode, hardness, opacity } = this.settings;
    this.#stroke = { kind: mode === "restore" ? "restore" : "erase", points: [mark.x, mark.y, this.#radius(mark)], hardness, opacity };
    this.#touch = mark.touch ? mark : null;
    this.#tell();
  }

  /** @param {Mark[]} marks */
  move(marks) {
    const points = this.#stroke?.points, least = NEXT_POINT / this.#stage.viewport.zoom;
    if (!points) return;
    const before = points.length;
    for (const mark of marks) {
      const [x = 0, y = 0] = points.slice(-3);
      if (Math.hypot(mark.x - x, mark.y - y) >= least) points.push(mark.x, mark.y, this.#radius(mark));
    }
    if (this.#touch) this.#touch = marks.at(-1) ?? this.#touch;
    if (points.length > before) this.#tell();
  }

  end() {
    const stroke = this.#stroke;
    this.#stroke = null;
    this.#loupe.hidden = true;
    if (!stroke) return;
    if (this.settings.mode !== "hint") return this.#host.onEnd(stroke);
    const { points, hardness, opacity } = stroke;
    this.#host.onHint({ points, hardness, opacity });
  }

  cancel() {
    this.#stroke = null;
    this.#loupe.hidden = true;
    this.#trail.setAttribute("points", "");
    this.#host.onEnd(null);
  }

  /** A hint was answered, or given up. */
  forgetTrail() {
    this.#trail.setAttribute("points", "");
  }

  /** @param {Mark | null} mark */
  hover(mark) {
    this.#at = mark;
    this.draw();
  }

  /** Puts the ring where the view has it now. */
  draw() {
    const at = this.#at && this.#stage.viewport.toStage(this.#at), radius = Math.max(2, this.diameter / 2 * this.#stage.viewport.zoom);
    for (const circle of [this.#ring, this.#rim]) {
      circle.toggleAttribute("hidden", !at);
      if (at) set(circle, { cx: at.x, cy: at.y, r: radius });
    }
    const trail = this.settings.mode === "hint" ? this.#stroke?.points : null;
    if (trail) this.#drawTrail(trail);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { key } = event, { settings } = this;
    /** @type {Record<string, Partial<BrushSettings>>} */
    const changes = {
      "[": { size: settings.size - 4 }, "]": { size: settings.size + 4 }, ",": { size: settings.size - 4 }, ".": { size: settings.size + 4 },
      "{": { hardness: settings.hardness - 0.1 }, "}": { hardness: settings.hardness + 0.1 },
      "<": { hardness: settings.hardness - 0.1 }, ">": { hardness: settings.hardness + 0.1 },
      x: { mode: settings.mode === "erase" ? "restore" : "erase" },
    };
    const change = changes[key];
    if (change) {
      this.set(change);
      this.#host.onSettings();
    }
    return change !== undefined || this.#steer(event);
  }

  /** @param {Partial<BrushSettings>} change */
  set(change) {
    const { size, hardness, ...rest } = { ...this.settings, ...change };
    this.settings = { ...rest, size: Math.min(100, Math.max(0, size)), hardness: Math.min(1, Math.max(0, Math.round(hardness * 100) / 100)) };
    this.draw();
  }

  /** Arrow keys lead the brush; with Shift, or at Enter, it paints. @param {KeyboardEvent} event */
  #steer({ key, shiftKey }) {
    const { viewport } = this.#stage, step = Math.max(4 / viewport.zoom, this.diameter / 4);
    const way = key === "Enter" ? [0, 0] : wayOf(key, step);
    if (!way) return false;
    const from = this.#at ?? { ...viewport.toPhoto({ x: viewport.width / 2, y: viewport.height / 2 }), pressure: 1, touch: false };
    const to = { ...from, x: from.x + (way[0] ?? 0), y: from.y + (way[1] ?? 0) };
    if (shiftKey || key === "Enter") {
      this.start(from);
      this.move([to]);
      this.end();
    }
    this.hover(to);
    return true;
  }

  #tell() {
    if (this.settings.mode === "hint") {
      this.draw();
      this.look();
    } else if (this.#stroke) this.#host.onStroke(this.#stroke);
  }

  /** @param {Mark} mark */
  #radius({ pressure }) {
    return this.diameter / 2 * (LIGHTEST + (1 - LIGHTEST) * pressure);
  }

  /** @param {number[]} points */
  #drawTrail(points) {
    const { viewport } = this.#stage, places = [];
    for (let at = 0; at < points.length; at += 3) {
      const { x, y } = viewport.toStage({ x: points[at] ?? 0, y: points[at + 1] ?? 0 });
      places.push(`${x},${y}`);
    }
    if (places.length === 1) places.push(`${places[0]}`);
    set(this.#trail, { points: places.join(" "), "stroke-width": (points[2] ?? 1) * 2 * viewport.zoom });
  }

  /** Shows what the finger hides, in a corner where it is not. */
  look() {
    const mark = this.#stroke && this.#touch, { viewport, canvas, original, element, grid } = this.#stage, context = this.#loupe.getContext("2d");
    this.#loupe.hidden = !mark;
    if (!mark || !context || !grid) return;
    const at = viewport.toStage(mark);
    this.#loupe.dataset.side = at.x < viewport.width / 2 && at.y < 2 * LOUPE ? "end" : "start";
    const across = LOUPE / LOUPE_ZOOM / viewport.zoom, left = mark.x - across / 2, top = mark.y - across / 2, size = 2 * LOUPE;
    context.fillStyle = getComputedStyle(element).backgroundColor;
    context.fillRect(0, 0, size, size);
    const natural = original.naturalWidth / this.#stage.size.width;
    context.globalAlpha = 0.35;
    if (original.complete && natural > 0) context.drawImage(original, left * natural, top * natural, across * natural, across * natural, 0, 0, size, size);
    context.globalAlpha = 1;
    context.drawImage(canvas, (left - grid.left) * grid.scale, (top - grid.top) * grid.scale, across * grid.scale, across * grid.scale, 0, 0, size, size);
    context.beginPath();
    context.arc(LOUPE, LOUPE, this.diameter / across * LOUPE, 0, 7);
    context.lineWidth = 3;
    context.strokeStyle = "#fff";
    context.stroke();
    context.lineWidth = 1;
    context.strokeStyle = "#000";
    context.stroke();
  }
}
