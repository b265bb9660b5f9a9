/** When the preview is drawn: at most once a frame, and with fewer pixels or later where a frame does not suffice. */

/** A rendering that takes longer is done with fewer pixels while something is dragged, and with fewer yet: shares each way. */
const SLOW_MS = 24, COARSE = /** @type {const} */ ([0.6, 0.42]);
/** A drag has ended when nothing came for so long. */
const REST_MS = 160;

export class Redraw {
  #draw;
  #frame = 0;
  /** Timers: until a view that is slow is drawn, and until the last change is drawn whole. */
  #later = 0;
  #rest = 0;
  /** Whether it takes long to show a change, and to show another part of the photo. */
  #slow = { change: false, view: false };
  #isChanged = false;
  /** One after the other, while coarse. */
  #slowFrames = 0;
  /** The share of the pixels each way. */
  quality = 1;

  /** @param {() => "change" | "view" | null} draw  Says what it had to show; null for nothing. */
  constructor(draw) {
    this.#draw = draw;
  }

  /** With the next frame. */
  soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const began = performance.now(), drawn = this.#draw(), slow = performance.now() - began > SLOW_MS;
      const why = drawn && this.#isChanged ? "change" : drawn; // a change may move the view too, as a margin does
      this.#isChanged = false;
      if (why && this.quality === 1) this.#slow[why] = slow;
      else if (why) this.#follow(slow);
    });
  }

  /** The view moved: the browser has moved what there is; the pixels follow, at once where that is quick. */
  moved() {
    clearTimeout(this.#later);
    if (this.#slow.view) this.#later = setTimeout(() => this.soon(), REST_MS);
    else this.soon();
  }

  /** Something else is to be shown; where that is slow, with fewer pixels until the drag ends. */
  changed() {
    this.#isChanged = true;
    if (this.#slow.change) this.#coarsen();
    this.soon();
  }

  /** Twice slow, and there are fewer pixels yet: the first frame of a quality makes all layers anew. @param {boolean} slow */
  #follow(slow) {
    this.#slowFrames = slow ? this.#slowFrames + 1 : 0;
    if (this.#slowFrames > 1) this.quality = COARSE[1];
  }

  #coarsen() {
    if (this.quality === 1) [this.quality, this.#slowFrames] = [COARSE[0], 0];
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.quality = 1;
      this.#slow.change = false; // the next drag may be of something else
      this.soon();
    }, REST_MS);
  }
}
