/** What one photo is being made into: every change can be taken back, none touches the photo. Knows no DOM. */

/** @import { Edit, Finish, Region } from "../../shared/protocol.js" */
/**
 * @typedef {object} Master
 * @property {Blob} blob             The cutout of full size.
 * @property {Region | null} subject
 * @property {Region | null} [region]  The box it was found in.
 */
/**
 * @typedef {object} State
 * @property {Master} master
 * @property {readonly Edit[]} edits
 * @property {Finish} finish
 * @property {Blob | null} picture   What a background of kind "picture" shows.
 */

export class Draft {
  /** @type {State} */
  #state;
  /** The state that the last change began from, until it is kept. @type {State | null} */
  #before = null;
  /** @type {State[]} */
  #past = [];
  /** @type {State[]} */
  #future = [];
  /** What was last saved, or has no need to be. @type {State | null} */
  #saved;
  /** @type {(state: State) => void} */
  #onChange;

  /**
   * @param {State} state
   * @param {(state: State) => void} onChange
   */
  constructor(state, onChange) {
    this.#state = this.#saved = state;
    this.#onChange = onChange;
  }

  get state() {
    return this.#state;
  }

  get canUndo() {
    return this.#past.length > 0 || this.#before !== null;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** Whether something would be lost with the page. */
  get unsaved() {
    return this.#state !== this.#saved && !this.untouched;
  }

  /** Whether nothing but the master is wanted. */
  get untouched() {
    const { edits, finish } = this.#state;
    return edits.length === 0 && isEmpty(finish);
  }

  /**
   * Changes something; what is still being dragged is kept as one step with the first `keep`.
   * @param {Partial<State>} change
   * @param {{ keep?: boolean }} [options]
   */
  change(change, { keep = true } = {}) {
    this.#before ??= this.#state;
    this.#state = { ...this.#state, ...change };
    if (keep) this.#keep();
    this.#onChange(this.#state);
  }

  /** @param {Partial<Finish>} change @param {{ keep?: boolean }} [options] */
  finish(change, options) {
    this.change({ finish: { ...this.#state.finish, ...change } }, options);
  }

  /** Ends a drag. */
  settle() {
    if (!this.#before) return;
    this.#keep();
    this.#onChange(this.#state);
  }

  undo() {
    this.#keep();
    this.#go(this.#past, this.#future);
  }

  redo() {
    this.#keep();
    this.#go(this.#future, this.#past);
  }

  /** Marks a state as saved; null: none is. @param {State | null} [state] */
  saved(state = this.#state) {
    this.#saved = state;
  }

  #keep() {
    if (this.#before && this.#before !== this.#state) {
      this.#past.push(this.#before);
      this.#future = [];
    }
    this.#before = null;
  }

  /**
   * @param {State[]} from
   * @param {State[]} to
   */
  #go(from, to) {
    const next = from.pop();
    if (!next) return;
    to.push(this.#state);
    this.#state = next;
    this.#onChange(next);
  }
}

/** Whether a finish does nothing. @param {Finish} finish */
export function isEmpty({ background, crop, frame, shadow, softness, shift }) {
  return !background && !crop && !frame && !shadow && !softness && !shift;
}
