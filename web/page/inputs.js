/** Native inputs with their labels. Each gives its element and a way to show a value. */

import { text } from "./controls.js";
import { make } from "./dom.js";
import { t } from "./i18n.js";

/**
 * @template T
 * @typedef {{ element: HTMLElement, show: (value: T) => void }} Control
 */

let nextId = 1;

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
  return { element: make("div", { className: "slide" }, text("label", key, { htmlFor: id }), output, input), show };
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
