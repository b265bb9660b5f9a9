/** Puts the page together. Photos are taken from the first moment; they wait for what they need. */

import { App } from "./app.js";
import { byId } from "./dom.js";
import { listenForPhotos } from "./intake.js";
import { LicenceGate } from "./licence-gate.js";
import { listParts, listSamples } from "./listings.js";
import { Settings } from "./settings.js";
import { loadSite } from "./site.js";
import { Store } from "./store.js";

/** @import { Photo } from "./photo.js" */

const store = new Store();
const gate = new LicenceGate(store);
const app = new App(loadSettings);
/** @type {Promise<Settings> | null} */
let settings = null;

listenForPhotos({ onPhoto, onNote });
await firstPaint();
await app.warmUp();

function loadSettings() {
  settings ??= openSite().catch((error) => {
    settings = null; // a failure is not remembered: the next try asks the server again
    throw error;
  });
  return settings;
}

async function openSite() {
  const site = await loadSite();
  const opened = new Settings(site, { gate, store, onChange: () => app.settingsChanged() });
  listSamples(site.samples, onPhoto);
  listParts(site);
  if (opened.complaint) onNote(opened.complaint);
  return opened;
}

/** @param {Photo} photo */
function onPhoto(photo) {
  onNote("");
  app.cutOut(photo);
}

/** @param {string} note */
function onNote(note) {
  byId("note", HTMLElement).textContent = note;
}

/** The first picture of the page comes before the first megabyte of the runtime. */
function firstPaint() {
  return new Promise((resolve) => {
    if (document.hidden) resolve(undefined);
    else requestAnimationFrame(() => setTimeout(resolve));
  });
}
