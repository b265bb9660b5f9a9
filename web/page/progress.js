/** How far a piece of work has come, as a pure reckoning: words and numbers, no DOM. */

import { STAGES } from "../shared/protocol.js";
import { downloadWords } from "./text.js";

/** @import { ProgressReply, Stage } from "../shared/protocol.js" */
/** @typedef {"todo" | "now" | "done"} StepState */

/** Each stage's share of the bar: about the time it takes on a first visit. @type {Record<Stage, number>} */
const WEIGHTS = {
  runtime: 36,
  model: 24,
  session: 10,
  decode: 4,
  preprocess: 2,
  inference: 14,
  mask: 3,
  foreground: 3,
  compose: 3,
  encode: 4,
};

const START_UP = STAGES.slice(0, 3);

export class Progress {
  /** @type {readonly Stage[]} */
  #plan;
  /** @type {Map<Stage, { loaded: number, total: number }>} */
  #seen = new Map();

  /** @param {{ startUp: boolean, photo: boolean }} expected  Which stages there will be, as far as is known. */
  constructor({ startUp, photo }) {
    this.#plan = STAGES.filter((stage) => (START_UP.includes(stage) ? startUp : photo));
  }

  /** @param {ProgressReply} progress */
  update({ stage, loaded, total }) {
    if (!this.#plan.includes(stage)) this.#plan = STAGES.filter((one) => one === stage || this.#plan.includes(one));
    this.#seen.set(stage, { loaded, total });
  }

  /**
   * The stage to name. Runtime and model load side by side: the earliest unfinished one is named.
   * @returns {Stage | undefined}
   */
  get stage() {
    const begun = this.#plan.filter((stage) => this.#seen.has(stage));
    return begun.find((stage) => this.#state(stage) === "now") ?? begun.at(-1);
  }

  /** Bytes of the named stage, as words; empty where it has none. */
  get bytes() {
    const { stage } = this;
    const seen = stage && this.#seen.get(stage);
    return seen && (stage === "runtime" || stage === "model") ? downloadWords(seen.loaded, seen.total) : "";
  }

  /** Share of the whole, 0 to 1. */
  get fraction() {
    let [done, all] = [0, 0];
    for (const stage of this.#plan) {
      all += WEIGHTS[stage];
      done += WEIGHTS[stage] * this.#fractionOf(stage);
    }
    return all > 0 ? done / all : 0;
  }

  /** @returns {[Stage, StepState][]} */
  get steps() {
    return this.#plan.map((stage) => [stage, this.#state(stage)]);
  }

  /**
   * @param {Stage} stage
   * @returns {StepState}
   */
  #state(stage) {
    const fraction = this.#fractionOf(stage);
    if (fraction === 1) return "done";
    return this.#seen.has(stage) ? "now" : "todo";
  }

  /** @param {Stage} stage */
  #fractionOf(stage) {
    if (this.#isBehind(stage)) return 1;
    const { loaded, total } = this.#seen.get(stage) ?? { loaded: 0, total: 1 };
    return total > 0 ? Math.min(1, loaded / total) : 0;
  }

  /**
   * The photo's stages come one after another and need all of the start-up, whether its end was
   * reported or not. Of the start-up, only the session needs something: the model.
   * @param {Stage} stage
   */
  #isBehind(stage) {
    if (stage === "model" && this.#seen.has("session")) return true;
    const from = Math.max(STAGES.indexOf(stage) + 1, START_UP.length);
    return STAGES.slice(from).some((later) => this.#seen.has(later));
  }
}
