/** The page's side of the service worker (sw.js): registers it, asks it, and hears when a new version waits. */

import { ROOT } from "../site.js";

/** @import { OfflineRequest, KeptFiles, Others, Shared } from "../../shared/offline.js" */

const SCRIPT = new URL("sw.js", ROOT);
/** One that does not answer so long is of another version, from before it could. */
const PATIENCE_MS = 120_000;

/** @type {Promise<ServiceWorkerRegistration | null> | null} */
let registering = null;

/** Service workers need HTTPS or this very computer. In a frame, all that is for the page around it to arrange. */
export function canServe() {
  return isSecureContext && "serviceWorker" in navigator && top === self;
}

/**
 * Registers the service worker, once. Never rejects: without it the site works too, online.
 * @returns {Promise<ServiceWorkerRegistration | null>}  Null where it is refused, or sw.js can't be had.
 */
export function register() {
  if (!canServe()) return Promise.resolve(null);
  return (registering ??= navigator.serviceWorker.register(SCRIPT, { updateViaCache: "none" }).catch(async () => {
    return (await navigator.serviceWorker.getRegistration(SCRIPT).catch(() => undefined)) ?? null; // offline: as it is
  }));
}

/**
 * Asks the version that is at work.
 * @template {OfflineRequest} R
 * @param {R} request
 * @returns {Promise<(R extends { type: "take-shared" } ? Shared : KeptFiles) | null>}  Null if there is none, or it does not answer.
 */
export async function ask(request) {
  if (!(await register())) return null;
  const ready = await Promise.race([navigator.serviceWorker.ready, late()]);
  return ready?.active ? /** @type {Promise<any>} */ (post(ready.active, request)) : null;
}

/**
 * Calls back whenever a version waits that could take over from the one at work.
 * @param {(worker: ServiceWorker) => void} found
 */
export async function onUpdate(found) {
  const registration = await register();
  if (!registration) return;
  const look = () => registration.waiting && registration.active && found(registration.waiting);
  look();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) registration.update().catch(() => {}); // offline
  });
}

/**
 * Lets a version take over, and reloads the page under it.
 * @param {ServiceWorker} worker
 * @returns {Promise<boolean>}  False if other pages are still open, under which nothing is exchanged.
 */
export async function use(worker) {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  const reply = /** @type {Others | null} */ (await post(worker, { type: "use" }));
  return reply?.others === 0;
}

/**
 * @param {ServiceWorker} worker
 * @param {OfflineRequest} request
 */
function post(worker, request) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    void late().then(resolve);
    worker.postMessage(request, [port2]);
  });
}

/** @returns {Promise<null>} */
function late() {
  return new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS, null); });
}
