/** Files of a cutout: the master as it is, or what Python makes of it with another format or background. */

/** @import { Cutout, Note, Output } from "../shared/protocol.js" */
/** @import { EmbedOptions } from "../shared/embed-options.js" */
/** @import { CallOptions, WorkerClient } from "../client/worker-client.js" */
/** @import { Photo } from "../page/photo.js" */
/** @typedef {{ photo: Photo, blob: Blob, master: Blob, cutout: Cutout }} Made  A photo and its cutout, a PNG. */
/** @typedef {{ blob: Blob, width: number, height: number, notes: Note[], ms: number }} File */

export class Files {
  #client;

  /** @param {WorkerClient} client */
  constructor(client) {
    this.#client = client;
  }

  /**
   * @param {Made} made
   * @param {EmbedOptions} wishes
   * @param {CallOptions} how
   * @returns {Promise<File>}
   */
  async make({ blob: photo, master, cutout: { width, height } }, { background, format, quality }, how) {
    if (background === "" && format === "png") return { blob: master, width, height, notes: [], ms: 0 };
    const finish = background === "" ? {} : { background: { kind: /** @type {const} */ ("colour"), colour: background } };
    /** @type {Output} */
    const output = { format };
    if (quality !== null && (format === "jpeg" || format === "webp")) output.quality = quality;
    const { data, type, ms, ...made } = await this.#client.export({ photo, master, edits: [], finish, output }, how);
    return { ...made, blob: new Blob([data], { type }), ms: ms.total };
  }
}
