/**
 * Sees to it that what was used once can be used without network, and knows what this browser keeps: files of the site
 * by the service worker, models by the worker.
 */

import { loadSite } from "../site.js";
import { ask } from "./service.js";

/** @import { DeviceReport, Kept, Target } from "../../shared/protocol.js" */
/** @import { KeptFiles } from "../../shared/offline.js" */
/** @import { WorkerClient } from "../../client/worker-client.js" */
/** @typedef {{ model: string, target: Target }} InUse */
/**
 * Whether a photo can be cut out without network: `never` where the browser keeps nothing for this page, `full` where
 * there is no room for all of it.
 * @typedef {"unknown" | "ready" | "not-yet" | "full" | "never"} Readiness
 */

/** Which build of ONNX Runtime the worker takes; see ORT_BUILD in worker/ort.js. */
const ORT_BUILD = "Suspending" in WebAssembly ? "jspi" : "asyncify";
/** What a job needs beside the shell, which the service worker keeps by itself. */
export const RUNTIME = ["python", ORT_BUILD];

export class Keeper {
  #client;
  /** @type {InUse | null} */
  #inUse = null;
  /** @type {(() => void)[]} */
  #listeners = [];
  /** @type {Promise<void>} */
  #turn = Promise.resolve();
  #isAsked = false;
  /** @type {Readiness} */
  readiness = "unknown";
  /** @type {Kept} */
  models = { bytes: 0, models: [], others: 0, refused: false };
  /** Undefined before the service worker was asked; null if there is none that answers. @type {KeptFiles | null | undefined} */
  files;
  /** Whether the browser promised not to clear it by itself. */
  lasting = false;

  /** @param {WorkerClient} client */
  constructor(client) {
    this.#client = client;
  }

  /** @param {() => void} listener  Called when something above has changed. */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  /**
   * A model has been loaded for a device: keeps all that this took, and says whether it would do without network.
   * @param {string} model
   * @param {DeviceReport} device
   */
  used(model, { provider, precision }) {
    this.#inUse = { model, target: /** @type {Target} */ (`${provider}-${precision}`) };
    return this.#next(async () => {
      await this.#look(); // models are there at once, the rest takes its time
      const { version } = await loadSite(), claim = () => ask({ type: "claim", version });
      await claim();
      // A browser ends a service worker that takes long, and no answer comes: the next one knows how far it was.
      await this.#look(await ask({ type: "keep", groups: ["shell", ...RUNTIME, "samples"] }) ?? await claim());
    });
  }

  /** Looks again at what is kept. */
  refresh() {
    return this.#next(() => this.#look());
  }

  /** @param {string | null} model  Null for all of them. */
  forget(model) {
    return this.#next(async () => {
      await this.#client.forget(model);
      await this.#look();
    });
  }

  /** @param {string[]} groups */
  drop(groups) {
    return this.#next(async () => this.#look(await ask({ type: "drop", groups })));
  }

  /** Asks the browser not to clear by itself what is kept. */
  async makeLast() {
    this.#isAsked = true;
    this.lasting = await askToLast();
    this.#tell();
  }

  /** @param {() => Promise<void>} step */
  #next(step) {
    return (this.#turn = this.#turn.then(step).catch((error) => {
      console.warn("What this browser keeps could not be told.", error); // whoever needs the worker says why
    }));
  }

  /** @param {KeptFiles | null} [files] */
  async #look(files = this.files) {
    this.models = await this.#client.storage();
    this.files = files;
    if (this.models.bytes > 0 && !this.#isAsked) void this.makeLast(); // not waited for: Firefox asks the reader first
    this.readiness = this.#judge();
    this.#tell();
  }

  /** @returns {Readiness} */
  #judge() {
    if (!this.#inUse || this.files === undefined) return "unknown";
    if (this.files === null || this.models.refused) return "never";
    const { groups, trouble } = this.files;
    const { model, target } = this.#inUse;
    const isWhole = ["shell", ...RUNTIME].every((group) => groups[group]?.whole);
    const hasModel = this.models.models.some((one) => one.model === model && one.targets.includes(target));
    if (isWhole && hasModel) return "ready";
    return isWhole || trouble === "full" ? "full" : "not-yet"; // a model that was loaded and is not kept found no room
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}

async function askToLast() {
  try {
    return await navigator.storage.persist();
  } catch {
    return false; // not on plain HTTP, and not where site data is blocked; it is kept as long as it pleases the browser
  }
}
