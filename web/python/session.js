/**
 * Networks for Python in pages of others: opened where Pyodide runs, in a page or in a worker, from what this site
 * serves. alphacut/browser/page.py imports this by its address, which never changes.
 *
 * Functions resolve and never reject: a promise rejected with something that is no Error would never wake Python.
 */

import { AlphacutError } from "../shared/protocol.js";
import { fetchFile, nativeDigest } from "../worker/assets.js";
import { decode } from "../worker/decode.js";
import { Network } from "../worker/network.js";

/** @import { DeviceChoice, Site, SiteModel, WireError } from "../shared/protocol.js" */
/** @import { RunReply } from "../worker/network.js" */
/**
 * @callback Open  Downloads the network and opens it.
 * @param {DeviceChoice} device
 * @param {(bytes: Uint8Array) => string} sha256  Python's, for pages where the browser offers none.
 * @returns {Promise<Opened | { error: WireError }>}
 */
/**
 * A network that this site has, and nothing of it was fetched yet.
 * @typedef {object} Found
 * @property {string} title
 * @property {string} notice  What must be said of the licence, "" where nothing must.
 * @property {Open} open
 */
/**
 * A network, as Python has it: `spec` is JSON; see `OrtSession` in src/alphacut/browser/ort_session.py for `run`.
 * @typedef {object} Opened
 * @property {(pixels: Uint8Array) => Promise<RunReply>} run
 * @property {() => Promise<void>} release
 * @property {string} spec
 */

/**
 * Finds a network of this site, so that Python can tell of its licence before it has it opened.
 * @param {string} id
 * @returns {Promise<Found | { error: WireError }>}
 */
export async function find(id) {
  try {
    const site = await fetchSite();
    const model = site.models.find((candidate) => candidate.id === id) ?? notFound(site, id);
    const { title, licence } = model;
    return { title, notice: licence.notice, open: (device, sha256) => open(site, model, device, sha256) };
  } catch (error) {
    return { error: AlphacutError.from(error).toWire() };
  }
}

/**
 * @param {Site} site
 * @param {SiteModel} model
 * @param {DeviceChoice} device
 * @param {(bytes: Uint8Array) => string} sha256
 * @returns {Promise<Opened | { error: WireError }>}
 */
async function open(site, model, device, sha256) {
  try {
    const network = await Network.open(site, model, device, {
      signal: new AbortController().signal,
      digest: nativeDigest ?? (async (bytes) => sha256(bytes)),
      onBytes: () => {},
      onSession: async () => {},
    });
    return lent(network, model);
  } catch (error) {
    return { error: AlphacutError.from(error).toWire() };
  }
}

/**
 * Decodes a photo that Pillow in Pyodide can't read, or not in its right colours.
 * @param {Uint8Array<ArrayBuffer>} photo
 * @param {string} type
 * @param {PredefinedColorSpace} space
 * @param {number} limit
 */
export function decodePhoto(photo, type, space, limit) {
  return decode(new Blob([photo]), type, { space, limit });
}

/** @returns {Promise<Site>} */
async function fetchSite() {
  return (await fetchFile({ path: "site.json", bytes: 0, sha256: "" }, { cache: "no-cache" })).json();
}

/**
 * @param {Network} network
 * @param {SiteModel} model
 * @returns {Opened}
 */
function lent(network, { spec }) {
  return {
    run: (pixels) => network.run(pixels),
    release: () => network.release().catch(() => {}), // a device that was lost has nothing to give back
    spec: JSON.stringify(spec),
  };
}

/**
 * @param {Site} site
 * @param {string} id
 * @returns {never}
 */
function notFound(site, id) {
  throw new AlphacutError("unknown-model", `This site has no model “${id}”.`, {
    hint: `It has ${site.models.map((candidate) => candidate.id).join(", ")}.`,
  });
}
