/** The original beside its cutout, and the download. */

import { byId } from "./dom.js";
import { showFacts } from "./facts-view.js";
import { say, t } from "./i18n.js";
import { downloadName, sizeWords, typeWords } from "./text.js";

/** @import { Cutout } from "../shared/protocol.js" */
/** @import { Photo } from "./photo.js" */

export class StageView {
  #root = document.documentElement;
  #original = byId("original", HTMLImageElement);
  #missing = byId("original-missing", HTMLElement);
  #cutout = byId("cutout", HTMLImageElement);
  #facts = byId("facts", HTMLElement);
  #download = byId("download", HTMLAnchorElement);
  #report = byId("report", HTMLScriptElement);
  /** @type {Photo | null} */
  #photo = null;
  /** @type {string[]} */
  #urls = [];

  constructor() {
    this.#original.addEventListener("error", () => this.#showMissing(true));
    this.#original.addEventListener("load", () => {
      this.#showMissing(false);
      this.#setShape(this.#original.naturalWidth, this.#original.naturalHeight);
    });
  }

  /** Whether a finished cutout is on the page. */
  get hasCutout() {
    return !this.#cutout.hidden;
  }

  /** @param {Photo} photo */
  showPhoto(photo) {
    if (photo !== this.#photo) {
      this.clear();
      this.#photo = photo;
      this.#original.src = photo.url;
      this.#original.alt = t("stage.original-alt", { name: photo.name });
      byId("original-name", HTMLElement).textContent = photo.name;
    }
    this.#forgetCutout();
    this.#root.toggleAttribute("data-photo", true);
  }

  /** File name of the photo on the page, or "". */
  get name() {
    return this.#photo?.name ?? "";
  }

  /**
   * @param {Cutout} cutout
   * @param {string} model  The model's title.
   */
  showCutout(cutout, model) {
    const { data, preview, ...facts } = cutout;
    const name = downloadName(this.name, cutout.type);
    const url = this.#keep(new Blob([data], { type: cutout.type }));
    Object.assign(this.#cutout, { src: url, hidden: false, alt: t("stage.cutout-alt") });
    Object.assign(this.#download, { href: url, download: name, hidden: false });
    say(byId("download-words", HTMLElement), "job.download", { type: typeWords(cutout.type) });
    byId("download-size", HTMLElement).textContent = sizeWords(data.byteLength);
    byId("cutout-name", HTMLElement).textContent = name;
    if (preview && this.#isMissing) this.#original.src = this.#keep(new Blob([preview], { type: "image/jpeg" }));
    this.#setShape(cutout.width, cutout.height);
    showFacts(cutout, model);
    this.#facts.hidden = false;
    this.#report.textContent = JSON.stringify({ ...facts, bytes_out: data.byteLength });
  }

  /** Takes photo and cutout off the page and gives their memory back. */
  clear() {
    this.#forgetCutout();
    this.#photo?.release();
    this.#photo = null;
    this.#original.removeAttribute("src");
    this.#showMissing(false);
    this.#root.toggleAttribute("data-photo", false);
  }

  #forgetCutout() {
    this.#cutout.hidden = this.#download.hidden = this.#facts.hidden = true;
    this.#cutout.removeAttribute("src");
    this.#download.removeAttribute("href");
    byId("cutout-name", HTMLElement).textContent = "";
    this.#report.textContent = "";
    this.#urls.splice(0).forEach((url) => URL.revokeObjectURL(url));
  }

  /** @param {Blob} blob */
  #keep(blob) {
    const url = URL.createObjectURL(blob);
    this.#urls.push(url);
    return url;
  }

  get #isMissing() {
    return !this.#missing.hidden;
  }

  /** @param {boolean} missing */
  #showMissing(missing) {
    this.#missing.hidden = !missing;
    this.#original.hidden = missing;
  }

  /**
   * Gives original, cutout and the space kept for it one shape, so that they line up.
   * @param {number} width
   * @param {number} height
   */
  #setShape(width, height) {
    if (width === 0 || height === 0) return; // an SVG may have no size of its own
    this.#root.style.setProperty("--ratio", String(width / height));
    this.#root.style.setProperty("--pixels", String(width));
  }
}
