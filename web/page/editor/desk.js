/** The editor's furniture: stage, bars, tabs and panels, tools and keys; editor.js says what they work on. */

import { make } from "../dom.js";
import { say, t } from "../i18n.js";
import { BoxTool } from "./box.js";
import { Brush } from "./brush.js";
import { iconButton, labelled } from "./controls.js";
import { FrameView } from "./frame-view.js";
import { ICONS } from "./icons.js";
import { BackgroundPanel } from "./panel-background.js";
import { BrushPanel } from "./panel-brush.js";
import { CropPanel } from "./panel-crop.js";
import { EdgesPanel } from "./panel-edges.js";
import { SubjectPanel } from "./panel-subject.js";
import { ViewPanel } from "./panel-view.js";
import { PlaceTool } from "./place-tool.js";
import { Saver } from "./saver.js";
import { Stage } from "./stage.js";
import { Tabs } from "./tabs.js";

/** @import { Finish, Frame, Region, Stroke, StrokeEdit } from "../../shared/protocol.js" */
/** @import { AppContext } from "../context.js" */
/** @import { Draft, State } from "./draft.js" */
/** @import { Job } from "./exporter.js" */
/** @import { Picture, Size } from "./picture.js" */
/** @import { Showing } from "./stage.js" */
/** @typedef {"view" | "subject" | "brush" | "background" | "crop" | "edges" | "export"} TabId */
/**
 * @typedef {object} Host
 * @property {() => Draft | null} draft
 * @property {() => { frame: Frame, limited: boolean }} framed
 * @property {() => { name: string, model: string }} names
 * @property {() => Omit<Job, "output"> | null} job
 * @property {(blob: Blob | null) => Picture | null} background
 * @property {() => void} onView
 * @property {() => void} onChange
 * @property {(stroke: StrokeEdit | null) => void} onStroke  Drawn now; null: broken off.
 * @property {(stroke: Stroke) => void} onHint
 * @property {() => void} stopHint
 * @property {(picture: Blob) => void} onPicture
 * @property {(region: Region | null) => void} onRegion
 */

