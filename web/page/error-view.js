/** Tells what went wrong, what to do about it, and what to put into a bug report. */

import { byId } from "./dom.js";
import { errorWords } from "./error-words.js";
import { say } from "./i18n.js";

/** @import { AlphacutError, ErrorCode } from "../shared/protocol.js" */

/** Trying the same again can help with these; a file that is no image stays none. @type {ReadonlySet<ErrorCode>} */
const WORTH_RETRYING = new Set([
  "internal", "out-of-memory", "offline", "download-failed", "download-cut-off", "hash-mismatch",
  "runtime-failed", "worker-crashed", "session-failed", "inference-failed",
]);
/** Without a GPU the same photo still works. @type {ReadonlySet<ErrorCode>} */
const WORTH_THE_CPU = new Set(["webgpu-unavailable", "session-failed", "inference-failed"]);

export class ErrorView {
  #box = byId("error");
  #details = byId("error-details");
  #retry = byId("retry", HTMLButtonElement);
  #cpu = byId("retry-cpu", HTMLButtonElement);
  #copy = byId("copy", HTMLButtonElement);
  #onRetry = () => {};
  #onCpu = () => {};

  constructor() {
    this.#retry.addEventListener("click", () => this.#onRetry());
    this.#cpu.addEventListener("click", () => this.#onCpu());
    this.#copy.addEventListener("click", () => this.#copyDetails());
  }

  /**
   * @param {AlphacutError} error
   * @param {{ onRetry: () => void, onCpu: (() => void) | null }} ways  `onCpu` is null where the CPU has been tried.
   */
  show(error, { onRetry, onCpu }) {
    const { message, hint, exactly } = errorWords(error);
    byId("error-message").textContent = message;
    byId("error-hint").textContent = hint;
    byId("error-code").textContent = error.code;
    this.#details.textContent = reportText(error, exactly);
    say(this.#copy, "error.copy");
    [this.#onRetry, this.#onCpu] = [onRetry, onCpu ?? onRetry];
    this.#retry.hidden = !WORTH_RETRYING.has(error.code);
    this.#cpu.hidden = !onCpu || !WORTH_THE_CPU.has(error.code);
    this.#box.hidden = false;
  }

  hide() {
    this.#box.hidden = true;
  }

  async #copyDetails() {
    try {
      await navigator.clipboard.writeText(this.#details.textContent ?? "");
      say(this.#copy, "error.copied");
    } catch {
      // No clipboard without a secure context or consent: selected text is one key press away.
      getSelection()?.selectAllChildren(this.#details);
      say(this.#copy, "error.selected");
    }
  }
}

/**
 * @param {AlphacutError} error
 * @param {string} exactly
 */
function reportText(error, exactly) {
  return [
    exactly,
    `code: ${error.code}`,
    `message: ${error.message}`,
    `browser: ${navigator.userAgent}`,
    `isolated: ${crossOriginIsolated}`,
    error.details,
  ].filter(Boolean).join("\n");
}
