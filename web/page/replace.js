/** Asks before another photo takes the place of work that was not saved. */

import { byId } from "./dom.js";

/** @type {Promise<boolean> | null} One question at a time: what comes meanwhile is not opened. */
let asking = null;

/** Whether the work may go: the reader is asked. @returns {Promise<boolean>} */
export async function mayReplace() {
  if (asking) return false;
  const dialog = byId("replace-dialog", HTMLDialogElement);
  dialog.returnValue = ""; // Escape closes without a value and so keeps the work
  dialog.showModal();
  asking = new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "open"), { once: true });
  });
  return asking.finally(() => { asking = null; });
}
