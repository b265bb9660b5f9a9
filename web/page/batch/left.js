/** What an earlier visit left: how much, and whether to go on with it or to delete it. */

import { text } from "../controls.js";
import { make } from "../dom.js";
import { BATCHES, Shelf } from "../shelf.js";
import { action } from "./action.js";
import { bareRecord } from "./item.js";

/** @import { Batch } from "./batch-model.js" */
/** @typedef {{ shelf: Shelf, records: any[] }} Rest */

export class Left {
  element = make("section", { className: "batch-left", hidden: true });
  #batch;
  /** @type {Rest[]} */
  #rests = [];

  /** @param {Batch} batch */
  constructor(batch) {
    this.#batch = batch;
  }

  /** Looks for what earlier visits left; what was saved whole is deleted. */
  async look() {
    for (const shelf of await Shelf.left(BATCHES)) {
      const records = await shelf.records();
      records.push(...(await shelf.strays(records)).map(bareRecord));
      if (records.every(({ saved }) => saved)) await shelf.clear();
      else this.#rests.push({ shelf, records });
    }
    this.#draw();
  }

  async #goOn() {
    for (const { shelf, records } of this.#rests.splice(0)) await this.#batch.goOn(shelf, records);
    this.#draw();
  }

  /** Deletes it. */
  async clear() {
    await Promise.all(this.#rests.splice(0).map(({ shelf }) => shelf.clear()));
    this.#draw();
  }

  #draw() {
    const records = this.#rests.flatMap((rest) => rest.records).filter(({ saved }) => !saved);
    const open = records.filter(({ state }) => state !== "done").length;
    const isWaiting = records.some(({ state }) => state === "waiting" || state === "working");
    const values = { all: records.length, open };
    this.element.hidden = records.length === 0;
    this.element.replaceChildren(
      text("p", open > 0 ? "batch.rest.open" : "batch.rest.done", {}, values),
      make("p", { className: "actions" }, action(isWaiting ? "rest.resume" : "rest.show", () => this.#goOn(), "primary"), action("rest.clear", () => this.clear())),
    );
  }
}
