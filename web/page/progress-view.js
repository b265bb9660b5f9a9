/** Shows what is happening: the words, the bar and the list of steps. */

import { byId, make } from "./dom.js";
import { number, say, t } from "./i18n.js";
import { Progress } from "./progress.js";
import { announce } from "./voice.js";

/** @import { ProgressReply, Stage } from "../shared/protocol.js" */
/** @import { Values } from "./i18n.js" */

const TICK_MS = 100;
/** Steps this short need no clock. */
const CLOCK_AFTER_MS = 1000;
/** Steps this long are said to those who hear the page; nobody wants to hear every one, nor every megabyte. */
const SAID_AFTER_MS = 2500;

export class ProgressView {
  #status = byId("status");
  #detail = byId("status-detail");
  #bar = byId("progress", HTMLProgressElement);
  #steps = byId("steps");
  #progress = new Progress({ startUp: false, photo: false });
  /** @type {Stage | undefined} */
  #stage;
  #since = 0;
  #clock = 0;
  #said = false;
  /** Tells how the work ended, in the language of now; null while there is work. @type {(() => void) | null} */
  #tellEnd = () => {};

  constructor() {
    document.addEventListener("wordschange", () => (this.#tellEnd ? this.#tellEnd() : this.#draw()));
  }

  /**
   * Starts over with an empty bar.
   * @param {string} key  Of the words.
   * @param {{ startUp: boolean, photo: boolean }} expected
   */
  begin(key, expected) {
    this.#progress = new Progress(expected);
    this.#stage = undefined;
    this.#tellEnd = null;
    say(this.#status, key);
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
      this.#said = false;
      say(this.#status, `step.${stage}.words`);
    }
    this.#draw();
  }

  /**
   * The work is over, one way or another; the bar stays where it stopped.
   * @param {string} key  Of the words.
   * @param {() => string} [detail]  Asked again when the language changes, as are `values`.
   * @param {() => Values} [values]
   */
  end(key, detail = () => "", values = () => ({})) {
    clearInterval(this.#clock);
    this.#bar.value = this.#progress.fraction;
    this.#tellEnd = () => {
      say(this.#status, key, values());
      this.#tellMore(detail());
    };
    this.#tellEnd();
    announce(t(key, values()));
  }

  /** Nothing has been done. */
  reset() {
    this.#progress = new Progress({ startUp: false, photo: false });
    this.#draw();
  }

  #draw() {
    const { fraction, steps } = this.#progress;
    this.#bar.style.setProperty("--at", `${fraction * 100}%`);
    if (this.#stage === "inference" || this.#stage === undefined) this.#bar.removeAttribute("value");
    else this.#bar.value = fraction;
    this.#steps.replaceChildren(...steps.map(([stage, state]) => {
      const item = make("li", {}, t(`step.${stage}.label`));
      item.dataset.step = state;
      return item;
    }));
    this.#tick();
  }

  #tick() {
    const elapsed = this.#stage ? performance.now() - this.#since : 0;
    const clock = this.#stage === "inference" || elapsed > CLOCK_AFTER_MS;
    this.#tellMore(this.#progress.bytes || (clock ? t("unit.s", { time: number(elapsed / 1000, 1) }) : ""));
    if (elapsed < SAID_AFTER_MS || this.#said) return;
    this.#said = true;
    announce(this.#status.textContent ?? "");
  }

  /** @param {string} detail */
  #tellMore(detail) {
    this.#detail.textContent = detail && `: ${detail}`;
  }
}
