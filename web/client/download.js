/** The one place outside the worker that downloads: what can go wrong comes as an AlphacutError. */

import { AlphacutError } from "../shared/protocol.js";
import { cancelledBy } from "./abort.js";

/** Where the server answers, but not with the file. */
const NOT_THERE = "The site may not have been built or copied completely.";
/** Browsers don't tell scripts which of these it was. */
const NO_ANSWER = "The server did not answer. Try again in a moment.";
const CUT_OFF = "The connection ended too early. Try again.";

/**
 * @param {string | URL} url
 * @param {string} complaint  What to tell people if it fails.
 * @param {{ signal?: AbortSignal | undefined, fetchArgs?: RequestInit | undefined, missing?: string, silent?: string }} [options]
 *   `fetchArgs` go to `fetch`; `missing` and `silent` are hints for when the server has no such file, and for when
 *   there is no answer.
 * @returns {Promise<Response>}  Its body is here in full; its own `url` is empty.
 * @throws {AlphacutError} `cancelled`, `offline`, `download-failed` or `download-cut-off`
 */
export async function download(url, complaint, { signal, fetchArgs, missing = NOT_THERE, silent = NO_ANSWER } = {}) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, { ...fetchArgs, signal: signal ?? null });
  } catch (cause) {
    if (signal?.aborted) throw cancelledBy(signal);
    throw new AlphacutError(navigator.onLine ? "download-failed" : "offline", complaint, {
      hint: navigator.onLine ? silent : "This computer is offline. Connect and try again.",
      details: `${url}\n${cause}`,
      cause,
    });
  }
  if (!response.ok || [204, 205].includes(response.status)) { // these never have a body
    throw new AlphacutError("download-failed", complaint, {
      hint: missing, details: `${url}\nHTTP ${response.status} ${response.statusText}`,
    });
  }
  /** @type {Blob} */
  let body;
  try {
    body = await response.blob();
  } catch (cause) {
    if (signal?.aborted) throw cancelledBy(signal);
    throw new AlphacutError("download-cut-off", complaint, { hint: CUT_OFF, details: `${url}\n${cause}`, cause });
  }
  return new Response(body, response);
}
