/** Asks whether a new version of the site is to be used, and never does so under work. */

import { button, text } from "../controls.js";
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
  const words = text("p", "pwa.update.found", { role: "status" });
  const now = button("pwa.update.now", async () => {
    if (isBusy()) return void say(words, "pwa.update.busy");
    now.disabled = true;
    if (await use(worker)) return;
    now.disabled = false;
    say(words, "pwa.update.others");
  }, { id: "update-now", className: "button primary" });
  const later = button("pwa.update.later", () => box.remove(), { id: "update-later" });
  const box = make("aside", { id: "update", className: "toast" }, words, make("p", { className: "actions" }, now, later));
  document.body.append(box);
}
