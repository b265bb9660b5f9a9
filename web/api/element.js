/** The element <alpha-cut>: the tool in a frame, and the host's side of the conversation with it. */

import { VERSION } from "../shared/embed-messages.js";
import { DEFAULTS, NAMES } from "../shared/embed-options.js";
import { AlphacutError } from "../shared/protocol.js";

/** @import { ErrorMessage, HostImage, ResultMessage, ToolMessage } from "../shared/embed-messages.js" */
/** @import { EmbedOptions } from "../shared/embed-options.js" */
/** @typedef {{ resolve: (result: ResultMessage) => void, reject: (error: AlphacutError) => void }} Call */
/** @typedef {{ promise: Promise<void>, resolve: () => void, reject: (error: AlphacutError) => void }} Wait */

/** A page that was loaded and says nothing for so long is not the tool, or its modules did not come. */
const PATIENCE_MS = 20_000;

const STYLE = `
  :host { display: grid; min-block-size: 12rem; }
  :host([hidden]) { display: none; }
  slot { grid-area: 1 / 1; display: block; }
  ::slotted(iframe) { display: block; inline-size: 100%; block-size: 26rem; border: 0; }
  slot[name] { visibility: hidden; }
  :host([data-ready]) slot[name] { visibility: visible; }
  :host([data-ready]) slot:not([name]) { display: none; }
`;

/** Set by embed.js, which lies in the site's root. @type {URL | null} */
let site = null;

/** @param {URL} root  Of the site. */
export function setSite(root) {
  site = root;
}

export class AlphaCut extends HTMLElement {
  static observedAttributes = [...NAMES];
  #frame = document.createElement("iframe");
  /** @type {Map<number, Call>} */
  #calls = new Map();
  #nextId = 1;
  #isReady = false;
  /** For the tool. @type {Wait} */
  #wait = waiting();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;
  #hear = (/** @type {MessageEvent} */ event) => this.#receive(event);

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [sheet];
    // Among the element's own children: frames in a shadow tree can't find each other, and would each load a model.
    Object.assign(this.#frame, { title: "alphacut", slot: "tool", allow: "cross-origin-isolated; clipboard-write", referrerPolicy: "strict-origin" });
    this.#frame.addEventListener("load", () => this.#greet());
    shadow.append(document.createElement("slot"), Object.assign(document.createElement("slot"), { name: "tool" }));
  }

  connectedCallback() {
    addEventListener("message", this.#hear);
    if (this.getAttribute("loading") === "lazy") this.#frame.loading = "lazy";
    this.#frame.src = new URL(`embed.html?${new URLSearchParams(this.#options())}`, this.#root).href;
    this.append(this.#frame);
  }

  disconnectedCallback() {
    removeEventListener("message", this.#hear);
    this.#frame.remove();
    clearTimeout(this.#patience);
    this.#isReady = this.toggleAttribute("data-ready", false);
    const gone = new AlphacutError("cancelled", "The element was taken out of the page.");
    for (const { reject } of [...this.#calls.values(), this.#wait]) reject(gone);
    this.#calls.clear();
    this.#wait = waiting();
  }

  /** @param {keyof EmbedOptions} name */
  attributeChangedCallback(name) {
    if (this.#isReady) this.#post({ type: "options", options: { [name]: this.getAttribute(name) ?? DEFAULTS[name] } });
  }

  /**
   * Cuts out a photo. The page's origin must be the site's or on its list of those that may send photos.
   * @param {HostImage} image  Buffers and bitmaps are transferred: the page loses them.
   * @param {{ signal?: AbortSignal } & Partial<EmbedOptions>} [options]  For this photo alone.
   * @returns {Promise<ResultMessage>}
   * @throws {AlphacutError}
   */
  async removeBackground(image, { signal, ...options } = {}) {
    await this.#wait.promise;
    if (signal?.aborted) throw new AlphacutError("cancelled", "Cancelled.");
    const id = this.#nextId++, cancel = () => this.cancel(id);
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#calls.set(id, { resolve, reject });
        this.#post({ type: "remove", id, image, options }, image instanceof Blob ? [] : [image]);
      });
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /** Ends what `removeBackground` began, all of it where no id is given. @param {number} [id] */
  cancel(id) {
    for (const one of id === undefined ? this.#calls.keys() : [id]) this.#post({ type: "cancel", id: one });
  }

  /** Ends all that is under way and gives the memory back; the next photo begins anew. */
  dispose() {
    this.#post({ type: "dispose" });
  }

  get #root() {
    if (site) return site;
    throw new AlphacutError("internal", "embed.js was not loaded from a site of alphacut.");
  }

  #options() {
    return Object.fromEntries(NAMES.flatMap((name) => {
      const value = this.getAttribute(name);
      return value === null ? [] : [[name, value]];
    }));
  }

  #greet() {
    if (!this.#frame.src) return;
    this.#post({ type: "hello", options: {} });
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      const error = { code: /** @type {const} */ ("download-failed"), message: "The tool did not load.", hint: "Its site may not be reachable, or not allow frames." };
      this.#fail(error);
      this.#tell({ alphacut: VERSION, type: "error", id: null, error });
    }, PATIENCE_MS);
  }

  /** The tool does not come: who waits for it is told, and the next one to ask waits anew. @param {ErrorMessage["error"]} error */
  #fail({ code, message, hint }) {
    clearTimeout(this.#patience);
    this.#wait.reject(new AlphacutError(code, message, { hint }));
    this.#wait = waiting();
  }

  /** @param {MessageEvent} event */
  #receive({ source, origin, data }) {
    if (source !== this.#frame.contentWindow || origin !== this.#root.origin || data?.alphacut !== VERSION) return;
    const message = /** @type {ToolMessage} */ (data);
    if (message.type === "resize") return void (this.#frame.style.blockSize = `${message.height}px`);
    if (message.type === "ready") this.#setReady();
    else if (message.type === "error" && message.id === null && !this.#isReady && message.error.code !== "bad-options") this.#fail(message.error);
    if (message.type === "result" || message.type === "error") this.#settle(message);
    this.#tell(message);
  }

  #setReady() {
    clearTimeout(this.#patience);
    this.#isReady = this.toggleAttribute("data-ready", true);
    this.#wait.resolve();
  }

  /** @param {ToolMessage & { type: "result" | "error" }} message */
  #settle(message) {
    const id = Number(message.id), call = this.#calls.get(id);
    this.#calls.delete(id);
    if (message.type === "result") call?.resolve(message);
    else call?.reject(new AlphacutError(message.error.code, message.error.message, { hint: message.error.hint }));
  }

  /** @param {ToolMessage} message */
  #tell(message) {
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }

  /**
   * @param {Record<string, unknown>} message
   * @param {Transferable[]} [transfer]
   */
  #post(message, transfer = []) {
    this.#frame.contentWindow?.postMessage({ alphacut: VERSION, ...message }, this.#root.origin, transfer);
  }
}

/** @returns {Wait} */
function waiting() {
  /** @type {Partial<Wait>} */
  const wait = {};
  wait.promise = new Promise((resolve, reject) => { Object.assign(wait, { resolve, reject }); });
  wait.promise.catch(() => {}); // nobody may be waiting
  return /** @type {Wait} */ (wait);
}
