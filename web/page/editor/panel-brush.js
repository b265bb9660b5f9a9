/** Brushes that correct the mask. */

import { button, text } from "../controls.js";
import { make } from "../dom.js";
import { say, t } from "../i18n.js";
import { choice, slider, tick } from "../inputs.js";

/** @import { Brush } from "./brush.js" */

export class BrushPanel {
  #brush;
  #mode;
  #size;
  #hardness;
  #opacity;
  #hint;
  #ghost = true;
  #reset;
  element;

  /**
   * @param {Brush} brush
   * @param {{ onGhost: () => void, onReset: () => void }} host
   */
  constructor(brush, { onGhost, onReset }) {
    this.#brush = brush;
    this.#mode = choice("editor.brush.mode", [
      ["erase", "editor.brush.erase"], ["restore", "editor.brush.restore"], ["hint", "editor.brush.hint"],
    ], (/** @type {import("./brush.js").BrushMode} */ mode) => { brush.set({ mode }); this.show(); });
    this.#hint = text("p", "editor.brush.erase-hint", { className: "quiet" });
    this.#size = slider("editor.brush.size", (size) => { brush.set({ size }); this.show(); }, {
      max: 100, step: 1, words: () => t("editor.pixels", { size: Math.round(brush.diameter) }),
    });
    this.#hardness = slider("editor.brush.hardness", (hardness) => brush.set({ hardness }));
    this.#opacity = slider("editor.brush.opacity", (opacity) => brush.set({ opacity }), { min: 0.05 });
    const ghost = tick("editor.brush.ghost", (on) => { this.#ghost = on; onGhost(); });
    ghost.show(this.#ghost);
    this.#reset = button("editor.brush.reset", onReset);
    this.element = make("div", { className: "panel" },
      this.#mode.element, this.#hint, this.#size.element, this.#hardness.element, this.#opacity.element, ghost.element,
      make("p", { className: "actions" }, this.#reset), text("p", "editor.brush.keys", { className: "quiet keys-hint" }));
    this.show();
  }

  /** Whether what was removed shines through. */
  get ghost() {
    return this.#ghost;
  }

  /** Takes over what the brush is like now. @param {boolean} [edited] */
  show(edited) {
    const { mode, size, hardness, opacity } = this.#brush.settings;
    this.#mode.show(mode);
    this.#size.show(size);
    this.#hardness.show(hardness);
    this.#opacity.show(opacity);
    say(this.#hint, `editor.brush.${mode}-hint`);
    if (edited !== undefined) this.#reset.disabled = !edited;
  }
}
