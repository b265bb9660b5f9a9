/**
 * The visitor's own models, as far as the page knows them. A worker of its own reads and rewrites a file: that takes
 * up to ten times the file's size of a WebAssembly memory, which only ends with its worker.
 */

import { startWorker } from "../client/start-worker.js";
import { WorkerClient } from "../client/worker-client.js";

/** @import { DeviceChoice, Inspection, OwnChoices, SiteModel } from "../shared/protocol.js" */
/** @import { CallOptions } from "../client/worker-client.js" */

export class OwnModels {
  #client;
  #helper = new WorkerClient(startWorker);

  /** @param {WorkerClient} client  The one that cuts out photos. */
  constructor(client) {
    this.#client = client;
  }

  /** @returns {Promise<SiteModel[]>} */
  async list() {
    try {
      return await this.#client.ask({ type: "own" });
    } catch {
      return []; // whatever stops the worker is told when it is to do the main job
    }
  }

  /**
   * What is in the file.
   * @param {File} file
   * @param {CallOptions} options
   * @returns {Promise<Inspection>}
   */
  inspect(file, options) {
    return this.#helper.ask({ type: "inspect", file, name: file.name }, options);
  }

  /**
   * Rewrites the file, keeps it, and tries it on the device; what does not run is not kept.
   * @param {File} file
   * @param {OwnChoices} choices
   * @param {DeviceChoice} device
   * @param {CallOptions} options
   * @returns {Promise<SiteModel>}
   */
  async add(file, choices, device, options) {
    /** @type {SiteModel} */
    const model = await this.#helper.ask({ type: "adopt", file, choices }, options);
    this.close();
    return this.#client.ask({ type: "check", model: model.id, device }, options);
  }

  /**
   * @param {SiteModel} model
   * @returns {Promise<SiteModel[]>} Those that are left.
   */
  forget(model) {
    return this.#client.ask({ type: "disown", model: model.id });
  }

  /** Gives the memory back that reading a file took. */
  close() {
    this.#helper.dismiss();
  }
}
