/** Photos that the options name: of the site's origin, and the site's samples. */

import { photoFromSample } from "../page/photo.js";
import { fetchOrExplain, ROOT } from "../page/site.js";
import { AlphacutError } from "../shared/protocol.js";

/** @import { Photo } from "../page/photo.js" */
/** @import { Site } from "../shared/protocol.js" */

/**
 * A photo of the site's origin.
 * @param {string} address  Relative to the site's root.
 * @returns {Photo}
 * @throws {AlphacutError} `bad-options`
 */
export function photoAt(address) {
  const url = URL.canParse(address, ROOT) ? new URL(address, ROOT) : null;
  if (!url || url.origin !== ROOT.origin) {
    throw new AlphacutError("bad-options", "“src” must be an address of the site’s own origin.", { hint: "Send a photo from elsewhere by message." });
  }
  // Without cookies: the page around, which may get the cutout, is not to see what only the visitor may.
  const anonymous = { credentials: /** @type {const} */ ("omit") };
  const load = async (/** @type {AbortSignal} */ signal) => (await fetchOrExplain(url, "The photo could not be fetched.", signal, anonymous)).blob();
  return { name: url.pathname.split("/").at(-1) || "photo", url: url.href, load, release: () => {} };
}

/**
 * @param {Site | null} site
 * @param {number} at  From 1.
 * @returns {Photo}
 * @throws {AlphacutError} `bad-options`
 */
export function sampleAt(site, at) {
  const sample = site?.samples[at - 1];
  if (!sample) throw new AlphacutError("bad-options", `This site has no sample photo ${at}.`);
  return photoFromSample(sample);
}
