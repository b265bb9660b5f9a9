/** What the embedded tool does: one photo after another, the visitor's and the host's, from its arrival to its file. */

import { cancelledBy, untilAborted } from "../client/abort.js";
import { byId } from "../page/dom.js";
import { fileNames, USUAL_PATTERN } from "../page/file-names.js";
import { LicenceGate } from "../page/licence-gate.js";
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

  /** Whether there is a cutout to download. */
  get hasResult() {
    return this.#made !== null;
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
    return untilAborted(() => result, controller.signal); // one that waits has not to wait for that
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
    const made = this.#made, button = byId("download", HTMLButtonElement), { signal } = new AbortController();
    if (!made) return;
    button.disabled = true;
    try {
      save(await this.#files.make(made, wishes, { signal }), made);
      byId("error").hidden = true;
    } catch (thrown) {
      this.#view.fail(AlphacutError.from(thrown), () => void this.download(wishes), this.hasResult);
    } finally {
      button.disabled = false;
    }
  }

  /** @param {Job} job @returns {Promise<Result>} */
  async #run(job) {
    if (job.controller.signal.aborted) throw cancelledBy(job.controller.signal);
    const before = this.#made;
    this.#current = job;
    this.#view.busy(null);
    try {
      const made = await this.#remove(job);
      const file = await this.#files.make(made, job.wishes, this.#hearing(job));
      this.#show(made);
      return resultOf(file, made);
    } catch (thrown) {
      // What was done before is still there.
      if (before && this.#made === before) this.#show(before);
      else this.#view.idle("job.cancelled");
      throw thrown;
    } finally {
      this.#current = null;
    }
  }

  /** @param {Made} made */
  #show(made) {
    this.#made = made;
    this.#view.pictures.showPhoto(made.blob);
    this.#view.done(made.cutout, made.master);
  }

  /** @param {Job} job @returns {Promise<Made>} */
  async #remove(job) {
    const { photo, wishes, controller: { signal } } = job;
    const model = this.#model(wishes.model);
    if (!await this.#gate.ask(model, signal)) throw new AlphacutError("cancelled", "The licence was declined.");
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
