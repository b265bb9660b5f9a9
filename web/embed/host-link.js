/**
 * The tool's side of the conversation with its host (web/shared/embed-messages.js): who may say what, and in which
 * order. Whatever comes, it is answered or ignored, and nothing of it can break the tool.
 */

import { isOurs, LIMITS, readMessage, VERSION } from "../shared/embed-messages.js";
import { AlphacutError } from "../shared/protocol.js";

/** @import { Capabilities, HostMessage, RemoveMessage, RequestId, ResultMessage, ToolMessage } from "../shared/embed-messages.js" */
/** @import { ErrorCode, ProgressReply } from "../shared/protocol.js" */
/** @typedef {Omit<ResultMessage, "alphacut" | "type" | "id">} Result */
/** @typedef {{ source: unknown, origin: string, data: unknown }} Heard  What is used of a MessageEvent. */
/** @typedef {(progress: ProgressReply) => void} OnProgress */
/** @typedef {T extends { alphacut: 1 } ? Omit<T, "alphacut"> : never} Bare @template T */
/**
 * What the tool does for its host.
 * @typedef {object} Actions
 * @property {() => Promise<Omit<Capabilities, "trusted">>} capabilities
 * @property {(table: Record<string, unknown>) => string[]} setOptions  Gives what is wrong with them.
 * @property {(image: RemoveMessage["image"], table: Record<string, unknown>, signal: AbortSignal, onProgress: OnProgress) => Promise<Result>} remove
 * @property {() => void} dispose
 */

export class HostLink {
  #parent;
  #own;
  #allowed;
  #actions;
  /** Where answers go: the origin that said hello. @type {string | null} */
  #host = null;
  /** @type {Map<RequestId, AbortController>} */
  #open = new Map();
  #height = 0;

  /**
   * @param {Pick<Window, "postMessage"> | null} parent  The window around; null where there is none.
   * @param {string} own  The tool's origin.
   * @param {readonly string[]} allowed  Other origins that may send photos and read results.
   * @param {Promise<Actions>} actions
   */
  constructor(parent, own, allowed, actions) {
    this.#parent = parent;
    this.#own = own;
    this.#allowed = new Set(allowed);
    this.#actions = actions;
  }

  /** @param {Heard} event */
  hear({ source, origin, data }) {
    if (!this.#parent || source !== this.#parent || !isOurs(data)) return;
    if (!/^https?:\/\//.test(origin)) return; // "null": a sandboxed host has no address that an answer could go to alone
    const { message, problem, ...rest } = readMessage(data);
    if (!message) return this.#refuse(origin, "id" in rest ? rest.id : null, "bad-message", problem);
    if (message.type === "hello") this.#host = origin;
    else if (this.#host !== origin) {
      letGo(message);
      return this.#refuse(origin, idOf(message), "bad-message", "The first message is “hello”.");
    }
    this.#obey(message, origin).catch((thrown) => this.#fail(origin, idOf(message), thrown));
  }

  /**
   * Tells a trusted host what the visitor does.
   * @param {Bare<ToolMessage>} message
   */
  tell(message) {
    if (this.#host !== null && this.#trusts(this.#host)) this.#post(message, this.#host);
  }

  /** Tells any host how high the tool is. @param {number} height  In CSS pixels. */
  resize(height) {
    this.#height = height;
    if (this.#host !== null) this.#post({ type: "resize", height }, this.#host);
  }

  /**
   * @param {HostMessage} message
   * @param {string} origin
   */
  async #obey(message, origin) {
    if (message.type === "hello") return this.#greet(message.options, origin);
    if (message.type === "options") return this.#setOptions(message.options, origin);
    if (!this.#trusts(origin)) {
      letGo(message);
      return this.#refuse(origin, idOf(message), "origin-refused", `${origin} may show this tool, but not send photos or read results: it is not on the site’s list (build_site.py --embed-allow).`);
    }
    if (message.type === "remove") return this.#remove(message, origin);
    if (message.type === "cancel") return this.#open.get(message.id)?.abort();
    for (const controller of this.#open.values()) controller.abort();
    (await this.#actions).dispose();
  }

  /**
   * @param {Record<string, unknown>} options
   * @param {string} origin
   */
  async #greet(options, origin) {
    await this.#setOptions(options, origin);
    const capabilities = await (await this.#actions).capabilities();
    this.#post({ type: "ready", version: VERSION, trusted: this.#trusts(origin), ...capabilities }, origin);
    if (this.#height) this.resize(this.#height);
  }

  /**
   * @param {Record<string, unknown>} options
   * @param {string} origin
   */
  async #setOptions(options, origin) {
    const problems = (await this.#actions).setOptions(options);
    if (problems.length > 0) this.#refuse(origin, null, "bad-options", problems.join(" "));
  }

  /**
   * @param {RemoveMessage} message
   * @param {string} origin
   */
  async #remove(message, origin) {
    const { id, image, options } = message;
    if (this.#open.has(id)) {
      letGo(message); // without its id, which is that of a request that goes on
      return this.#refuse(origin, null, "bad-message", `A request with the id ${JSON.stringify(id)} is under way.`);
    }
    if (this.#open.size >= LIMITS.open) {
      letGo(message);
      return this.#refuse(origin, id, "too-many-requests", `${LIMITS.open} requests are under way.`);
    }
    const controller = new AbortController();
    this.#open.set(id, controller);
    const onProgress = (/** @type {ProgressReply} */ { stage, loaded, total }) => this.#post({ type: "progress", id, stage, loaded, total }, origin);
    try {
      const result = await (await this.#actions).remove(image, options, controller.signal, onProgress);
      this.#open.delete(id);
      this.#post({ type: "result", id, ...result }, origin);
    } catch (thrown) {
      this.#open.delete(id);
      this.#fail(origin, id, thrown);
    }
  }

  /** @param {string} origin */
  #trusts(origin) {
    return origin === this.#own || this.#allowed.has(origin);
  }

  /**
   * @param {string} origin
   * @param {RequestId | null} id
   * @param {ErrorCode} code
   * @param {string} message
   */
  #refuse(origin, id, code, message) {
    this.#fail(origin, id, new AlphacutError(code, message, { hint: HINTS[code] ?? "" }));
  }

  /**
   * @param {string} origin
   * @param {RequestId | null} id
   * @param {unknown} thrown
   */
  #fail(origin, id, thrown) {
    const { code, message, hint } = AlphacutError.from(thrown);
    this.#post({ type: "error", id, error: { code, message, hint } }, origin);
  }

  /**
   * @param {Bare<ToolMessage>} message
   * @param {string} origin  Never "*": whoever took the host's place would get it.
   */
  #post(message, origin) {
    this.#parent?.postMessage({ alphacut: VERSION, ...message }, origin);
  }
}

/** @type {Partial<Record<ErrorCode, string>>} */
const HINTS = {
  "bad-message": "The tool’s documentation has the messages it takes.",
  "bad-options": "The tool’s documentation has the options it takes; the others were used.",
  "origin-refused": "Whoever runs the site can add the page’s origin to the list of those that may.",
  "too-many-requests": "Wait for answers before you send more.",
};

/** Gives the memory of a picture back that nobody will look at. @param {HostMessage} message */
function letGo(message) {
  if (message.type === "remove" && "close" in message.image) message.image.close();
}

/** @param {HostMessage} message @returns {RequestId | null} */
function idOf(message) {
  return "id" in message ? message.id ?? null : null;
}
