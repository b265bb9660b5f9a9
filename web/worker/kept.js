/** Tells what this browser keeps of the site's models, and forgets it when asked. */

import { isEntry, listOwn } from "./own-store.js";
import * as store from "./store.js";

/** @import { Kept, Site, SiteFile, SiteModel, Target } from "../shared/protocol.js" */

/**
 * @param {Site} site
 * @returns {Promise<Kept>}
 */
export async function listKept({ models: offered }) {
  const models = [...offered, ...(await listOwn()).map(({ model }) => model)];
  const sizes = await store.list();
  for (const name of sizes.keys()) if (isEntry(name)) sizes.delete(name); // a description, not a part of a model
  const sum = (/** @type {Iterable<string>} */ names) => [...names].reduce((all, name) => all + (sizes.get(name) ?? 0), 0);
  const known = new Set(models.flatMap(namesOf));
  const bytes = sum(sizes.keys());
  return {
    bytes,
    models: models
      .map((model) => ({ model: model.id, bytes: sum(namesOf(model)), targets: targetsOf(model, sizes) }))
      .filter((kept) => kept.bytes > 0),
    others: bytes - sum(known),
    refused: await store.isRefused(),
  };
}

/**
 * @param {Site} site
 * @param {string | null} id  A model's, or null for everything that is kept, of whatever version of the site.
 * @returns {Promise<Kept>}  What is left: all the same, a file that another tab was just using.
 */
export async function forgetModel(site, id) {
  const names = id === null ? [...(await store.list()).keys()] : site.models.filter((one) => one.id === id).flatMap(namesOf);
  await store.forget(names);
  return listKept(site);
}

/**
 * What a model can run on with the files that are kept.
 * @param {SiteModel} model
 * @param {Map<string, number>} sizes
 */
function targetsOf({ graphs, weights, check }, sizes) {
  const isKept = (/** @type {SiteFile} */ { sha256, bytes }) => sizes.get(sha256) === bytes;
  if (![...weights.chunks, check].every(isKept)) return [];
  return /** @type {Target[]} */ (Object.keys(graphs)).filter((target) => isKept(graphs[target]));
}

/**
 * The names that a model's files are kept under.
 * @param {SiteModel} model
 */
export function namesOf({ graphs, weights, check }) {
  return [...weights.chunks, ...Object.values(graphs), check].map(({ sha256 }) => sha256);
}
