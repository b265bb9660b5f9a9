/** The box around what is left of the photo, which crop and shadow go by: found anew where edits changed it. */

/** @import { Region } from "../../shared/protocol.js" */
/** @import { State } from "./draft.js" */
/** @import { Preview } from "./preview.js" */

export class Subject {
  /** What `#box` was found for. @type {State | null} */
  #state = null;
  /** @type {Region | null} */
  #box = null;

  /**
   * @param {State} state
   * @param {Preview | null} preview  Null as long as it is being opened: the master's box stands in.
   */
  of(state, preview) {
    const { master, edits } = state;
    if (edits.length === 0) return master.subject;
    if (this.#state?.master === master && this.#state.edits === edits) return this.#box;
    if (!preview) return master.subject;
    this.#state = state;
    return (this.#box = preview.subject(edits, {}));
  }
}
