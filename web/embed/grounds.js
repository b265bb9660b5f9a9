/** The backgrounds to choose from: none, white, black, and a colour of one's own. */

import { labelled } from "../page/controls.js";
import { byId, make } from "../page/dom.js";

const FIXED = /** @type {const} */ ([["", "batch.ground.transparent"], ["#ffffff", "batch.ground.white"], ["#000000", "embed.black"]]);
const FIRST_OWN = "#56d6a0";

export class Grounds {
  #box = byId("grounds");
  #own = labelled(make("input", { type: "color", value: FIRST_OWN }), "batch.ground.colour");
  /** @type {Map<string, HTMLInputElement>} */
  #fixed = new Map();

  /** @param {(colour: string) => void} onChange  `#rrggbb`, or "" for transparent. */
  constructor(onChange) {
    for (const [colour, key] of FIXED) {
      const input = labelled(make("input", { type: "radio", name: "ground", value: colour }), key);
      input.style.setProperty("--colour", colour || "transparent");
      input.addEventListener("change", () => { this.show(colour); onChange(colour); });
      this.#fixed.set(colour, input);
      this.#box.append(input);
    }
    this.#own.addEventListener("input", () => { this.show(this.#own.value); onChange(this.#own.value); });
    this.#box.append(this.#own);
  }

  /** @param {string} colour */
  show(colour) {
    for (const [one, input] of this.#fixed) input.checked = one === colour;
    const isOwn = !this.#fixed.has(colour);
    if (isOwn) this.#own.value = colour;
    this.#own.toggleAttribute("data-chosen", isOwn);
  }
}
