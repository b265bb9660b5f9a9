/** Buttons that zoom the stage, and how far it is. */

import { iconButton } from "../controls.js";
import { make } from "../dom.js";
import { t } from "../i18n.js";
import { ICONS } from "./icons.js";

/** @import { Stage } from "./stage.js" */
/** @import { Viewport } from "./viewport.js" */

/** Of one press. */
const FACTOR = 1.5;

export class ZoomBar {
  #stage;
  #onMove;
  #percent = make("button", { type: "button", className: "button percent", title: t("editor.zoom-actual") });
  element;

  /**
   * @param {Stage} stage
   * @param {() => void} onMove
   */
  constructor(stage, onMove) {
    this.#stage = stage;
    this.#onMove = onMove;
    this.#percent.dataset.tTitle = "editor.zoom-actual";
    this.#percent.addEventListener("click", () => this.#move((viewport) => viewport.actual()));
    this.element = make("div", { className: "zoom" },
      iconButton("editor.zoom-out", ICONS.minus, () => this.#move((viewport) => viewport.zoomBy(1 / FACTOR))), this.#percent,
      iconButton("editor.zoom-in", ICONS.plus, () => this.#move((viewport) => viewport.zoomBy(FACTOR))),
      iconButton("editor.zoom-fit", ICONS.fit, () => this.#move((viewport) => viewport.fit())));
  }

  tell() {
    this.#percent.textContent = t("editor.percent", { percent: this.#stage.viewport.percent });
  }

  /** @param {(viewport: Viewport) => void} change */
  #move(change) {
    change(this.#stage.viewport);
    this.#stage.layout();
    this.#onMove();
  }
}
