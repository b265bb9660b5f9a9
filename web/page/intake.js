/** The ways a photo reaches the page: chosen, dropped or pasted. */

import { byId } from "./dom.js";
import { photoFromBlob } from "./photo.js";

/** @import { Photo } from "./photo.js" */
/**
 * @typedef {object} Receiver
 * @property {(photo: Photo) => void} onPhoto
 * @property {(model: File) => void} onModel  An .onnx file came instead of a photo.
 * @property {(note: string) => void} onNote  Something to tell the reader that is no error.
 */

/** @param {Receiver} receiver */
export function listenForPhotos(receiver) {
  const input = byId("photo-input", HTMLInputElement);
  input.addEventListener("change", () => {
    take([...(input.files ?? [])], "chosen", receiver);
    input.value = ""; // so that choosing the same file again is a change again
  });
  listenForPaste(receiver);
  listenForDrop(receiver);
}

/** @param {Receiver} receiver */
function listenForPaste(receiver) {
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const picture = files.find((file) => file.type.startsWith("image/")) ?? files[0];
    if (!picture) return receiver.onNote("There is no picture in the clipboard. Copy a picture, not its address, and paste again.");
    event.preventDefault();
    receiver.onPhoto(photoFromBlob(picture, "pasted.png"));
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
    takeDropped(event.dataTransfer, receiver);
  });
}

/**
 * @param {DataTransfer | null} data
 * @param {Receiver} receiver
 */
function takeDropped(data, receiver) {
  const files = [...(data?.files ?? [])];
  const isFolder = data?.items[0]?.webkitGetAsEntry()?.isDirectory ?? false;
  if (isFolder) return receiver.onNote("That was a folder. Open it and drop one photo.");
  if (files.length === 0) return receiver.onNote("That was no file. Save the picture first, then drop or choose the file.");
  take(files, "dropped", receiver);
}

/**
 * @param {File[]} files
 * @param {"chosen" | "dropped"} how
 * @param {Receiver} receiver
 */
function take(files, how, receiver) {
  const [first] = files;
  if (!first) return;
  if (first.name.toLowerCase().endsWith(".onnx")) return receiver.onModel(first);
  receiver.onPhoto(photoFromBlob(first, first.name));
  if (files.length > 1) receiver.onNote(`${files.length} files were ${how}. One photo at a time: “${first.name}” was taken.`);
}
