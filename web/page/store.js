/**
 * Small settings that outlive a visit.
 *
 * localStorage throws where the reader blocks site data or a frame is sandboxed; the page then
 * remembers until it is closed, and nobody needs to know.
 */

const PREFIX = "alphacut.";

export class Store {
  /** @type {Map<string, string>} */
  #memory = new Map();

  /**
   * @param {string} key
   * @returns {string | null}
   */
  get(key) {
    const kept = this.#memory.get(key);
    if (kept !== undefined) return kept;
    try {
      return localStorage.getItem(PREFIX + key);
    } catch (error) {
      if (error instanceof DOMException) return null;
      throw error;
    }
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  set(key, value) {
    this.#memory.set(key, value);
    try {
      localStorage.setItem(PREFIX + key, value);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  }
}
