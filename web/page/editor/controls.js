/** Native inputs with their labels, as the panels use them. Each gives its element and a way to show a value. */

import { make } from "../dom.js";
import { say, t } from "../i18n.js";

/** @import { Region } from "../../shared/protocol.js" */
/** @import { Viewport } from "./viewport.js" */

/**
 * @template T
 * @typedef {{ element: HTMLElement, show: (value: T) => void }} Control
 */

let nextId = 1;

/** An element with the text of a key. @param {keyof HTMLElementTagNameMap} tag @param {string} key @param {object} [properties] */
export function text(tag, key, properties = {}) {
  return say(make(tag, properties), key);
}

/**
 * A slider, without other wishes from 0 to 100 %.
 * @param {string} key  Of its label.
 * @param {(value: number, options: { keep: boolean }) => void} onInput  Called while it is dragged; with `keep` when it is let go.
 * @param {{ min?: number, max?: number, step?: number, words?: (value: number) => string }} [options]
 * @returns {Control<number>}
 */
export function slider(key, onInput, { min = 0, max = 1, step = 0.01, words = percent } = {}) {
  const id = `slider-${nextId++}`;
  const input = make("input", { type: "range", id, min: String(min), max: String(max), step: String(step) });
  const output = make("output", { htmlFor: /** @type {any} */ (id) });
  const tell = () => { output.textContent = input.ariaValueText = words(input.valueAsNumber); };
  input.addEventListener("input", () => { tell(); onInput(input.valueAsNumber, { keep: false }); });
  input.addEventListener("change", () => onInput(input.valueAsNumber, { keep: true }));
  const show = (/** @type {number} */ value) => {
    if (input.valueAsNumber !== value) input.value = String(value);
    tell();
  };
  const label = /** @type {HTMLLabelElement} */ (text("label", key, { htmlFor: id }));
  return { element: make("div", { className: "slide" }, label, output, input), show };
}

/** A share in words. @param {number} value */
function percent(value) {
  return t("editor.percent", { percent: Math.round(value * 100) });
}

/**
 * One of several, as radio buttons that look like keys.
 * @template {string} T
 * @param {string} key  Of the group's label.
 * @param {readonly (readonly [T, string | Node])[]} choices  Values, each with the key of its words or with a label of its own.
 * @param {(value: T) => void} onChange
 * @returns {Control<T>}
 */
export function choice(key, choices, onChange) {
  const name = `choice-${nextId++}`;
  /** @type {Map<T, HTMLInputElement>} */
  const inputs = new Map();
  const labels = choices.map(([value, words]) => {
    const input = make("input", { type: "radio", name, value });
    input.addEventListener("change", () => onChange(value));
    inputs.set(value, input);
    return make("label", {}, input, typeof words === "string" ? text("span", words) : words);
  });
  return {
    element: make("fieldset", { className: "keys" }, text("legend", key), make("div", {}, ...labels)),
    show(value) {
      for (const [each, input] of inputs) input.checked = each === value;
    },
  };
}

/**
 * @param {string} key
 * @param {(on: boolean) => void} onChange
 * @returns {Control<boolean>}
 */
export function tick(key, onChange) {
  const input = make("input", { type: "checkbox" });
  input.addEventListener("change", () => onChange(input.checked));
  return { element: make("label", { className: "tick" }, input, text("span", key)), show: (on) => { input.checked = on; } };
}

/**
 * @param {string} key
 * @param {() => void} onClick
 * @param {{ icon?: string, className?: string, id?: string }} [options]
 */
export function button(key, onClick, { icon: path = "", className = "button", id = "" } = {}) {
  const made = make("button", { type: "button", className, id });
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

/**
 * A whole number in a field.
 * @param {string} key
 * @param {(value: number) => void} onChange
 * @returns {Control<number>}
 */
export function numberField(key, onChange) {
  const input = make("input", { type: "number", inputMode: "numeric", step: "1", min: "0" });
  input.addEventListener("change", () => Number.isFinite(input.valueAsNumber) && onChange(Math.round(input.valueAsNumber)));
  return {
    element: make("label", { className: "field" }, text("span", key), input),
    show: (value) => { input.value = String(Math.round(value)); },
  };
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

/**
 * Puts a rectangle of an overlay where the view has a part of the photo; hides it where there is none.
 * @param {SVGElement} shape
 * @param {Viewport} viewport
 * @param {Region | null} region
 */
export function putBox(shape, viewport, region) {
  shape.toggleAttribute("hidden", !region);
  if (region) set(shape, boxOf(viewport, region));
}

/**
 * A part of the photo in pixels of the stage.
 * @param {Viewport} viewport
 * @param {Region} region
 */
export function boxOf(viewport, { left, top, right, bottom }) {
  return { ...viewport.toStage({ x: left, y: top }), width: (right - left) * viewport.zoom, height: (bottom - top) * viewport.zoom };
}
