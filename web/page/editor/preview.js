/** What the file will look like, at the size it is seen at: computes what changed, and no more. */

import { shadowOf } from "../../shared/finish.js";
import { compose, pixelOf, STEP } from "./compose.js";
import { gridOver, joined, rectOf, sameGrid, wholeOf } from "./grid.js";
import { alphaOf, blurredGrid, blurredPhoto, Edges, enlarged, pictureRegion, pixelsOf, shadowGrid, shadowLayer, subjectColours, withoutSubject } from "./layers.js";
import { keepBelow, Mask } from "./mask.js";

/** @import { Background, Edit, Finish, Frame, Region, StrokeEdit } from "../../shared/protocol.js" */
/** @import { Grid, Rect } from "./grid.js" */
/** @import { Picture, Size } from "./picture.js" */
/**
 * @typedef {object} Wanted
 * @property {Grid} grid
 * @property {readonly Edit[]} edits
 * @property {Finish} finish
 * @property {Frame} frame           What is shown of the plane.
 * @property {Region} subject        What a shadow's lengths are shares of.
 * @property {Picture | null} picture  A background picture.
 * @property {boolean} [quick]  Something is dragged: what is soft anyway may have fewer pixels.
 */

/** The subject's box is looked for on a picture of so many pixels. */
const FOR_SUBJECT = 250_000;

