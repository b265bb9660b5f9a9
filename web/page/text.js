/** Numbers, names and reports as words for people, in the reader's language. */

import { has, number, t } from "./i18n.js";

/** @import { DeviceReport, Note, SiteModel } from "../shared/protocol.js" */

const MEGA = 1_000_000;

/**
 * Bytes as "831 kB", "4.6 MB" or "176 MB".
 * @param {number} bytes
 */
export function sizeWords(bytes) {
  if (bytes < 1000) return t("unit.bytes", { n: bytes });
  if (bytes < MEGA) return t("unit.kb", { size: Math.round(bytes / 1000) });
  return t("unit.mb", { size: number(bytes / MEGA, bytes < 100 * MEGA ? 1 : 0) });
}

/**
 * A download as "1.2 of 4.6 MB"; without a known total, what has come so far.
 * @param {number} loaded
 * @param {number} total
 */
export function downloadWords(loaded, total) {
  if (total <= 0) return loaded > 0 ? sizeWords(loaded) : "";
  return t("unit.mb-of", { loaded: number(loaded / MEGA, 1), total: number(total / MEGA, 1) });
}

/**
 * Milliseconds as "0.4 ms", "12 ms" or "1.24 s".
 * @param {number} ms
 */
export function durationWords(ms) {
  if (ms >= 1000) return t("unit.s", { time: number(ms / 1000, 2) });
  return t("unit.ms", { time: number(ms, ms < 10 ? 1 : 0) });
}

/**
 * What a model costs to fetch. Which graph is fetched depends on the GPU, so the larger one counts.
 * @param {SiteModel} model
 */
export function modelBytes(model) {
  const graphs = Object.values(model.graphs).map((file) => file.bytes);
  return model.weights.bytes + Math.max(0, ...graphs);
}

/**
 * What a model is good for; the site says it in English.
 * @param {SiteModel} model
 */
export function modelSummary({ id, summary }) {
  return has(`model.${id}`) ? t(`model.${id}`) : summary;
}

/**
 * The device that ran, in words.
 * @param {DeviceReport} device
 */
export function deviceWords(device) {
  if (device.provider === "wasm") return t("device.wasm", { n: device.threads });
  const adapter = device.adapter || t("device.unnamed");
  return t(device.software ? "device.webgpu-software" : "device.webgpu", { adapter });
}

/** @param {Note} note */
export function noteWords(note) {
  return t(`note.${note}`);
}

/** What people call the files that are made. @type {Record<string, string>} */
const TYPES = { "image/png": "PNG", "image/webp": "WebP", "image/jpeg": "JPEG" };

/** @param {string} type */
export function typeWords(type) {
  return TYPES[type] ?? type;
}
