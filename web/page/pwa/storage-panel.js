/** What this browser keeps for the page: how much of what, a button for each that clears it, and for how long it stays. */

import { button } from "../controls.js";
import { byId, make } from "../dom.js";
import { say, t } from "../i18n.js";
import { BATCHES, PHOTO, bytesOn } from "../shelf.js";
import { sizeWords } from "../text.js";
import { RUNTIME } from "./keeper.js";

/** @import { AppContext } from "../context.js" */
/** @import { SiteModel } from "../../shared/protocol.js" */
/** @import { Keeper } from "./keeper.js" */
/**
 * @typedef {object} Row
 * @property {string} id     For tests and style.
 * @property {string} title
 * @property {number} bytes
 * @property {(() => unknown) | null} clear
 * @property {string} [asks]  Asked before it is cleared.
 */

/**
 * @param {HTMLElement} root
 * @param {AppContext} app
 */
export function mountStorage(root, app) {
  return new StoragePanel(root, app, app.keeper);
}

class StoragePanel {
  #app;
  #keeper;
  #rows = make("tbody");
  #words = Object.assign(make("p"), { id: "kept-words" });
  #clear = button("pwa.clear-models", () => this.#clearModels(), { id: "forget" });
  #lasting = make("p");
  #last = button("pwa.make-last", () => this.#keeper.makeLast(), { id: "make-last" });
  #quota = make("p", { className: "quiet" });
  #place;
  /** Counts what was drawn: what is measured later than the next is out of date. */
  #draws = 0;

  /**
   * @param {HTMLElement} root
   * @param {AppContext} app
   * @param {Keeper} keeper
   */
  constructor(root, app, keeper) {
    this.#app = app;
    this.#keeper = keeper;
    this.#place = /** @type {HTMLDetailsElement} */ (root.closest("details"));
    this.#words.setAttribute("role", "status");
    root.replaceChildren(
      make("div", { className: "kept-line" }, this.#words, this.#clear),
      make("div", { className: "scroll" }, make("table", { id: "kept-table" }, this.#rows)),
      make("div", { className: "kept-line" }, this.#lasting, this.#last),
      this.#quota,
    );
    keeper.onChange(() => this.#draw());
    for (const change of ["wordschange", "keptchange"]) document.addEventListener(change, () => this.#draw());
    this.#place.addEventListener("toggle", () => this.#draw());
    void this.#draw();
  }

  async #draw() {
    const draw = (this.#draws += 1);
    const { models: { bytes, models }, lasting } = this.#keeper;
    this.#words.textContent = bytes > 0 ? t("pwa.models.kept", { size: sizeWords(bytes) }) : t("pwa.models.none");
    this.#clear.hidden = bytes === 0;
    say(this.#lasting, lasting ? "pwa.lasting" : "pwa.not-lasting");
    this.#last.hidden = lasting;
    const known = models.length > 0 ? (await this.#app.settings()).models : [];
    const photos = this.#place.open ? await Promise.all([BATCHES, PHOTO].map(bytesOn)) : []; // a thousand files are not measured for nobody
    if (draw !== this.#draws) return;
    this.#rows.replaceChildren(...this.#list(known, photos).filter((row) => row.bytes > 0).map((row) => this.#row(row)));
    await this.#drawQuota();
  }

  async #drawQuota() {
    const { usage = 0, quota = 0 } = await (navigator.storage?.estimate().catch(() => null)) ?? /** @type {StorageEstimate} */ ({});
    this.#quota.textContent = quota > 0 ? t("pwa.quota", { usage: sizeWords(usage), quota: sizeWords(quota) }) : "";
  }

  /**
   * @param {SiteModel[]} known
   * @param {number[]} photos  Bytes of batches, and of the photo in the editor.
   * @returns {Row[]}
   */
  #list(known, [batch = 0, photo = 0]) {
    const { files, models: { models, others } } = this.#keeper;
    const group = (/** @type {string} */ name, /** @type {string} */ title, isFixed = false) => ({
      id: name, title, bytes: files?.groups[name]?.bytes ?? 0, clear: isFixed ? null : () => this.#keeper.drop([name]),
    });
    return [
      group("shell", t("pwa.part.shell"), true),
      group("python", t("pwa.part.python")),
      ...RUNTIME.slice(1).map((build) => group(build, t("pwa.part.ort"))),
      group("samples", t("pwa.part.samples")),
      ...models.map(({ model, bytes }) => this.#model(model, bytes, known.find(({ id }) => id === model))),
      { id: "others", title: t("pwa.part.others"), bytes: others, clear: null },
      { id: "photo", title: t("pwa.part.photo"), bytes: photo, clear: () => this.#app.kept.clear(), asks: t("pwa.ask.photo") },
      { id: "batch", title: t("pwa.part.batch"), bytes: batch, clear: () => this.#app.clearBatch(), asks: t("pwa.ask.batch") },
      { id: "settings", title: t("pwa.part.settings"), bytes: this.#app.store.bytes, clear: () => this.#clearSettings() },
    ];
  }

  /**
   * @param {string} id
   * @param {number} bytes
   * @param {SiteModel | undefined} model
   * @returns {Row}
   */
  #model(id, bytes, model) {
    const title = model?.title ?? id;
    if (!model?.own) return { id, title, bytes, clear: () => this.#keeper.forget(id) };
    return { id, title: t("pwa.part.own", { title }), bytes, clear: () => this.#disown(id), asks: t("pwa.ask.own", { title }) };
  }

  /** @param {Row} row */
  #row({ id, title, bytes, clear, asks }) {
    const button = make("button", { type: "button", className: "button small", ariaLabel: t("pwa.clear-one", { title }) }, t("pwa.clear"));
    button.addEventListener("click", async () => {
      if (asks && !confirm(asks)) return;
      button.disabled = true;
      await clear?.();
      await this.#draw();
      const words = t(this.#rows.querySelector(`[data-kept="${id}"]`) ? "pwa.not-cleared" : "pwa.cleared", { title });
      this.#app.announce(words);
    });
    const made = make("tr", {}, make("th", { scope: "row" }, title), make("td", {}, sizeWords(bytes)), make("td", {}, ...(clear ? [button] : [])));
    made.dataset.kept = id;
    return made;
  }

  async #clearModels() {
    const settings = await this.#app.settings();
    const own = settings.models.filter((model) => model.own);
    if (own.length > 0 && !confirm(t("pwa.ask.all", { n: own.length }))) return;
    await this.#keeper.forget(null);
    settings.setOwn([]);
  }

  /** @param {string} id */
  async #disown(id) {
    const settings = await this.#app.settings();
    settings.setOwn(await this.#app.client.ask({ type: "disown", model: id }));
    await this.#keeper.refresh();
  }

  #clearSettings() {
    this.#app.store.clear();
  }
}

/**
 * The line that says whether the page would do without network.
 * @param {Keeper} keeper
 */
export function mountOfflineLine(keeper) {
  const line = byId("offline");
  const draw = () => {
    const { readiness } = keeper;
    document.documentElement.dataset.offline = readiness;
    if (readiness === "unknown") line.textContent = "";
    else say(line, `pwa.offline.${readiness}`);
  };
  keeper.onChange(draw);
  draw();
}
