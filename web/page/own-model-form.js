/** What was found in a visitor's model, and the choices that are left to them. */

import { byId, make } from "./dom.js";
import { number, t } from "./i18n.js";
import { sizeWords } from "./text.js";

/** @import { Activation, Dim, Inspection, OwnChoices } from "../shared/protocol.js" */

const CUSTOM = "custom";

export class OwnModelForm {
  #form = byId("own-form", HTMLFormElement);
  #name = byId("own-name", HTMLInputElement);
  #width = byId("own-width", HTMLInputElement);
  #height = byId("own-height", HTMLInputElement);
  #normalisation = byId("own-normalisation", HTMLSelectElement);
  #mean = byId("own-mean", HTMLInputElement);
  #std = byId("own-std", HTMLInputElement);
  #output = byId("own-output", HTMLSelectElement);
  #activation = byId("own-activation", HTMLSelectElement);
  /** @type {Inspection | null} */
  #found = null;

  /** @param {() => void} onSubmit */
  constructor(onSubmit) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      onSubmit();
    });
    this.#normalisation.addEventListener("change", () => this.#showNormalisation());
    this.#output.addEventListener("change", () => this.#showActivation());
    for (const input of [this.#mean, this.#std]) input.addEventListener("input", () => checkNumbers(input, input === this.#std));
  }

  /** @param {boolean} hidden */
  set hidden(hidden) {
    this.#form.hidden = hidden;
  }

  /**
   * @param {Inspection} found
   * @param {File} file
   */
  show(found, file) {
    this.#found = found;
    byId("own-facts").replaceChildren(...facts(found, file).flatMap(([term, words]) => [make("dt", {}, term), make("dd", {}, words)]));
    byId("own-remarks").replaceChildren(...found.remarks.map((text) => make("li", {}, text)));
    this.#name.value = file.name.replace(/\.onnx$/i, "").slice(0, 60);
    const { width, height } = found.input;
    byId("own-size").hidden = width !== null && height !== null;
    Object.assign(this.#width, { value: String(found.width), readOnly: width !== null });
    Object.assign(this.#height, { value: String(found.height), readOnly: height !== null });
    const presets = found.normalisations.map(({ id, title }) => make("option", { value: id }, title));
    this.#normalisation.replaceChildren(...presets, make("option", { value: CUSTOM }, t("own.numbers")));
    this.#normalisation.value = found.family.normalisation;
    byId("own-normalisation-why").textContent = found.family.why;
    this.#output.replaceChildren(...found.outputs.map(({ name, shape }) => make("option", { value: name }, `${name} · ${shapeWords(shape)}`)));
    byId("own-output-label").hidden = found.outputs.length < 2;
    this.#activation.replaceChildren(...found.activations.map((id) => make("option", { value: id }, t(`own.activation-${id}`))));
    this.#showNormalisation();
    this.#showActivation();
  }

  /** @returns {OwnChoices} */
  get choices() {
    return {
      title: this.#name.value.trim() || t("own.your-model"),
      width: this.#width.valueAsNumber, height: this.#height.valueAsNumber,
      mean: numbers(this.#mean.value), std: numbers(this.#std.value),
      output: this.#output.value, activation: /** @type {Activation} */ (this.#activation.value),
      gpuPrecision: this.#found?.precisions.includes("float16") ? "float16" : "float32",
    };
  }

  #showNormalisation() {
    const preset = this.#found?.normalisations.find(({ id }) => id === this.#normalisation.value);
    byId("own-custom").hidden = preset !== undefined;
    if (!preset) return this.#mean.focus();
    this.#mean.value = preset.mean.join("  ");
    this.#std.value = preset.std.join("  ");
    for (const input of [this.#mean, this.#std]) checkNumbers(input, false);
  }

  #showActivation() {
    const output = this.#found?.outputs.find(({ name }) => name === this.#output.value);
    if (!output) return;
    this.#activation.value = output.activation;
    byId("own-activation-why").textContent = output.why;
  }
}

/**
 * @param {Inspection} found
 * @param {File} file
 * @returns {[string, string][]}
 */
function facts({ input, producer, opset, nodes, parameters, precisions }, file) {
  const size = input.width && input.height ? t("own.fixed-size", { width: input.width, height: input.height }) : t("own.any-size");
  const order = t(input.layout === "NCHW" ? "own.channels-first" : "own.channels-last");
  const weights = parameters < 1e6 ? number(parameters) : t("unit.million", { count: number(parameters / 1e6, 1) });
  return [
    [t("own.file"), t("own.file-words", { name: file.name, size: sizeWords(file.size) })],
    [t("own.takes"), t("own.takes-words", { size, order, type: input.dtype })],
    [t("own.network"), t("own.network-words", { nodes, weights, opset })],
    [t("own.made-by"), producer || t("own.not-said")],
    [t("own.arithmetic"), t(precisions.includes("float16") ? "own.arithmetic-16" : "own.arithmetic-32")],
  ];
}

/** @param {Dim[]} shape */
function shapeWords(shape) {
  return shape.map((dim) => dim ?? "?").join(" × ") || t("own.shape-unknown");
}

/**
 * Three numbers, however they are separated.
 * @param {string} text
 */
function numbers(text) {
  return text.trim().split(/[\s;,]+/).map(Number);
}

/**
 * @param {HTMLInputElement} input
 * @param {boolean} positive
 */
function checkNumbers(input, positive) {
  const three = numbers(input.value);
  const fits = three.length === 3 && three.every((one) => Number.isFinite(one) && (!positive || one > 0));
  input.setCustomValidity(fits ? "" : t(positive ? "own.three-positive" : "own.three-numbers"));
}
