/** What the page says beside what it shows: a line above the view, and words for those who hear it. */

import { byId, make } from "./dom.js";

/** Words that have been said stay for the reading of a slow voice. */
const KEPT = 5;

/**
 * A line above the view, until the next one; "" takes it away.
 * @param {string} text
 * @param {{ tone?: "info" | "warning" }} [options]
 */
export function note(text, { tone = "warning" } = {}) {
  const line = byId("note");
  line.textContent = text;
  line.dataset.tone = tone;
  if (text) announce(text);
}

/**
 * Said to those who hear the page, after what is being said. The page's one live region, errors and dialogs aside.
 * @param {string} text
 */
export function announce(text) {
  const log = byId("announcer");
  log.append(make("p", {}, text));
  if (log.childElementCount > KEPT) log.firstElementChild?.remove();
}
