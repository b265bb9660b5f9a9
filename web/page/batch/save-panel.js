/** The buttons that save what is done, and what became of it. */

import { button } from "../controls.js";
import { make } from "../dom.js";
import { fileNames } from "../file-names.js";
import { say, t } from "../i18n.js";
import { fileOf } from "./item.js";
import { canPickFolder, pickFolder, pickZip, saveInto, saveZip } from "./save.js";

/** @import { AppContext } from "../context.js" */
/** @import { Batch } from "./batch-model.js" */
/** @import { Item } from "./item.js" */
/** @import { Content } from "./kept-file.js" */
/** @import { Options, Output, Saved } from "./save.js" */
/** @import { Count } from "./summary.js" */
/** @typedef {Output & { item: Item, made: string }} File */

export class SavePanel {
  element = make("span", { className: "batch-save actions" });
  /** How it went, below the buttons. */
  report = make("div", { className: "batch-report", hidden: true });
  #app;
  #batch;
  #pattern;
  /** @type {AbortController | null} */
  #saving = null;
  #zip = button("batch.zip", () => this.#save(async () => {
    const file = await pickZip(), keep = this.#batch.keepZip.bind(this.#batch);
    return (files, options) => saveZip(files, { file, keep }, options);
  }), { className: "button primary", id: "batch-zip" });
  #folder = button("batch.folder", () => this.#save(async () => {
    const folder = await pickFolder();
    return (files, options) => saveInto(files, folder, options);
  }), { id: "batch-save-folder", hidden: !canPickFolder() });
  #done = 0;

  /**
   * @param {AppContext} app
   * @param {Batch} batch
   * @param {() => string} pattern
   */
  constructor(app, batch, pattern) {
    this.#app = app;
    this.#batch = batch;
    this.#pattern = pattern;
    this.element.append(this.#folder, this.#zip);
  }

  /** @param {Count} count */
  update({ done }) {
    this.#done = done;
    this.#zip.disabled = this.#folder.disabled = done === 0 || this.#saving !== null;
    say(this.#zip, "batch.zip", { count: done });
  }

  /** @param {() => Promise<(files: Output[], options: Options) => Promise<Saved>>} ask  Asks where to; the reader may change their mind. */
  async #save(ask) {
    const saving = (this.#saving = new AbortController());
    try {
      const write = await ask();
      await this.#batch.dropZips();
      const files = this.#files();
      this.update(/** @type {Count} */ ({ done: this.#done }));
      const onProgress = (/** @type {number} */ count) => this.#tell(t("batch.saving", { count, all: files.length }), cancelButton(saving));
      onProgress(0);
      await this.#finish(files, await write(files, { signal: saving.signal, onProgress }));
    } catch (error) {
      if (isAbort(error)) this.report.hidden = true;
      else this.#tell(t("batch.save-failed", { why: String(error) }));
    } finally {
      this.#saving = null;
      this.update(/** @type {Count} */ ({ done: this.#done }));
    }
  }

  /** @returns {File[]} */
  #files() {
    const items = this.#batch.items.filter((item) => item.state === "done" && fileOf(item));
    const places = new Map(this.#batch.items.map((item, at) => [item, at + 1]));
    const names = fileNames(this.#pattern(), items.map((item) => {
      const { name, folder, cutout } = item;
      return { name, folder, n: places.get(item) ?? 0, model: cutout?.model ?? "", type: fileOf(item)?.type ?? "" };
    }));
    return items.map((item, at) => ({ item, made: item.made, path: names[at] ?? "", file: /** @type {Content} */ (fileOf(item)) }));
  }

  /**
   * @param {File[]} files
   * @param {Saved} result
   */
  async #finish(files, { saved, failed }) {
    const paths = new Set(saved.map(({ path }) => path));
    await this.#batch.saved(files.filter(({ path }) => paths.has(path)));
    await this.#batch.renew(files.flatMap(({ path, item }) => (paths.has(path) ? [] : [item])));
    const words = t("batch.saved", { count: saved.length });
    this.#app.announce(words);
    this.#tell(words, ...failed.map(({ path, why }) => make("p", {}, t("batch.unsaved", { path, why }))));
  }

  /**
   * @param {string} words
   * @param {...Node} more
   */
  #tell(words, ...more) {
    this.report.hidden = false;
    this.report.replaceChildren(make("p", {}, words), ...more);
  }
}

/** @param {AbortController} saving */
function cancelButton(saving) {
  return button("batch.stop-saving", () => saving.abort());
}

/** @param {unknown} error */
function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}
