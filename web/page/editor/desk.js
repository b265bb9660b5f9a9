/** The editor's furniture: stage, bars, tools and keys; editor.js says what they work on. */

import { labelled } from "../controls.js";
import { make } from "../dom.js";
import { t } from "../i18n.js";
import { BoxTool } from "./box.js";
import { Brush } from "./brush.js";
import { FrameView } from "./frame-view.js";
import { Original } from "./original.js";
import { Panels } from "./panels.js";
import { PlaceTool } from "./place-tool.js";
import { Stage } from "./stage.js";
import { StepsBar } from "./steps-bar.js";
import { ZoomBar } from "./zoom-bar.js";

/** @import { Finish, Frame, Region, Stroke, StrokeEdit } from "../../shared/protocol.js" */
/** @import { AppContext } from "../context.js" */
/** @import { Draft, State } from "./draft.js" */
/** @import { Job } from "./exporter.js" */
/** @import { Picture, Size } from "./picture.js" */
/**
 * @typedef {object} Host
 * @property {() => Draft | null} draft
 * @property {() => { frame: Frame, limited: boolean }} framed
 * @property {() => { name: string, model: string }} names
 * @property {() => Omit<Job, "output"> | null} job
 * @property {(blob: Blob | null) => Picture | null} background
 * @property {() => void} onView
 * @property {(stroke: StrokeEdit | null) => void} onStroke  Drawn now; null: broken off.
 * @property {(stroke: Stroke) => void} onHint
 * @property {() => void} stopHint
 * @property {(picture: Blob) => void} onPicture
 * @property {(region: Region | null) => void} onRegion
 */

