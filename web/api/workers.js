/** The workers of this page, one for each place where alphacut's files lie. */

import { cancelledBy } from "../client/abort.js";
import { WorkerClient } from "../client/worker-client.js";
import { AlphacutError } from "../shared/protocol.js";

/** @import { Settled } from "./config.js" */
/** @typedef {{ client: WorkerClient, answered: () => boolean, address: URL }} Crew */

/** @type {Map<string, Crew>} */
let crews = new Map();
let disposal = new AbortController();

/**
 * Asks the worker that a call needs; it is started when there is none.
 * @template T
 * @param {Settled} settled
 * @param {(client: WorkerClient) => Promise<T>} ask
 * @returns {Promise<T>}
 */
export async function withWorker(settled, ask) {
  const crew = crewOf(settled);
  try {
    return await ask(crew.client);
  } catch (error) {
    if (settled.signal.aborted) throw cancelledBy(settled.signal);
    throw error instanceof AlphacutError && error.code === "worker-crashed" && !crew.answered() ? notStarted(crew, error) : error;
  }
}

/**
 * A signal that ends a call when its own does, or when all is disposed of.
 * @param {AbortSignal | undefined} own
 */
export function untilDisposal(own) {
  return AbortSignal.any(own ? [own, disposal.signal] : [disposal.signal]);
}

/** Ends all workers, which gives their memory back. */
export function dismissAll() {
  const former = crews;
  crews = new Map();
  disposal.abort(new DOMException("alphacut was disposed of.", "AbortError"));
  disposal = new AbortController();
  for (const { client } of former.values()) client.dismiss();
}

/** @param {Settled} settled */
function crewOf(settled) {
  const address = workerAddress(settled);
  const key = `${settled.root} ${address}`, known = crews.get(key);
  if (known) return known;
  let answered = false;
  const client = new WorkerClient(() => {
    const worker = new Worker(address, { type: "module", name: `alphacut ${Math.random()}` });
    worker.addEventListener("message", () => { answered = true; }, { once: true });
    return worker;
  });
  const crew = { client, address, answered: () => answered };
  crews.set(key, crew);
  return crew;
}

/**
 * Browsers start workers of the page's own origin only.
 * @param {Settled} settled
 * @throws {AlphacutError} `bad-options`
 */
export function workerAddress({ root, workerUrl }) {
  const script = new URL("worker.js", root), { origin } = globalThis.location;
  if (script.origin === origin) return script;
  if (workerUrl?.origin === origin) return workerUrl;
  const line = `import "${script.href}";`;
  throw new AlphacutError("bad-options", workerUrl
    ? `workerUrl must be of the page's own origin, ${origin}, and is of ${workerUrl.origin}.`
    : `publicPath is of another origin (${script.origin}) than the page (${origin}), whose browser starts no worker from there: it needs a workerUrl.`, {
    hint: `Put a file on the page's own origin that holds the one line ${line} and give its address as workerUrl.`,
  });
}

/**
 * @param {Crew} crew
 * @param {AlphacutError} error
 */
function notStarted({ address }, { details, cause }) {
  return new AlphacutError("worker-crashed", "The worker could not be started.", {
    hint: `Check that ${address} is there and is served as JavaScript, that what it imports may be read from this page (CORS),`
      + " and that the page's Content-Security-Policy allows it (worker-src, script-src).",
    details, cause,
  });
}
