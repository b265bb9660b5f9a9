/** When the preview is drawn: at most once a frame, and with fewer pixels or later where a frame does not suffice. */

/** A rendering that takes longer is done with fewer pixels while something is dragged. */
const SLOW_MS = 24, COARSE = 0.6;
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
      const began = performance.now(), what = this.#draw();
      if (what && this.quality === 1) this.#slow[what] = performance.now() - began > SLOW_MS;
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
    if (this.#slow.change) this.#coarsen();
    this.soon();
  }

  #coarsen() {
    this.quality = COARSE;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.quality = 1;
      this.#slow.change = false; // the next drag may be of something else
      this.soon();
    }, REST_MS);
  }
}
