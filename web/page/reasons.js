/**
 * Why a device was chosen, in the reader's language. The worker says it in English (worker/device.js, isolation.js);
 * what is not known here stays English.
 */

import { t } from "./i18n.js";

/** @type {readonly [RegExp, string][]} */
const REASONS = [
  [/^chosen by you$/, "reason.chosen"],
  [/^a GPU is available$/, "reason.gpu"],
  [/^no GPU is available to this browser$/, "reason.no-gpu"],
  [/^this browser has no WebGPU$/, "reason.no-webgpu"],
  [/^the only WebGPU adapter, (?<adapter>.+), is software and slower than this$/, "reason.software"],
  [/^it \((?<adapter>.+)\) can't compute in 16 bits$/, "reason.no-16-bit"],
  [/^the network needs buffers of (?<needed>\d+) MB and the GPU \((?<adapter>.+)\) offers (?<offered>\d+)$/, "reason.too-small"],
  [/^the GPU \((?<adapter>.+?)\) failed: (?<cause>.+)$/, "reason.gpu-failed"],
  [/^one thread, because the page is not isolated from other origins$/, "reason.one-thread"],
  [/^more threads come with the next visit$/, "reason.more-threads"],
];

/**
 * Sentences from a report's `reason`.
 * @param {string} reason
 */
export function reasonWords(reason) {
  return reason.split("; ").map((part) => {
    for (const [pattern, key] of REASONS) {
      const found = pattern.exec(part);
      if (found) return t(key, found.groups);
    }
    return sentence(part);
  }).join(" ");
}

/**
 * Words as a sentence of their own: a capital first, a full stop last.
 * @param {string} words
 */
function sentence(words) {
  if (words === "") return "";
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${words.endsWith(".") ? "" : "."}`;
}
