/** How a cutout was made: device, sizes, notes and the time of each step. */

import { byId, make } from "./dom.js";
import { t } from "./i18n.js";
import { reasonWords } from "./reasons.js";
import { deviceWords, durationWords, noteWords, sizeWords, typeWords } from "./text.js";

/** @import { Cutout, Timings } from "../shared/protocol.js" */

const PHOTO_STEPS = /** @type {const} */ (["decode", "preprocess", "inference", "mask", "foreground", "compose", "encode"]);
const ONCE = /** @type {const} */ (["start", "model"]);

/**
 * @param {Cutout} cutout
 * @param {string} model  The model's title.
 */
export function showFacts({ device, width, height, format, notes, remarks, ms, data, type }, model) {
  const say = (/** @type {string} */ id, /** @type {string} */ words) => { byId(id).textContent = words; };
  say("device-report", deviceWords(device));
  say("device-reason", reasonWords(device.reason));
  byId("software").hidden = !device.software;
  say("fact-model", t("facts.model-words", { model, bits: device.precision === "float16" ? 16 : 32 }));
  say("fact-photo", t("facts.size", { width, height, format }));
  say("fact-cutout", t("facts.file", { width, height, format: typeWords(type), size: sizeWords(data.byteLength) }));
  byId("notes").replaceChildren(...notes.map((note) => make("li", {}, noteWords(note))));
  byId("remarks").replaceChildren(...remarks.map(({ text }) => make("li", {}, text)));
  showTimings(ms);
}

/** @param {Timings} ms */
function showTimings(ms) {
  const longest = Math.max(...PHOTO_STEPS.map((key) => ms[key]));
  const steps = PHOTO_STEPS.map((key) => timingRow(t(`facts.step-${key}`), ms[key], longest > 0 ? ms[key] / longest : 0));
  const once = ONCE.filter((key) => ms[key] > 0).map((key) => timingRow(t(`facts.once-${key}`), ms[key], 0));
  byId("timing-rows").replaceChildren(...steps);
  byId("timing-total").textContent = durationWords(ms.total);
  byId("timing-once").replaceChildren(...once);
}

/**
 * @param {string} label
 * @param {number} ms
 * @param {number} share  Length of the row's bar, 0 to 1; 0 draws none.
 */
function timingRow(label, ms, share) {
  const bar = make("i", { hidden: share === 0 });
  bar.style.inlineSize = `${share * 100}%`;
  return make("tr", {}, make("th", { scope: "row" }, label), make("td", {}, bar), make("td", {}, durationWords(ms)));
}
