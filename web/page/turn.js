/** At most one task of a kind: beginning one aborts the one before. */

export class Turn {
  /** @type {AbortController | null} */
  #current = null;

  /** Whether a task is under way. */
  get taken() {
    return this.#current !== null;
  }

  /** @returns {AbortController} */
  begin() {
    this.abort();
    return (this.#current = new AbortController());
  }

  /**
   * Ends the task if it is still the current one; says whether it was. What a task brings home
   * after another took its turn is of no interest any more.
   * @param {AbortController} task
   */
  end(task) {
    if (this.#current !== task) return false;
    this.#current = null;
    return true;
  }

  abort() {
    this.#current?.abort();
    this.#current = null;
  }
}
