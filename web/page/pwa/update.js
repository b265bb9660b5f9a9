/** Asks whether a new version of the site is to be used, and never does so under work. */

import { make } from "../dom.js";
import { say } from "../i18n.js";
import { onUpdate, use } from "./service.js";

/**
 * @param {() => boolean} isBusy  Whether a photo is being worked on.
 */
export function watchForUpdates(isBusy) {
  void onUpdate((worker) => show(worker, isBusy));
}

/**
 * @param {ServiceWorker} worker
 * @param {() => boolean} isBusy
 */
function show(worker, isBusy) {
  document.getElementById("update")?.remove();
  const words = say(make("p", { role: "status" }), "pwa.update.found");
  const now = say(make("button", { type: "button", id: "update-now", className: "button primary" }), "pwa.update.now");
  const later = say(make("button", { type: "button", id: "update-later", className: "button" }), "pwa.update.later");
  const box = make("aside", { id: "update", className: "toast" }, words, make("p", { className: "actions" }, now, later));
  later.addEventListener("click", () => box.remove());
  now.addEventListener("click", async () => {
    if (isBusy()) return void say(words, "pwa.update.busy");
    now.disabled = true;
    if (await use(worker)) return;
    now.disabled = false;
    say(words, "pwa.update.others");
  });
  document.body.append(box);
}
