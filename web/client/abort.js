/** What an AbortSignal ends. */

import { AlphacutError } from "../shared/protocol.js";

/**
 * The error of a call that its signal ended; `cause` is the signal's reason.
 * @param {AbortSignal} signal
 */
export function cancelledBy(signal) {
  return new AlphacutError("cancelled", "Cancelled.", { cause: signal.reason });
}

/**
 * Some work can't be ended, or others wait for it too: its caller need not wait on.
 * @template T
 * @param {() => Promise<T>} work
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<T>}
 * @throws {AlphacutError} `cancelled`
 */
export async function untilAborted(work, signal) {
  if (!signal) return work();
  if (signal.aborted) throw cancelledBy(signal);
  let stop = () => {};
  /** @type {Promise<never>} */
  const aborted = new Promise((_, reject) => { stop = () => reject(cancelledBy(signal)); });
  signal.addEventListener("abort", stop);
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
