/** The editor: one photo, its cutout, and everything that can be made of them. Nothing touches the photo itself. */

import { frameOf } from "../../shared/finish.js";
import { AlphacutError } from "../../shared/protocol.js";
import { t } from "../i18n.js";
import { Desk, isScreen } from "./desk.js";
import { Draft } from "./draft.js";
import { gridOf, sameGrid } from "./grid.js";
import { Hint } from "./hint.js";
import { decodePatches } from "./mask.js";
import { Redraw } from "./redraw.js";
import { Report } from "./report.js";
import { Sources } from "./sources.js";
import { Subject } from "./subject.js";

/** @import { Cutout, Frame, Region, Stroke } from "../../shared/protocol.js" */
/** @import { AppContext, EditorView, Owner } from "../context.js" */
/** @import { Photo } from "../photo.js" */
/** @import { Master, State } from "./draft.js" */

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
  #report = new Report();
  /** @type {Photo | null} */
  #photo = null;
  /** @type {{ photo: Blob, likeness: Blob | null } | null} */
  #files = null;
  /** @type {Draft | null} */
  #draft = null;
  /** The photo is another view's, which keeps what is done to it. */
  #owned = false;
  #subject = new Subject();
  #redraw = new Redraw(() => this.#draw());
  #hint;
  /** @type {string[]} */
  #urls = [];

  /**
   * @param {HTMLElement} root
   * @param {AppContext} app
   */
  constructor(root, app) {
    this.#app = app;
    this.#desk = new Desk(app, {
      draft: () => this.#draft, framed: () => this.#framed(), names: () => ({ name: this.#photo?.name ?? "", model: this.#report.title }),
      job: () => this.#job(), background: (blob) => this.#sources.background(blob),
      onView: () => this.#redraw.moved(), onStroke: (stroke) => this.#live(stroke), onHint: (stroke) => void this.#refine(stroke),
      onPicture: (blob) => void this.#takePicture(blob), onRegion: (region) => this.#cutOutAgain(region),
      stopHint: () => this.#hint.stop(),
    });
    this.#hint = new Hint(app.client, (answering) => this.#desk.refining(answering));
    this.#sources = new Sources(this.#desk.stage.canvas);
    root.prepend(this.#desk.element);
    this.#desk.clear();
    document.addEventListener("wordschange", () => {
      this.#desk.speak();
      this.#report.speak();
    });
    addEventListener("beforeunload", (event) => { if (this.unsaved && (this.#owned || !app.kept.safe)) event.preventDefault(); });
  }

  get unsaved() {
    return this.#draft?.unsaved ?? false;
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
    const { data, preview } = cutout;
    const master = { blob: owner.edited?.master ?? new Blob([data], { type: cutout.type }), subject: cutout.subject ?? null, region: owner.region ?? null };
    this.#desk.setSize(cutout, preview ? this.#keep(new Blob([preview], { type: "image/jpeg" })) : "");
    this.#report.show(cutout, title);
    // Edits and finish outlive a cutout of the same photo: another region, another model.
    if (this.#draft) this.#draft.change({ master });
    else this.#begin(master, preview, owner);
  }

  clear() {
    this.#hint.stop();
    this.#draft = this.#files = null;
    this.#photo?.release();
    this.#photo = null;
    this.#sources.clear();
    this.#desk.clear();
    this.#report.clear();
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
    if (isScreen()) this.#desk.element.scrollIntoView();
    const before = this.#photo?.edited, { edits = [], finish = {}, picture = null } = edited ?? before ?? {};
    const draft = (this.#draft = new Draft({ master, edits, finish, picture }, (state) => {
      if (onChange?.({ ...state, master: state.master.blob })) this.#draft?.saved(state);
      else if (!onChange && this.#files) this.#app.kept.change(state); // else it comes with its photo
      this.#changed(state);
    }));
    this.#owned = onChange !== undefined;
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
    this.#desk.refresh(state);
    this.#redraw.changed();
  }

  /**
   * @param {Master} master
   * @param {{ photo: Blob, likeness: Blob | null }} files
   */
  async #open(master, files) {
    try {
      await decodePatches(this.#draft?.state.edits ?? []); // they may come from an earlier visit or from a batch
      if (this.#draft?.state.master !== master) return;
      const opened = await this.#sources.open(master, { ...files, size: this.#desk.stage.size });
      if (opened?.reduced) this.#app.note(t("editor.reduced"), { tone: "info" });
      if (opened && this.#draft) this.#desk.refresh(this.#draft.state);
      this.#redraw.soon();
    } catch (thrown) {
      this.#say(thrown);
    }
  }

  /** Says what there was to show. @returns {"change" | "view" | null} */
  #draw() {
    const draft = this.#draft, preview = draft && this.#sources.preview(draft.state.master);
    if (!draft || !preview) return null;
    const { edits, finish, picture } = draft.state, { stage } = this.#desk;
    const { quality } = this.#redraw, grid = gridOf(stage.viewport, quality), { frame } = this.#framed();
    const what = preview.grid && sameGrid(grid, preview.grid) ? "change" : "view";
    const subject = this.#subjectOf(draft.state) ?? { left: 0, top: 0, right: stage.size.width, bottom: stage.size.height };
    preview.render({ grid, edits, finish: this.#desk.seen(finish), frame, subject, picture: this.#sources.background(picture), quick: quality < 1 });
    stage.filled(grid);
    return what;
  }

  /** @param {import("../../shared/protocol.js").StrokeEdit | null} stroke */
  #live(stroke) {
    const draft = this.#draft;
    if (!draft || !stroke) return this.#redraw.soon(); // broken off: the edits as they are
    const preview = this.#sources.preview(draft.state.master);
    preview?.draw(stroke);
  }

  /** The frame that is shown, for the subject as it is. @returns {{ frame: Frame, limited: boolean }} */
  #framed() {
    const { size } = this.#desk.stage;
    if (!this.#draft) return frameOf({}, null, size);
    const { state } = this.#draft;
    return frameOf(state.finish, this.#subjectOf(state), size);
  }

  /** @param {State} state @returns {Region | null} */
  #subjectOf(state) {
    return this.#subject.of(state, this.#sources.preview(state.master));
  }

  #job() {
    const files = this.#files, draft = this.#draft;
    if (!draft || !this.#photo) return null;
    return { state: draft.state, photo: files?.photo ?? draft.state.master.blob };
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
      this.#redraw.soon();
      return true;
    } catch {
      this.#app.note(t("editor.background.unreadable"));
      return false;
    }
  }

  /** @param {Stroke} stroke */
  async #refine(stroke) {
    if (!this.#draft || !this.#files) return;
    try {
      await this.#hint.answer(stroke, this.#draft, this.#files.photo);
      this.#app.announce(t("editor.refined"));
    } catch (thrown) {
      this.#say(thrown);
    }
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

