/** How quickly photos are done, and what that says of those to come. Pure. */

/** So many of the last photos are reckoned with: enough to smooth, few enough to follow a change. */
const WINDOW = 15;

export class Pace {
  /** @type {{ ms: number, megapixels: number }[]} */
  #recent = [];
  /** @type {number | null} */
  #last = null;

  /** Nothing is under way: the time until the next photo is done says nothing. */
  rest() {
    this.#last = null;
  }

  /**
   * A photo is done. What counts is the time since the one before, because two are under way at once; of the first one
   * it is its own time, without what was loaded before it.
   * @param {{ now: number, ms: number, megapixels: number }} photo
   */
  done({ now, ms, megapixels }) {
    this.#recent.push({ ms: this.#last === null ? ms : now - this.#last, megapixels });
    this.#recent.splice(0, this.#recent.length - WINDOW);
    this.#last = now;
  }

  /**
   * Milliseconds that so many more photos will take; null where nothing is known yet.
   * @param {number} count
   */
  left(count) {
    return this.#recent.length === 0 ? null : count * median(this.#recent.map(({ ms }) => ms));
  }

  /** Megapixels a second; 0 where nothing is known yet. */
  get rate() {
    const ms = this.#recent.reduce((sum, one) => sum + one.ms, 0);
    return ms > 0 ? (1000 * this.#recent.reduce((sum, one) => sum + one.megapixels, 0)) / ms : 0;
  }
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}
