/**
 * Sees to it that WebAssembly gets threads from the next visit on, where the server does not isolate the site from
 * other origins: a service worker (sw.js) then does. This visit goes on as it is; nothing is reloaded.
 */

import { canServe, register } from "./pwa/service.js";

/** @import { DeviceReport } from "../shared/protocol.js" */

/** Whether the next visit will have the threads that this one lacks. */
let expected = false;

/** Registers the service worker where it can help. Never rejects: without it the site works with one thread. */
export async function arrangeIsolation() {
  if (crossOriginIsolated || !canHelp()) return;
  expected = Boolean(await register()); // else nothing is promised
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

/** Where ours is at work already and did not help, it will not help the next time. */
function canHelp() {
  return canServe() && !navigator.serviceWorker.controller;
}
