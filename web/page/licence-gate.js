/** Asks for the reader's consent before a model with a licence notice is downloaded. */

import { byId, outwardLink } from "./dom.js";
import { say } from "./i18n.js";
import { modelBytes, sizeWords } from "./text.js";

/** @import { SiteModel } from "../shared/protocol.js" */
/** @import { Store } from "./store.js" */

export class LicenceGate {
  #dialog = byId("licence-dialog", HTMLDialogElement);
  #store;
  /** @type {Promise<boolean>} */
  #asking = Promise.resolve(false);

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    byId("licence-accept", HTMLButtonElement).addEventListener("click", () => this.#dialog.close("accept"));
    byId("licence-decline", HTMLButtonElement).addEventListener("click", () => this.#dialog.close("decline"));
  }

  /** Settles once no question is open. */
  get idle() {
    return this.#asking;
  }

  /** @param {SiteModel} model */
  isOpenFor(model) {
    const { notice } = model.licence;
    // The text itself is what was accepted: a changed notice is shown again.
    return notice === "" || this.#store.get(storeKey(model)) === notice;
  }

  /**
   * Whether the model may be downloaded; shows the notice where nobody has accepted it yet.
   * @param {SiteModel} model
   * @param {AbortSignal} [signal]  Takes the question back, which counts as declined.
   */
  async ask(model, signal) {
    await this.#asking;
    if (this.isOpenFor(model)) return true;
    if (signal?.aborted) return false;
    this.#asking = this.#show(model);
    const close = () => this.#dialog.close("decline");
    signal?.addEventListener("abort", close, { once: true });
    return this.#asking.finally(() => signal?.removeEventListener("abort", close));
  }

  /**
   * @param {SiteModel} model
   * @returns {Promise<boolean>}
   */
  #show(model) {
    say(byId("licence-title"), "licence.title", { model: model.title });
    byId("licence-notice").textContent = model.licence.notice;
    byId("licence-link").replaceChildren(outwardLink(model.licence.url, model.licence.name));
    byId("licence-size").textContent = sizeWords(modelBytes(model));
    this.#dialog.returnValue = ""; // Escape closes without a value and so declines
    this.#dialog.showModal();
    return new Promise((resolve) => {
      this.#dialog.addEventListener("close", () => {
        const accepted = this.#dialog.returnValue === "accept";
        if (accepted) this.#store.set(storeKey(model), model.licence.notice);
        resolve(accepted);
      }, { once: true });
    });
  }
}

/** @param {SiteModel} model */
function storeKey(model) {
  return `licence.${model.id}`;
}
