/** Tells what this browser keeps of the site's models, and forgets it when asked. */

import * as store from "./store.js";

/** @import { Kept, Site, SiteModel } from "../shared/protocol.js" */

/**
 * @param {Site} site
 * @returns {Promise<Kept>}
 */
export async function listKept({ models }) {
  const sizes = await store.list();
  const sum = (/** @type {Iterable<string>} */ names) => [...names].reduce((all, name) => all + (sizes.get(name) ?? 0), 0);
  const known = new Set(models.flatMap(namesOf));
  const bytes = sum(sizes.keys());
  return {
    bytes,
    models: models.map((model) => ({ model: model.id, bytes: sum(namesOf(model)) })).filter((kept) => kept.bytes > 0),
    others: bytes - sum(known),
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

/** @param {SiteModel} model */
function namesOf({ graphs, weights, check }) {
  return [...weights.chunks, ...Object.values(graphs), check].map(({ sha256 }) => sha256);
}
