/** What the tool shows, state by state: waiting for a photo, at work, done, or what went wrong. */

import { byId, make } from "../page/dom.js";
import { errorWords } from "../page/error-words.js";
import { say } from "../page/i18n.js";
import { Progress } from "../page/progress.js";
import { deviceWords, durationWords, noteWords } from "../page/text.js";
import { Pictures } from "./pictures.js";

/** @import { AlphacutError, Cutout, DeviceReport, ProgressReply, Stage } from "../shared/protocol.js" */
/** @typedef {"idle" | "busy" | "done" | "error"} State */

/** Nothing else would come of trying the same photo again. */
const HOPELESS = new Set([
  "not-an-image", "empty-file", "unsupported-format", "truncated-image", "image-too-large", "zero-size-image", "unknown-model",
]);

export class View {
  pictures = new Pictures();
  #root = document.documentElement;
  #status = byId("status");
  #detail = byId("status-detail");
  /** @type {Stage | undefined} */
  #stage;
  #bar = byId("progress", HTMLProgressElement);
  #cancel = byId("cancel", HTMLButtonElement);
  #retry = byId("retry", HTMLButtonElement);
  #progress = new Progress({ startUp: true, photo: true });
  #onRetry = () => {};

  /** @param {{ onCancel: () => void, onAnother: () => void, onDownload: () => void }} handlers */
  constructor({ onCancel, onAnother, onDownload }) {
    this.#cancel.addEventListener("click", onCancel);
    this.#retry.addEventListener("click", () => this.#onRetry());
    byId("another", HTMLButtonElement).addEventListener("click", onAnother);
    byId("download", HTMLButtonElement).addEventListener("click", onDownload);
    document.addEventListener("keydown", ({ key }) => { if (key === "Escape" && !this.#cancel.hidden) onCancel(); });
  }

  /** Takes photos again. @param {string} [key]  Of the words. */
  idle(key = "embed.stays") {
    this.pictures.clear();
    this.#enter("idle");
    say(this.#status, key);
  }

  /** @param {Blob | null} photo  Null where it is not here yet. */
  busy(photo) {
    if (photo) this.pictures.showPhoto(photo);
    this.#progress = new Progress({ startUp: true, photo: true });
    this.#enter("busy");
    say(this.#status, "job.getting-ready");
    this.#bar.removeAttribute("value");
  }

  /** @param {ProgressReply} reply */
  tell(reply) {
    this.#progress.update(reply);
    const { stage, bytes, fraction } = this.#progress;
    if (stage && stage !== this.#stage) say(this.#status, `step.${stage}.words`);
    this.#stage = stage;
    this.#detail.textContent = bytes && `: ${bytes}`; // beside what is read out: nobody wants to hear every megabyte
    if (stage === "inference") this.#bar.removeAttribute("value");
    else this.#bar.value = fraction;
  }

  /**
   * @param {Cutout} cutout
   * @param {Blob} master
   */
  done({ preview, notes, device, ms }, master) {
    this.pictures.showCutout(master, preview && new Blob([preview], { type: "image/jpeg" }));
    byId("notes").replaceChildren(...notes.map((note) => make("li", {}, noteWords(note))));
    this.#enter("done");
    byId("notes").hidden = notes.length === 0;
    say(this.#status, notes.includes("empty-mask") ? "job.nothing-found" : "job.done", { time: durationWords(ms.total) });
    this.ran(device);
  }

  /** Says which device ran. @param {DeviceReport} device */
  ran(device) {
    const words = byId("device");
    words.textContent = `${deviceWords(device)} · `;
    words.title = device.reason;
  }

  /**
   * @param {AlphacutError} error
   * @param {(() => void) | null} retry
   * @param {boolean} keeps  What was done before stays, to be downloaded.
   */
  fail(error, retry, keeps) {
    const { message, hint, exactly } = errorWords(error);
    byId("error-message").textContent = message;
    byId("error-hint").textContent = hint;
    byId("error-code").textContent = error.code;
    byId("error").title = exactly;
    this.#onRetry = retry ?? (() => {});
    this.#retry.hidden = !retry || HOPELESS.has(error.code);
    if (!keeps) {
      this.pictures.clear();
      this.#enter("error");
    }
    byId("error").hidden = false;
    say(this.#status, "job.failed");
  }

  /** @param {State} state */
  #enter(state) {
    const active = document.activeElement;
    this.#detail.textContent = "";
    this.#stage = undefined;
    this.#root.dataset.state = state;
    byId("idle").hidden = state === "busy" || state === "done";
    this.#cancel.hidden = this.#bar.hidden = state !== "busy";
    byId("error").hidden = state !== "error";
    byId("notes").hidden = true;
    byId("actions").hidden = state !== "done";
    if (active instanceof HTMLElement && active !== document.body && !active.checkVisibility()) firstVisible()?.focus();
  }
}

/** Where the focus goes when what had it is hidden. */
function firstVisible() {
  const places = document.querySelectorAll("#cancel, #download, #another, #retry, #photo-input, .sample");
  return /** @type {HTMLElement[]} */ ([...places]).find((place) => place.checkVisibility());
}
