/** Reads site.json: which models, samples and parts this site has. */

import { download } from "../client/download.js";
import { AlphacutError } from "../shared/protocol.js";

/** @import { Site, SiteFile } from "../shared/protocol.js" */

/** The site's root, whatever sub-path it lies under. */
export const ROOT = new URL("../", import.meta.url);
const SITE = new URL("site.json", ROOT);

/**
 * @returns {Promise<Site>}
 * @throws {AlphacutError} `offline` or `download-failed`
 */
export async function loadSite() {
  const response = await fetchOrExplain(SITE, "The list of models of this site could not be read.");
  try {
    return await response.json();
  } catch (cause) {
    throw new AlphacutError("download-failed", "The list of models of this site is damaged.", {
      hint: "Reload the page. If that does not help, the site was not built or not copied completely.",
      details: `${SITE}\n${cause}`,
      cause,
    });
  }
}

/**
 * The address of a file of the site, wherever the site lies.
 * @param {SiteFile} file
 */
export function siteUrl(file) {
  return new URL(file.path, ROOT).href;
}

/**
 * Fetches a file of the site; what can go wrong comes as an AlphacutError.
 * @param {string | URL} url
 * @param {string} complaint  What to tell the reader if it fails.
 * @param {AbortSignal} [signal]
 * @param {RequestInit} [fetchArgs]
 */
export function fetchOrExplain(url, complaint, signal, fetchArgs) {
  return download(url, complaint, { signal, fetchArgs });
}
