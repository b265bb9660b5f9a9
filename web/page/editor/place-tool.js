/** Moves a background picture by dragging it. */

import { placeOf } from "../../shared/finish.js";

/** @import { Frame, PictureBackground } from "../../shared/protocol.js" */
/** @import { Mark, Tool } from "./gestures.js" */
/** @import { Size } from "./picture.js" */
/** @typedef {{ how: PictureBackground, picture: Size, frame: Frame }} Placed */

/** @implements {Tool} */
export class PlaceTool {
  #placed;
  #onPlace;
  /** @type {Mark | null} */
  #at = null;

  /**
   * @param {() => Placed | null} placed
   * @param {(how: PictureBackground | null, options: { keep: boolean }) => void} onPlace  Null: it is let go where it is.
   */
  constructor(placed, onPlace) {
    this.#placed = placed;
    this.#onPlace = onPlace;
  }

  /** @param {Mark} mark */
  start(mark) {
    this.#at = mark;
  }

  /** @param {Mark[]} marks */
  move(marks) {
    const at = this.#at, to = marks.at(-1), placed = this.#placed();
    if (!at || !to || !placed) return;
    this.#at = to;
    const { how, picture, frame } = placed, place = placeOf(picture, frame, how);
    const moved = (/** @type {number} */ share, /** @type {number} */ by, /** @type {number} */ slack) => (
      Math.abs(slack) < 1 ? share : Math.min(1, Math.max(0, share + by / slack)));
    const scale = frame.width / (frame.right - frame.left);
    const x = moved(how.x ?? 0.5, (to.x - at.x) * scale, frame.width - place.width);
    const y = moved(how.y ?? 0.5, (to.y - at.y) * scale, frame.height - place.height);
    this.#onPlace({ ...how, x, y }, { keep: false });
  }

  end() {
    this.#at = null;
    this.#onPlace(null, { keep: true });
  }

  cancel() {
    this.end();
  }
}
