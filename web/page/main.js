/** Puts the page together. Photos are taken from the first moment; they wait for what they need. */

import { startWorker } from "../client/start-worker.js";
import { WorkerClient } from "../client/worker-client.js";
import { App } from "./app.js";
import { arrangeDialogs } from "./dialogs.js";
import { byId } from "./dom.js";
import { Kept } from "./editor/kept.js";
import { loadMessages } from "./i18n.js";
import { listenForPhotos } from "./intake.js";
import { arrangeIsolation } from "./isolation.js";
import { LicenceGate } from "./licence-gate.js";
import { mountLeftovers } from "./leftovers.js";
import { OwnModelDialog } from "./own-model-dialog.js";
import { OwnModels } from "./own-models.js";
import { listParts, listSamples } from "./listings.js";
import { offerInstall } from "./pwa/install.js";
import { Keeper } from "./pwa/keeper.js";
import { takeLaunches } from "./pwa/launch.js";
import { mountOfflineLine, mountStorage } from "./pwa/storage-panel.js";
import { watchForUpdates } from "./pwa/update.js";
import { arrangePreferences } from "./preferences.js";
import { mayReplace } from "./replace.js";
import { router } from "./router.js";
import { Settings } from "./settings.js";
import { loadSite } from "./site.js";
import { Store } from "./store.js";
import { Views } from "./views.js";
import { announce, note } from "./voice.js";

/** @import { AppContext, Made } from "./context.js" */
/** @import { Photo } from "./photo.js" */

/** Files of a batch are being written. */
const SAVING = '.batch-report:not([hidden]) [data-t="batch.stop-saving"]';

offerInstall(); // the browser tells once, and early
await loadMessages();

const store = new Store();
const gate = new LicenceGate(store);
const client = new WorkerClient(startWorker);
const keeper = new Keeper(client);
const kept = new Kept();
const own = new OwnModels(client);
/** @type {AppContext} */
const context = {
  client, store, keeper, kept, router, note, announce, openEditor, openBatch,
  settings: loadSettings,
  clearBatch: async () => (await views.batch())?.clear(),
  cutOut: (photo, options) => app.cutOut(photo, options),
};
const views = new Views(context);
const app = new App(client, loadSettings, () => views.editor(), keeper, mayOpen);
const dialog = new OwnModelDialog(own, loadSettings, note);
/** @type {Promise<Settings> | null} */
let settings = null;

listenForPhotos({ onPhotos, onModel: (file) => dialog.open(file), onNote: note });
arrangeDialogs();
arrangePreferences(store);
views.start();
mountOfflineLine(keeper);
mountStorage(byId("storage-panel"), context);
mountLeftovers(context);
takeLaunches({ onPhotos, note });
await firstPaint();
views.editor().catch(() => {}); // to be there before the first photo, which asks again and says what is wrong
void arrangeIsolation();
await app.warmUp();
watchForUpdates(isBusy);
addEventListener("beforeunload", (event) => { if (document.querySelector(SAVING)) event.preventDefault(); });

/** Whether something would be broken off, or lost, if the page went now. */
function isBusy() {
  return client.busy || views.unsaved && !kept.safe || document.querySelector(`dialog[open], ${SAVING}`) !== null;
}

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
  listSamples(site.samples, openEditor);
  listParts(site);
  if (opened.complaint) note(opened.complaint);
  return opened;
}

/** Where photos belong depends on how many came, and on what is in front of the reader. @param {Photo[]} photos */
function onPhotos(photos) {
  const [first] = photos;
  if (photos.length > 1 || router.view === "batch") void openBatch(photos);
  else if (first) void openEditor(first);
}

/**
 * @param {Photo} photo
 * @param {Made} [made]
 */
async function openEditor(photo, made) {
  if (!await mayOpen()) return;
  note("");
  router.go("editor");
  if (made) void app.showMade(photo, made);
  else void app.cutOut(photo);
}

/** Whether another photo may take the place of the one in the editor: the reader is asked where work would be lost. */
async function mayOpen() {
  return !views.unsaved || mayReplace();
}

/** @param {Photo[]} photos */
async function openBatch(photos) {
  const batch = await views.batch();
  batch?.add(photos);
}

/** The first picture of the page comes before the first megabyte of the runtime. */
function firstPaint() {
  return new Promise((resolve) => {
    if (document.hidden) resolve(undefined);
    else requestAnimationFrame(() => setTimeout(resolve));
  });
}
