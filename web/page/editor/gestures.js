/** Pointers, wheel and keys on the stage: they move the viewport, or go to the tool in hand. */

/** @import { Point, Viewport } from "./viewport.js" */
/** @typedef {Point & { pressure: number, touch: boolean }} Mark  In pixels of the photo; `pressure` is 1 where there is no pen. */
/**
 * @typedef {object} Tool
 * @property {(mark: Mark) => void} start
 * @property {(marks: Mark[]) => void} move
 * @property {() => void} end
 * @property {() => void} cancel
 * @property {(mark: Mark | null) => void} [hover]
 * @property {(event: KeyboardEvent) => boolean} [key]  Whether the key was the tool's.
 */

const WHEEL = 0.0015, TRACKPAD_PINCH = 0.01, LINE = 16;
const KEY_ZOOM = 1.25, KEY_PAN = 48;
const DOUBLE_MS = 320, DOUBLE_PIXELS = 24, TAP_PIXELS = 8;

export class Gestures {
  #element;
  #viewport;
  #onView;
  /** @type {Tool | null} */
  tool = null;
  /** @type {Map<number, Point>} */
  #pointers = new Map();
  /** @type {"tool" | "pan" | "pinch" | null} */
  #doing = null;
  #space = false;
  /** Where a pointer went down, while it may still be a tap. @type {Point | null} */
  #tap = null;
  #lastTap = { x: 0, y: 0, time: -Infinity };

  /**
   * @param {HTMLElement} element
   * @param {Viewport} viewport
   * @param {() => void} onView  The viewport shows something else.
   */
  constructor(element, viewport, onView) {
    this.#element = element;
    this.#viewport = viewport;
    this.#onView = onView;
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#up(event));
    element.addEventListener("pointercancel", (event) => this.#up(event, true));
    element.addEventListener("pointerleave", () => this.tool?.hover?.(null));
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("keyup", (event) => { if (event.key === " ") this.#hold(false); });
    element.addEventListener("blur", () => this.#hold(false));
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button > 1) return;
    const at = this.#place(event);
    this.#pointers.set(event.pointerId, at);
    if (this.#pointers.size === 1 && event.target instanceof Element && event.target.closest("[role=slider]")) return; // the line's own
    this.#element.setPointerCapture(event.pointerId);
    if (event.button === 1) event.preventDefault(); // no scrolling by the middle button
    if (this.#pointers.size === 2) return this.#beginPinch();
    if (this.#pointers.size > 2) return;
    this.#tap = at;
    const pans = event.button === 1 || this.#space || !this.tool;
    this.#doing = pans ? "pan" : "tool";
    if (!pans) this.tool?.start(this.#mark(event));
  }

  #beginPinch() {
    if (this.#doing === "tool") this.tool?.cancel();
    this.tool?.hover?.(null);
    for (const id of this.#pointers.keys()) this.#element.setPointerCapture(id);
    this.#doing = "pinch";
    this.#tap = null;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.#pointers.get(event.pointerId), at = this.#place(event);
    if (this.tool && this.#doing !== "pinch") this.tool.hover?.(this.#mark(event));
    if (!before) return;
    if (this.#tap && Math.hypot(at.x - this.#tap.x, at.y - this.#tap.y) > TAP_PIXELS) this.#tap = null;
    if (this.#doing === "tool") this.tool?.move(this.#coalesced(event));
    // While all is shown there is nothing to move: a finger moves the page.
    if (this.#doing === "pan" && this.#viewport.fitted && event.pointerType === "touch") scrollBy(0, before.y - at.y);
    else if (this.#doing === "pan") this.#pan(at.x - before.x, at.y - before.y);
    if (this.#doing === "pinch") this.#pinch(event.pointerId, before, at);
    this.#pointers.set(event.pointerId, this.#place(event)); // the page may have moved
  }

  /**
   * @param {number} id
   * @param {Point} before
   * @param {Point} at
   */
  #pinch(id, before, at) {
    const [other] = [...this.#pointers].filter(([each]) => each !== id).map(([, place]) => place);
    if (!other) return;
    const apart = (/** @type {Point} */ one) => Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
    this.#viewport.zoomBy(apart(at) / apart(before), { x: (before.x + other.x) / 2, y: (before.y + other.y) / 2 });
    this.#pan((at.x - before.x) / 2, (at.y - before.y) / 2);
  }

  /** @param {PointerEvent} event @param {boolean} [broken] */
  #up(event, broken = false) {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (this.#pointers.size > 0) return;
    if (this.#doing === "tool") broken ? this.tool?.cancel() : this.tool?.end();
    if (this.#doing === "pan" && this.#tap && !broken) this.#tapped(event);
    this.#doing = this.#tap = null;
    if (event.pointerType === "touch") this.tool?.hover?.(null);
  }

  /** @param {PointerEvent} event */
  #tapped(event) {
    const at = this.#place(event), last = this.#lastTap;
    const again = event.timeStamp - last.time < DOUBLE_MS && Math.hypot(at.x - last.x, at.y - last.y) < DOUBLE_PIXELS;
    this.#lastTap = { ...at, time: again ? -Infinity : event.timeStamp };
    if (!again) return;
    this.#viewport.toggle(at);
    this.#onView();
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
    this.#viewport.zoomBy(Math.exp(-event.deltaY * pixels * (event.ctrlKey ? TRACKPAD_PINCH : WHEEL)), this.#place(event));
    this.#onView();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.#element) return;
    if (this.tool?.key?.(event) || this.#viewKey(event.key)) event.preventDefault();
  }

  /** @param {string} key */
  #viewKey(key) {
    const viewport = this.#viewport;
    /** @type {Record<string, () => void>} */
    const actions = {
      "+": () => viewport.zoomBy(KEY_ZOOM), "=": () => viewport.zoomBy(KEY_ZOOM), "-": () => viewport.zoomBy(1 / KEY_ZOOM),
      0: () => viewport.fit(), 1: () => viewport.actual(), " ": () => this.#hold(true),
      ArrowLeft: () => viewport.pan(KEY_PAN, 0), ArrowRight: () => viewport.pan(-KEY_PAN, 0),
      ArrowUp: () => viewport.pan(0, KEY_PAN), ArrowDown: () => viewport.pan(0, -KEY_PAN),
    };
    const action = actions[key];
    action?.();
    if (action) this.#onView();
    return action !== undefined;
  }

  /** The space bar turns every tool into a hand. @param {boolean} on */
  #hold(on) {
    this.#space = on;
    this.#element.toggleAttribute("data-hand", on);
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  #pan(dx, dy) {
    this.#viewport.pan(dx, dy);
    this.#onView();
  }

  /** @param {{ clientX: number, clientY: number }} event @returns {Point} */
  #place({ clientX, clientY }) {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  /** @param {PointerEvent} event @returns {Mark} */
  #mark(event) {
    const pressure = event.pointerType === "pen" && event.pressure > 0 ? event.pressure : 1;
    return { ...this.#viewport.toPhoto(this.#place(event)), pressure, touch: event.pointerType === "touch" };
  }

  /** Pens and mice tell more places than there are frames. @param {PointerEvent} event */
  #coalesced(event) {
    const events = event.getCoalescedEvents?.() ?? [];
    return (events.length > 0 ? events : [event]).map((one) => this.#mark(one));
  }
}

/**
 * Where an arrow key leads, so far; null for other keys.
 * @param {string} key
 * @param {number} step
 * @returns {[number, number] | null}
 */
export function wayOf(key, step) {
  /** @type {Record<string, [number, number]>} */
  const ways = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  return ways[key] ?? null;
}