export class Preview {
  #canvas;
  #context;
  /** @type {Picture | null} */
  #photo;
  /** @type {Picture} */
  #master;
  #size;
  /** @type {Grid | null} */
  #grid = null;
  #pixels = { photo: new Uint32Array(), master: new Uint32Array() };
  #mask = new Mask({ left: 0, top: 0, scale: 1, width: 1, height: 1 }, new Uint8Array(1), new Uint8Array(1));
  /** @type {Edges | null} */
  #edges = null;
  #image = new ImageData(1, 1);
  /** Counts what changed alpha. */
  #version = 0;
  /** Layers, each with the key of what it was made from. @type {Record<string, { key: string, value: any } | undefined>} */
  #kept = {};
  /** @type {WeakMap<object, number>} */
  #ids = new WeakMap();
  #nextId = 1;
  /** @type {Uint32Array | null} */
  #beyond = null;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{ photo: Picture | null, master: Picture, size: Size }} sources  Without a photo colours come from the master alone, and nothing bounds alpha.
   */
  constructor(canvas, { photo, master, size }) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true })); // its pixels are made by the processor
    this.#photo = photo;
    this.#master = master;
    this.#size = size;
  }

  /** What is on the canvas. */
  get grid() {
    return this.#grid;
  }

  /**
   * Shows what is wanted.
   * @param {Wanted} wanted
   */
  render(wanted) {
    const { grid, edits, finish } = wanted;
    let changed = this.#take(grid);
    const edited = this.#mask.setEdits(edits);
    if (edited) this.#version += 1;
    changed = joined(changed, this.#soften(finish, edited, changed !== null));
    const { value: under, fresh: other } = this.#under(wanted);
    const { value: shadow, fresh: moved } = this.#shadow(wanted);
    if (other || moved) changed = wholeOf(grid);
    if (!changed) return;
    // Where alpha is the master's so are the colours.
    const own = edits.length === 0 && !this.#edges;
    this.#beyond = own ? null : subjectColours(this.#pixels.photo, this.#alpha, grid.width, STEP);
    this.#compose(changed, under, shadow);
  }

  get #alpha() {
    return this.#edges?.made ?? this.#mask.alpha;
  }

  /**
   * Shows a stroke that is being drawn, over what was rendered last.
   * @param {StrokeEdit} stroke
   */
  draw(stroke) {
    const rect = this.#mask.draw(stroke);
    if (!rect || !this.#grid) return;
    this.#version += 1;
    const changed = this.#edges ? this.#edges.update(this.#mask.alpha, rect) : rect;
    this.#compose(changed, this.#kept.under?.value ?? 0, this.#kept.shadow?.value ?? null);
  }

  /**
   * The box of what is half opaque and more, in pixels of the photo, as near as a small picture tells.
   * @param {readonly Edit[]} edits
   * @param {Finish} finish
   * @returns {Region | null}
   */
  subject(edits, finish) {
    const { width, height } = this.#size;
    const grid = gridOver({ left: 0, top: 0, right: width, bottom: height }, 1, FOR_SUBJECT);
    const alpha = this.#alphaOn(grid, edits, finish);
    let [left, top, right, bottom] = [grid.width, grid.height, 0, 0];
    for (let y = 0, at = 0; y < grid.height; y++) {
      for (let x = 0; x < grid.width; x++) {
        if (/** @type {number} */ (alpha[at++]) < 128) continue;
        [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x + 1), Math.min(top, y), y + 1];
      }
    }
    const { scale } = grid;
    return right === 0 ? null : { left: left / scale, top: top / scale, right: Math.min(width, right / scale), bottom: Math.min(height, bottom / scale) };
  }

  /** @param {Grid} grid @returns {Rect | null} */
  #take(grid) {
    if (this.#grid && sameGrid(grid, this.#grid)) return null;
    this.#grid = grid;
    this.#pixels = { photo: this.#original(grid), master: pixelsOf(this.#master, grid, this.#size) };
    this.#mask = new Mask(grid, alphaOf(this.#pixels.master), alphaOf(this.#pixels.photo));
    this.#image = new ImageData(grid.width, grid.height);
    Object.assign(this.#canvas, { width: grid.width, height: grid.height });
    this.#kept = { behind: this.#kept.behind, blurred: this.#kept.blurred };
    return wholeOf(grid);
  }

  /**
   * @param {Finish} finish
   * @param {Rect | null} edited
   * @param {boolean} anew
   * @returns {Rect | null}
   */
  #soften(finish, edited, anew) {
    const grid = /** @type {Grid} */ (this.#grid), key = `${finish.softness ?? 0} ${finish.shift ?? 0}`;
    const { value, fresh } = this.#keep("edges", key, () => key === "0 0" ? null : new Edges(grid, this.#size, finish));
    this.#edges = value;
    const changed = fresh || anew ? wholeOf(grid) : edited;
    return changed && this.#edges ? this.#edges.update(this.#mask.alpha, changed) : changed;
  }

  /** @param {Wanted} wanted */
  #under({ grid, finish: { background }, frame, picture, edits, quick }) {
    const key = JSON.stringify([background, background?.kind === "picture" && [frame, picture && this.#id(picture)], background?.kind === "blur" && this.#id(edits)]);
    return this.#keep("under", key, () => background ? this.#background(background, grid, { frame, picture, edits, quick }) : 0);
  }

  /**
   * @param {Background} background
   * @param {Grid} grid
   * @param {Pick<Wanted, "frame" | "picture" | "edits" | "quick">} wanted
   */
  #background(background, grid, { frame, picture, edits, quick = false }) {
    if (background.kind === "colour") return pixelOf(background.colour);
    if (background.kind === "picture") return picture ? pixelsOf(picture, grid, pictureRegion(picture, frame, background)) : 0;
    const { strength = 0.5 } = background, small = blurredGrid(this.#size, strength, quick);
    const on = `${small.scale} ${this.#id(edits)}`;
    const { value: behind } = this.#keep("behind", on, () => (
      withoutSubject(pixelsOf(this.#photo ?? this.#master, small, this.#size), this.#alphaOn(small, edits, {}), small)));
    const { value } = this.#keep("blurred", `${strength} ${on}`, () => blurredPhoto(behind, this.#size, { strength, grid: small }));
    return enlarged(value, small, grid, true);
  }

  /** @param {Wanted} wanted */
  #shadow({ grid, edits, finish, subject }) {
    if (!finish.shadow?.opacity) return this.#keep("shadow", "", () => null);
    const shadow = shadowOf(finish.shadow, subject), coarse = shadowGrid(grid, shadow);
    const under = JSON.stringify([coarse, this.#version, finish.softness, finish.shift]);
    const { value: alpha } = this.#keep("dark", under, () => this.#alphaOn(coarse, edits, finish));
    return this.#keep("shadow", under + JSON.stringify(shadow), () => shadowLayer(alpha, coarse, grid, shadow));
  }

  /**
   * Finished alpha on another grid.
   * @param {Grid} grid
   * @param {readonly Edit[]} edits
   * @param {Finish} finish
   */
  #alphaOn(grid, edits, finish) {
    const most = alphaOf(this.#original(grid)), mask = new Mask(grid, alphaOf(pixelsOf(this.#master, grid, this.#size)), most);
    mask.setEdits(edits);
    if (!finish.softness && !finish.shift) return mask.alpha;
    const edges = new Edges(grid, this.#size, finish);
    edges.update(mask.alpha, wholeOf(grid));
    keepBelow(most, edges.made);
    return edges.made;
  }

  /** The photo on a grid, or what stands in for it: the master without its transparency. @param {Grid} grid */
  #original(grid) {
    const pixels = pixelsOf(this.#photo ?? this.#master, grid, this.#size), { width, height } = this.#size;
    const { left, top, right, bottom } = rectOf({ left: 0, top: 0, right: width, bottom: height }, grid);
    for (let y = this.#photo ? bottom : top; y < bottom; y++) {
      for (let at = y * grid.width + left, end = y * grid.width + right; at < end; at++) pixels[at] = /** @type {number} */ (pixels[at]) | 0xff000000;
    }
    return pixels;
  }

  /**
   * @param {Rect} rect
   * @param {Uint32Array | number} under
   * @param {Uint8Array | null} shadow
   */
  #compose(rect, under, shadow) {
    const { left, top, right, bottom } = rect;
    const layers = { ...this.#pixels, alpha: this.#alpha, beyond: this.#beyond, under, shadow };
    compose(new Uint32Array(this.#image.data.buffer), this.#image.width, layers, rect);
    this.#context.putImageData(this.#image, 0, 0, left, top, right - left, bottom - top);
  }

  /**
   * @param {string} name
   * @param {string} key
   * @param {() => any} make
   * @returns {{ value: any, fresh: boolean }}
   */
  #keep(name, key, make) {
    const kept = this.#kept[name];
    if (kept?.key === key) return { value: kept.value, fresh: false };
    const value = make();
    this.#kept[name] = { key, value };
    return { value, fresh: true };
  }

  /** @param {object} object */
  #id(object) {
    const id = this.#ids.get(object) ?? this.#nextId++;
    this.#ids.set(object, id);
    return id;
  }
}
