/** Offers to install the site as an app, where the browser lets a page ask; on iOS it says how. */

import { byId, make } from "../dom.js";
import { say } from "../i18n.js";

/** @typedef {Event & { prompt: () => Promise<{ outcome: "accepted" | "dismissed" }> }} InstallEvent */

/** To be called early: the event comes once. */
export function offerInstall() {
  const place = byId("install", HTMLElement);
  const isIos = /** @type {{ standalone?: boolean }} */ (navigator).standalone === false;
  if (isIos) place.replaceChildren(say(make("p", { className: "quiet" }), "pwa.install.ios"));
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault(); // asked when the reader wants, not when the browser does
    const button = say(make("button", { type: "button", id: "install-now", className: "button" }), "pwa.install");
    button.addEventListener("click", async () => {
      button.disabled = true;
      await /** @type {InstallEvent} */ (event).prompt(); // works once; the browser sends another event if it may be asked again
      place.replaceChildren();
    });
    place.replaceChildren(button);
  });
  addEventListener("appinstalled", () => place.replaceChildren(say(make("p", { role: "status" }), "pwa.installed")));
}
