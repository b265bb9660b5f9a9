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

  /** How much is kept beyond this visit. */
  get bytes() {
    return ours().reduce((sum, key) => sum + key.length + (localStorage.getItem(key)?.length ?? 0), 0);
  }

  /** Forgets everything. What the page shows stays as it is until the next visit. */
  clear() {
    this.#memory.clear();
    for (const key of ours()) localStorage.removeItem(key);
  }
}

function ours() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch (error) {
    if (error instanceof DOMException) return [];
    throw error;
  }
}
