/** Photos the app was started with, or given while it was open: shared by another app, or opened with this one. */

import { t } from "../i18n.js";
import { photoFromBlob } from "../photo.js";
import { ask } from "./service.js";

/** @import { Photo } from "../photo.js" */
/** @typedef {{ targetURL?: string, files: readonly FileSystemFileHandle[] }} LaunchParams */
/** @typedef {{ setConsumer: (consumer: (params: LaunchParams) => void) => void }} LaunchQueue */
/** @typedef {{ onPhotos: (photos: Photo[]) => void, note: (text: string) => void }} Receiver */

/** What sw.js puts behind the address when it has taken photos that were shared, or could not. */
const FLAGS = ["shared", "share-failed"];

/** @param {Receiver} receiver */
export function takeLaunches(receiver) {
  void takeShared(location.href, receiver);
  const { launchQueue } = /** @type {{ launchQueue?: LaunchQueue }} */ (/** @type {unknown} */ (globalThis));
  launchQueue?.setConsumer(async ({ targetURL, files }) => {
    if (targetURL && targetURL !== location.href) void takeShared(targetURL, receiver);
    const opened = await Promise.all(files.map((handle) => handle.getFile()));
    hand(opened, receiver);
  });
}

/**
 * @param {string} address
 * @param {Receiver} receiver
 */
async function takeShared(address, receiver) {
  const { searchParams } = new URL(address);
  const flag = FLAGS.find((name) => searchParams.has(name));
  if (!flag) return;
  forget(flag);
  const photos = flag === "shared" ? (await ask({ type: "take-shared" }))?.photos ?? [] : [];
  if (photos.length === 0) receiver.note(t("pwa.share.failed"));
  hand(photos, receiver);
}

/** A reload must not ask again. @param {string} flag */
function forget(flag) {
  const here = new URL(location.href);
  here.searchParams.delete(flag);
  history.replaceState(history.state, "", here);
}

/**
 * @param {File[]} files
 * @param {Receiver} receiver
 */
function hand(files, { onPhotos }) {
  if (files.length > 0) onPhotos(files.map((file) => photoFromBlob(file, file.name || "shared.png")));
}
