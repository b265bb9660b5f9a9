/** The live camera: its picture without the background, and a snapshot that goes to the editor. */

import { AlphacutError } from "../../shared/protocol.js";
import { errorWords } from "../error-words.js";
import { number, say, t } from "../i18n.js";
import { photoFromBlob } from "../photo.js";
import { downloadWords } from "../text.js";
import { Controls } from "./controls.js";
import { Preview, snapshot } from "./preview.js";
import { CameraError, isGranted, nextPicture, openCamera } from "./webcam.js";

/** @import { AppContext, View } from "../context.js" */

/** Longer side of the picture that the network gets; it is no larger itself. */
const FRAME_SIDE = 384;

/**
 * @param {HTMLElement} root
 * @param {AppContext} app
 * @returns {View}
 */
export function mount(root, app) {
  return new CameraView(root, app);
}

class CameraView {
  #app;
  #controls;
  #preview;
  /** What runs with the camera ends with it. @type {AbortController | null} */
  #running = null;
  /** Pictures and masks since the rates were told. */
  #drawn = 0;
  #masked = 0;
  /** Milliseconds from one mask to the next; 0 before the second: the first waits for the model. */
  #between = 0;

  /**
   * @param {HTMLElement} root
   * @param {AppContext} app
   */
  constructor(root, app) {
    this.#app = app;
    this.#controls = new Controls(root, app.store, {
      onStart: () => this.#start(),
      onStop: () => this.hide(),
      onSnapshot: () => this.#snapshot(),
      onBackdrop: (backdrop) => { this.#preview.backdrop = backdrop; },
    });
    this.#preview = new Preview(this.#controls.video, this.#controls.canvas);
    this.#preview.backdrop = this.#controls.backdrop;
  }

  async show() {
    if (await isGranted() && this.#app.router.view === "camera") await this.#start();
  }

  hide() {
    this.#running?.abort();
    this.#running = null;
    this.#preview.forget();
    this.#between = 0;
    this.#controls.show("off");
  }

  async #start() {
    this.#running?.abort();
    const { signal } = (this.#running = new AbortController());
    this.#controls.show("opening");
    try {
      const close = await openCamera(this.#controls.video, () => this.#fail(new CameraError("lost"), signal));
      if (signal.aborted) return close();
      signal.addEventListener("abort", close, { once: true });
      this.#controls.show("on");
      void this.#draw(signal);
      await this.#follow(signal);
    } catch (error) {
      this.#fail(error, signal);
    }
  }

  /** Draws each picture of the camera. @param {AbortSignal} signal */
  async #draw(signal) {
    const telling = setInterval(() => this.#tellRates(), 1000);
    signal.addEventListener("abort", () => clearInterval(telling), { once: true });
    for (;;) {
      await nextPicture(this.#controls.video);
      if (signal.aborted) return;
      this.#preview.draw();
      this.#drawn += 1;
    }
  }

  /** Asks for one mask after another. @param {AbortSignal} signal */
  async #follow(signal) {
    const { model, device } = await (await this.#app.settings()).quickest();
    const wish = { model: model.id, device };
    let last = 0;
    while (!signal.aborted) {
      const frame = await grab(this.#controls.video);
      try {
        this.#preview.use(await this.#app.client.mask(frame, wish, { signal, onProgress: (reply) => this.#tellLoading(reply) }));
      } finally {
        frame.close();
      }
      const now = performance.now();
      if (last > 0) this.#between = now - last;
      else this.#controls.tell("");
      last = now;
      this.#masked += 1;
      await nextPicture(this.#controls.video);
    }
  }

  async #snapshot() {
    const blob = await snapshot(this.#controls.video);
    this.#app.openEditor(photoFromBlob(blob, "camera.png"));
  }

  /** @param {import("../../shared/protocol.js").ProgressReply} progress */
  #tellLoading({ stage, loaded, total }) {
    if (this.#preview.hasMask || !["runtime", "model", "session"].includes(stage)) return;
    const bytes = stage === "session" ? "" : downloadWords(loaded, total);
    this.#controls.tell([t(`step.${stage}.words`), bytes].filter(Boolean).join(": "));
  }

  #tellRates() {
    const { rates } = this.#controls, pictures = number(this.#drawn), seconds = this.#between / 1000;
    if (seconds === 0) say(rates, "camera.pictures", { pictures });
    else if (seconds < 1) say(rates, "camera.rates", { pictures, masks: number(Math.round(1 / seconds)) });
    else say(rates, "camera.rates-slow", { pictures, seconds: number(seconds, seconds < 2 ? 1 : 0) });
    Object.assign(rates.dataset, { pictures: this.#drawn, masks: this.#masked });
    [this.#drawn, this.#masked] = [0, 0];
  }

  /**
   * @param {unknown} thrown
   * @param {AbortSignal} signal
   */
  #fail(thrown, signal) {
    if (signal.aborted) return; // it was stopped: whatever ended with it is no trouble
    this.hide();
    if (thrown instanceof CameraError) {
      const { trouble } = thrown;
      return this.#controls.fail(t(`camera.${trouble}`), t(`camera.${trouble}-hint`));
    }
    const { message, hint } = errorWords(AlphacutError.from(thrown));
    this.#controls.fail(message, hint);
  }
}

/** The camera's picture of now, small. @param {HTMLVideoElement} video */
function grab(video) {
  const scale = Math.min(1, FRAME_SIDE / Math.max(video.videoWidth, video.videoHeight));
  const [resizeWidth, resizeHeight] = [video.videoWidth, video.videoHeight].map((side) => Math.max(1, Math.round(side * scale)));
  return createImageBitmap(video, { resizeWidth, resizeHeight, resizeQuality: "medium" });
}
