/** The view of many photos at once. */

import { AlphacutError } from "../../shared/protocol.js";
import { chosen } from "../collect.js";
import { text } from "../controls.js";
import { make } from "../dom.js";
import { errorWords } from "../error-words.js";
import { t } from "../i18n.js";
import { photoFromBlob } from "../photo.js";
import { sizeWords } from "../text.js";
import { action } from "./action.js";
import { Batch } from "./batch-model.js";
import { FinishPanel } from "./finish-panel.js";
import { Grid } from "./grid.js";
import { canRetry, fileOf, isAtRisk, madeOf, photoOf } from "./item.js";
import { Left } from "./left.js";
import { SavePanel } from "./save-panel.js";
import { countOf, Summary } from "./summary.js";

/** @import { AppContext, BatchView } from "../context.js" */
/** @import { Item } from "./item.js" */

/**
 * @param {HTMLElement} root
 * @param {AppContext} app
 * @returns {BatchView}
 */
export function mount(root, app) {
  const view = new View(app);
  root.append(...view.elements);
  const looked = view.left.look();
  return {
    show: () => view.batch.catchUp(),
    hide() {},
    add(photos) {
      app.router.go("batch");
      void view.batch.add(photos);
    },
    async clear() {
      await looked;
      await Promise.all([view.left.clear(), view.batch.clear()]);
    },
  };
}

class View {
  #app;
  #finish;
  #summary;
  #saving;
  #grid = new Grid({
    onOpen: (item) => this.#open(item),
    onRetry: (item) => this.batch.retry([item]),
    onCancel: (item) => this.batch.cancel([item]),
    onRemove: (item) => this.batch.remove(item),
  });
  batch;
  left;
  #buttons = {
    pause: action("pause", () => { this.batch.pause(); this.#draw(); }),
    resume: action("resume", () => { this.batch.resume(); this.#draw(); }),
    cancel: action("cancel", () => this.batch.cancel()),
    retry: action("retry", () => this.batch.retry(this.batch.items.filter(canRetry))),
    clear: action("clear", () => this.#clear()),
  };
  #kept = make("p", { className: "quiet batch-kept" });
  #work = make("div", { className: "batch-work", hidden: true });
  #drawing = false;
  #drawn = -PAUSE;

  /** @param {AppContext} app */
  constructor(app) {
    this.#app = app;
    this.#finish = new FinishPanel(app.store, (recipe) => this.batch.setRecipe(recipe));
    this.#summary = new Summary(app.announce);
    this.batch = new Batch(app, this.#finish.recipe, {
      onAdd: (items) => { this.#grid.add(items); this.#draw(); },
      onChange: (item) => { this.#grid.update(item); this.#draw(); },
      onRemove: (item) => { this.#grid.remove(item); this.#draw(); },
      onKept: () => this.#draw(),
    });
    this.left = new Left(this.batch);
    this.#saving = new SavePanel(app, this.batch, () => this.#finish.pattern);
    this.#build();
    document.addEventListener("wordschange", () => { this.#grid.updateAll(); this.#draw(); });
    addEventListener("beforeunload", (event) => {
      if (this.batch.items.some(isAtRisk)) event.preventDefault();
    });
  }

  get elements() {
    return [
      make("div", { className: "batch-head" },
        make("div", {}, text("h1", "batch.title"), text("p", "batch.lead", { className: "quiet" })), this.#adding()),
      this.left.element, this.#work,
    ];
  }

  #build() {
    const { pause, resume, cancel, retry, clear } = this.#buttons;
    const hint = text("p", "batch.hint", { id: "batch-hint", className: "unseen" });
    this.#grid.element.setAttribute("aria-describedby", hint.id);
    this.#work.append(
      make("div", { className: "batch-bar" }, this.#summary.element,
        make("p", { className: "actions" }, pause, resume, retry, cancel, this.#saving.element)),
      this.#saving.report, this.#finish.element, this.#grid.element, hint,
      make("div", { className: "batch-foot" }, this.#kept, clear),
    );
  }

  /** The ways to add photos beside dropping them. */
  #adding() {
    const files = make("input", { type: "file", id: "batch-files", className: "unseen", multiple: true, accept: PICTURES });
    const folder = make("input", { type: "file", id: "batch-folder", className: "unseen", webkitdirectory: true });
    for (const input of [files, folder]) {
      input.addEventListener("change", () => {
        const photos = chosen(input.files).map((found) => photoFromBlob(found.file, found.file.name, found.folder));
        input.value = "";
        void this.batch.add(photos);
      });
    }
    return make("p", { className: "actions" },
      files, text("label", "batch.add", { className: "button primary", htmlFor: files.id }),
      folder, text("label", "batch.add-folder", { className: "button", htmlFor: folder.id }));
  }

  /** Draws what is told of all photos: soon, but with a pause after it, as of a thousand photos one changes at any moment. */
  #draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    setTimeout(() => {
      this.#drawing = false;
      this.#drawNow();
      this.#drawn = performance.now();
    }, Math.max(0, this.#drawn + PAUSE - performance.now()));
  }

  #drawNow() {
    const { batch } = this, count = countOf(batch.items);
    const { pause, resume, cancel, retry } = this.#buttons;
    this.#work.hidden = count.all === 0;
    this.#grid.element.ariaLabel = t("batch.photos");
    pause.hidden = batch.paused || count.open === 0;
    resume.hidden = !batch.paused;
    cancel.hidden = count.open === 0;
    retry.hidden = !batch.items.some(canRetry);
    this.#saving.update(count);
    this.#kept.textContent = keptWords(batch);
    if (count.all > 0) this.#summary.update(count, batch.pace, batch.paused);
  }

  /** @param {Item} item */
  async #open(item) {
    const blob = await photoOf(item);
    if (!blob) return;
    const photo = photoFromBlob(blob, item.name, item.folder);
    const made = await madeOf(item, this.batch.recipe).catch(async (error) => {
      // Where it is made again its tile tells.
      if (!await this.batch.renew([item])) this.#app.note(errorWords(AlphacutError.from(error)).message, { tone: "warning" });
    });
    if (made === undefined) return;
    if (!made) return this.#app.openEditor(photo);
    let known = made.edited.master;
    this.#app.openEditor(photo, {
      ...made,
      onChange: (edited) => {
        if (item.gone) return false;
        void this.batch.edit(item, edited, edited.master !== known);
        known = edited.master;
        return true;
      },
    });
  }

  async #clear() {
    const unsaved = this.batch.items.filter((item) => fileOf(item) && !item.saved).length;
    if (unsaved > 0 && !confirm(t("batch.clear.sure", { count: unsaved }))) return;
    await this.batch.clear();
  }
}

/** Milliseconds between two drawings: each has the browser go through all tiles. */
const PAUSE = 400;
const PICTURES = "image/*,.tif,.tiff,.tga,.ico,.ppm,.pgm,.pbm,.bmp,.heic,.heif,.avif,.jxl,.jp2";

/** @param {Batch} batch */
function keptWords({ unkept, keptBytes }) {
  const words = [];
  if (unkept) words.push(t(`batch.unkept.${unkept}`));
  if (keptBytes > 0) words.push(t("batch.kept", { size: sizeWords(keptBytes) }));
  return words.join(" ");
}
