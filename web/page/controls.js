/** Words, buttons and icons as every view has them, in the language of the page. */

import { make } from "./dom.js";
import { say, t } from "./i18n.js";

/** @import { Values } from "./i18n.js" */

/**
 * A new element with the text of a key.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} key
 * @param {Partial<HTMLElementTagNameMap[K]>} [properties]
 * @param {Values} [values]
 */
export function text(tag, key, properties, values) {
  return say(make(tag, properties), key, values);
}

/**
 * @param {string} key
 * @param {() => void} onClick
 * @param {Partial<HTMLButtonElement> & { icon?: string }} [options]  Beside its properties the path of an icon.
 */
export function button(key, onClick, { icon: path = "", ...properties } = {}) {
  const made = make("button", { type: "button", className: "button", ...properties });
  if (path) made.append(icon(path), text("span", key));
  else say(made, key);
  made.addEventListener("click", onClick);
  return made;
}

/**
 * A button that shows an icon only; its words are read out and shown on hover.
 * @param {string} key
 * @param {string} path
 * @param {() => void} onClick
 */
export function iconButton(key, path, onClick) {
  const made = labelled(make("button", { type: "button", className: "button icon", title: t(key) }, icon(path)), key);
  made.dataset.tTitle = key;
  made.addEventListener("click", onClick);
  return made;
}

/**
 * An element with words for those who hear it, in the language of the page.
 * @template {HTMLElement} T
 * @param {T} element
 * @param {string} key
 */
export function labelled(element, key) {
  element.dataset.tLabel = key;
  element.ariaLabel = t(key);
  return element;
}

/** A line icon, 24 by 24. @param {string} path */
export function icon(path) {
  const svg = svgElement("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(svgElement("path", { d: path }));
  return svg;
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} [attributes]
 * @returns {SVGElementTagNameMap[K]}
 */
export function svgElement(tag, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(made, attributes);
  return made;
}

/** @param {Element} element @param {Record<string, string | number>} attributes */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}
