/** The line that says how much of models this browser keeps, with a button that clears it. */

import { byId } from "./dom.js";
import { keptWords } from "./text.js";

/** @import { Kept } from "../shared/protocol.js" */
/** @import { WorkerClient } from "./worker-client.js" */

export class KeptView {
  #client;
  #line = byId("kept", HTMLElement);
  #words = byId("kept-words", HTMLElement);
  #clear = byId("forget", HTMLButtonElement);
  /** Whether the browser promised not to clear it by itself. @type {Promise<boolean> | null} */
  #lasting = null;

  /** @param {WorkerClient} client */
  constructor(client) {
    this.#client = client;
    this.#clear.addEventListener("click", () => this.#show(client.forget(null)));
  }

  /** Says what is kept now. */
  refresh() {
    return this.#show(this.#client.storage());
  }

  /** @param {Promise<Kept>} asked */
  async #show(asked) {
    try {
      const { bytes } = await asked;
      if (bytes > 0) this.#lasting ??= askToLast();
      this.#words.textContent = keptWords(bytes, await this.#lasting ?? false);
      this.#clear.hidden = bytes === 0;
      if (bytes > 0) this.#line.hidden = false; // and stays, to say that nothing is kept any more
    } catch (error) {
      console.warn("What this browser keeps could not be told.", error); // whoever needs the worker says why
    }
  }
}

async function askToLast() {
  try {
    return await navigator.storage.persist();
  } catch {
    return false; // not on plain HTTP, and not where site data is blocked; it is kept as long as it pleases the browser
  }
}
