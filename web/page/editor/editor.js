/** The editor: one photo, its cutout, and everything that can be made of them. Nothing touches the photo itself. */

import { frameOf } from "../../shared/finish.js";
import { AlphacutError } from "../../shared/protocol.js";
import { byId } from "../dom.js";
import { showFacts } from "../facts-view.js";
import { t } from "../i18n.js";
import { Desk } from "./desk.js";
import { Draft } from "./draft.js";
import { gridOf, sameGrid } from "./grid.js";
import { decodePatch } from "./mask.js";
import { Sources } from "./sources.js";

/** @import { Cutout, Frame, Region, Stroke } from "../../shared/protocol.js" */
/** @import { AppContext, EditorView, Owner } from "../context.js" */
/** @import { Photo } from "../photo.js" */
/** @import { Master, State } from "./draft.js" */

/** A rendering that takes longer is done with fewer pixels while something is dragged. */
const SLOW_MS = 24, COARSE = 0.6;
/** A drag has ended when nothing came for so long. */
const REST_MS = 160;

/**
 * @param {HTMLElement} root
 * @param {AppContext} app
 * @returns {EditorView}
 */
export function mount(root, app) {
  return new Editor(root, app);
}

/** @implements {EditorView} */
class Editor {
  #app;
  /** @type {Desk} */
  #desk;
  /** @type {Sources} */
  #sources;
  #facts = byId("facts", HTMLElement);
  #report = byId("report", HTMLScriptElement);
  /** @type {Photo | null} */
  #photo = null;
  /** @type {{ photo: Blob, likeness: Blob | null } | null} */
  #files = null;
  #title = "";
  /** What the facts tell of, without its pixels. @type {Cutout | null} */
  #made = null;
  /** @type {Draft | null} */
  #draft = null;
  /** What the box of the subject was found for. @type {{ state: State | null, box: Region | null }} */
  #subject = { state: null, box: null };
  #frame = 0;
  #rest = 0;
  /** Whether it takes long to show a change, and to show another part of the photo. */
  #slow = { change: false, view: false };
  #quality = 1;
  /** A hint that is being answered. @type {AbortController | null} */
  #hint = null;
  /** @type {string[]} */
  #urls = [];

