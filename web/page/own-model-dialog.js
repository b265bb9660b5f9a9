/** “Bring your own model”: pick a file, read what was found, choose, add; or read why it can't be used. */

import { AlphacutError } from "../shared/protocol.js";
import { byId } from "./dom.js";
import { errorWords } from "./error-words.js";
import { say, t } from "./i18n.js";
import { OwnModelForm } from "./own-model-form.js";
import { downloadWords } from "./text.js";

/** @import { ProgressReply, StepReply } from "../shared/protocol.js" */
/** @import { OwnModels } from "./own-models.js" */
/** @import { Settings } from "./settings.js" */

export class OwnModelDialog {
  #dialog = byId("own-dialog", HTMLDialogElement);
  #title = byId("own-title");
  #status = byId("own-status");
  #bar = byId("own-progress", HTMLProgressElement);
  #form = new OwnModelForm(() => this.#add());
  #models;
  #loadSettings;
  #onNote;
  /** @type {File | null} */
  #file = null;
  #task = new AbortController();

  /**
   * @param {OwnModels} models
   * @param {() => Promise<Settings>} loadSettings
   * @param {(note: string) => void} onNote
   */
  constructor(models, loadSettings, onNote) {
    this.#models = models;
    this.#loadSettings = loadSettings;
    this.#onNote = onNote;
    const input = byId("own-file", HTMLInputElement);
    byId("own-open", HTMLButtonElement).addEventListener("click", () => this.open());
    byId("own-remove", HTMLButtonElement).addEventListener("click", () => this.#remove());
    byId("own-close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => this.#end());
    input.addEventListener("change", () => {
      const [file] = input.files ?? [];
      if (file) this.#inspect(file);
      input.value = "";
    });
  }

  /**
   * Opens at the choice of a file, or at what is in this one.
   * @param {File} [file]
   */
  open(file) {
    if (this.#dialog.open) this.#task.abort(); // another file was dropped; closing would end its work too
    else {
      byId("settings-dialog", HTMLDialogElement).close();
      this.#dialog.showModal();
    }
    this.#show("pick");
    if (file) this.#inspect(file);
  }

  /** @param {File} file */
  #inspect(file) {
    this.#file = file;
    return this.#work(t("own.starting"), async (options) => {
      const found = await this.#models.inspect(file, options);
      if (options.signal.aborted) return;
      this.#form.show(found, file);
      this.#show("form");
    });
  }

  #add() {
    const { choices } = this.#form;
    return this.#work(t("own.step-rewrite"), async (options) => {
      const settings = await this.#loadSettings();
      if (!this.#file) return;
      const model = await this.#models.add(this.#file, choices, settings.chosen.device, options);
      if (options.signal.aborted) return;
      settings.add(model);
      this.#dialog.close();
      this.#onNote(t("own.ready", { title: model.title }));
    });
  }

  async #remove() {
    const settings = await this.#loadSettings();
    const { model } = settings.chosen;
    try {
      settings.setOwn(await this.#models.forget(model));
      this.#onNote(t("own.removed", { title: model.title }));
    } catch (thrown) {
      this.#onNote(errorWords(AlphacutError.from(thrown)).message);
    }
    byId("model", HTMLSelectElement).focus(); // the button that had it is gone
  }

  /**
   * Shows that work is under way, and what came of it if that is trouble.
   * @param {string} words
   * @param {(options: { signal: AbortSignal, onProgress: (reply: ProgressReply) => void, onStep: (reply: StepReply) => void }) => Promise<void>} work
   */
  async #work(words, work) {
    const { signal } = (this.#task = new AbortController());
    this.#say(words);
    this.#show("busy");
    try {
      await work({
        signal,
        onStep: ({ step, loaded, total }) => this.#say(t(`own.step-${step}`), step === "tools" ? loaded : 0, step === "tools" ? total : 0),
        onProgress: ({ stage, loaded, total }) => {
          const isDownload = stage === "runtime";
          const starting = stage === "runtime" ? t("own.starting") : t("own.trying", { step: t(`step.${stage}.label`) });
          this.#say(starting, isDownload ? loaded : 0, isDownload ? total : 0);
        },
      });
    } catch (thrown) {
      if (!signal.aborted) this.#fail(AlphacutError.from(thrown));
    }
  }

  /**
   * @param {string} words
   * @param {number} [loaded]
   * @param {number} [total]
   */
  #say(words, loaded = 0, total = 0) {
    if (this.#status.textContent !== words) this.#status.textContent = words;
    if (total > 0 && loaded < total) this.#bar.value = loaded / total;
    else this.#bar.removeAttribute("value");
    this.#bar.title = total > 0 ? downloadWords(loaded, total) : "";
  }

  /** @param {AlphacutError} error */
  #fail(error) {
    const { message, hint, exactly } = errorWords(error);
    const texts = { message, hint, code: error.code, details: [exactly, error.details].filter(Boolean).join("\n") };
    for (const [name, text] of Object.entries(texts)) byId(`own-${name}`).textContent = text;
    this.#show("problem");
  }

  /** @param {"pick" | "busy" | "form" | "problem"} state */
  #show(state) {
    for (const name of ["pick", "busy", "problem"]) byId(`own-${name}`).hidden = name !== state;
    this.#form.hidden = state !== "form";
    byId("own-add").hidden = state !== "form";
    byId("own-choose").hidden = state === "busy" || state === "form";
    byId("own-file", HTMLInputElement).disabled = state === "busy" || state === "form";
    say(this.#title, state === "form" ? "own.right" : "own.title");
    this.#dialog.dataset.state = state;
    if (this.#dialog.open) this.#title.focus(); // what had the focus may be hidden now
  }

  /** Whatever is under way is given up, and so is the memory it took. */
  #end() {
    this.#task.abort();
    this.#file = null;
    this.#models.close();
  }
}
