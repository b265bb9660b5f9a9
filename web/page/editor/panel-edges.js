/** Softer edges, or edges that go further in or out. */

import { button, text } from "../controls.js";
import { make } from "../dom.js";
import { slider } from "../inputs.js";

/** @import { Draft, State } from "./draft.js" */

export class EdgesPanel {
  #softness;
  #shift;
  #reset;
  element;

  /** @param {() => Draft | null} draft */
  constructor(draft) {
    this.#softness = slider("editor.edges.softness", (softness, options) => draft()?.finish({ softness }, options));
    this.#shift = slider("editor.edges.shift", (shift, options) => draft()?.finish({ shift }, options), { min: -1 });
    this.#reset = button("editor.edges.reset", () => draft()?.finish({ softness: 0, shift: 0 }));
    this.element = make("div", { className: "panel" },
      this.#softness.element, this.#shift.element, text("p", "editor.edges.hint", { className: "quiet" }), make("p", { className: "actions" }, this.#reset));
  }

  /** @param {State} state */
  show({ finish: { softness = 0, shift = 0 } }) {
    this.#softness.show(softness);
    this.#shift.show(shift);
    this.#reset.disabled = softness === 0 && shift === 0;
  }
}
