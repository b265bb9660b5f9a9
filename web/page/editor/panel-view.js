/** What the stage shows, and on what the cutout's edges are judged. */

import { labelled, text } from "../controls.js";
import { make } from "../dom.js";
import { choice } from "../inputs.js";

/** @import { Showing, Stage } from "./stage.js" */
/** @typedef {"checks" | "white" | "black" | "green" | "own"} Ground */

export class ViewPanel {
  /** @type {Showing} */
  #showing = "compare";
  /** @type {Ground} */
  #ground = "checks";
  #colour = labelled(make("input", { type: "color", value: "#d9683f" }), "editor.ground.colour");
  element;

  /**
   * @param {Stage} stage
   * @param {() => void} onShowing
   */
  constructor(stage, onShowing) {
    const showing = choice("editor.view.show", /** @type {[Showing, string][]} */ ([
      ["compare", "editor.view.compare"], ["cutout", "editor.view.cutout"], ["original", "editor.view.original"],
    ]), (/** @type {Showing} */ value) => { this.#showing = value; onShowing(); });
    const set = (/** @type {Ground} */ value) => {
      this.#ground = value;
      this.#colour.hidden = value !== "own";
      stage.element.style.setProperty("--ground-colour", this.#colour.value);
      grounds.show(value);
      onShowing();
    };
    const grounds = choice("editor.view.ground", [
      ["checks", swatch("checks", "editor.ground.checks")], ["white", swatch("white", "editor.ground.white")],
      ["black", swatch("black", "editor.ground.black")], ["green", swatch("green", "editor.ground.green")],
      ["own", text("span", "editor.ground.colour")],
    ], set);
    grounds.element.classList.add("swatches");
    grounds.element.lastElementChild?.append(this.#colour);
    this.#colour.addEventListener("input", () => set("own"));
    showing.show(this.#showing);
    grounds.show(this.#ground);
    this.#colour.hidden = true;
    this.element = make("div", { className: "panel" },
      showing.element, grounds.element,
      text("p", "editor.view.ground-hint", { className: "quiet" }), text("p", "editor.view.keys", { className: "quiet keys-hint" }));
  }

  get showing() {
    return this.#showing;
  }

  get ground() {
    return this.#ground;
  }
}

/**
 * A patch of colour with words for those who don't see it.
 * @param {string} kind
 * @param {string} key
 */
export function swatch(kind, key) {
  const made = make("span", { className: "swatch" }, text("span", key, { className: "unseen" }));
  made.dataset.kind = kind;
  return made;
}
