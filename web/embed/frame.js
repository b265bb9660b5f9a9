/** The tool in its frame: what visitor and host can do with it, and how its options show. */

import { toBlob } from "../client/photo-blob.js";
import { byId } from "../page/dom.js";
import { loadMessages } from "../page/i18n.js";
import { listenForPhotos } from "../page/intake.js";
import { listSamples } from "../page/listings.js";
import { photoFromBlob } from "../page/photo.js";
import { LIMITS } from "../shared/embed-messages.js";
import { FORMATS, readOptions } from "../shared/embed-options.js";
import { AlphacutError } from "../shared/protocol.js";
import { paint } from "./accent.js";
import { Grounds } from "./grounds.js";
import { photoAt, sampleAt } from "./photos.js";
import { Tool } from "./tool.js";
import { View } from "./view.js";

/** @import { RemoveMessage } from "../shared/embed-messages.js" */
/** @import { Control, EmbedOptions } from "../shared/embed-options.js" */
/** @import { ProgressReply, Site } from "../shared/protocol.js" */
/** @import { WorkerClient } from "../client/worker-client.js" */
/** @import { Photo } from "../page/photo.js" */
/** @import { Store } from "../page/store.js" */
/** @import { HostLink, OnProgress, Result } from "./host-link.js" */

export class Frame {
  /** The host's. */
  #options;
  /** What the visitor chose instead of the host's background, if he did. @type {string | null} */
  #ground = null;
  /** The visitor's language, where the host wishes none. */
  #language = document.documentElement.lang;
  #client;
  #store;
  #view;
  #grounds;
  /** @type {Site | null} */
  #site = null;
  /** @type {Tool | null} */
  #tool = null;
  /** @type {HostLink | null} */
  #link = null;
  /** Of the visitor's photo: another one takes its place, and the host's go on. @type {AbortController | null} */
  #visitor = null;

