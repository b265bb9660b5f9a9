/** Offers to install the site as an app, where the browser lets a page ask; on iOS it says how. */

import { button, text } from "../controls.js";
import { byId } from "../dom.js";

/** @typedef {Event & { prompt: () => Promise<{ outcome: "accepted" | "dismissed" }> }} InstallEvent */

/** To be called early: the event comes once. */
export function offerInstall() {
  const place = byId("install");
  const isIos = /** @type {{ standalone?: boolean }} */ (navigator).standalone === false;
  if (isIos) place.replaceChildren(text("p", "pwa.install.ios", { className: "quiet" }));
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault(); // asked when the reader wants, not when the browser does
    const ask = button("pwa.install", async () => {
      ask.disabled = true;
      await /** @type {InstallEvent} */ (event).prompt(); // works once; the browser sends another event if it may be asked again
      place.replaceChildren();
    }, { id: "install-now" });
    place.replaceChildren(ask);
  });
  addEventListener("appinstalled", () => place.replaceChildren(text("p", "pwa.installed", { role: "status" })));
}
