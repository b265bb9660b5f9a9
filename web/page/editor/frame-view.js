/** Shows where the finished picture ends while its frame is chosen: what is beyond is dimmed. */

import { set, svgElement } from "../controls.js";
import { boxOf, outlined, putBox } from "./overlay.js";

/** @import { Region } from "../../shared/protocol.js" */
/** @import { Stage } from "./stage.js" */

export class FrameView {
  #stage;
  #shade = svgElement("path", { class: "shade", "fill-rule": "evenodd" });
  #line = outlined("frame-line");
  /** @type {Region | null} */
  #frame = null;

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage;
    stage.overlay.append(this.#shade, this.#line);
    this.show(null);
  }

  /** @param {Region | null} frame  Null while it is not to be seen. */
  show(frame) {
    this.#frame = frame;
    this.draw();
  }

  draw() {
    const { viewport } = this.#stage, frame = this.#frame;
    putBox(this.#line, viewport, frame);
    this.#shade.toggleAttribute("hidden", !frame);
    if (!frame) return;
    const { x, y, width, height } = boxOf(viewport, frame);
    set(this.#shade, { d: `M0 0H${viewport.width}V${viewport.height}H0ZM${x} ${y}h${width}v${height}h${-width}z` });
  }
}
