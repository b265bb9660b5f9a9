/** What the camera's view shows and offers: picture, start and stop, background, mirror, snapshot, words. */

import { button, text } from "../controls.js";
import { make } from "../dom.js";
import { say } from "../i18n.js";
import { announce } from "../voice.js";

/** @import { Store } from "../store.js" */
/** @import { Backdrop } from "./preview.js" */
/**
 * @typedef {object} Handlers
 * @property {() => void} onStart
 * @property {() => void} onStop
 * @property {() => void} onSnapshot
 * @property {(backdrop: Backdrop) => void} onBackdrop
 */

const KINDS = /** @type {const} */ (["none", "colour", "blur"]);

export class Controls {
  video = make("video", { muted: true, playsInline: true, hidden: true });
  canvas = make("canvas", { className: "camera-picture" });
  rates = make("p", { className: "quiet camera-rates" });
  #root;
  #store;
  #words = make("p", { className: "camera-words" });
  #message = make("p", { className: "error-message" });
  #hint = make("p");
  #error = make("div", { className: "error camera-error", hidden: true, role: "alert" }, make("div", {}, this.#message, this.#hint));
  #start;
  #stop;
  #snapshot;
  #mirror = make("input", { type: "checkbox", id: "camera-mirror" });
  #colour = make("input", { type: "color", id: "camera-colour" });

  /**
   * @param {HTMLElement} root
   * @param {Store} store
   * @param {Handlers} handlers
   */
  constructor(root, store, { onStart, onStop, onSnapshot, onBackdrop }) {
    this.#root = root;
    this.#store = store;
    this.#start = button("camera.start", onStart, { className: "button primary" });
    this.#stop = button("camera.stop", onStop);
    this.#snapshot = button("camera.snapshot", onSnapshot, { className: "button primary" });
    this.#mirror.checked = store.get("camera.mirror") !== "no";
    this.#colour.value = store.get("camera.colour") ?? "#1f9d6b";
    const kinds = this.#makeKinds(() => onBackdrop(this.backdrop));
    this.#mirror.addEventListener("change", () => this.#useMirror());
    this.#colour.addEventListener("input", () => {
      store.set("camera.colour", this.#colour.value);
      onBackdrop(this.backdrop);
    });
    const mirror = make("label", { className: "check" }, this.#mirror, text("span", "camera.mirror"));
    const colour = make("label", { className: "check camera-colour" }, this.#colour, text("span", "camera.colour"));
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("data-t-label", "camera.picture");
    root.append(
      text("h1", "camera.title"),
      make("div", { className: "camera-stage" }, this.video, this.canvas,
        make("div", { className: "camera-start" }, text("p", "camera.what"), this.#start, this.#words)),
      this.#error,
      make("div", { className: "camera-controls" }, this.#snapshot, this.#stop, kinds, colour, mirror, this.rates),
    );
    this.#useMirror();
    this.show("off");
  }

  /** @returns {Backdrop} */
  get backdrop() {
    const kind = KINDS.find((one) => one === this.#store.get("camera.background")) ?? "none";
    return kind === "colour" ? { kind, colour: this.#colour.value } : { kind };
  }

  /** @param {"off" | "opening" | "on"} state */
  show(state) {
    const hadFocus = this.#root.contains(document.activeElement) && document.activeElement?.matches("button");
    this.#root.dataset.camera = state;
    if (state === "opening") this.#error.hidden = true;
    this.#start.disabled = state === "opening";
    this.tell("");
    if (state === "opening") say(this.#words, "camera.opening");
    if (state === "on") say(this.#words, "camera.waiting");
    if (hadFocus && state === "on") this.#snapshot.focus();
    if (hadFocus && state === "off") this.#start.focus();
  }

  /** What is being waited for; "" for nothing. @param {string} words */
  tell(words) {
    this.#words.removeAttribute("data-t");
    this.#words.textContent = words;
  }

  /**
   * @param {string} message
   * @param {string} hint
   */
  fail(message, hint) {
    this.#message.textContent = message;
    this.#hint.textContent = hint;
    this.#error.hidden = false;
    announce(message);
  }

  #useMirror() {
    this.#store.set("camera.mirror", this.#mirror.checked ? "yes" : "no");
    this.canvas.classList.toggle("mirrored", this.#mirror.checked);
  }

  /** @param {() => void} onChange */
  #makeKinds(onChange) {
    const { kind: now } = this.backdrop;
    const choices = KINDS.map((kind) => {
      const input = make("input", { type: "radio", name: "camera-background", value: kind, checked: kind === now });
      input.addEventListener("change", () => {
        this.#store.set("camera.background", kind);
        this.#root.dataset.backdrop = kind;
        onChange();
      });
      return make("label", {}, input, text("span", `camera.background-${kind}`));
    });
    this.#root.dataset.backdrop = now;
    return make("fieldset", { className: "field choices" }, text("legend", "camera.background"), ...choices);
  }
}
