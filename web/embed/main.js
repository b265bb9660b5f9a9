/** Puts the embedded tool together. Its host is heard from the first moment; what it asks for waits until all stands. */

import { loadMessages } from "../page/i18n.js";
import { loadSite } from "../page/site.js";
import { Store } from "../page/store.js";
import { DEFAULTS, readOptions } from "../shared/embed-options.js";
import { AlphacutError } from "../shared/protocol.js";
import { Frame } from "./frame.js";
import { HostLink } from "./host-link.js";
import { sharedClient } from "./hub.js";

const root = document.documentElement;
const host = window.parent === window ? null : window.parent;
const allowed = (root.dataset.allow ?? "").split(/\s+/).filter(Boolean);

const frame = start();
const link = new HostLink(host, location.origin, allowed, frame);
addEventListener("message", (event) => link.hear(event));
frame.then((made) => made.begin(link), () => {}); // what went wrong is shown

async function start() {
  const { options, problems } = readOptions(Object.fromEntries(new URLSearchParams(location.search)));
  for (const problem of problems) console.warn(`alphacut: ${problem}`);
  const frame = new Frame({ ...DEFAULTS, ...options }, sharedClient(), new Store());
  await loadMessages(options.lang || root.lang);
  try {
    if (window.origin === "null") throw sandboxed();
    frame.furnish(await loadSite());
  } catch (error) {
    frame.fail(AlphacutError.from(error), () => location.reload());
    throw error;
  }
  return frame;
}

function sandboxed() {
  return new AlphacutError("sandboxed", "This frame is sandboxed so that the tool can’t run.", {
    hint: "Its page has to add “allow-same-origin” to the frame’s sandbox.",
  });
}