  /**
   * @param {EmbedOptions} options
   * @param {WorkerClient} client
   * @param {Store} store
   */
  constructor(options, client, store) {
    this.#options = options;
    this.#client = client;
    this.#store = store;
    this.#view = new View({
      onCancel: () => this.#tool?.cancel(), onAnother: () => this.#tool?.clear(), onDownload: () => void this.#tool?.download(this.#wishes),
    });
    this.#grounds = new Grounds((colour) => {
      this.#ground = colour;
      this.#look();
    });
    this.#look();
  }

  /** The site's description is here: photos can be taken. @param {Site} site */
  furnish(site) {
    this.#site = site;
    const { model, sample } = this.#options; // said to whoever wrote the page: the visitor can't help it
    if (model && !site.models.some(({ id }) => id === model)) console.warn(`alphacut: this site has no model “${model}”.`);
    if (sample && !site.samples[sample - 1]) console.warn(`alphacut: this site has no sample photo ${sample}.`);
    this.#tool = new Tool(this.#client, site, this.#view, this.#store);
    this.#offerSamples();
    listenForPhotos({
      onPhotos: ([photo]) => { if (photo && this.#has("choose")) void this.#visit(photo); },
      onModel: () => this.fail(new AlphacutError("not-an-image", "The file is not an image."), null),
      onNote: () => {},
    });
  }

  /** Begins with what the options say. @param {HostLink} link  To the host. */
  begin(link) {
    this.#link = link;
    new ResizeObserver(() => link.resize(Math.ceil(byId("tool").getBoundingClientRect().height))).observe(byId("tool"));
    this.#beginWith(this.#options);
  }

  /** @param {Pick<EmbedOptions, "src" | "start" | "sample">} options */
  #beginWith({ src, start, sample }) {
    try {
      if (src) void this.#visit(photoAt(src));
      else if (start) void this.#visit(sampleAt(this.#site, sample || 1));
    } catch (error) {
      this.fail(AlphacutError.from(error), null);
    }
  }

  /**
   * @param {AlphacutError} error
   * @param {(() => void) | null} retry
   */
  fail(error, retry) {
    this.#view.fail(error, retry, this.#tool?.hasResult ?? false);
    const { code, message, hint } = error;
    this.#link?.tell({ type: "error", id: null, error: { code, message, hint } });
  }

  /** What the tool can do here; see `Capabilities`. */
  async capabilities() {
    document.documentElement.dataset.hosted = ""; // the page around makes room for what is shown
    const models = (this.#site?.models ?? []).map(({ id, title, default: usual, licence }) => ({ id, title, default: usual, notice: licence.notice }));
    return { models, formats: FORMATS, webgpu: "gpu" in navigator, threads: crossOriginIsolated, bytes: LIMITS.bytes };
  }

  /**
   * @param {Record<string, unknown>} table
   * @returns {string[]}  What is wrong with it.
   */
  setOptions(table) {
    const { options, problems } = readOptions(table);
    this.#change(options);
    return problems;
  }

  /**
   * Cuts out a photo of the host.
   * @param {RemoveMessage["image"]} image
   * @param {Record<string, unknown>} table  Options for this photo alone.
   * @param {AbortSignal} signal
   * @param {OnProgress} onProgress
   * @returns {Promise<Result>}
   */
  async remove(image, table, signal, onProgress) {
    const { options, problems } = readOptions(table);
    if (problems.length > 0) throw new AlphacutError("bad-options", problems.join(" "));
    const photo = photoFromBlob(await toBlob(image), image instanceof File ? image.name : "photo");
    if ("close" in image) image.close();
    try {
      return await this.#made.cutOut(photo, { ...this.#options, ...options }, { signal, onProgress });
    } catch (thrown) {
      const error = AlphacutError.from(thrown);
      if (error.code !== "cancelled") this.#view.fail(error, null, this.#made.hasResult);
      throw error;
    }
  }

  dispose() {
    this.#made.dispose();
  }

  get #made() {
    if (this.#tool) return this.#tool;
    throw new AlphacutError("internal", "The tool is not furnished yet.");
  }

  /** Cuts out a photo that the visitor gave. @param {Photo} photo */
  async #visit(photo) {
    this.#visitor?.abort();
    const { signal } = this.#visitor = new AbortController();
    const onProgress = (/** @type {ProgressReply} */ { stage, loaded, total }) => this.#link?.tell({ type: "progress", id: null, stage, loaded, total });
    try {
      this.#link?.tell({ type: "result", id: null, ...await this.#made.cutOut(photo, this.#wishes, { signal, onProgress }) });
    } catch (thrown) {
      const error = AlphacutError.from(thrown);
      if (error.code !== "cancelled") this.fail(error, () => void this.#visit(photo));
    }
  }

  /** Of the visitor's photos. */
  get #wishes() {
    return { ...this.#options, background: this.#ground ?? this.#options.background };
  }

  /** @param {Partial<EmbedOptions>} options */
  #change(options) {
    const before = this.#options, now = this.#options = { ...before, ...options };
    if (now.background !== before.background) this.#ground = null;
    this.#look();
    if (now.sample !== before.sample) this.#offerSamples();
    if (now.lang !== before.lang) void loadMessages(now.lang || this.#language);
    if (!this.#link) return; // `begin` does it
    if (now.src !== before.src) this.#beginWith({ ...now, start: false });
    else if (now.start && !before.start) this.#beginWith({ ...now, src: "" });
  }

  /** @param {Control} control */
  #has(control) {
    const { controls, demo } = this.#options;
    return controls.includes(control) && !(demo && (control === "choose" || control === "download"));
  }

  /** Shows the options. */
  #look() {
    const { theme, accent, sample } = this.#options, { background } = this.#wishes, { style } = document.documentElement;
    style.colorScheme = theme === "auto" ? "" : theme;
    paint(style, accent);
    this.#view.pictures.ground = background;
    this.#view.pictures.comparing = this.#has("compare");
    this.#grounds.show(background);
    byId("choose").hidden = byId("ways").hidden = !this.#has("choose");
    byId("download").hidden = !this.#has("download");
    byId("another").hidden = !this.#has("choose") && !this.#has("sample");
    byId("grounds").hidden = !this.#has("background");
    byId("samples").hidden = !this.#has("sample") || sample === 0;
  }

  #offerSamples() {
    const samples = this.#site?.samples ?? [], { sample } = this.#options;
    listSamples(sample === null ? samples : samples.slice(Math.max(0, sample - 1), sample), (photo) => void this.#visit(photo));
  }
}

