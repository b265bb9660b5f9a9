/** Hears of Python or ONNX Runtime dying where no promise of ours does: a trap in WebAssembly entered from the event loop. */

import { AlphacutError } from "../shared/protocol.js";
import { isStarved } from "./memory.js";

/** Those who wait for something meanwhile. @type {Set<(error: AlphacutError) => void>} */
const waiting = new Set();
/** @type {AlphacutError | null} */
let crashed = null;

globalThis.addEventListener("error", ({ error }) => end(error));
globalThis.addEventListener("unhandledrejection", ({ reason }) => { if (isFatal(reason)) end(reason); });

/**
 * The first of these promises, unless all ends before. A race with one promise for all requests would hold on to what
 * each of them came to.
 * @template {Promise<unknown>[]} T
 * @param {T} promises
 * @returns {Promise<Awaited<T[number]>>}
 */
export async function orCrash(...promises) {
  /** @type {(error: AlphacutError) => void} */
  let fail = () => {};
  /** @type {Promise<never>} */
  const crash = new Promise((_, reject) => { fail = reject; });
  if (crashed) fail(crashed);
  waiting.add(fail);
  try {
    return await Promise.race([...promises, crash]);
  } finally {
    waiting.delete(fail);
  }
}

/** @param {unknown} cause */
function end(cause) {
  crashed ??= crash(cause);
  for (const fail of waiting) fail(crashed);
}

/** @param {unknown} reason */
function isFatal(reason) {
  if (reason instanceof WebAssembly.RuntimeError || reason instanceof RangeError) return true;
  return reason instanceof Error && "pyodide_fatal_error" in reason;
}

/** @param {unknown} cause */
function crash(cause) {
  const details = String(cause instanceof Error ? cause.stack : cause);
  if (isStarved(cause)) {
    return new AlphacutError("out-of-memory", "Memory ran out while the photo was processed.", {
      hint: "Close other tabs or scale the photo down, then try again.", details, cause,
    });
  }
  return new AlphacutError("runtime-failed", "Python stopped while the photo was processed.", {
    hint: "Try again; Python is started anew.", details, cause,
  });
}
