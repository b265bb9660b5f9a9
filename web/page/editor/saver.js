/** Brings the finished file to the reader: as a download, or into the clipboard. */

import { AlphacutError } from "../../shared/protocol.js";
import { byId, make } from "../dom.js";
import { say, t } from "../i18n.js";
import { noteWords, sizeWords, typeWords } from "../text.js";
import { Exporter } from "./exporter.js";
import { ExportPanel } from "./panel-export.js";

/** @import { AppContext } from "../context.js" */
/** @import { Job, Made } from "./exporter.js" */
/** @import { State } from "./draft.js" */

/** How long a saved file's address must live: until the browser has begun to read it. */
const ADDRESS_MS = 60_000;

export class Saver {
  #app;
  #host;
  #exporter;
  #link = byId("download", HTMLAnchorElement);
  #size = byId("download-size");
  #url = "";
  /** @type {Blob | null} */
  #linked = null;
  #count = 1;
  #about = 0;
  #settled = false;
  /** A file is wanted, not only its size: no change ends that. */
  #saving = false;
  panel;

  /**
   * @param {AppContext} app
   * @param {{ job: () => Omit<Job, "output"> | null, names: () => { name: string, model: string }, onSaved: (state: State) => void, isShown: () => boolean }} host
   *   `isShown`: whether the export panel is.
   */
  constructor(app, host) {
    this.#app = app;
    this.#host = host;
    this.#exporter = new Exporter(app.client);
    this.panel = new ExportPanel(app.store, { onChange: () => this.#settled && this.refresh(), onSave: () => this.save(), onCopy: () => this.copy() });
    this.#settled = true;
    this.#link.addEventListener("click", (event) => this.#clicked(event));
  }

  /** Something may have changed: link and panel say what there is now. */
  refresh() {
    const job = this.#job();
    this.#link.hidden = !job;
    if (!job) return;
    const made = this.#exporter.ready(job);
    this.#address(made?.blob ?? null);
    this.#show(job, made);
    if (!made && !this.#saving && this.#host.isShown()) this.#exporter.makeLater(job, () => this.refresh());
  }

  /** Another photo: nothing of the one before is kept. */
  clear() {
    this.#exporter.stop();
    this.#address(null);
    this.#link.hidden = true;
    [this.#about, this.#count] = [0, 1];
  }

  async save() {
    const job = this.#job(), made = job && await this.#make(job);
    if (!job || !made) return;
    const href = URL.createObjectURL(made.blob);
    make("a", { href, download: this.#name() }).click();
    setTimeout(() => URL.revokeObjectURL(href), ADDRESS_MS);
    this.#saved(job, made);
  }

  async copy() {
    const now = this.#job();
    if (!now) return;
    const job = { ...now, output: { format: /** @type {const} */ ("png") } };
    this.panel.busy(this.#saving = true);
    try {
      // Within the click, or some browsers refuse: the picture may come later.
      const png = this.#exporter.make(job).then(({ blob }) => blob);
      await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
      this.#app.announce(t("editor.copied"));
      this.#app.note(t("editor.copied"), { tone: "info" });
    } catch (thrown) {
      const refused = thrown instanceof DOMException;
      const words = refused ? t("editor.copy-refused") : this.#words(thrown) || t("editor.copy-ended");
      this.#app.note(words);
    } finally {
      this.panel.busy(this.#saving = false);
      this.refresh();
    }
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const job = this.#job(), made = job && this.#exporter.ready(job);
    if (job && made) return this.#saved(job, made); // the browser follows the link
    event.preventDefault();
    void this.save();
  }

  /** @param {Job} job @returns {Promise<Made | null>} */
  async #make(job) {
    this.panel.busy(this.#saving = true);
    try {
      return await this.#exporter.make(job);
    } catch (thrown) {
      const words = this.#words(thrown);
      if (words) this.#app.note(words);
      return null;
    } finally {
      this.panel.busy(this.#saving = false);
      this.refresh();
    }
  }

  /** @param {Job} job @param {Made} made */
  #saved(job, made) {
    this.#host.onSaved(job.state);
    this.#app.kept.saved(job.state);
    this.#app.announce(t("editor.saved", { name: this.#name() }));
    if (made.notes.length > 0) this.#app.note(made.notes.map(noteWords).join(" "), { tone: "info" });
    this.#count += 1;
    setTimeout(() => this.refresh()); // not before the browser has taken name and address from the link
  }

  /** Why there is no file; "" where another one was asked for. @param {unknown} thrown */
  #words(thrown) {
    const { code, message, hint } = AlphacutError.from(thrown);
    return code === "cancelled" ? "" : `${t("editor.not-saved")} ${message} ${hint}`.trim();
  }

  /** @param {Job} job @param {Made | null} made */
  #show({ state, output }, made) {
    const bytes = made?.blob.size ?? null, name = this.#name();
    if (bytes) this.#about = bytes;
    this.panel.show({ name, bytes, about: this.#about, transparent: !state.finish.background });
    this.#link.download = name;
    if (output.format === "mask-png") say(byId("download-words"), "editor.export.download-mask");
    else say(byId("download-words"), "job.download", { type: typeWords(`image/${output.format}`) });
    this.#size.textContent = bytes === null ? "" : sizeWords(bytes);
  }

  #job() {
    const job = this.#host.job();
    return job && { ...job, output: this.panel.output };
  }

  #name() {
    return this.panel.name({ ...this.#host.names(), n: this.#count });
  }

  /** @param {Blob | null} blob */
  #address(blob) {
    if (blob === this.#linked && this.#url) return;
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#linked = blob;
    this.#url = blob ? URL.createObjectURL(blob) : "";
    this.#link.href = this.#url || "#";
  }
}
