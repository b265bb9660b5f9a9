/** Writes bits, the lowest first, as deflate wants them (RFC 1951). */

/** How many low bits of a table's entry tell the length of the code that is in the others. */
export const LENGTH_BITS = 4;
const LENGTH_MASK = (1 << LENGTH_BITS) - 1;

export class BitWriter {
  #words;
  /** Words of 16 bits written so far. */
  #at = 0;
  /** Bits not written yet, and how many: fewer than 16. */
  #held = 0;
  #count = 0;

  /** @param {number} bits  That will be written at most. */
  constructor(bits) {
    this.#words = new Uint16Array(Math.ceil(bits / 16) + 1);
  }

  /**
   * @param {number} value
   * @param {number} bits  16 at most.
   */
  put(value, bits) {
    this.#held |= value << this.#count;
    this.#count += bits;
    if (this.#count < 16) return;
    this.#words[this.#at++] = this.#held;
    this.#held >>>= 16;
    this.#count -= 16;
  }

  /** @param {number} entry  Of a table. */
  symbol(entry) {
    this.put(entry >>> LENGTH_BITS, entry & LENGTH_MASK);
  }

  /**
   * Writes pixels, four literals each. Fields in local variables, no loop, and a word written after each literal,
   * whether it is full or not, which no processor can foretell: in this order it takes half the time.
   * @param {Uint32Array} row
   * @param {number} from
   * @param {number} to
   * @param {Uint32Array} table
   */
  pixels(row, from, to, table) {
    const words = this.#words;
    let at = this.#at, held = this.#held, count = this.#count, entry = 0;
    for (let x = from; x < to; x += 1) {
      const pixel = /** @type {number} */ (row[x]);
      entry = /** @type {number} */ (table[pixel & 255]);
      held |= entry >>> LENGTH_BITS << count;
      count += entry & LENGTH_MASK;
      words[at] = held;
      at += count >>> 4;
      held >>>= count & 16;
      count &= 15;
      entry = /** @type {number} */ (table[pixel >>> 8 & 255]);
      held |= entry >>> LENGTH_BITS << count;
      count += entry & LENGTH_MASK;
      words[at] = held;
      at += count >>> 4;
      held >>>= count & 16;
      count &= 15;
      entry = /** @type {number} */ (table[pixel >>> 16 & 255]);
      held |= entry >>> LENGTH_BITS << count;
      count += entry & LENGTH_MASK;
      words[at] = held;
      at += count >>> 4;
      held >>>= count & 16;
      count &= 15;
      entry = /** @type {number} */ (table[pixel >>> 24]);
      held |= entry >>> LENGTH_BITS << count;
      count += entry & LENGTH_MASK;
      words[at] = held;
      at += count >>> 4;
      held >>>= count & 16;
      count &= 15;
    }
    this.#at = at;
    this.#held = held;
    this.#count = count;
  }

  /** Goes on at the next byte, after an empty block that is stored as it is. */
  flush() {
    this.put(0, 3);
    this.put(0, -this.#count & 7);
    this.put(0, 16);
    this.put(0xffff, 16);
  }

  /** @returns {Uint8Array<ArrayBuffer>}  What was written; the last byte is filled up with zeros. */
  end() {
    this.#words[this.#at] = this.#held;
    return new Uint8Array(this.#words.buffer, 0, 2 * this.#at + Math.ceil(this.#count / 8));
  }
}
