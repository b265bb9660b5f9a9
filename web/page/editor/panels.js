/** The tabs of the editor, with the panel of each. */

import { ICONS } from "./icons.js";
import { BackgroundPanel } from "./panel-background.js";
import { BrushPanel } from "./panel-brush.js";
import { CropPanel } from "./panel-crop.js";
import { EdgesPanel } from "./panel-edges.js";
import { SubjectPanel } from "./panel-subject.js";
import { ViewPanel } from "./panel-view.js";
import { Saver } from "./saver.js";
import { Tabs } from "./tabs.js";

/** @import { AppContext } from "../context.js" */
/** @import { BoxTool } from "./box.js" */
/** @import { Brush } from "./brush.js" */
/** @import { Host } from "./desk.js" */
/** @import { State } from "./draft.js" */
/** @import { Showing, Stage } from "./stage.js" */
/** @typedef {"view" | "subject" | "brush" | "background" | "crop" | "edges" | "export"} TabId */

export class Panels {
  #host;
  #view;
  #background;
  #crop;
  #edges;
  /** @type {Tabs<TabId>} */
  #tabs;
  subject;
  brush;
  saver;

  /**
   * @param {{ stage: Stage, brush: Brush, box: BoxTool }} tools
   * @param {AppContext} app
   * @param {Host} host
   * @param {() => void} onArrange  The stage is to show something else.
   */
  constructor({ stage, brush, box }, app, host, onArrange) {
    const { draft } = host;
    this.#host = host;
    this.#view = new ViewPanel(stage, onArrange);
    this.subject = new SubjectPanel(box, host.onRegion);
    this.brush = new BrushPanel(brush, { onGhost: onArrange, onReset: () => { host.stopHint(); draft()?.change({ edits: [] }); } });
    this.#background = new BackgroundPanel(draft, app.store, host.onPicture);
    this.#crop = new CropPanel(draft, () => stage.size);
    this.#edges = new EdgesPanel(draft);
    this.saver = new Saver(app, { job: host.job, names: host.names, onSaved: (state) => draft()?.saved(state), isShown: () => this.shown === "export" });
    /** @type {Record<TabId, { element: HTMLElement }>} */
    const panels = {
      view: this.#view, subject: this.subject, brush: this.brush, background: this.#background, crop: this.#crop, edges: this.#edges, export: this.saver.panel,
    };
    this.#tabs = new Tabs(/** @type {TabId[]} */ (Object.keys(panels)).map((id) => (
      { id, key: `editor.tab.${id}`, icon: ICONS[id], panel: panels[id].element }
    )), (id) => { onArrange(); if (id === "export") this.saver.refresh(); });
  }

  get elements() {
    return { list: this.#tabs.list, panels: this.#tabs.panels };
  }

  get shown() {
    return this.#tabs.shown;
  }

  /** What the stage shows with this tab. @returns {Showing} */
  get showing() {
    if (this.shown === "view") return this.#view.showing;
    // A box is drawn on the photo, and what came of the last one is seen.
    return this.shown === "subject" || this.shown === "brush" && this.brush.ghost ? "ghost" : "cutout";
  }

  /** On what the cutout lies with this tab: one to judge edges by stays where edges are worked on, and is not taken for the file's background. */
  get ground() {
    return ["view", "brush", "edges"].includes(this.shown) ? this.#view.ground : "checks";
  }

  /** @param {State} state */
  show(state) {
    this.brush.show(state.edits.length > 0);
    this.#background.show(state);
    this.#crop.show(state, this.#host.framed());
    this.#edges.show(state);
    this.saver.refresh();
  }

  clear() {
    this.saver.clear();
    this.#tabs.show("view");
  }
}
