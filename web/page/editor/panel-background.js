/** What the cutout is laid on, and its shadow. */

import { text } from "../controls.js";
import { make } from "../dom.js";
import { t } from "../i18n.js";
import { choice, slider, tick } from "../inputs.js";

/** @import { Background, Shadow } from "../../shared/protocol.js" */
/** @import { Store } from "../store.js" */
/** @import { Draft, State } from "./draft.js" */
/** @typedef {"none" | Background["kind"]} Kind */

/** Colours with names. @type {Record<string, string>} */
const BASIC = { "#ffffff": "white", "#f2f2f2": "light-grey", "#000000": "black", "#0d8a5f": "green", "#2f6fde": "blue", "#f4c542": "yellow", "#d9683f": "orange" };
const RECENT = 5;
/** @type {Required<Shadow>} */
const SHADOW = { opacity: 0.35, blur: 0.03, dx: 0, dy: 0.03 };

export class BackgroundPanel {
  #draft;
  #store;
  #kind;
  #colour = make("input", { type: "color", value: "#ffffff" });
  #swatches = make("div", { className: "colours" });
  /** @type {Map<string, HTMLButtonElement>} */
  #patches = new Map();
  #dragHint = text("p", "editor.background.drag", { className: "quiet keys-hint" });
  #file = make("input", { type: "file", accept: "image/*", id: "background-file", className: "unseen" });
  #fit;
  #x;
  #y;
  #strength;
  #shadow;
  #shadows;
  /** @type {Record<string, HTMLElement>} */
  #parts;
  element;

