/** Puts the page together. Photos are taken from the first moment; they wait for what they need. */

import { App } from "./app.js";
import { byId } from "./dom.js";
import { listenForPhotos } from "./intake.js";
import { arrangeIsolation } from "./isolation.js";
import { LicenceGate } from "./licence-gate.js";
import { OwnModelDialog } from "./own-model-dialog.js";
import { OwnModels } from "./own-models.js";
import { listParts, listSamples } from "./listings.js";
import { Settings } from "./settings.js";
import { loadSite } from "./site.js";
import { Store } from "./store.js";
import { WorkerClient } from "./worker-client.js";

/** @import { Photo } from "./photo.js" */

const store = new Store();
const gate = new LicenceGate(store);
const client = new WorkerClient();
const own = new OwnModels(client);
const app = new App(client, loadSettings);
const dialog = new OwnModelDialog(own, loadSettings, onNote);
/** @type {Promise<Settings> | null} */
let settings = null;

listenForPhotos({ onPhoto, onModel: (file) => dialog.open(file), onNote });
await firstPaint();
void arrangeIsolation();
await app.warmUp();

function loadSettings() {
  settings ??= openSite().catch((error) => {
    settings = null; // a failure is not remembered: the next try asks the server again
    throw error;
  });
  return settings;
}

async function openSite() {
  const [site, models] = await Promise.all([loadSite(), own.list()]);
  const opened = new Settings(site, { own: models, gate, store, onChange: () => app.settingsChanged() });
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
