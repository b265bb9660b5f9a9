/** A stroke of the hint brush: Python answers it with a patch of the mask, one at a time. */

import { decodePatches } from "./mask.js";

/** @import { Stroke } from "../../shared/protocol.js" */
/** @import { AppContext } from "../context.js" */
/** @import { Draft } from "./draft.js" */

export class Hint {
  #client;
  #onState;
  /** @type {AbortController | null} */
  #task = null;

  /**
   * @param {AppContext["client"]} client
   * @param {(answering: boolean) => void} onState
   */
  constructor(client, onState) {
    this.#client = client;
    this.#onState = onState;
  }

  /**
   * Adds the patch to the draft, unless the hint is stopped before.
   * @param {Stroke} stroke
   * @param {Draft} draft
   * @param {Blob} photo
   * @throws {import("../../shared/protocol.js").AlphacutError} `cancelled` where it was stopped.
   */
  async answer(stroke, draft, photo) {
    const task = (this.#task = new AbortController()), { master, edits } = draft.state;
    this.#onState(true);
    try {
      const ask = () => this.#client.refine({ photo, master: master.blob, edits: [...edits], stroke }, { signal: task.signal });
      // The stroke is nowhere else: a worker that ends with it is not its end.
      const patch = await ask().catch((error) => {
        if (error.fatal) return ask();
        throw error;
      });
      await decodePatches([patch]);
      if (this.#task === task) draft.change({ edits: [...draft.state.edits, patch] });
    } finally {
      if (this.#task === task) this.stop();
    }
  }

  stop() {
    this.#task?.abort();
    this.#task = null;
    this.#onState(false);
  }
}
