/** Says which subject is meant: by a box on the stage, a tap, or numbers. */

import { button, text } from "../controls.js";
import { make } from "../dom.js";
import { numberField } from "../inputs.js";

/** @import { Region } from "../../shared/protocol.js" */
/** @import { BoxTool } from "./box.js" */
/** @typedef {"left" | "top" | "width" | "height"} Side */

export class SubjectPanel {
  #tool;
  /** @type {Record<Side, import("../inputs.js").Control<number>>} */
  #fields;
  #run;
  element;

  /**
   * @param {BoxTool} tool
   * @param {(region: Region | null) => void} onRegion  Null: the whole photo again.
   */
  constructor(tool, onRegion) {
    this.#tool = tool;
    const field = (/** @type {Side} */ side) => numberField(`editor.subject.${side}`, (value) => this.#set(side, value));
    this.#fields = { left: field("left"), top: field("top"), width: field("width"), height: field("height") };
    this.#run = button("editor.subject.run", () => tool.box && onRegion(tool.box), { className: "button primary" });
    const whole = button("editor.subject.whole", () => { tool.set(null); this.show(); onRegion(null); });
    this.element = make("div", { className: "panel" },
      text("p", "editor.subject.hint"),
      make("fieldset", { className: "numbers" }, text("legend", "editor.subject.box"), ...Object.values(this.#fields).map(({ element }) => element)),
      make("p", { className: "actions" }, this.#run, whole), text("p", "editor.subject.keys", { className: "quiet keys-hint" }));
    this.show();
  }

  /** The tool has another box. */
  show() {
    const { box } = this.#tool;
    this.#run.disabled = !box;
    if (!box) return;
    this.#fields.left.show(box.left);
    this.#fields.top.show(box.top);
    this.#fields.width.show(box.right - box.left);
    this.#fields.height.show(box.bottom - box.top);
  }

  /**
   * @param {Side} side
   * @param {number} value
   */
  #set(side, value) {
    const { left, top, right, bottom } = this.#tool.box ?? { left: 0, top: 0, right: Infinity, bottom: Infinity };
    const place = { left, top, width: right - left, height: bottom - top, [side]: value };
    this.#tool.set({ left: place.left, top: place.top, right: place.left + place.width, bottom: place.top + place.height });
    this.show();
  }
}
