/**
 * What is known of a cutout, as small as a thousand of them should be: what they have in common is there once, and the
 * numbers of each, whole ones, are one short text.
 */

/** @import { Facts } from "./item.js" */
/** @typedef {{ facts: Facts, title: string }} Known  `title` is the model's. */

/** With zeros for all numbers, by its JSON: one for each model, device and remark, for as long as the page is. @type {Map<string, Known>} */
const common = new Map();

export class Lean {
  #common;
  #numbers;

  /** @param {Known} known */
  constructor(known) {
    /** @type {number[]} */
    const numbers = [];
    const text = JSON.stringify(known, (_, value) => (typeof value === "number" ? 0 * numbers.push(Math.round(value)) : value));
    const shared = common.get(text) ?? JSON.parse(text);
    common.set(text, shared);
    this.#common = /** @type {Known} */ (shared);
    this.#numbers = numbers.join();
  }

  get notes() {
    return this.#common.facts.notes;
  }

  get model() {
    return this.#common.facts.model;
  }

  /** All of it. @returns {Known} */
  whole() {
    const numbers = this.#numbers.split(",").values();
    return JSON.parse(JSON.stringify(this.#common), (_, value) => (typeof value === "number" ? Number(numbers.next().value) : value));
  }
}
