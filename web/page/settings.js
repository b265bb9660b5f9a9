/** Which model runs on which device: the two selects, the address and what was chosen last time. */

import { AlphacutError } from "../shared/protocol.js";
import { byId, make } from "./dom.js";
import { t } from "./i18n.js";
import { modelBytes, modelSummary, sizeWords } from "./text.js";

/** @import { DeviceChoice, Site, SiteModel } from "../shared/protocol.js" */
/** @import { LicenceGate } from "./licence-gate.js" */
/** @import { Store } from "./store.js" */
/** @typedef {{ model: SiteModel, device: DeviceChoice }} Chosen */

/** @type {readonly DeviceChoice[]} */
const DEVICES = ["auto", "webgpu", "wasm"];

export class Settings {
  /** @type {SiteModel[]} */
  #models;
  #gate;
  #store;
  #onChange;
  #modelSelect = byId("model", HTMLSelectElement);
  #deviceSelect = byId("device", HTMLSelectElement);
  /** @type {SiteModel} */
  #model;
  /** @type {SiteModel} Where a declined licence leads back to. */
  #previous;
  /** Said once, when the page opens; empty where there is nothing to say. */
  complaint = "";

  /**
   * @param {Site} site
   * @param {{ own: SiteModel[], gate: LicenceGate, store: Store, onChange: () => void }} parts
   */
  constructor(site, { own, gate, store, onChange }) {
    this.#models = [...site.models, ...own];
    this.#gate = gate;
    this.#store = store;
    this.#onChange = onChange;
    this.#previous = defaultModel(site.models);
    this.#model = this.#firstModel();
    if (gate.isOpenFor(this.#model)) this.#previous = this.#model;
    this.#fill();
  }

  /** @returns {Chosen} */
  get chosen() {
    return { model: this.#model, device: asDevice(this.#deviceSelect.value) ?? "auto" };
  }

  /** The site's and the visitor's. */
  get models() {
    return this.#models;
  }

  /**
   * The least model that needs no consent, for what must be quick; where each needs it, the chosen one when it is given.
   * @returns {Promise<Chosen>}
   * @throws {AlphacutError} `cancelled`
   */
  async quickest() {
    const [model] = this.#models.filter((one) => this.#gate.isOpenFor(one)).sort((a, b) => modelBytes(a) - modelBytes(b));
    return model ? { ...this.chosen, model } : this.settle();
  }

  /** Whether the chosen model may be downloaded without asking. */
  get mayStart() {
    return this.#gate.isOpenFor(this.#model);
  }

  /**
   * The choice to run with, after any open question about a licence is answered.
   * @returns {Promise<Chosen>}
   * @throws {AlphacutError} `cancelled`
   */
  async settle() {
    await this.#gate.idle;
    if (await this.#gate.ask(this.#model)) return this.chosen;
    // Where every model has a notice there is none to fall back to: nothing is downloaded.
    if (!this.#gate.isOpenFor(this.#previous)) throw new AlphacutError("cancelled", "The licence was declined.");
    this.#use(this.#previous);
    return this.chosen;
  }

  /** @param {DeviceChoice} device */
  setDevice(device) {
    this.#deviceSelect.value = device;
    this.#remember("device", device);
  }

  /**
   * Offers a model the visitor brought, and chooses it.
   * @param {SiteModel} model
   */
  add(model) {
    this.#models = [...this.#models.filter(({ id }) => id !== model.id), model];
    this.#choose(model);
  }

  /**
   * The visitor's models are these from now on.
   * @param {SiteModel[]} own
   */
  setOwn(own) {
    this.#models = [...this.#models.filter((model) => !model.own), ...own];
    this.#previous = this.#find(this.#previous.id) ?? defaultModel(this.#models);
    if (this.#find(this.#model.id)) return this.#use(this.#model);
    this.#choose(this.#previous);
  }

  #firstModel() {
    const asked = new URLSearchParams(location.search).get("model");
    const found = this.#find(asked) ?? (asked ? undefined : this.#find(this.#store.get("model")));
    if (asked && !found) {
      this.complaint = t("settings.no-model", { asked, title: this.#previous.title });
    }
    return found ?? this.#previous;
  }

  /** @param {string | null} id */
  #find(id) {
    return this.#models.find((model) => model.id === id);
  }

  #fill() {
    const query = asDevice(new URLSearchParams(location.search).get("device"));
    this.#deviceSelect.value = query ?? asDevice(this.#store.get("device")) ?? "auto";
    this.#use(this.#model);
    document.addEventListener("wordschange", () => this.#use(this.#model));
    this.#modelSelect.disabled = this.#deviceSelect.disabled = false;
    this.#modelSelect.addEventListener("change", () => this.#chooseModel());
    this.#deviceSelect.addEventListener("change", () => {
      this.setDevice(this.chosen.device);
      this.#onChange();
    });
  }

  async #chooseModel() {
    const wanted = this.#find(this.#modelSelect.value) ?? this.#model;
    if (!(await this.#gate.ask(wanted))) return this.#use(this.#model);
    this.#choose(wanted);
  }

  /** @param {SiteModel} model */
  #choose(model) {
    this.#use(model);
    this.#previous = model;
    this.#remember("model", model.id);
    this.#onChange();
  }

  /** @param {SiteModel} model */
  #use(model) {
    this.#model = model;
    const [own, ours] = [true, false].map((own) => this.#models.filter((one) => Boolean(one.own) === own).map(optionOf));
    const groups = own?.length ? [make("optgroup", { label: t("settings.own-models") }, ...own)] : [];
    this.#modelSelect.replaceChildren(...(ours ?? []), ...groups);
    byId("own-remove").hidden = !model.own;
    this.#modelSelect.value = model.id;
    byId("model-summary").textContent = modelSummary(model);
  }

  /**
   * @param {"model" | "device"} key
   * @param {string} value
   */
  #remember(key, value) {
    this.#store.set(key, value);
    const here = new URL(location.href);
    if (!here.searchParams.has(key)) return;
    here.searchParams.set(key, value); // or a reload would bring the old choice back
    history.replaceState(null, "", here);
  }
}

/** @param {SiteModel} model */
function optionOf(model) {
  return make("option", { value: model.id }, `${model.title} · ${sizeWords(modelBytes(model))}`);
}

/** @param {SiteModel[]} models */
function defaultModel(models) {
  const found = models.find((model) => model.default) ?? models[0];
  if (found) return found;
  throw new AlphacutError("download-failed", "This site was built without a model.", {
    hint: "Build it again with at least one model.",
  });
}

/** @param {string | null} text */
function asDevice(text) {
  return DEVICES.find((device) => device === text);
}
