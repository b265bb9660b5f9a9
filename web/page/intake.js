/** The ways photos reach the page: chosen, dropped (folders too) or pasted. */

import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { photoFromBlob } from "./photo.js";

/** @import { Photo } from "./photo.js" */
/**
 * @typedef {object} Receiver
 * @property {(photos: Photo[]) => void} onPhotos  One or more.
 * @property {(model: File) => void} onModel  An .onnx file came instead of a photo.
 * @property {(note: string) => void} onNote  Something to tell the reader that is no error.
 */

/** Names of pictures whose type browsers don't know. */
const PICTURE = /\.(tiff?|tga|ico|p[pgb]m|bmp|hei[cf]|avif|jxl|jp2)$/i;

/** @param {Receiver} receiver */
export function listenForPhotos(receiver) {
  const input = byId("photo-input", HTMLInputElement);
  input.addEventListener("change", () => {
    take([...(input.files ?? [])], receiver);
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
  const plain = [...(data?.files ?? [])];
  const entries = [...(data?.items ?? [])].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (!entries.some((entry) => entry.isDirectory)) {
    return plain.length > 0 ? take(plain, receiver) : receiver.onNote(t("note.drop-empty"));
  }
  const files = (await Promise.all(entries.map(filesOf))).flat().filter(isPicture);
  if (files.length > 0) take(files, receiver);
  else receiver.onNote(t("note.folder-empty"));
}

/**
 * The files of a dropped folder and of those in it.
 * @param {FileSystemEntry} entry
 * @returns {Promise<File[]>}
 */
async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject))];
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {FileSystemEntry[]} */
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} A hundred at a time. */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(filesOf))).flat();
}

/** @param {File} file */
function isPicture({ type, name }) {
  return !name.startsWith(".") && (type.startsWith("image/") || PICTURE.test(name));
}

/**
 * @param {File[]} files
 * @param {Receiver} receiver
 */
function take(files, receiver) {
  const [first] = files;
  if (!first) return;
  if (first.name.toLowerCase().endsWith(".onnx")) return receiver.onModel(first);
  receiver.onPhotos(files.map((file) => photoFromBlob(file, file.name)));
}
