/**
 * alphacut for web developers: background removal in the browser, without any page of ours. Names and meanings are
 * those of @imgly/background-removal; docs/javascript.md says what differs.
 *
 * Every photo is worked on in a worker, which the first call starts; calls are served in their order. All that can go
 * wrong rejects with an `AlphacutError`, with `code`, `message` and `hint`.
 */

import { apply, cut, load } from "./api/calls.js";
import { dismissAll } from "./api/workers.js";

/** @typedef {import("./client/photo-blob.js").ImageSource} ImageSource */
/** @typedef {import("./shared/protocol.js").Ready} Ready */
/** @typedef {import("./shared/protocol.js").ErrorCode} ErrorCode */
/** @typedef {import("./api/config.js").Config} Config */
/** @typedef {import("./api/config.js").Progress} Progress */
/** @typedef {import("./api/output.js").OutputConfig} OutputConfig */

export { AlphacutError } from "./shared/protocol.js";
export { removeBackground as default, segmentForeground as alphamask };

/**
 * Cuts the subject out of a photo.
 * @param {ImageSource} image  A photo: a file, its bytes or its address, pixels, or an element that shows it.
 * @param {Config} [config]
 * @returns {Promise<Blob>}  Of the photo's size; a PNG without other wishes. Alpha is straight, and soft pixels have the
 *   subject's own colours, without those of the old background.
 * @throws {AlphacutError}
 * @example
 * const png = await removeBackground("photo.jpg");
 * document.querySelector("img").src = URL.createObjectURL(png);
 */
export function removeBackground(image, config = {}) {
  return cut(image, config, import.meta.url);
}

/**
 * The other way round: the photo without its subject, which is transparent.
 * @param {ImageSource} image
 * @param {Config} [config]
 * @returns {Promise<Blob>}  As `removeBackground` gives it; alpha of both adds up to that of the photo.
 * @throws {AlphacutError}
 */
export function removeForeground(image, config = {}) {
  return cut(image, config, import.meta.url, "background");
}

/**
 * The mask of the subject; `alphamask` is another name for it.
 * @param {ImageSource} image
 * @param {Config} [config]
 * @returns {Promise<Blob>}  Of the photo's size: white, with the mask as its alpha. As JPEG, which has no alpha, it is
 *   white on black; with `format: "mask-png"` a grey PNG. `output.background`, `depth: 16` and `metadata: "keep"` are
 *   refused as `bad-options`.
 * @throws {AlphacutError}
 */
export function segmentForeground(image, config = {}) {
  return cut(image, config, import.meta.url, "mask");
}

/**
 * Puts a mask on a picture: the mask's alpha takes the place of the picture's own. No model is needed. Of pixels that
 * the mask leaves, colours are those of the picture's file, those under its own alpha included; where the mask is 0 they
 * are 0. Soft pixels keep what they have of the old background, which `removeBackground` takes out. What is given as an
 * element, a bitmap or a canvas comes through a canvas: see `ImageSource`.
 * @param {ImageSource} image
 * @param {ImageSource} mask   Its alpha counts, or in an opaque picture its red channel. It is scaled to the picture's size.
 * @param {Config} [config]
 * @returns {Promise<Blob>}
 * @throws {AlphacutError}
 */
export function applySegmentationMask(image, mask, config = {}) {
  return apply(image, mask, config, import.meta.url);
}

/**
 * Loads runtime and model, so that the first photo need not wait for them.
 * @param {Config} [config]
 * @returns {Promise<Ready>}  What it will run on and why: `device`, `remarks`, and how long it took.
 * @throws {AlphacutError}
 */
export function preload(config = {}) {
  return load(config, import.meta.url);
}

/**
 * Ends the worker, which gives all its memory back; calls under way reject as `cancelled`. Later calls start a new one.
 * @returns {void}
 */
export function dispose() {
  dismissAll();
}
