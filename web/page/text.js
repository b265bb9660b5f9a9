/** Numbers, names and reports as words for people. Pure functions. */

/** @import { DeviceReport, Note, SiteModel } from "../shared/protocol.js" */

const MEGA = 1_000_000;

/**
 * Bytes as "831 kB", "4.6 MB" or "176 MB".
 * @param {number} bytes
 */
export function sizeWords(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < MEGA) return `${Math.round(bytes / 1000)} kB`;
  return `${megabytes(bytes)} MB`;
}

/**
 * A download as "1.2 of 4.6 MB"; without a known total, what has come so far.
 * @param {number} loaded
 * @param {number} total
 */
export function downloadWords(loaded, total) {
  if (total <= 0) return loaded > 0 ? sizeWords(loaded) : "";
  return `${(loaded / MEGA).toFixed(1)} of ${(total / MEGA).toFixed(1)} MB`;
}

/**
 * Milliseconds as "0.4 ms", "12 ms" or "1.24 s".
 * @param {number} ms
 */
export function durationWords(ms) {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
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
 * The device that ran, in words.
 * @param {DeviceReport} device
 */
export function deviceWords(device) {
  if (device.provider === "wasm") {
    return `WebAssembly with ${device.threads} ${device.threads === 1 ? "thread" : "threads"}`;
  }
  const adapter = device.adapter || "an adapter without a name";
  return `WebGPU on ${adapter}${device.software ? " (software, not a GPU)" : ""}`;
}

/**
 * Words as a sentence of their own: a capital first, a full stop last.
 * @param {string} words
 */
export function sentence(words) {
  if (words === "") return "";
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${words.endsWith(".") ? "" : "."}`;
}

/** @type {Record<Note, string>} */
const NOTES = {
  "first-frame": "The file holds several frames; the first one was cut out.",
  "empty-mask": "No subject was found, so the cutout is empty. A photo with a clearer subject may work, or another model.",
  "approximate-colours": "The photo is made for print, and its colour profile is missing or can't be used here: colours are approximate.",
  "metadata-lost": "Camera, time and place could not be kept: of photos that the browser reads there are pixels only, and a JPEG holds at most 64 kB of them.",
  "full-mask": "Everything was taken for the subject, so nothing was removed. Another model may do better.",
  "flat-mask": "The model saw no difference between subject and background, so this is no cutout. Another model may do better.",
  "undecided-mask": "The model is unsure what the subject is: look at the cutout closely. Another model, or a photo cropped to the subject, may do better.",
  "no-subject": "There is no subject to frame, so the whole photo was taken for it.",
  "enlargement-limited": "The subject is too small in this photo to fill the picture as you wished: it was enlarged to twice its size, and no more.",
  "picture-colours": "The background picture's colours are approximate: its colour profile could not be converted to the photo's.",
};

/** @param {Note} note */
export function noteWords(note) {
  return NOTES[note];
}

/** Of the files that are made: the name's end, and what people call them. @type {Record<string, { ending: string, name: string }>} */
const TYPES = {
  "image/png": { ending: "png", name: "PNG" },
  "image/webp": { ending: "webp", name: "WebP" },
  "image/jpeg": { ending: "jpg", name: "JPEG" },
};

/** @param {string} type */
export function typeWords(type) {
  return TYPES[type]?.name ?? type;
}

/**
 * The name a cutout is saved under: "beach.photo.jpg" becomes "beach.photo-cutout.png".
 * @param {string} original
 * @param {string} type  MIME type of the cutout.
 */
export function downloadName(original, type) {
  const stem = original.replace(/(?<=.)\.[^.]*$/, "");
  return `${stem || "photo"}-cutout.${TYPES[type]?.ending ?? "bin"}`;
}

/** @param {number} bytes */
function megabytes(bytes) {
  const value = bytes / MEGA;
  return value < 100 ? value.toFixed(1) : String(Math.round(value));
}
