/** The lists made from site.json: sample photos, and parts with their licences. */

import { text } from "./controls.js";
import { byId, make, outwardLink } from "./dom.js";
import { has } from "./i18n.js";
import { photoFromSample } from "./photo.js";
import { siteUrl } from "./site.js";

/** @import { Part, Sample, Site, SiteModel } from "../shared/protocol.js" */
/** @import { Photo } from "./photo.js" */

/**
 * @param {Sample[]} samples
 * @param {(photo: Photo) => void} onPhoto
 */
export function listSamples(samples, onPhoto) {
  byId("samples").replaceChildren(...samples.map((sample) => {
    const picture = make("img", { alt: "", decoding: "async", fetchPriority: "low", src: siteUrl(sample.thumb) });
    const button = make("button", { type: "button", className: "sample" }, picture, titleOf(sample));
    button.addEventListener("click", () => onPhoto(photoFromSample(sample)));
    const credit = make("p", { className: "credit" }, `${sample.credit} · `, outwardLink(sample.url, sample.licence));
    return make("li", {}, button, credit);
  }));
}

/** The site names its samples in English. @param {Sample} sample */
function titleOf({ title, file }) {
  const name = /([^/.]+)\.\w+$/.exec(file.path)?.[1];
  const key = `sample.${name}`;
  return has(key) ? text("span", key) : make("span", {}, title);
}

/** @param {Site} site */
export function listParts({ models, parts }) {
  byId("parts").replaceChildren(...models.map(modelRow), ...parts.map(partRow));
}

/** @param {SiteModel} model */
function modelRow({ title, summary, licence }) {
  return row(make("b", {}, title), summary, outwardLink(licence.url, licence.name));
}

/** @param {Part} part */
function partRow({ name, version, licence, url, text }) {
  return row(outwardLink(url, name), version, text ? outwardLink(text, licence) : licence);
}

/** @param {...(Node | string)} cells */
function row(...cells) {
  return make("tr", {}, ...cells.map((cell) => make("td", {}, cell)));
}
