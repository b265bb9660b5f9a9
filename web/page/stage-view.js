/** The original beside its cutout, and what is known about how it was made. */

import { byId, make } from "./dom.js";
import { deviceWords, downloadName, durationWords, noteWords, sizeWords } from "./text.js";

/** @import { Cutout, Timings } from "../shared/protocol.js" */
/** @import { Photo } from "./photo.js" */

/** @type {readonly [keyof Timings, string, string][]} */
const ROWS = [
  ["start", "Python", "once"],
  ["model", "Model", "once"],
  ["decode", "Decode", ""],
  ["preprocess", "Prepare", ""],
  ["inference", "Network", ""],
  ["mask", "Mask", ""],
  ["compose", "Compose", ""],
  ["encode", "Encode PNG", ""],
];

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
      const { naturalWidth, naturalHeight } = this.#original;
      this.#root.style.setProperty("--shape", `${naturalWidth} / ${naturalHeight}`);
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
      this.#original.alt = `The original: ${photo.name}`;
      byId("original-name", HTMLElement).textContent = photo.name;
    }
    this.#forgetCutout();
    this.#root.toggleAttribute("data-photo", true);
  }

  /** @param {Cutout} cutout */
  showCutout(cutout) {
    const { png, preview, ...facts } = cutout;
    const name = downloadName(this.#photo?.name ?? "");
    const url = this.#keep(new Blob([png], { type: "image/png" }));
    Object.assign(this.#cutout, { src: url, hidden: false, alt: "The cutout: the subject without its background" });
    Object.assign(this.#download, { href: url, download: name, hidden: false });
    byId("download-size", HTMLElement).textContent = sizeWords(png.byteLength);
    byId("cutout-name", HTMLElement).textContent = name;
    if (preview && this.#isMissing) this.#original.src = this.#keep(new Blob([preview], { type: "image/jpeg" }));
    this.#showFacts(cutout);
    this.#report.textContent = JSON.stringify({ ...facts, bytes_out: png.byteLength });
  }

  /** Takes photo and cutout off the page and gives their memory back. */
  clear() {
    this.#forgetCutout();
    this.#photo?.release();
    this.#photo = null;
    this.#original.removeAttribute("src");
    this.#showMissing(false);
    this.#root.style.removeProperty("--shape");
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

  /** @param {Cutout} cutout */
  #showFacts({ device, width, height, format, notes, model, ms, png }) {
    byId("device-report", HTMLElement).textContent = deviceWords(device);
    byId("device-reason", HTMLElement).textContent = device.reason;
    byId("software", HTMLElement).hidden = !device.software;
    byId("fact-model", HTMLElement).textContent = `${model}, ${device.precision === "float16" ? "16-bit" : "32-bit"} arithmetic`;
    byId("fact-photo", HTMLElement).textContent = `${width} × ${height} pixels, ${format}`;
    byId("fact-cutout", HTMLElement).textContent = `${width} × ${height} pixels, PNG, ${sizeWords(png.byteLength)}`;
    byId("notes", HTMLElement).replaceChildren(...notes.map((note) => make("li", {}, noteWords(note))));
    showTimings(ms);
    this.#facts.hidden = false;
  }
}

/** @param {Timings} ms */
function showTimings(ms) {
  const longest = Math.max(...ROWS.map(([key]) => ms[key]), 1);
  const rows = ROWS.filter(([key, , once]) => !once || ms[key] > 0).map(([key, label, once]) => {
    const bar = make("i");
    bar.style.inlineSize = `${(ms[key] / longest) * 100}%`;
    const name = make("th", { scope: "row" }, label, ...(once ? [make("small", {}, once)] : []));
    return make("tr", {}, name, make("td", { ariaHidden: "true" }, bar), make("td", {}, durationWords(ms[key])));
  });
  byId("timing-rows", HTMLElement).replaceChildren(...rows);
  byId("timing-total", HTMLElement).textContent = durationWords(ms.total);
}
