/**
 * Sees to it that WebAssembly gets threads from the next visit on, where the server does not isolate the site from
 * other origins: a service worker (sw.js) then does. This visit goes on as it is; nothing is reloaded.
 */

/** @import { DeviceReport } from "../shared/protocol.js" */

const SERVICE_WORKER = new URL("../sw.js", import.meta.url);

/** Whether the next visit will have the threads that this one lacks. */
let expected = false;

/** Registers the service worker where it can help. Never rejects: without it the site works with one thread. */
export async function arrangeIsolation() {
  if (crossOriginIsolated || !canHelp()) return;
  try {
    await navigator.serviceWorker.register(SERVICE_WORKER);
    expected = true;
  } catch {
    expected = false; // refused by the browser's settings, or sw.js can't be had: nothing is promised then
  }
}

/**
 * Completes the reason of a report with what the next visit will bring.
 * @param {DeviceReport} device
 * @returns {DeviceReport}
 */
export function withOutlook(device) {
  if (!expected || device.provider !== "wasm" || navigator.hardwareConcurrency < 2) return device;
  return { ...device, reason: `${device.reason}; more threads come with the next visit` };
}

/**
 * Service workers need HTTPS or this very computer. In a frame, isolation is for the page around it to arrange. Where
 * ours is at work already and did not help, it will not help the next time.
 */
function canHelp() {
  return isSecureContext && "serviceWorker" in navigator && top === self && !navigator.serviceWorker.controller;
}
