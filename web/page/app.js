/** What the page does: one photo at a time, from its arrival to its cutout. */

import { AlphacutError, STAGES } from "../shared/protocol.js";
import { byId } from "./dom.js";
import { ErrorView } from "./error-view.js";
import { t } from "./i18n.js";
import { withOutlook } from "./isolation.js";
import { ProgressView } from "./progress-view.js";
import { deviceWords, durationWords } from "./text.js";
import { Turn } from "./turn.js";

/** @import { Options } from "../shared/protocol.js" */
/** @import { Made, Stage } from "./context.js" */
/** @import { Values } from "./i18n.js" */
/** @import { Photo } from "./photo.js" */
/** @import { Keeper } from "./pwa/keeper.js" */
/** @import { Chosen, Settings } from "./settings.js" */
/** @import { WorkerClient } from "../client/worker-client.js" */
/** @typedef {"loading" | "ready" | "busy" | "done" | "error"} PageState */

/** From this step on it is known that the file is a photo. */
const READ = STAGES.indexOf("preprocess");

export class App {
  #client;
  #keeper;
  #mayReplace;
  #progress = new ProgressView();
  #stage;
  #error = new ErrorView();
  #cancel = byId("cancel", HTMLButtonElement);
  #again = byId("again", HTMLButtonElement);
  #loadSettings;
  /** @type {Settings | null} */
  #settings = null;
  /** @type {Photo | null} The last photo, kept so that no failure loses it. */
  #photo = null;
  /** @type {Photo | null} The one whose cutout is on the page. */
  #cutOutOf = null;
  /** What was asked for it. @type {Options} */
  #options = {};
  /** The one on the stage: another takes its place once it could be read. @type {Photo | null} */
  #onStage = null;
  /** @type {Options} */
  #optionsOnStage = {};
  #job = new Turn();
  #startUp = new Turn();
  /** Whether the chosen model has been loaded; only the words and the bar depend on it. */
  #loaded = false;

  /**
   * @param {WorkerClient} client
   * @param {() => Promise<Settings>} loadSettings  Asked each time, so that a failure can be tried again.
   * @param {() => Promise<Stage>} stage  Where photo and cutout are shown, once it is loaded.
   * @param {Keeper} keeper  Told what was loaded.
   * @param {() => Promise<boolean>} mayReplace  Whether another photo may take the place of what is on the stage.
   */
  constructor(client, loadSettings, stage, keeper, mayReplace) {
    this.#stage = stage;
    this.#client = client;
    this.#keeper = keeper;
    this.#mayReplace = mayReplace;
    this.#loadSettings = loadSettings;
    this.#cancel.addEventListener("click", () => this.cancel());
    this.#again.addEventListener("click", () => this.#photo && this.#tryAgain(this.#photo, this.#options));
    document.addEventListener("keydown", ({ key, defaultPrevented }) => {
      const elsewhere = document.querySelector("dialog[open], main:is([data-view=batch], [data-view=camera])");
      if (key === "Escape" && !defaultPrevented && !elsewhere) this.cancel();
    });
  }

