/** Shows what is happening: the words, the bar and the list of steps. */

import { byId, make } from "./dom.js";
import { Progress, STEPS } from "./progress.js";

/** @import { ProgressReply, Stage } from "../shared/protocol.js" */

const TICK_MS = 100;
/** Steps this short need no clock. */
const CLOCK_AFTER_MS = 1000;

export class ProgressView {
  #status = byId("status", HTMLElement);
  #detail = byId("status-detail", HTMLElement);
  #bar = byId("progress", HTMLProgressElement);
  #steps = byId("steps", HTMLElement);
  #progress = new Progress({ startUp: false, photo: false });
  /** @type {Stage | undefined} */
  #stage;
  #since = 0;
  #clock = 0;

  /**
   * Starts over with an empty bar.
   * @param {string} words
   * @param {{ startUp: boolean, photo: boolean }} expected
   */
  begin(words, expected) {
    this.#progress = new Progress(expected);
    this.#stage = undefined;
    this.#say(words);
    this.#draw();
    clearInterval(this.#clock);
    this.#clock = setInterval(() => this.#tick(), TICK_MS);
  }

  /** @param {ProgressReply} reply */
  update(reply) {
    this.#progress.update(reply);
    const { stage } = this.#progress;
    if (stage && stage !== this.#stage) {
      this.#stage = stage;
      this.#since = performance.now();
      this.#say(STEPS[stage].words);
    }
    this.#draw();
  }

  /**
   * The work is over, one way or another; the bar stays where it stopped.
   * @param {string} words
   * @param {string} [detail]
   */
  end(words, detail = "") {
    clearInterval(this.#clock);
    this.#bar.value = this.#progress.fraction;
    this.#say(words);
    this.#tellMore(detail);
  }

  /** Nothing has been done. */
  reset() {
    this.#progress = new Progress({ startUp: false, photo: false });
    this.#draw();
  }

  /**
   * Only the words are a live region: nobody wants to hear every megabyte.
   * @param {string} words
   */
  #say(words) {
    if (this.#status.textContent !== words) this.#status.textContent = words;
  }

  #draw() {
    const { fraction, steps } = this.#progress;
    this.#bar.style.setProperty("--at", `${fraction * 100}%`);
    if (this.#stage === "inference" || this.#stage === undefined) this.#bar.removeAttribute("value");
    else this.#bar.value = fraction;
    this.#steps.replaceChildren(...steps.map(([stage, state]) => {
      const item = make("li", {}, STEPS[stage].label);
      item.dataset.step = state;
      return item;
    }));
    this.#tick();
  }

  #tick() {
    const elapsed = this.#stage ? performance.now() - this.#since : 0;
    const clock = this.#stage === "inference" || elapsed > CLOCK_AFTER_MS;
    this.#tellMore(this.#progress.bytes || (clock ? `${(elapsed / 1000).toFixed(1)} s` : ""));
  }

  /** @param {string} detail */
  #tellMore(detail) {
    this.#detail.textContent = detail && `: ${detail}`;
  }
}
