/** What was done another way than planned, and why: nothing falls back in silence. The details panel shows it. */

/** @import { Remark } from "../shared/protocol.js" */

/** @type {Map<string, Remark>} */
const made = new Map();

/**
 * Keeps a remark for the next answer, once. An empty text takes the topic's remarks back.
 * @param {Remark["topic"]} topic
 * @param {string} text  A sentence for people: what is done instead, and why.
 */
export function remark(topic, text) {
  if (text) made.set(`${topic} ${text}`, { topic, text });
  else for (const [key, { topic: old }] of made) if (old === topic) made.delete(key);
}

/** @returns {Remark[]} */
export function remarks() {
  return [...made.values()];
}
