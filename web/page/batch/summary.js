/** How far the batch is, in words and numbers. */

import { make } from "../dom.js";
import { number, t } from "../i18n.js";
import { doubtOf } from "./doubts.js";

/** @import { Item } from "./item.js" */
/** @import { Pace } from "./pace.js" */
/** @typedef {Record<Item["state"], number> & { all: number, open: number, check: number, again: number }} Count  `again` of those open were finished before. */

/** Those who only hear the page are told at each of these shares, not at each photo. */
const TOLD_EACH = 0.25;

/**
 * @param {Item[]} items
 * @returns {Count}
 */
export function countOf(items) {
  const count = { waiting: 0, working: 0, done: 0, failed: 0, cancelled: 0, all: items.length, open: 0, check: 0, again: 0 };
  for (const item of items) {
    count[item.state] += 1;
    if (doubtOf(item)) count.check += 1;
    if ((item.state === "waiting" || item.state === "working") && item.made !== "") count.again += 1;
  }
  count.open = count.waiting + count.working;
  return count;
}

export class Summary {
  #words = make("p", { className: "batch-words" });
  #detail = make("p", { className: "quiet" });
  #bar = make("progress", { max: 1, value: 0 });
  element = make("div", { className: "batch-summary" }, this.#words, this.#detail, this.#bar);
  #announce;
  #told = 0;
  #wasOpen = false;

  /** @param {(text: string) => void} announce */
  constructor(announce) {
    this.#announce = announce;
  }

  /**
   * @param {Count} count
   * @param {Pace} pace
   * @param {boolean} paused
   */
  update(count, pace, paused) {
    const words = [t("batch.done", { all: count.all, done: count.done })];
    if (count.again > 0) words.push(t("batch.again", { n: count.again }));
    if (count.check > 0) words.push(t("batch.check", { count: count.check }));
    if (count.failed > 0) words.push(t("batch.failed", { count: count.failed }));
    if (count.cancelled > 0) words.push(t("batch.cancelled", { count: count.cancelled }));
    this.#words.textContent = words.join(" · ");
    this.#detail.textContent = count.open > 0 && paused ? t("batch.paused") : ratesOf(count, pace);
    this.#bar.ariaLabel = t("batch.progress");
    this.#bar.value = count.all > 0 ? (count.all - count.open) / count.all : 0;
    this.#tell(count, words.join(", "));
  }

  /**
   * @param {Count} count
   * @param {string} words
   */
  #tell({ all, open }, words) {
    const share = Math.floor((all - open) / all / TOLD_EACH);
    if (share > this.#told || (this.#wasOpen && open === 0)) this.#announce(open === 0 ? t("batch.finished", { words }) : words);
    this.#told = share || 0;
    this.#wasOpen = open > 0;
  }
}

/**
 * @param {Count} count
 * @param {Pace} pace
 */
function ratesOf({ open }, pace) {
  const left = pace.left(open), { rate } = pace;
  const words = [];
  if (open > 0 && left !== null) words.push(leftWords(left));
  if (rate > 0) words.push(t("batch.rate", { rate: number(rate, rate < 10 ? 1 : 0) }));
  return words.join(" · ");
}

/** Rounded, so that it does not flicker. @param {number} ms */
function leftWords(ms) {
  if (ms < 60_000) return t("batch.left.seconds", { count: Math.max(5, 5 * Math.round(ms / 5000)) });
  return t("batch.left.minutes", { count: Math.round(ms / 60_000) });
}