  /**
   * @param {HTMLElement} root
   * @param {AppContext} app
   */
  constructor(root, app) {
    this.#app = app;
    this.#desk = new Desk(app, {
      draft: () => this.#draft, framed: () => this.#framed(), names: () => ({ name: this.name, model: this.#title }),
      job: () => this.#job(), background: (blob) => this.#sources.background(blob),
      onView: () => this.#viewed(), onStroke: (stroke) => this.#live(stroke), onHint: (stroke) => void this.#refine(stroke),
      onPicture: (blob) => void this.#takePicture(blob), onRegion: (region) => this.#cutOutAgain(region), onChange: () => this.#render(),
      stopHint: () => this.#stopHint(),
    });
    this.#sources = new Sources(this.#desk.stage.canvas);
    root.prepend(this.#desk.element);
    this.#desk.clear();
    document.addEventListener("wordschange", () => {
      this.#desk.speak();
      if (this.#made) showFacts(this.#made, this.#title);
    });
    addEventListener("beforeunload", (event) => { if (this.#draft?.unsaved && !app.kept.safe) event.preventDefault(); });
  }

  /** File name of the photo on the page, or "". */
  get name() {
    return this.#photo?.name ?? "";
  }

  get hasCutout() {
    return this.#draft !== null;
  }

  show() {
    this.#desk.shown = true;
  }

  hide() {
    this.#desk.shown = false;
  }

  /** @param {Photo} photo */
  showPhoto(photo) {
    document.documentElement.toggleAttribute("data-photo", true);
    if (photo === this.#photo) return;
    this.clear();
    this.#photo = photo;
    document.documentElement.toggleAttribute("data-photo", true);
    this.#desk.showPhoto(photo.url, t("editor.original-alt", { name: photo.name }));
  }

  /**
   * @param {Cutout} cutout
   * @param {string} title  The model's.
   * @param {Owner} [owner]  Who wants to hear of changes, and what was changed before.
   */
  showCutout(cutout, title, owner = {}) {
    const { data, preview, thumbnail: _, ...facts } = cutout;
    this.#title = title;
    const master = { blob: owner.edited?.master ?? new Blob([data], { type: cutout.type }), subject: cutout.subject ?? null, region: owner.region ?? null };
    this.#desk.setSize(cutout, preview ? this.#keep(new Blob([preview], { type: "image/jpeg" })) : "");
    showFacts(this.#made = cutout, title);
    this.#facts.hidden = false;
    this.#report.textContent = JSON.stringify({ ...facts, bytes_out: data.byteLength });
    // Edits and finish outlive a cutout of the same photo: another region, another model.
    if (this.#draft) this.#draft.change({ master });
    else this.#begin(master, preview, owner);
  }

  clear() {
    this.#stopHint();
    this.#draft = this.#files = this.#made = null;
    this.#photo?.release();
    this.#photo = null;
    this.#sources.clear();
    this.#desk.clear();
    this.#facts.hidden = true;
    this.#report.textContent = "";
    this.#urls.splice(0).forEach((url) => URL.revokeObjectURL(url));
    document.documentElement.toggleAttribute("data-photo", false);
  }

  /**
   * @param {Master} master
   * @param {ArrayBuffer | null} preview
   * @param {Owner} owner
   */
  #begin(master, preview, { edited, onChange }) {
    const likeness = preview && new Blob([preview], { type: "image/jpeg" });
    if (matchMedia("(max-width: 52rem)").matches) this.#desk.element.scrollIntoView(); // it is a screen of its own
    const before = this.#photo?.edited, { edits = [], finish = {}, picture = null } = edited ?? before ?? {};
    const draft = (this.#draft = new Draft({ master, edits, finish, picture }, (state) => {
      if (onChange) this.#draft?.saved(state); // with its owner
      else if (this.#files) this.#app.kept.change(state); // else it comes with its photo
      onChange?.({ ...state, master: state.master.blob });
      this.#changed(state);
    }));
    if (before) {
      draft.saved(null); // at an earlier visit, or not at all
      this.#desk.showBox(master.region ?? null);
    }
    const given = this.#photo;
    void given?.load(new AbortController().signal).then((photo) => {
      if (!onChange && this.#draft === draft) this.#app.kept.open(given, photo, draft.state);
      if (this.#draft?.state.master !== master && this.#files) return;
      this.#files = { photo, likeness };
      if (this.#draft) this.#changed(this.#draft.state);
    }).catch((thrown) => this.#say(thrown));
    this.#changed(this.#draft.state);
  }

  /** @param {State} state */
  #changed(state) {
    if (this.#files && !this.#sources.preview(state.master)) void this.#open(state.master, this.#files);
    if (state.picture && !this.#sources.background(state.picture)) void this.#openPicture(state.picture);
    if (this.#slow.change) this.#coarsen();
    this.#desk.refresh(state);
    this.#render();
  }

  /**
   * @param {Master} master
   * @param {{ photo: Blob, likeness: Blob | null }} files
   */
  async #open(master, files) {
    try {
      const opened = await this.#sources.open(master, { ...files, size: this.#desk.stage.size });
      if (opened?.reduced) this.#app.note(t("editor.reduced"), { tone: "info" });
      if (opened && this.#draft) this.#desk.refresh(this.#draft.state);
      this.#render();
    } catch (thrown) {
      this.#say(thrown);
    }
  }

  /** The view moved: the browser has moved what there is; the pixels follow, at once where that is quick. */
  #viewed() {
    clearTimeout(this.#rest);
    if (this.#slow.view) this.#rest = setTimeout(() => this.#render(), REST_MS);
    else this.#render();
  }

  /** Fewer pixels until the drag ends. */
  #coarsen() {
    this.#quality = COARSE;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#quality = 1;
      this.#slow.change = false; // the next drag may be of something else
      this.#render();
    }, REST_MS);
  }

  #render() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const draft = this.#draft, preview = draft && this.#sources.preview(draft.state.master);
    if (!draft || !preview) return;
    const began = performance.now(), { edits, finish, picture } = draft.state, { stage } = this.#desk;
    const grid = gridOf(stage.viewport, this.#quality), { frame } = this.#framed();
    const what = preview.grid && sameGrid(grid, preview.grid) ? "change" : "view";
    const subject = this.#subjectOf(draft.state) ?? { left: 0, top: 0, right: stage.size.width, bottom: stage.size.height };
    preview.render({ grid, edits, finish: this.#desk.seen(finish), frame, subject, picture: this.#sources.background(picture) });
    stage.filled(grid);
    if (this.#quality === 1) this.#slow[what] = performance.now() - began > SLOW_MS;
  }

  /** @param {import("../../shared/protocol.js").StrokeEdit | null} stroke */
  #live(stroke) {
    const draft = this.#draft;
    if (!draft || !stroke) return this.#render(); // broken off: the edits as they are
    const preview = this.#sources.preview(draft.state.master);
    preview?.draw(stroke);
  }

  /** The frame that is shown and sent, for the subject as it is. @returns {{ frame: Frame, limited: boolean }} */
  #framed() {
    const { size } = this.#desk.stage;
    if (!this.#draft) return frameOf({}, null, size);
    const { state } = this.#draft;
    return frameOf(state.finish, this.#subjectOf(state), size);
  }

  /** @param {State} state @returns {Region | null} */
  #subjectOf(state) {
    const { master, edits } = state, known = this.#subject.state;
    if (edits.length === 0) return master.subject;
    if (known?.master === master && known.edits === edits) return this.#subject.box;
    const preview = this.#sources.preview(master);
    if (!preview) return master.subject;
    this.#subject = { state, box: preview.subject(edits, {}) };
    return this.#subject.box;
  }

  #job() {
    const files = this.#files, draft = this.#draft;
    if (!draft || !this.#photo) return null;
    return { state: draft.state, photo: files?.photo ?? draft.state.master.blob, frame: this.#framed().frame };
  }

  /** @param {Region | null} region */
  #cutOutAgain(region) {
    if (this.#photo) void this.#app.cutOut(this.#photo, region ? { region } : {});
  }

  /** @param {Blob} blob */
  async #takePicture(blob) {
    if (!await this.#openPicture(blob)) return;
    const before = this.#draft?.state.finish.background;
    const background = before?.kind === "picture" ? before : /** @type {const} */ ({ kind: "picture", fit: "cover", x: 0.5, y: 0.5 });
    this.#draft?.change({ picture: blob, finish: { ...this.#draft.state.finish, background } });
  }

  /** @param {Blob} blob */
  async #openPicture(blob) {
    try {
      await this.#sources.openBackground(blob);
      this.#render();
      return true;
    } catch {
      this.#app.note(t("editor.background.unreadable"));
      return false;
    }
  }

  /** @param {Stroke} stroke */
  async #refine(stroke) {
    const draft = this.#draft, files = this.#files;
    if (!draft || !files) return;
    const task = (this.#hint = new AbortController()), { master, edits } = draft.state;
    this.#desk.refining(true);
    try {
      const patch = await this.#app.client.refine({ photo: files.photo, master: master.blob, edits: [...edits], stroke }, { signal: task.signal });
      await decodePatch(patch);
      if (this.#hint === task && this.#draft === draft) draft.change({ edits: [...edits, patch] });
      this.#app.announce(t("editor.refined"));
    } catch (thrown) {
      this.#say(thrown);
    } finally {
      if (this.#hint === task) this.#stopHint();
    }
  }

  #stopHint() {
    this.#hint?.abort();
    this.#hint = null;
    this.#desk.refining(false);
  }

  /** @param {unknown} thrown */
  #say(thrown) {
    const { code, message, hint } = AlphacutError.from(thrown);
    if (code !== "cancelled") this.#app.note(`${message} ${hint}`.trim());
  }

  /** @param {Blob} blob */
  #keep(blob) {
    const url = URL.createObjectURL(blob);
    this.#urls.push(url);
    return url;
  }
}

