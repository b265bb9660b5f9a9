/** Dialogs that a button opens (data-opens="id"): closed by their own button, by Escape or beside them. */

import { byId } from "./dom.js";

export function arrangeDialogs() {
  for (const button of document.querySelectorAll("[data-opens]")) {
    const dialog = byId(button.getAttribute("data-opens") ?? "", HTMLDialogElement);
    button.addEventListener("click", () => dialog.showModal());
    dialog.querySelector("[data-closes]")?.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog && isBeside(dialog, event)) dialog.close();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "?") byId("help-dialog", HTMLDialogElement).showModal();
    if (event.key.toLowerCase() === "o" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      byId("photo-input", HTMLInputElement).click();
    }
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && target.matches("input:not([type=range], [type=checkbox], [type=radio], [type=file]), textarea");
}

/**
 * Whether a click was on the backdrop, which belongs to the dialog.
 * @param {HTMLElement} dialog
 * @param {MouseEvent} click
 */
function isBeside(dialog, { clientX, clientY, detail }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return detail > 0 && (clientX < left || clientX > right || clientY < top || clientY > bottom); // by the keyboard: 0
}
