/** A photo someone gave to the page, whichever way it came. */

import { fetchOrExplain, siteUrl } from "./site.js";

/** @import { Options, Sample } from "../shared/protocol.js" */
/** @import { Edited } from "./context.js" */

/**
 * @typedef {object} Photo
 * @property {string} name  File name of the original; the cutout's name is made from it.
 * @property {string} url   Where an <img> finds it; `release` when it leaves the page.
 * @property {(signal: AbortSignal) => Promise<Blob>} load
 * @property {() => void} release
 * @property {Options} [options]  How it was cut out at an earlier visit.
 * @property {Omit<Edited, "master">} [edited]  What was made of it then.
 * @property {string} [folder]  Where it lay in a folder that was given, "a/b".
 */

/**
 * @param {Blob} blob
 * @param {string} name
 * @param {string} [folder]
 * @returns {Photo}
 */
export function photoFromBlob(blob, name, folder = "") {
  let url = "";
  return {
    name, folder,
    get url() { return (url ||= URL.createObjectURL(blob)); }, // not for each of a thousand photos of a batch
    load: async () => blob,
    release() { URL.revokeObjectURL(url); url = ""; },
  };
}

/**
 * @param {Sample} sample
 * @returns {Photo}
 */
export function photoFromSample(sample) {
  const url = siteUrl(sample.file);
  return {
    name: sample.file.path.split("/").at(-1) ?? "sample",
    url,
    load: async (signal) => (await fetchOrExplain(url, "The sample photo could not be fetched.", signal)).blob(),
    release: () => {},
  };
}
