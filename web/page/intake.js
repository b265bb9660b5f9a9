/** The ways photos reach the page: chosen, dropped (folders too) or pasted. */

import { chosen, dropped, holdsFolder } from "./collect.js";
import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { photoFromBlob } from "./photo.js";

/** @import { Found } from "./collect.js" */
/** @import { Photo } from "./photo.js" */
/**
 * @typedef {object} Receiver
 * @property {(photos: Photo[]) => void} onPhotos  One or more.
 * @property {(model: File) => void} onModel  An .onnx file came instead of a photo.
 * @property {(note: string) => void} onNote  Something to tell the reader that is no error.
 */

/** @param {Receiver} receiver */
export function listenForPhotos(receiver) {
  const input = byId("photo-input", HTMLInputElement);
  input.addEventListener("change", () => {
    take(chosen(input.files), receiver);
    input.value = ""; // so that choosing the same file again is a change again
  });
  listenForPaste(receiver);
  listenForDrop(receiver);
}

/** @param {Receiver} receiver */
function listenForPaste(receiver) {
  document.addEventListener("paste", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type !== "file") return; // text for a field
    const files = [...(event.clipboardData?.files ?? [])];
    const picture = files.find((file) => file.type.startsWith("image/")) ?? files[0];
    if (!picture) return receiver.onNote(t("note.paste-empty"));
    event.preventDefault();
    receiver.onPhotos([photoFromBlob(picture, "pasted.png")]);
  });
}

/** @param {Receiver} receiver */
function listenForDrop(receiver) {
  const root = document.documentElement;
  let depth = 0; // dragenter and dragleave come for every element on the way
  let ownPicture = false;
  const over = (/** @type {boolean} */ on) => root.toggleAttribute("data-dragging", on);

  addEventListener("dragstart", () => { ownPicture = true; });
  addEventListener("dragend", () => { ownPicture = false; });
  addEventListener("dragenter", () => over(++depth > 0 && !ownPicture));
  addEventListener("dragleave", () => over(--depth > 0 && !ownPicture));
  addEventListener("dragover", (event) => {
    if (ownPicture) return;
    event.preventDefault(); // without this, a dropped file would replace the page
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("drop", (event) => {
    depth = 0;
    over(false);
    if (ownPicture) return;
    event.preventDefault();
    void takeDropped(event.dataTransfer, receiver);
  });
}

/**
 * @param {DataTransfer | null} data
 * @param {Receiver} receiver
 */
async function takeDropped(data, receiver) {
  if (!data) return;
  /** @type {Found[]} */
  const found = [];
  const isFolder = holdsFolder(data); // the drop is forgotten once something was waited for
  for await (const one of dropped(data)) found.push(one);
  if (found.length > 0) take(found, receiver);
  else receiver.onNote(t(isFolder ? "note.folder-empty" : "note.drop-empty"));
}

/**
 * @param {Found[]} found
 * @param {Receiver} receiver
 */
function take(found, receiver) {
  const [first] = found;
  if (!first) return;
  if (first.file.name.toLowerCase().endsWith(".onnx")) return receiver.onModel(first.file);
  receiver.onPhotos(found.map(({ file, folder }) => photoFromBlob(file, file.name, folder)));
}