export class Desk {
  #app;
  #host;
  stage = new Stage(() => this.#viewed());
  #frameView = new FrameView(this.stage);
  #brush = new Brush(this.stage, {
    onStroke: (stroke) => this.#stroked(stroke), onEnd: (stroke) => this.#strokeEnded(stroke), onHint: (stroke) => this.#host.onHint(stroke),
    onSettings: () => this.#brushPanel.show(),
  });
  #box = new BoxTool(this.stage, (region, done) => { this.#subjectPanel.show(); if (done) this.#host.onRegion(region); });
  #place;
  #viewPanel = new ViewPanel(this.stage, () => this.#arrange());
  #subjectPanel = new SubjectPanel(this.#box, (region) => this.#host.onRegion(region));
  #brushPanel = new BrushPanel(this.#brush, { onGhost: () => this.#arrange(), onReset: () => this.#host.draft()?.change({ edits: [] }) });
  #backgroundPanel;
  #cropPanel;
  #edgesPanel;
  saver;
  #tabs;
  #undo = iconButton("editor.undo", ICONS.undo, () => this.#step("undo"));
  #redo = iconButton("editor.redo", ICONS.redo, () => this.#step("redo"));
  #reset = iconButton("editor.reset", ICONS.reset, () => this.#resetAll());
  #percent = make("button", { type: "button", className: "button percent" });
  #missing = make("p", { id: "original-missing", className: "missing", hidden: true });
  #pending = make("p", { className: "pending", hidden: true });
  /** Address of a picture for a photo that the browser can't show; or "". */
  #likeness = "";
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
    this.#app = app;
    this.#host = host;
    const { draft } = host;
    this.#backgroundPanel = new BackgroundPanel(draft, app.store, host.onPicture);
    this.#cropPanel = new CropPanel(draft, () => this.stage.size);
    this.#edgesPanel = new EdgesPanel(draft);
    this.saver = new Saver(app, { job: host.job, names: host.names, onSaved: (state) => draft()?.saved(state), isShown: () => this.#tabs.shown === "export" });
    this.#place = new PlaceTool(() => this.#placed(), (how, options) => (how ? draft()?.finish({ background: how }, options) : draft()?.settle()));
    this.#tabs = this.#makeTabs();
    this.element = this.#build();
    this.stage.original.addEventListener("error", () => this.#unreadable());
    this.stage.original.addEventListener("load", () => this.#loaded());
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** The finish as this tab shows it: with a brush the cutout alone, so that what is below can shine through. @param {Finish} finish */
  seen(finish) {
    return this.#showing === "ghost" ? { ...finish, background: null, shadow: null } : finish;
  }

  /**
   * @param {string} url
   * @param {string} alt
   */
  showPhoto(url, alt) {
    Object.assign(this.stage.original, { src: url, alt });
    this.element.hidden = false;
  }

  /**
   * @param {Size} size
   * @param {string} likeness
   */
  setSize({ width, height }, likeness) {
    this.#likeness = likeness;
    if (likeness && this.#missing.hidden === false) this.#unreadable();
    this.#brush.side = Math.max(width, height);
    this.#brushPanel.show(); // sizes are of this photo now
    if (this.stage.size.width !== width || this.stage.size.height !== height) this.stage.setSize({ width, height });
  }

  /** The box that an earlier visit drew. @param {Region | null} box */
  showBox(box) {
    this.#box.set(box);
    this.#subjectPanel.show();
  }

  clear() {
    this.stage.empty();
    this.stage.viewport.fit();
    this.stage.original.removeAttribute("src");
    this.#likeness = "";
    this.#showMissing(false);
    this.#box.set(null);
    this.saver.clear();
    this.element.hidden = true;
    this.#tabs.show("view");
  }

  /** The draft is another one: everything says so. @param {State} state */
  refresh(state) {
    const draft = this.#host.draft();
    this.#undo.disabled = !draft?.canUndo;
    this.#redo.disabled = !draft?.canRedo;
    this.#reset.disabled = !draft || draft.untouched;
    this.#brushPanel.show(state.edits.length > 0);
    this.#backgroundPanel.show(state);
    this.#cropPanel.show(state, this.#host.framed());
    this.#edgesPanel.show(state);
    this.saver.refresh();
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

  /** @returns {Showing} */
  get #showing() {
    const { shown } = this.#tabs;
    if (shown === "view") return this.#viewPanel.showing;
    if (shown === "subject") return "original";
    return shown === "brush" && this.#brushPanel.ghost ? "ghost" : "cutout";
  }

  #build() {
    const zoom = make("div", { className: "zoom" },
      iconButton("editor.zoom-out", ICONS.minus, () => this.#zoom(1 / 1.5)), this.#percent, iconButton("editor.zoom-in", ICONS.plus, () => this.#zoom(1.5)),
      iconButton("editor.zoom-fit", ICONS.fit, () => { this.stage.viewport.fit(); this.#moved(); }));
    this.#percent.addEventListener("click", () => { this.stage.viewport.actual(); this.#moved(); });
    this.#percent.dataset.tTitle = "editor.zoom-actual";
    this.#percent.title = t("editor.zoom-actual");
    const steps = make("div", { className: "steps-bar" }, this.#undo, this.#redo, this.#reset);
    const { element } = this.stage;
    labelled(element, "editor.stage").role = "application";
    this.#pending.role = "status";
    element.append(say(this.#missing, "editor.original-missing"), this.#pending);
    return make("div", { className: "editor", hidden: true },
      element, make("div", { className: "bar" }, zoom, steps), this.#tabs.list, make("div", { className: "panels" }, ...this.#tabs.panels));
  }

  /** @returns {Tabs<TabId>} */
  #makeTabs() {
    /** @type {Record<TabId, HTMLElement>} */
    const panels = {
      view: this.#viewPanel.element, subject: this.#subjectPanel.element, brush: this.#brushPanel.element, background: this.#backgroundPanel.element,
      crop: this.#cropPanel.element, edges: this.#edgesPanel.element, export: this.saver.panel.element,
    };
    return new Tabs(/** @type {[TabId, HTMLElement][]} */ (Object.entries(panels)).map(([id, panel]) => (
      { id, key: `editor.tab.${id}`, icon: ICONS[id], panel }
    )), (id) => { this.#arrange(); if (id === "export") this.saver.refresh(); });
  }

  /** Gives the stage what belongs to the tab: tool, part of the plane, layers. */
  #arrange() {
    const { shown } = this.#tabs, { stage } = this, draft = this.#host.draft(), { frame } = this.#host.framed();
    const photo = { left: 0, top: 0, right: stage.size.width, bottom: stage.size.height };
    const paints = shown === "brush" && draft !== null && this.#pending.hidden;
    this.#brush.take(shown === "brush");
    this.#box.take(shown === "subject");
    const places = shown === "background" && this.#placed() !== null;
    stage.gestures.tool = paints ? this.#brush : shown === "subject" ? this.#box : places ? this.#place : null;
    stage.element.dataset.tool = paints ? "brush" : shown === "subject" ? "box" : places ? "place" : "";
    stage.setContent(shown === "crop" ? around(photo, frame) : shown === "brush" || shown === "subject" ? photo : frame);
    this.#frameView.show(shown === "crop" && draft?.state.finish.crop ? frame : null);
    stage.show(this.#showing);
    this.#viewed();
  }

  #placed() {
    const state = this.#host.draft()?.state, how = state?.finish.background, picture = this.#host.background(state?.picture ?? null);
    return how?.kind === "picture" && picture ? { how, picture, frame: this.#host.framed().frame } : null;
  }

  #viewed() {
    if (!this.element) return; // while it is built
    this.#percent.textContent = t("editor.percent", { percent: this.stage.viewport.percent });
    this.#brush.draw();
    this.#box.draw();
    this.#frameView.draw();
    this.#host.onView();
  }

  #moved() {
    this.stage.layout();
    this.#viewed();
  }

  /** @param {number} factor */
  #zoom(factor) {
    this.stage.viewport.zoomBy(factor);
    this.#moved();
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

  /** @param {"undo" | "redo"} way */
  #step(way) {
    const draft = this.#host.draft();
    if (!this.#pending.hidden) return this.#host.stopHint(); // what is under way is taken back first
    draft?.[way]();
    if (draft) this.#app.announce(t(way === "undo" ? "editor.undone" : "editor.redone"));
  }

  #resetAll() {
    this.#host.draft()?.change({ edits: [], finish: {}, picture: null });
    this.#app.announce(t("editor.reset-done"));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { target } = event, typing = target instanceof HTMLInputElement && !["range", "radio", "checkbox", "color"].includes(target.type);
    if (!this.shown || typing || target instanceof HTMLSelectElement || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (key === "z" || key === "y")) {
      event.preventDefault();
      this.#step(key === "y" || event.shiftKey ? "redo" : "undo");
    } else if (this.#tabs.shown === "brush" && target !== this.stage.element && !event.ctrlKey && !event.metaKey && "[]{}<>,.x".includes(key)) {
      if (this.#brush.key(event)) event.preventDefault();
    }
  }

  #loaded() {
    const { naturalWidth, naturalHeight } = this.stage.original;
    this.#showMissing(false);
    // The cutout says how large the photo is; until then the browser does.
    if (!this.#host.draft() && naturalWidth > 0) this.setSize({ width: naturalWidth, height: naturalHeight }, "");
  }

  /** The browser can't show the photo: what looks like it stands in. */
  #unreadable() {
    const { original } = this.stage, { src } = original;
    this.#showMissing(true);
    if (this.#likeness && src !== this.#likeness) original.src = this.#likeness;
  }

  /** @param {boolean} missing */
  #showMissing(missing) {
    this.#missing.hidden = !missing;
    this.stage.original.hidden = missing;
  }
}

/**
 * @param {Region} a
 * @param {Region} b
 * @returns {Region}
 */
function around(a, b) {
  return { left: Math.min(a.left, b.left), top: Math.min(a.top, b.top), right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom) };
}