  /**
   * @param {() => Draft | null} draft
   * @param {Store} store
   * @param {(picture: Blob) => void} onPicture
   */
  constructor(draft, store, onPicture) {
    this.#draft = draft;
    this.#store = store;
    this.#kind = choice("editor.background.kind", [
      ["none", "editor.background.none"], ["colour", "editor.background.colour"], ["picture", "editor.background.picture"], ["blur", "editor.background.blur"],
    ], (/** @type {Kind} */ kind) => this.#choose(kind));
    this.#colour.addEventListener("input", () => this.#set({ kind: "colour", colour: this.#colour.value }, { keep: false }));
    this.#colour.addEventListener("change", () => this.#keepColour(this.#colour.value));
    this.#file.addEventListener("change", () => {
      const [file] = this.#file.files ?? [];
      if (file) onPicture(file);
      this.#file.value = "";
    });
    this.#fit = choice("editor.background.fit", [["cover", "editor.background.cover"], ["contain", "editor.background.contain"]],
      (/** @type {"cover" | "contain"} */ fit) => this.#place({ fit }));
    this.#x = slider("editor.background.x", (x, options) => this.#place({ x }, options));
    this.#y = slider("editor.background.y", (y, options) => this.#place({ y }, options));
    this.#strength = slider("editor.background.strength", (strength, options) => this.#set({ kind: "blur", strength }, options));
    this.#shadow = tick("editor.shadow", (on) => this.#draft()?.finish({ shadow: on ? SHADOW : null }));
    const one = (/** @type {keyof Shadow} */ name, /** @type {number} */ max, min = 0) => [name, slider(
      `editor.shadow.${name}`, (value, options) => this.#shade({ [name]: value }, options), { min, max, step: 0.005 },
    )];
    this.#shadows = /** @type {Record<keyof Shadow, import("../inputs.js").Control<number>>} */ (
      Object.fromEntries([one("opacity", 1), one("blur", 0.15), one("dx", 0.25, -0.25), one("dy", 0.25, -0.25)]));
    this.#parts = this.#sections();
    this.element = make("div", { className: "panel" }, this.#kind.element, ...Object.values(this.#parts));
    this.#drawSwatches();
  }

  /** @param {State} state */
  show({ finish: { background, shadow }, picture }) {
    const kind = background?.kind ?? "none";
    this.#kind.show(kind);
    for (const [name, part] of Object.entries(this.#parts)) part.hidden = !["shadow", kind].includes(name);
    if (background?.kind === "colour") this.#colour.value = background.colour;
    this.#tellSwatches();
    if (background?.kind === "picture") this.#showPicture(background, picture !== null);
    if (background?.kind === "blur") this.#strength.show(background.strength ?? 0.5);
    this.#shadow.show(Boolean(shadow));
    for (const [name, control] of Object.entries(this.#shadows)) {
      control.element.hidden = !shadow;
      control.show({ ...SHADOW, ...shadow }[/** @type {keyof Shadow} */ (name)]);
    }
  }

  /** @param {import("../../shared/protocol.js").PictureBackground} how @param {boolean} chosen */
  #showPicture({ fit = "cover", x = 0.5, y = 0.5 }, chosen) {
    for (const element of [this.#fit.element, this.#x.element, this.#y.element, this.#dragHint]) element.hidden = !chosen;
    this.#fit.show(fit);
    this.#x.show(x);
    this.#y.show(y);
  }

  #sections() {
    const part = (/** @type {(Node | string)[]} */ ...children) => make("div", { className: "part" }, ...children);
    return {
      colour: part(this.#swatches, make("label", { className: "field" }, text("span", "editor.background.any"), this.#colour)),
      picture: part(
        make("div", {}, this.#file, text("label", "editor.background.choose", { htmlFor: this.#file.id, className: "button" })),
        this.#fit.element, this.#x.element, this.#y.element, this.#dragHint),
      blur: part(this.#strength.element),
      shadow: part(this.#shadow.element, ...Object.values(this.#shadows).map(({ element }) => element)),
    };
  }

  /** @param {Kind} kind */
  #choose(kind) {
    /** @type {Record<Kind, Background | null>} */
    const backgrounds = {
      none: null, colour: { kind: "colour", colour: this.#colour.value },
      picture: { kind: "picture", fit: "cover", x: 0.5, y: 0.5 }, blur: { kind: "blur", strength: 0.5 },
    };
    this.#set(backgrounds[kind]);
  }

  /** @param {Background | null} background @param {{ keep?: boolean }} [options] */
  #set(background, options) {
    this.#draft()?.finish({ background }, options);
  }

  /** @param {{ fit?: "cover" | "contain", x?: number, y?: number }} change @param {{ keep?: boolean }} [options] */
  #place(change, options) {
    const background = this.#draft()?.state.finish.background;
    if (background?.kind === "picture") this.#set({ ...background, ...change }, options);
  }

  /** @param {Partial<Shadow>} change @param {{ keep?: boolean }} [options] */
  #shade(change, options) {
    const draft = this.#draft();
    draft?.finish({ shadow: { ...SHADOW, ...draft.state.finish.shadow, ...change } }, options);
  }

  /** @param {string} colour */
  #keepColour(colour) {
    this.#set({ kind: "colour", colour });
    if (colour in BASIC) return;
    this.#store.set("colours", [colour, ...this.#recent().filter((one) => one !== colour)].slice(0, RECENT).join(" "));
    this.#drawSwatches();
  }

  #recent() {
    return (this.#store.get("colours") ?? "").split(" ").filter((one) => /^#[0-9a-f]{6}$/.test(one));
  }

  #drawSwatches() {
    this.#patches = new Map([...this.#recent(), ...Object.keys(BASIC)].map((colour) => {
      const patch = make("span", { className: "swatch" }), button = make("button", { type: "button", className: "patch" }, patch);
      patch.style.backgroundColor = colour;
      button.addEventListener("click", () => this.#set({ kind: "colour", colour }));
      return [colour, button];
    }));
    this.#swatches.replaceChildren(...this.#patches.values());
    this.#tellSwatches();
  }

  /** Says what each is called, in the language of the page, and which one is chosen. */
  #tellSwatches() {
    const background = this.#draft()?.state.finish.background, chosen = background?.kind === "colour" ? background.colour : "";
    for (const [colour, button] of this.#patches) {
      const name = BASIC[colour];
      button.ariaLabel = button.title = name ? t(`editor.colour.${name}`) : t("editor.background.use", { colour });
      button.ariaPressed = String(colour === chosen);
    }
  }
}
