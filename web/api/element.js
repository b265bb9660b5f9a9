/** The element <alpha-cut>: the tool in a frame, and the host's side of the conversation with it. */

import { cancelledBy } from "../client/abort.js";
import { VERSION } from "../shared/embed-messages.js";
import { DEFAULTS, NAMES } from "../shared/embed-options.js";
import { AlphacutError } from "../shared/protocol.js";

/** @import { ErrorMessage, HostImage, ResultMessage, ToolMessage } from "../shared/embed-messages.js" */
/** @import { EmbedOptions } from "../shared/embed-options.js" */
/** @typedef {{ message: Record<string, unknown>, transfer: Transferable[], resolve: (result: ResultMessage) => void, reject: (error: AlphacutError) => void }} Call */

/** A frame that says nothing for so long is not the tool, or its modules did not come. */
const PATIENCE_MS = 20_000;
const TITLE = "Remove the background of a photo (alphacut)";

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
  /** Not answered yet. @type {Map<number, Call>} */
  #calls = new Map();
  /** Those of them that wait for the tool. @type {Set<number>} */
  #unsent = new Set();
  #nextId = 1;
  #isReady = false;
  #hasFailed = false;
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
    Object.assign(this.#frame, { slot: "tool", allow: "cross-origin-isolated", referrerPolicy: "strict-origin" });
    this.#frame.addEventListener("load", () => this.#greet());
    shadow.append(document.createElement("slot"), Object.assign(document.createElement("slot"), { name: "tool" }));
  }

  connectedCallback() {
    addEventListener("message", this.#hear);
    this.#frame.loading = this.getAttribute("loading") === "lazy" ? "lazy" : "eager";
    this.#load();
  }

  disconnectedCallback() {
    removeEventListener("message", this.#hear);
    this.#frame.remove();
    this.#leave(new AlphacutError("cancelled", "The element was taken out of the page."));
  }

  /** @param {keyof EmbedOptions} name */
  attributeChangedCallback(name) {
    if (name === "theme") this.#blend();
    if (this.#isReady) this.#post({ type: "options", options: { [name]: this.#option(name) } });
  }

  /**
   * Cuts out a photo. The page's origin must be the site's or on its list of those that may send photos.
   * @param {HostImage} image  Buffers and bitmaps are transferred: the page loses them.
   * @param {{ signal?: AbortSignal } & Partial<EmbedOptions>} [options]  For this photo alone.
   * @returns {Promise<ResultMessage>}
   * @throws {AlphacutError}
   */
  async removeBackground(image, { signal, ...options } = {}) {
    if (signal?.aborted) throw cancelledBy(signal);
    const id = this.#nextId++, cancel = () => this.cancel(id);
    const transfer = image instanceof ArrayBuffer || image instanceof ImageBitmap ? [image] : [];
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#calls.set(id, { message: { type: "remove", id, image, options }, transfer, resolve, reject });
        this.#unsent.add(id);
        if (this.#isReady && this.#frame.isConnected) this.#send();
        else this.#hurry();
      });
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /** Ends what `removeBackground` began, all of it where no id is given. @param {number} [id] */
  cancel(id) {
    for (const one of id === undefined ? [...this.#calls.keys()] : [id]) {
      if (this.#unsent.has(one)) this.#settle(one, (call) => call.reject(cancelled()));
      else this.#post({ type: "cancel", id: one });
    }
  }

  /** Ends all that is under way and gives the memory back; the next photo begins anew. */
  dispose() {
    for (const id of [...this.#unsent]) this.cancel(id);
    if (this.#isReady) this.#post({ type: "dispose" });
  }

  /** Browsers paint a ground below a frame whose colour scheme is not that of its element. */
  #blend() {
    const theme = this.getAttribute("theme");
    this.#frame.style.colorScheme = theme === "dark" || theme === "light" ? theme : "";
  }

  get #root() {
    if (site) return site;
    throw new AlphacutError("internal", "embed.js was not loaded from a site of alphacut.");
  }

  /** @param {keyof EmbedOptions} name */
  #option(name) {
    return this.getAttribute(name) ?? DEFAULTS[name];
  }

  #load() {
    const query = new URLSearchParams(NAMES.flatMap((name) => {
      const value = this.getAttribute(name);
      return value === null ? [] : [[name, value]];
    }));
    for (const stray of this.querySelectorAll(":scope > iframe[slot=tool]")) stray.remove(); // a copy's
    this.#hasFailed = false;
    this.#frame.title = this.title || TITLE;
    this.#frame.src = new URL(`embed.html?${query}`, this.#root).href;
    this.append(this.#frame);
    if (this.#frame.loading === "eager") this.#wait();
  }

  /** There is a photo for a tool that is not there: it is loaded now, or once more. */
  #hurry() {
    if (!this.isConnected) return; // until it is
    if (this.#hasFailed || !this.#frame.isConnected) this.#load();
    this.#frame.loading = "eager";
    this.#wait();
  }

  #wait() {
    clearTimeout(this.#patience);
    const error = { code: /** @type {const} */ ("download-failed"), message: "The tool did not load.", hint: "Its site may not be reachable, or not allow frames." };
    this.#patience = setTimeout(() => {
      this.#fail(error);
      this.#tell({ alphacut: VERSION, type: "error", id: null, error });
    }, PATIENCE_MS);
  }

  /** The frame has loaded, for the first time or anew. */
  #greet() {
    if (this.#isReady) this.#leave(new AlphacutError("cancelled", "The tool’s frame was loaded anew."));
    this.#post({ type: "hello", options: Object.fromEntries(NAMES.map((name) => [name, this.#option(name)])) });
    this.#wait();
  }

  /** @param {MessageEvent} event */
  #receive({ source, origin, data }) {
    if (source !== this.#frame.contentWindow || origin !== this.#root.origin || data?.alphacut !== VERSION) return;
    const message = /** @type {ToolMessage} */ (data);
    if (message.type === "resize") return void (this.#frame.style.blockSize = `${message.height}px`);
    if (message.type === "ready") this.#begin();
    if (message.type === "result") this.#settle(Number(message.id), ({ resolve }) => resolve(message));
    if (message.type === "error") this.#hearError(message);
    this.#tell(message);
  }

  #begin() {
    clearTimeout(this.#patience);
    this.#isReady = this.toggleAttribute("data-ready", true);
    this.#send();
  }

  #send() {
    for (const id of this.#unsent) {
      this.#unsent.delete(id);
      const { message, transfer } = /** @type {Call} */ (this.#calls.get(id));
      try {
        this.#post(message, transfer);
      } catch (thrown) {
        const error = new AlphacutError("bad-options", "This can’t be sent as a photo.", { hint: "Give a Blob, an ArrayBuffer or an ImageBitmap.", cause: thrown });
        this.#settle(id, ({ reject }) => reject(error));
      }
    }
  }

  /** @param {ErrorMessage} message */
  #hearError({ id, error }) {
    if (id !== null) this.#settle(Number(id), ({ reject }) => reject(new AlphacutError(error.code, error.message, { hint: error.hint })));
    else if (!this.#isReady && error.code !== "bad-options") this.#fail(error);
  }

  /** The tool does not come. @param {ErrorMessage["error"]} error */
  #fail({ code, message, hint }) {
    this.#leave(new AlphacutError(code, message, { hint }));
    this.#hasFailed = true;
  }

  /** Nothing more will be answered. @param {AlphacutError} error */
  #leave(error) {
    clearTimeout(this.#patience);
    this.#isReady = this.toggleAttribute("data-ready", false);
    for (const id of [...this.#calls.keys()]) this.#settle(id, ({ reject }) => reject(error));
  }

  /**
   * @param {number} id
   * @param {(call: Call) => void} end
   */
  #settle(id, end) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    this.#unsent.delete(id);
    if (call) end(call);
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

function cancelled() {
  return new AlphacutError("cancelled", "Cancelled.");
}
