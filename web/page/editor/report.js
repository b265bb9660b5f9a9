/** What is said of a cutout below the editor, for people and, as JSON, for programs. */

import { byId } from "../dom.js";
import { showFacts } from "../facts-view.js";

/** @import { Cutout } from "../../shared/protocol.js" */

export class Report {
  #facts = byId("facts");
  #report = byId("report", HTMLScriptElement);
  /** @type {Cutout | null} */
  #cutout = null;
  /** The model's. */
  title = "";

  /**
   * @param {Cutout} cutout
   * @param {string} title
   */
  show(cutout, title) {
    const { data, preview: _, thumbnail: __, ...facts } = cutout;
    this.#cutout = cutout;
    this.title = title;
    this.speak();
    this.#facts.hidden = false;
    this.#report.textContent = JSON.stringify({ ...facts, bytes_out: data.byteLength });
  }

  /** The language changed. */
  speak() {
    if (this.#cutout) showFacts(this.#cutout, this.title);
  }

  clear() {
    this.#cutout = null;
    this.#facts.hidden = true;
    this.#report.textContent = "";
  }
}
