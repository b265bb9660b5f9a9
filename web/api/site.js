/** What a site of alphacut offers: its models, by site.json. */

import { untilAborted } from "../client/abort.js";
import { download } from "../client/download.js";
import { AlphacutError } from "../shared/protocol.js";

/** @import { Site, SiteModel } from "../shared/protocol.js" */
/** @import { Settled } from "./config.js" */

const COMPLAINT = "alphacut's files were not found.";
const MISSING = "Check that publicPath is the folder that holds site.json, worker.js, worker/, runtime/ and models/. After a"
  + " bundler it must be given; “npx alphacut-assets <folder>” copies these files.";
const SILENT = "The server did not answer, or does not allow this page to read its files: where publicPath is of another"
  + " origin it must send Access-Control-Allow-Origin, and the page's Content-Security-Policy must allow it (connect-src).";

/** Each is read once. @type {Map<string, Promise<Site>>} */
const sites = new Map();
/** Notices that were shown. @type {Set<string>} */
const shown = new Set();

/**
 * The model that a call means; its licence's notice, where it has one, goes to the console once.
 * @param {Settled} settled
 * @returns {Promise<SiteModel>}
 * @throws {AlphacutError} `unknown-model`, `download-failed`, `offline`, `cancelled`
 */
export async function findModel({ root, model, signal }) {
  const { models } = await untilAborted(() => siteAt(root), signal);
  const found = models.find(({ id, default: usual }) => model === null ? usual : id === model);
  if (!found) {
    throw new AlphacutError("unknown-model", `There is no model “${model}” at ${root}.`, {
      hint: `There is: ${models.map(({ id }) => id).join(", ")}. What a site offers is chosen when it is built.`,
    });
  }
  const { notice, name } = found.licence;
  if (notice && !shown.has(found.id)) console.info(`alphacut: ${found.title} (${name}). ${notice}`);
  shown.add(found.id);
  return found;
}

/** @param {URL} root */
function siteAt(root) {
  const known = sites.get(root.href);
  if (known) return known;
  const site = readSite(new URL("site.json", root));
  sites.set(root.href, site);
  site.catch(() => sites.delete(root.href)); // the next call tries again
  return site;
}

/**
 * @param {URL} url
 * @returns {Promise<Site>}
 */
async function readSite(url) {
  const response = await download(url, COMPLAINT, { missing: MISSING, silent: SILENT });
  try {
    const site = await response.json();
    if (Array.isArray(site?.models)) return site;
    throw new TypeError("it lists no models");
  } catch (cause) {
    throw new AlphacutError("download-failed", COMPLAINT, { hint: MISSING, details: `${url}\n${cause}`, cause });
  }
}
