/** What the embedded tool does: one photo after another, the visitor's and the host's, from its arrival to its file. */

import { byId } from "../page/dom.js";
import { fileNames, USUAL_PATTERN } from "../page/file-names.js";
import { LicenceGate } from "../page/licence-gate.js";
import { photoFromBlob, photoFromSample } from "../page/photo.js";
import { fetchOrExplain, ROOT } from "../page/site.js";
import { AlphacutError } from "../shared/protocol.js";
import { Files } from "./files.js";

/** @import { EmbedOptions } from "../shared/embed-options.js" */
/** @import { ProgressReply, Site, SiteModel } from "../shared/protocol.js" */
/** @import { Photo } from "../page/photo.js" */
/** @import { Store } from "../page/store.js" */
/** @import { WorkerClient } from "../client/worker-client.js" */
/** @import { File, Made } from "./files.js" */
/** @import { OnProgress, Result } from "./host-link.js" */
/** @import { View } from "./view.js" */
/** @typedef {{ photo: Photo, wishes: EmbedOptions, controller: AbortController, onProgress: OnProgress }} Job */

export class Tool {
  #client;
  #site;
  #view;
  #gate;
  #files;
  /** Jobs are done one after another: the view shows the one under way. @type {Promise<unknown>} */
  #queue = Promise.resolve();
  /** @type {Set<Job>} */
  #jobs = new Set();
  /** @type {Job | null} */
  #current = null;
  /** What is shown, and can be downloaded. @type {Made | null} */
  #made = null;

  /**
   * @param {WorkerClient} client
   * @param {Site} site
   * @param {View} view
   * @param {Store} store
   */
  constructor(client, site, view, store) {
    this.#client = client;
    this.#site = site;
    this.#view = view;
    this.#gate = new LicenceGate(store);
    this.#files = new Files(client);
  }

  get isBusy() {
    return this.#jobs.size > 0;
  }

  /**
   * Cuts out a photo once those before it are done.
   * @param {Photo} photo
   * @param {EmbedOptions} wishes
   * @param {{ signal?: AbortSignal, onProgress: OnProgress }} how
   * @returns {Promise<Result>}
   * @throws {AlphacutError}
   */
  cutOut(photo, wishes, { signal, onProgress }) {
    const controller = new AbortController();
    signal?.addEventListener("abort", () => controller.abort(), { once: true });
    if (signal?.aborted) controller.abort();
    /** @type {Job} */
    const job = { photo, wishes, controller, onProgress };
    this.#jobs.add(job);
    const result = this.#queue.then(() => this.#run(job)).finally(() => this.#jobs.delete(job));
    this.#queue = result.catch(() => {});
    return result;
  }

  /** Ends the photo that is shown. */
  cancel() {
    this.#current?.controller.abort();
  }

  /** Ends all photos, and the worker where no other frame uses it. */
  dispose() {
    for (const { controller } of this.#jobs) controller.abort();
    this.#client.dismiss();
    this.#made = null;
    this.#view.idle();
  }

  /** Forgets what is shown and takes photos again. */
  clear() {
    this.#made?.photo.release();
    this.#made = null;
    this.#view.idle();
  }

  /**
   * Downloads the file that the options of now ask for.
   * @param {EmbedOptions} wishes
   */
  async download(wishes) {
    const made = this.#made;
    if (!made) return;
    const job = { photo: made.photo, wishes, controller: new AbortController(), onProgress: () => {} };
    this.#current = job;
    byId("download", HTMLButtonElement).disabled = true;
    try {
      save(await this.#files.make(made, wishes, this.#hearing(job)), made);
    } catch (thrown) {
      this.#view.fail(AlphacutError.from(thrown), () => void this.download(wishes));
    } finally {
      byId("download", HTMLButtonElement).disabled = false;
    }
  }

  /** @param {Job} job @returns {Promise<Result>} */
  async #run(job) {
    if (job.controller.signal.aborted) throw new AlphacutError("cancelled", "Cancelled.");
    this.#current = job;
    this.#view.busy(null);
    try {
      const made = await this.#remove(job);
      const file = await this.#files.make(made, job.wishes, this.#hearing(job));
      this.#made = made;
      this.#view.done(made.cutout, made.master);
      return resultOf(file, made);
    } catch (thrown) {
      const error = AlphacutError.from(thrown);
      this.#made = null;
      if (error.code === "cancelled") this.#view.idle("job.cancelled");
      throw error;
    } finally {
      this.#current = null;
    }
  }

  /** @param {Job} job @returns {Promise<Made>} */
  async #remove(job) {
    const { photo, wishes, controller: { signal } } = job;
    const model = this.#model(wishes.model);
    if (!await this.#gate.ask(model)) throw new AlphacutError("cancelled", "The licence was declined.");
    const blob = await photo.load(signal);
    this.#view.busy(blob);
    const cutout = await this.#client.remove(blob, { model: model.id, device: wishes.device }, this.#hearing(job));
    return { photo, blob, master: new Blob([cutout.data], { type: cutout.type }), cutout };
  }

  /** @param {Job} job */
  #hearing({ controller: { signal }, onProgress }) {
    return {
      signal,
      onProgress: (/** @type {ProgressReply} */ reply) => {
        if (signal.aborted) return;
        this.#view.tell(reply);
        onProgress(reply);
      },
    };
  }

  /**
   * @param {string} id  "" is the site's default.
   * @returns {SiteModel}
   */
  #model(id) {
    const { models } = this.#site;
    const model = models.find((one) => (id === "" ? one.default : one.id === id)) ?? (id === "" ? models[0] : undefined);
    if (model) return model;
    throw new AlphacutError("unknown-model", `This site has no model “${id}”.`, { hint: `It has ${models.map((one) => one.id).join(", ")}.` });
  }

  /**
   * A photo of the site's origin.
   * @param {string} address
   * @returns {Photo}
   * @throws {AlphacutError} `bad-options`
   */
  photoAt(address) {
    const url = URL.canParse(address, ROOT) ? new URL(address, ROOT) : null;
    if (!url || url.origin !== ROOT.origin) {
      throw new AlphacutError("bad-options", "“src” is an address of the site’s own origin.", { hint: "Send a photo from elsewhere by message." });
    }
    const load = async (/** @type {AbortSignal} */ signal) => (await fetchOrExplain(url, "The photo could not be fetched.", signal)).blob();
    return { name: url.pathname.split("/").at(-1) || "photo", url: url.href, load, release: () => {} };
  }

  /** @param {number} at  From 1. @returns {Photo} */
  sample(at) {
    const sample = this.#site.samples[at - 1];
    if (!sample) throw new AlphacutError("bad-options", `This site has no sample photo ${at}.`);
    return photoFromSample(sample);
  }
}

/** @param {Blob} blob @param {string} name */
export function photoOf(blob, name) {
  return photoFromBlob(blob, name);
}

/**
 * @param {File} file
 * @param {Made} made
 * @returns {Result}
 */
function resultOf({ blob, width, height, notes, ms }, { cutout }) {
  return { image: blob, width, height, model: cutout.model, device: cutout.device, ms: cutout.ms.total + ms, notes: [...new Set([...cutout.notes, ...notes])] };
}

/**
 * @param {File} file
 * @param {Made} made
 */
function save({ blob }, { photo, cutout }) {
  const [download = "cutout"] = fileNames(USUAL_PATTERN, [{ name: photo.name, folder: "", n: 1, model: cutout.model, type: blob.type }]);
  const href = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href, download }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser may still ask where it goes
}
