/**
 * One worker for all frames of a page that show the tool: three of them load one model, not three.
 *
 * Frames of one origin beneath one page reach each other directly, unless they are in a shadow tree. The first that
 * needs the worker becomes the hub: it starts the worker and serves the others through a MessagePort each, in the terms
 * of web/shared/protocol.js. When the hub's frame goes, the others find or found another and ask again for what was not
 * answered, so nothing is lost. A frame that reaches no other is a hub of its own.
 *
 * Why no SharedWorker: it can't start the workers it needs, nobody can end it when its memory is used up or a
 * network hangs, and browsers on phones lack it.
 */

import { startWorker } from "../client/start-worker.js";
import { WorkerClient } from "../client/worker-client.js";
import { AlphacutError } from "../shared/protocol.js";

/** @import { Reply, Request } from "../shared/protocol.js" */
/** @typedef {{ build: string, connect: (port: MessagePort, onGone: () => void) => () => void }} Hub  `build` tells versions of the site apart; `connect` gives a function that ends what it began. */
/** @typedef {{ alphacutHub?: Hub }} Holder  A window of ours. */

const here = /** @type {Window & Holder} */ (globalThis.window);
/** Of this page: its script’s name holds a hash of all that is in it. */
const BUILD = /** @type {HTMLScriptElement} */ (document.querySelector("script[type=module]")).src;

/** A client of the page's one worker, wherever that runs. */
export function sharedClient() {
  return new WorkerClient(() => /** @type {Worker} */ (/** @type {unknown} */ (new Seat())));
}

/** What WorkerClient takes for its worker: a place at the hub. */
class Seat {
  /** @type {((event: { data: Reply }) => void) | null} */
  onmessage = null;
  onerror = null;
  onmessageerror = null;
  /** Not answered yet. @type {Map<number, Request>} */
  #open = new Map();
  /** @type {MessagePort | null} */
  #port = null;
  #end = () => {};

  constructor() {
    addEventListener("pagehide", () => this.#part());
    addEventListener("pageshow", ({ persisted }) => { if (persisted) this.#resume(); });
  }

  /** @param {Request} request */
  postMessage(request) {
    if (request.type !== "cancel") this.#open.set(request.id, request);
    this.#reach().postMessage(request);
  }

  /** The hub ends what it does for this frame. */
  terminate() {
    this.#open.clear();
    this.#part();
  }

  #part() {
    if (!this.#port) return;
    this.#end(); // called, not posted: a frame that goes has no time for messages
    this.#port.close();
    this.#port = null;
  }

  #reach() {
    return (this.#port ??= this.#connect());
  }

  #connect() {
    const { port1, port2 } = new MessageChannel();
    this.#end = (found() ?? founded()).connect(port2, () => this.#leave(port1));
    port1.onmessage = ({ data }) => {
      if (data.type === "result" || data.type === "error") this.#open.delete(data.id);
      this.onmessage?.({ data });
    };
    return port1;
  }

  /** The hub has gone. Not at once: where the whole page goes, nobody needs another. @param {MessagePort} port */
  #leave(port) {
    if (this.#port !== port) return;
    port.close(); // what it still says is of a worker that ends
    this.#port = null;
    setTimeout(() => this.#resume());
  }

  /** Asks again for what was not answered. */
  #resume() {
    if (this.#port) return;
    for (const request of this.#open.values()) this.#reach().postMessage(request);
  }
}

/** The hub of this page, if a frame beside this one has it, or this one. */
function found() {
  for (let at = 0; at < here.parent.frames.length; at++) {
    try {
      const frame = /** @type {(Window & Holder) | undefined} */ (here.parent.frames[at]);
      if (frame?.alphacutHub?.build === BUILD) return frame.alphacutHub;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // a frame of another origin is none of ours
    }
  }
  return here.alphacutHub ?? null;
}

/** Makes this frame the hub. @returns {Hub} */
function founded() {
  const client = new WorkerClient(startWorker);
  /** @type {Set<() => void>} */
  const others = new Set();
  here.alphacutHub = {
    build: BUILD,
    connect(port, onGone) {
      others.add(onGone);
      const end = serve(client, port);
      return () => {
        others.delete(onGone);
        end();
        if (others.size === 0) client.dismiss(); // nobody is there who could use the memory
      };
    },
  };
  addEventListener("pagehide", () => {
    delete here.alphacutHub;
    for (const onGone of others) onGone();
    client.dismiss();
  }, { once: true });
  return here.alphacutHub;
}

/**
 * Does for a frame what its client asks for.
 * @param {WorkerClient} client
 * @param {MessagePort} port
 * @returns {() => void}  Ends it.
 */
function serve(client, port) {
  /** @type {Map<number, AbortController>} */
  const calls = new Map();
  port.onmessage = ({ data: request }) => {
    if (request.type === "cancel") calls.get(request.id)?.abort();
    else void answer(client, port, request, calls);
  };
  return () => {
    port.close();
    for (const call of calls.values()) call.abort();
  };
}

/**
 * @param {WorkerClient} client
 * @param {MessagePort} port
 * @param {Request} request
 * @param {Map<number, AbortController>} calls
 */
async function answer(client, port, { id, ...body }, calls) {
  const controller = new AbortController();
  calls.set(id, controller);
  const pass = (/** @type {Reply} */ reply) => port.postMessage({ ...reply, id });
  try {
    const how = { signal: controller.signal, onProgress: pass, onStep: pass };
    const value = await client.ask(/** @type {import("../client/worker-client.js").Body} */ (body), how);
    const buffers = Object.values(value).filter((part) => part instanceof ArrayBuffer);
    port.postMessage({ id, type: "result", value }, buffers);
  } catch (error) {
    // A worker that is of no use any more was replaced here; the frame that asked has nothing to replace.
    pass({ id, type: "error", error: { ...AlphacutError.from(error).toWire(), fatal: false } });
  } finally {
    calls.delete(id);
  }
}
