/** Hears of Python or ONNX Runtime dying where no promise of ours does: a trap in WebAssembly entered from the event loop. */

import { AlphacutError } from "../shared/protocol.js";

/** Rejects when that happens; raced against by each request. @type {Promise<never>} */
export const crashed = new Promise((_, reject) => {
  globalThis.addEventListener("error", ({ error }) => reject(crash(error)));
  globalThis.addEventListener("unhandledrejection", ({ reason }) => { if (isFatal(reason)) reject(crash(reason)); });
});
crashed.catch(() => {});

/** @param {unknown} reason */
function isFatal(reason) {
  if (reason instanceof WebAssembly.RuntimeError || reason instanceof RangeError) return true;
  return reason instanceof Error && "pyodide_fatal_error" in reason;
}

/** @param {unknown} cause */
function crash(cause) {
  const details = String(cause instanceof Error ? cause.stack : cause);
  if (/out of memory|allocation|enlarge memory/i.test(details)) {
    return new AlphacutError("out-of-memory", "Memory ran out while the photo was processed.", {
      hint: "Close other tabs or scale the photo down, then try again.", details, cause,
    });
  }
  return new AlphacutError("runtime-failed", "Python stopped while the photo was processed.", {
    hint: "Try again; Python is started anew.", details, cause,
  });
}
