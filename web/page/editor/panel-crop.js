/** What is shown around the subject, and how large the finished picture is. */

import { text } from "../controls.js";
import { make } from "../dom.js";
import { number, say } from "../i18n.js";
import { choice, numberField, slider } from "../inputs.js";

/** @import { Canvas, Finish, Frame, SubjectCrop } from "../../shared/protocol.js" */
/** @import { Size } from "./picture.js" */
/** @import { Draft, State } from "./draft.js" */
/** @typedef {"whole" | "subject" | "canvas"} Kind */
/** @typedef {"free" | "original" | "1:1" | "4:5" | "16:9"} Aspect */

/** Pictures that shops and networks ask for: width, height, what the subject fills, and whether white takes the place of transparency. */
const PRESETS = /** @type {const} */ ({
  "2000x2000": { width: 2000, height: 2000, fill: 0.85, white: true },
  "1600x1600": { width: 1600, height: 1600, fill: 0.8, white: true },
  "1080x1350": { width: 1080, height: 1350, fill: 0.75, white: false },
  "1200x630": { width: 1200, height: 630, fill: 0.8, white: false },
});
/** @typedef {keyof typeof PRESETS | "own"} Preset */
/** @type {Record<string, [number, number]>} */
const ASPECTS = { "1:1": [1, 1], "4:5": [4, 5], "16:9": [16, 9] };
const MARGIN = 0.05;

export class CropPanel {
  #draft;
  #size;
  #kind;
  #aspect;
  #margin;
  #preset;
  #fill;
  #width;
  #height;
  #result = make("p", { className: "quiet" });
  #subject;
  #canvas;
  element;

  /**
   * @param {() => Draft | null} draft
   * @param {() => Size} size  Of the photo.
   */
  constructor(draft, size) {
    this.#draft = draft;
    this.#size = size;
    this.#kind = choice("editor.crop.kind", [["whole", "editor.crop.whole"], ["subject", "editor.crop.subject"], ["canvas", "editor.crop.canvas"]],
      (/** @type {Kind} */ kind) => this.#choose(kind));
    this.#aspect = choice("editor.crop.aspect", [
      ["free", "editor.crop.free"], ["original", "editor.crop.original"], ["1:1", plain("1:1")], ["4:5", plain("4:5")], ["16:9", plain("16:9")],
    ], (/** @type {Aspect} */ aspect) => this.#crop({ aspect: this.#ratio(aspect) }));
    this.#margin = slider("editor.crop.margin", (margin, options) => this.#crop({ margin }, options), { max: 0.5 });
    this.#preset = choice("editor.crop.preset", [
      ...Object.entries(PRESETS).map(([name, { width, height }]) => /** @type {[Preset, Node]} */ ([/** @type {Preset} */ (name), plain(`${width} × ${height}`)])),
      ["own", "editor.crop.own"],
    ], (/** @type {Preset} */ preset) => this.#use(preset));
    this.#fill = slider("editor.crop.fill", (fill, options) => this.#pad({ fill }, options), { min: 0.2 });
    this.#width = numberField("editor.crop.width", (width) => this.#pad({ width }));
    this.#height = numberField("editor.crop.height", (height) => this.#pad({ height }));
    this.#subject = make("div", { className: "part" }, this.#aspect.element, this.#margin.element);
    this.#canvas = make("div", { className: "part" }, this.#preset.element, make("div", { className: "numbers" }, this.#width.element, this.#height.element), this.#fill.element,
      text("p", "editor.crop.shops", { className: "quiet" }));
    this.element = make("div", { className: "panel" }, this.#kind.element, this.#subject, this.#canvas, this.#result);
  }

  /**
   * @param {State} state
   * @param {{ frame: Frame, limited: boolean }} framed
   */
  show({ finish: { crop } }, { frame, limited }) {
    const kind = !crop ? "whole" : "kind" in crop ? "canvas" : "subject";
    this.#kind.show(kind);
    this.#subject.hidden = kind !== "subject";
    this.#canvas.hidden = kind !== "canvas";
    if (crop && "kind" in crop) this.#showCanvas(crop);
    else if (crop) this.#showSubject(crop);
    say(this.#result, limited ? "editor.crop.limited" : "editor.crop.result", { width: number(frame.width), height: number(frame.height) });
  }

  /** @param {SubjectCrop} crop */
  #showSubject({ margin = 0, aspect = null }) {
    const { width, height } = this.#size();
    const named = Object.entries(ASPECTS).find(([, [w, h]]) => aspect && w * aspect[1] === h * aspect[0])?.[0];
    this.#aspect.show(!aspect ? "free" : aspect[0] === width && aspect[1] === height ? "original" : /** @type {Aspect} */ (named ?? "free"));
    this.#margin.show(margin);
  }

  /** @param {Canvas} canvas */
  #showCanvas({ width, height, fill = 0.85 }) {
    const name = `${width}x${height}`;
    this.#preset.show(name in PRESETS ? /** @type {Preset} */ (name) : "own");
    this.#width.show(width);
    this.#height.show(height);
    this.#fill.show(fill);
  }

  /** @param {Kind} kind */
  #choose(kind) {
    if (kind === "canvas") return this.#use("1080x1350"); // one that leaves the background alone
    this.#draft()?.finish({ crop: kind === "whole" ? null : { margin: MARGIN, aspect: null } });
  }

  /** @param {Aspect} aspect @returns {[number, number] | null} */
  #ratio(aspect) {
    const { width, height } = this.#size();
    return aspect === "original" ? [width, height] : ASPECTS[aspect] ?? null;
  }

  /** @param {Partial<SubjectCrop>} change @param {{ keep?: boolean }} [options] */
  #crop(change, options) {
    const crop = this.#draft()?.state.finish.crop;
    if (crop && !("kind" in crop)) this.#draft()?.finish({ crop: { ...crop, ...change } }, options);
  }

  /** @param {Partial<Canvas>} change @param {{ keep?: boolean }} [options] */
  #pad(change, options) {
    const crop = this.#draft()?.state.finish.crop;
    if (!crop || !("kind" in crop)) return;
    const made = { ...crop, ...change };
    made.width = Math.min(8000, Math.max(16, made.width));
    made.height = Math.min(8000, Math.max(16, made.height));
    this.#draft()?.finish({ crop: made }, options);
  }

  /** @param {Preset} preset */
  #use(preset) {
    if (preset === "own") return this.#pad({ width: 1500, height: 1500 });
    const { width, height, fill, white } = PRESETS[preset], draft = this.#draft();
    /** @type {Partial<Finish>} */
    const change = { crop: { kind: "canvas", width, height, fill } };
    if (white && !draft?.state.finish.background) change.background = { kind: "colour", colour: "#ffffff" };
    draft?.finish(change);
  }
}

/** Words that are the same in every language. @param {string} words */
function plain(words) {
  return make("span", { dir: "ltr" }, words);
}