export class Desk {
  #host;
  stage = new Stage(() => this.#viewed());
  #frameView = new FrameView(this.stage);
  #brush = new Brush(this.stage, {
    onStroke: (stroke) => this.#stroked(stroke), onEnd: (stroke) => this.#strokeEnded(stroke), onHint: (stroke) => this.#host.onHint(stroke),
    onSettings: () => this.#panels.brush.show(),
  });
  #box = new BoxTool(this.stage, (region, done) => { this.#panels.subject.show(); if (done) this.#host.onRegion(region); });
  #place;
  #panels;
  #zoomBar = new ZoomBar(this.stage, () => this.#viewed());
  #stepsBar;
  #original;
  #pending = make("p", { className: "pending", hidden: true, role: "status" });
  /** A stroke waits for the next frame. */
  #frame = 0;
  /** Whether the view is on the page. */
  shown = false;
  element;

  /**
   * @param {AppContext} app
   * @param {Host} host
   */
  constructor(app, host) {
    this.#host = host;
    const { draft } = host;
    this.#panels = new Panels({ stage: this.stage, brush: this.#brush, box: this.#box }, app, host, () => this.#arrange());
    this.#place = new PlaceTool(() => this.#placed(), (how, options) => (how ? draft()?.finish({ background: how }, options) : draft()?.settle()));
    this.#stepsBar = new StepsBar(draft, () => this.#stopHint(), app.announce);
    // The cutout says how large the photo is; until then the browser does.
    this.#original = new Original(this.stage.original, (size) => { if (!draft()) this.setSize(size, ""); });
    this.element = this.#build();
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** The finish as this tab shows it: with brush or box the cutout alone, so that what is below can shine through. @param {Finish} finish */
  seen(finish) {
    return this.#panels.showing === "ghost" ? { ...finish, background: null, shadow: null } : finish;
  }

  /**
   * @param {string} url
   * @param {string} alt
   */
  showPhoto(url, alt) {
    this.#original.open(url, alt);
    this.element.hidden = false;
  }

  /**
   * @param {Size} size
   * @param {string} likeness
   */
  setSize({ width, height }, likeness) {
    this.#original.likeness = likeness;
    this.#brush.side = Math.max(width, height);
    this.#panels.brush.show(); // sizes are of this photo now
    if (this.stage.size.width !== width || this.stage.size.height !== height) this.stage.setSize({ width, height });
  }

  /** The box that an earlier visit drew. @param {Region | null} box */
  showBox(box) {
    this.#box.set(box);
    this.#panels.subject.show();
  }

  clear() {
    this.stage.empty();
    this.stage.viewport.fit();
    this.#original.clear();
    this.#box.set(null);
    this.element.hidden = true;
    this.#stepsBar.show();
    this.#panels.clear();
  }

  /** The draft is another one: everything says so. @param {State} state */
  refresh(state) {
    this.#stepsBar.show();
    this.#panels.show(state);
    this.#arrange();
  }

  /** A hint is being answered, and nothing can be painted. @param {boolean} on */
  refining(on) {
    this.#pending.hidden = !on;
    this.#pending.textContent = on ? t("editor.refining") : "";
    if (!on) this.#brush.forgetTrail();
    this.#arrange();
  }

  /** The language changed. */
  speak() {
    this.stage.speak();
    const draft = this.#host.draft();
    if (draft) this.refresh(draft.state);
  }

  #build() {
    const { element } = this.stage, { list, panels } = this.#panels.elements;
    labelled(element, "editor.stage").role = "application";
    element.append(this.#original.missing, this.#pending);
    // On small screens the tabs are in sight where their panel may not be.
    list.addEventListener("click", () => isScreen() && this.element.scrollIntoView());
    return make("div", { className: "editor", hidden: true },
      element, make("div", { className: "bar" }, this.#zoomBar.element, this.#stepsBar.element), list, make("div", { className: "panels" }, ...panels));
  }

  /** Gives the stage what belongs to the tab: tool, part of the plane, layers. */
  #arrange() {
    const { shown, showing, ground } = this.#panels, { stage } = this, draft = this.#host.draft(), { frame } = this.#host.framed();
    const photo = { left: 0, top: 0, right: stage.size.width, bottom: stage.size.height };
    const paints = shown === "brush" && draft !== null && this.#pending.hidden;
    this.#brush.take(shown === "brush");
    this.#box.take(shown === "subject");
    const places = shown === "background" && this.#placed() !== null;
    stage.gestures.tool = paints ? this.#brush : shown === "subject" ? this.#box : places ? this.#place : null;
    stage.element.dataset.ground = ground;
    stage.element.dataset.tool = paints ? "brush" : shown === "subject" ? "box" : places ? "place" : "";
    stage.setContent(shown === "crop" ? around(photo, frame) : shown === "brush" || shown === "subject" ? photo : frame);
    this.#frameView.show(shown === "crop" && draft?.state.finish.crop ? frame : null);
    stage.show(showing);
    this.#viewed();
  }

  #placed() {
    const state = this.#host.draft()?.state, how = state?.finish.background, picture = this.#host.background(state?.picture ?? null);
    return how?.kind === "picture" && picture ? { how, picture, frame: this.#host.framed().frame } : null;
  }

  #viewed() {
    if (!this.element) return; // while it is built
    this.#zoomBar.tell();
    this.#brush.draw();
    this.#box.draw();
    this.#frameView.draw();
    this.#host.onView();
  }

  /** @param {StrokeEdit} stroke */
  #stroked(stroke) {
    this.#frame ||= requestAnimationFrame(() => { this.#frame = 0; this.#host.onStroke(stroke); this.#brush.look(); });
  }

  /** @param {StrokeEdit | null} stroke */
  #strokeEnded(stroke) {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const draft = this.#host.draft();
    if (draft && stroke) draft.change({ edits: [...draft.state.edits, stroke] });
    else this.#host.onStroke(null);
  }

  /** Whether a hint was being answered, which now is not. */
  #stopHint() {
    const pending = !this.#pending.hidden;
    if (pending) this.#host.stopHint();
    return pending;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { target } = event, typing = target instanceof HTMLInputElement && !["range", "radio", "checkbox", "color"].includes(target.type);
    if (!this.shown || typing || target instanceof HTMLSelectElement || document.querySelector("dialog[open]")) return;
    if (this.#stepsBar.key(event) || (this.#paintsWith(event) && this.#brush.key(event))) event.preventDefault();
  }

  /** Keys on the stage are its own. @param {KeyboardEvent} event */
  #paintsWith({ key, target, ctrlKey, metaKey }) {
    return this.#panels.shown === "brush" && target !== this.stage.element && !ctrlKey && !metaKey && "[]{}<>,.x".includes(key.toLowerCase());
  }
}

/** Whether the editor is a screen of its own: where editor.css gives it all of the height. */
export function isScreen() {
  return matchMedia("(max-width: 52rem)").matches;
}

/**
 * @param {Region} a
 * @param {Region} b
 * @returns {Region}
 */
function around(a, b) {
  return { left: Math.min(a.left, b.left), top: Math.min(a.top, b.top), right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom) };
}