  /** Loads runtime and model while the reader looks for a photo. */
  async warmUp() {
    if (this.#job.taken) return; // the photo's own request loads what is missing
    const task = this.#startUp.begin();
    this.#error.hide();
    this.#setState("loading");
    this.#progress.begin("job.getting-ready", { startUp: true, photo: false });
    try {
      const words = await this.#start(task.signal);
      if (this.#startUp.end(task) && !this.#job.taken) this.#rest("job.ready", words);
    } catch (thrown) {
      // A photo that waits for this start-up meets the same trouble and reports it.
      if (this.#startUp.end(task) && !this.#job.taken) this.#fail(thrown, () => this.warmUp());
    }
  }

  /**
   * @param {Photo} photo
   * @param {Options} [options]  Beside model and device.
   */
  async cutOut(photo, options = photo.options ?? {}) {
    const job = this.#job.begin(), before = this.#onStage;
    /** @type {Promise<Stage> | null} */
    let shown = null;
    const show = () => (shown ??= this.#show(photo));
    this.#take(photo, options);
    this.#setState("busy");
    byId("work").scrollIntoView({ block: "nearest" }); // a sample may have been clicked far below
    this.#progress.begin("job.getting-ready", { startUp: !this.#loaded, photo: true });
    try {
      const onRead = () => void show().catch(() => {}); // which is waited for below
      const [made] = await Promise.all([this.#remove(photo, options, job.signal, onRead), before && before !== photo ? null : show()]);
      const stage = await show();
      if (this.#job.end(job)) this.#finish(stage, made);
    } catch (thrown) {
      if (!this.#job.end(job)) return;
      this.#fail(thrown, () => this.#tryAgain(photo, options));
      this.#goBack();
    }
  }

  /**
   * Shows a cutout that is there already.
   * @param {Photo} photo
   * @param {Made} made
   */
  async showMade(photo, made) {
    const job = this.#job.begin();
    this.#take(photo, {});
    try {
      const stage = await this.#show(photo);
      if (this.#job.end(job)) this.#finish(stage, made);
    } catch (thrown) {
      if (this.#job.end(job)) this.#fail(thrown, () => this.showMade(photo, made));
    }
  }

  /** Ends whatever is under way, start-up included. */
  cancel() {
    if (!this.#job.taken && !this.#startUp.taken) return;
    const asked = this.#photo;
    this.#goBack();
    const isDone = this.#photo !== asked && this.#photo === this.#cutOutOf;
    this.#again.hidden = this.#photo === null || isDone; // a stray Escape must not lose the photo
    this.#job.abort();
    this.#startUp.abort();
    this.#progress.reset();
    const loaded = this.#loaded;
    this.#rest("job.cancelled", () => (loaded ? "" : t("job.cancelled-detail")));
  }

  /** Another model or device was chosen. */
  settingsChanged() {
    this.#startUp.abort();
    this.#loaded = false;
    this.#again.hidden = this.#photo === null;
    if (this.#job.taken && this.#photo) this.cutOut(this.#photo, this.#options);
    else this.warmUp();
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<() => string>} What is ready, in words.
   */
  async #start(signal) {
    const settings = (this.#settings = await this.#loadSettings());
    const { model } = settings.chosen;
    if (!settings.mayStart) return () => t("job.accept-first", { model: model.title });
    const ready = await this.#client.start(onWire(settings.chosen), this.#hearing(signal));
    this.#loaded = !signal.aborted;
    void this.#keeper.used(model.id, ready.device);
    return () => t("job.ready-detail", { model: model.title, device: deviceWords(ready.device) });
  }

  /**
   * @param {Photo} photo
   * @param {Options} options
   * @param {AbortSignal} signal
   * @param {() => void} onRead  The file is a photo.
   * @returns {Promise<Made>}
   */
  async #remove(photo, options, signal, onRead) {
    const settings = (this.#settings = await this.#loadSettings());
    if (!settings.mayStart) this.#progress.begin("job.waiting", { startUp: true, photo: true });
    const chosen = await settings.settle();
    const cutout = await this.#client.remove(await photo.load(signal), { ...onWire(chosen), ...options }, this.#hearing(signal, onRead));
    if (!this.#loaded) void this.#keeper.used(chosen.model.id, cutout.device);
    this.#loaded = true;
    return { cutout: { ...cutout, device: withOutlook(cutout.device) }, title: chosen.model.title, region: options.region };
  }

  /**
   * @param {AbortSignal} signal
   * @param {() => void} [onRead]
   * @returns {import("../client/worker-client.js").CallOptions}
   */
  #hearing(signal, onRead) {
    return {
      signal,
      onProgress: (progress) => {
        if (signal.aborted) return;
        this.#progress.update(progress);
        if (STAGES.indexOf(progress.stage) >= READ) onRead?.();
      },
    };
  }

  /**
   * A photo takes the place of the one before.
   * @param {Photo} photo
   * @param {Options} options
   */
  #take(photo, options) {
    this.#photo = photo;
    this.#options = options;
    this.#error.hide();
    this.#again.hidden = true;
  }

  /** The photo on the stage is the last one again, where another came to nothing: it is still there, with its edits. */
  #goBack() {
    if (this.#onStage && this.#photo !== this.#onStage) [this.#photo, this.#options] = [this.#onStage, this.#optionsOnStage];
  }

  /**
   * @param {Photo} photo
   * @param {Options} options
   */
  async #tryAgain(photo, options) {
    if (photo === this.#onStage || await this.#mayReplace()) void this.cutOut(photo, options);
  }

  /** @param {Photo} photo @returns {Promise<Stage>} */
  async #show(photo) {
    const stage = await this.#stage();
    if (this.#photo === photo) {
      this.#onStage = photo;
      this.#optionsOnStage = this.#options;
      stage.showPhoto(photo);
    }
    return stage;
  }

  /**
   * @param {Stage} stage
   * @param {Made} made
   */
  #finish(stage, { cutout, title, ...owner }) {
    stage.showCutout(cutout, title, owner);
    this.#cutOutOf = this.#photo;
    const empty = cutout.notes.includes("empty-mask");
    const time = () => ({ time: durationWords(cutout.ms.total) });
    this.#rest(empty ? "job.nothing-found" : "job.done", () => deviceWords(cutout.device), time);
  }

  /**
   * @param {unknown} thrown
   * @param {() => void} again
   */
  #fail(thrown, again) {
    const error = AlphacutError.from(thrown);
    if (error.code === "cancelled") return this.#rest("job.cancelled");
    if (error.code === "worker-crashed") this.#loaded = false;
    const settings = this.#settings;
    const onCpu = () => { settings?.setDevice("wasm"); this.#loaded = false; again(); };
    const name = this.#photo?.name ?? "";
    this.#progress.end("job.failed", () => name);
    this.#setState("error");
    this.#error.show(error, { onRetry: again, onCpu: !settings || settings.chosen.device === "wasm" ? null : onCpu });
  }

  /**
   * @param {string} key  Of the words.
   * @param {() => string} [detail]  Asked again when the language changes, as are `values`.
   * @param {() => Values} [values]
   */
  #rest(key, detail, values) {
    this.#progress.end(key, detail, values);
    this.#setState(this.#photo && this.#photo === this.#cutOutOf ? "done" : "ready");
  }

  /** @param {PageState} state */
  #setState(state) {
    const working = state === "loading" || state === "busy";
    const hadFocus = document.activeElement === this.#cancel;
    this.#cancel.hidden = !working;
    document.documentElement.dataset.state = state;
    if (hadFocus && !working) byId(state === "done" ? "download" : "photo-input", HTMLElement).focus();
  }
}

/** @param {Chosen} chosen */
function onWire({ model, device }) {
  return { model: model.id, device };
}
