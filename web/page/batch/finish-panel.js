/** What is made of all photos: background, crop, format, names. */

import { text } from "../controls.js";
import { make } from "../dom.js";
import { USUAL_PATTERN } from "../file-names.js";

/** @import { Finish } from "../../shared/protocol.js" */
/** @import { Store } from "../store.js" */
/** @import { Recipe } from "./item.js" */
/** @typedef {"transparent" | "white" | "colour"} Ground */
/** @typedef {keyof typeof CROPS} Crop */
/** @typedef {{ ground: Ground, colour: string, crop: Crop, format: "png" | "webp" | "jpeg", quality: number, pattern: string }} Choices */

/** Round the subject, and what market places ask for: their size, and how much of it the subject should fill. */
const CROPS = /** @type {const} @satisfies {Record<string, Finish["crop"]>} */ ({
  none: null,
  subject: { margin: 0.05 },
  square: { margin: 0.05, aspect: [1, 1] },
  portrait: { margin: 0.05, aspect: [4, 5] },
  wide: { margin: 0.05, aspect: [16, 9] },
  market: { kind: "canvas", width: 2000, height: 2000, fill: 0.85 },
  small: { kind: "canvas", width: 1080, height: 1080, fill: 0.8 },
});
const KEY = "batch.finish";
/** What a pattern may hold, named in the hint as it is. */
const FIELDS = { name: "{name}", n: "{n}", model: "{model}" };
/** Until the reader has stopped choosing; making photos again takes longer. */
const PAUSE_MS = 600;
/** @type {Choices} */
const USUAL = { ground: "transparent", colour: "#f2f2f2", crop: "none", format: "png", quality: 90, pattern: USUAL_PATTERN };

export class FinishPanel {
  element = make("details", { className: "batch-finish" });
  #store;
  #onChange;
  #choices;
  #timer = 0;
  #ground = select("ground", ["transparent", "white", "colour"]);
  #colour = make("input", { type: "color" });
  #crop = select("crop", Object.keys(CROPS));
  #format = select("format", ["png", "webp", "jpeg"]);
  #quality = make("input", { type: "range", min: "40", max: "100", step: "5" });
  #pattern = make("input", { type: "text", maxLength: 80, autocomplete: "off", spellcheck: false, dir: "ltr" });
  #fields;

  /**
   * @param {Store} store
   * @param {(recipe: Recipe) => void} onChange
   */
  constructor(store, onChange) {
    this.#store = store;
    this.#onChange = onChange;
    this.#choices = recalled(store.get(KEY));
    const { ground, colour, crop, format, quality, pattern } = this.#choices;
    this.#ground.value = ground;
    this.#colour.value = colour;
    this.#crop.value = crop;
    this.#format.value = format;
    this.#quality.value = String(quality);
    this.#pattern.value = pattern;
    this.#fields = { colour: field("colour", this.#colour), quality: field("quality", this.#quality) };
    this.element.append(
      make("summary", {}, text("span", "batch.finish")),
      make("div", { className: "batch-fields" },
        field("ground", this.#ground), this.#fields.colour, field("crop", this.#crop), field("format", this.#format),
        this.#fields.quality, field("pattern", this.#pattern)),
      text("p", "batch.finish.hint", { className: "quiet" }, FIELDS),
    );
    this.element.addEventListener("input", () => this.#read());
    this.#draw();
  }

  /** @returns {Recipe} */
  get recipe() {
    const { ground, colour, crop, format, quality } = this.#choices;
    /** @type {Finish} */
    const finish = {};
    if (ground !== "transparent") finish.background = { kind: "colour", colour: ground === "white" ? "#ffffff" : colour };
    if (crop !== "none") finish.crop = /** @type {any} */ (CROPS[crop]);
    return { finish, output: format === "png" ? { format } : { format, quality } };
  }

  /** How files are named. */
  get pattern() {
    return this.#choices.pattern;
  }

  #read() {
    const before = JSON.stringify(this.recipe);
    this.#choices = /** @type {Choices} */ ({
      ground: this.#ground.value, colour: this.#colour.value, crop: this.#crop.value, format: this.#format.value,
      quality: Number(this.#quality.value), pattern: this.#pattern.value,
    });
    this.#store.set(KEY, JSON.stringify(this.#choices));
    this.#draw();
    if (JSON.stringify(this.recipe) === before) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onChange(this.recipe), PAUSE_MS);
  }

  #draw() {
    const { ground, format } = this.#choices;
    this.#fields.colour.hidden = ground !== "colour";
    this.#fields.quality.hidden = format === "png";
    this.#pattern.placeholder = USUAL_PATTERN;
  }
}

/**
 * @param {string | null} text
 * @returns {Choices}
 */
function recalled(text) {
  const found = { ...USUAL, ...JSON.parse(text ?? "{}") };
  return found.crop in CROPS ? found : USUAL; // an older visit may have known others
}

/**
 * @param {string} name
 * @param {string[]} values
 */
function select(name, values) {
  return make("select", {}, ...values.map((value) => text("option", `batch.${name}.${value}`, { value })));
}

/**
 * @param {string} name
 * @param {HTMLElement} input
 */
function field(name, input) {
  input.dataset.field = name;
  return make("label", {}, text("span", `batch.${name}`), input);
}
