/** What file is saved, how large it gets, and what it is called. */

import { button, text } from "../controls.js";
import { make } from "../dom.js";
import { fileNames, maskPattern, USUAL_PATTERN } from "../file-names.js";
import { say } from "../i18n.js";
import { choice, slider, tick } from "../inputs.js";
import { sizeWords } from "../text.js";
import { ICONS } from "./icons.js";

/** @import { FileFormat, Output } from "../../shared/protocol.js" */
/** @import { Store } from "../store.js" */
/** @typedef {FileFormat} Format */

const TYPES = /** @type {const} */ ({ png: "image/png", webp: "image/webp", jpeg: "image/jpeg", "mask-png": "image/png" });
/** @type {{ format: Format, quality: number, keep: boolean, pattern: string }} */
const DEFAULTS = { format: "png", quality: 90, keep: false, pattern: USUAL_PATTERN };

export class ExportPanel {
  #store;
  #onChange;
  #wanted = DEFAULTS;
  #format;
  #quality;
  #white = text("p", "editor.export.white", { className: "quiet" });
  #keep;
  #pattern = make("input", { type: "text", spellcheck: false, autocomplete: "off", dir: "ltr" });
  #name = make("p", { className: "quiet file-name", dir: "ltr" });
  #size = make("p", { className: "size" });
  #copy;
  #save;
  element;

  /**
   * @param {Store} store
   * @param {{ onChange: () => void, onSave: () => void, onCopy: () => void }} host
   */
  constructor(store, { onChange, onSave, onCopy }) {
    this.#store = store;
    this.#onChange = onChange;
    this.#format = choice("editor.export.format", [
      ["png", plain("PNG")], ["webp", plain("WebP")], ["jpeg", plain("JPEG")], ["mask-png", "editor.export.mask"],
    ], (/** @type {Format} */ format) => this.#set({ format }));
    this.#quality = slider("editor.export.quality", (quality, { keep }) => this.#set({ quality }, keep), { min: 10, max: 100, step: 1, words: String });
    this.#keep = tick("editor.export.keep", (keep) => this.#set({ keep }));
    this.#pattern.addEventListener("input", () => this.#set({ pattern: this.#pattern.value }));
    this.#save = button("editor.export.save", onSave, { className: "button primary", icon: ICONS.export });
    this.#copy = button("editor.export.copy", onCopy, { icon: ICONS.copy });
    this.#copy.hidden = typeof ClipboardItem === "undefined";
    this.element = make("div", { className: "panel" },
      this.#format.element, this.#white, this.#quality.element, this.#keep.element,
      make("label", { className: "field wide" }, text("span", "editor.export.pattern"), this.#pattern), text("p", "editor.export.pattern-hint", { className: "quiet" }),
      this.#name, this.#size, make("p", { className: "actions" }, this.#save, this.#copy));
    this.#set({ ...DEFAULTS, ...this.#kept() }, false);
  }

  /** @returns {Output} */
  get output() {
    const { format, quality, keep } = this.#wanted;
    const loses = format === "jpeg" || format === "webp";
    return { format, ...(loses ? { quality } : {}), ...(keep && format !== "mask-png" ? { metadata: /** @type {const} */ ("keep") } : {}) };
  }

  /**
   * The name of the file to be saved.
   * @param {{ name: string, model: string, n: number }} values
   */
  name(values) {
    const { format, pattern } = this.#wanted;
    const [name = ""] = fileNames(format === "mask-png" ? maskPattern(pattern) : pattern, [{ ...values, folder: "", type: TYPES[format] }]);
    return name;
  }

  /**
   * @param {{ name: string, bytes: number | null, about: number, transparent: boolean }} known  `bytes`: of the file, if it
   *   was made; else `about` as many as the last one, if not 0. `transparent`: no background was chosen.
   */
  show({ name, bytes, about, transparent }) {
    const { format, quality, keep, pattern } = this.#wanted;
    this.#format.show(format);
    this.#quality.show(quality);
    this.#quality.element.hidden = format !== "jpeg" && format !== "webp";
    this.#keep.show(keep);
    this.#keep.element.hidden = format === "mask-png";
    if (this.#pattern !== document.activeElement) this.#pattern.value = pattern;
    this.#white.hidden = !(format === "jpeg" && transparent);
    this.#name.textContent = name;
    if (bytes !== null) say(this.#size, "editor.export.size", { size: sizeWords(bytes) });
    else if (about > 0) say(this.#size, "editor.export.about", { size: sizeWords(about) });
    else say(this.#size, "editor.export.unknown");
  }

  /** @param {boolean} on  A file is being made. */
  busy(on) {
    this.#save.setAttribute("aria-busy", String(on));
    say(/** @type {HTMLElement} */ (this.#save.lastChild), on ? "editor.export.busy" : "editor.export.save");
  }

  /**
   * @param {Partial<typeof DEFAULTS>} change
   * @param {boolean} [keep]
   */
  #set(change, keep = true) {
    this.#wanted = { ...this.#wanted, ...change };
    if (keep) this.#store.set("export", JSON.stringify(this.#wanted));
    this.#onChange();
  }

  #kept() {
    try {
      const kept = JSON.parse(this.#store.get("export") ?? "{}");
      return kept.format in TYPES ? kept : {};
    } catch {
      return {}; // written by nobody we know
    }
  }
}

/** @param {string} words */
function plain(words) {
  return make("span", {}, words);
}
