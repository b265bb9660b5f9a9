/**
 * Fetches a file before it returns. Python's `import` can't wait for a promise; everything else can and must use
 * assets.js, which tells of progress and gives up a download that stalls.
 */

import { ROOT } from "./assets.js";

/** @import { SiteFile } from "../shared/protocol.js" */

/**
 * @param {SiteFile} file
 * @returns {{ data: Uint8Array } | { error: string }}  Never throws: Python is waiting.
 */
export function fetchNow({ path, bytes }) {
  const request = new XMLHttpRequest();
  try {
    request.open("GET", new URL(path, ROOT), false);
    request.responseType = "arraybuffer";
    request.send();
  } catch (cause) {
    return { error: `${path} could not be downloaded (${cause})` };
  }
  if (request.status !== 200) return { error: `${path} could not be downloaded (HTTP ${request.status})` };
  const data = new Uint8Array(request.response);
  if (data.byteLength === bytes) return { data };
  return { error: `${path} did not arrive in full (${data.byteLength} of ${bytes} bytes)` };
}
