/** Undo, redo and reset, by their buttons and keys. */

import { iconButton } from "../controls.js";
import { make } from "../dom.js";
import { t } from "../i18n.js";
import { ICONS } from "./icons.js";

/** @import { Draft } from "./draft.js" */
/** @typedef {"undo" | "redo"} Way */

export class StepsBar {
  #draft;
  #stopHint;
  #announce;
  #undo = iconButton("editor.undo", ICONS.undo, () => this.#step("undo"));
  #redo = iconButton("editor.redo", ICONS.redo, () => this.#step("redo"));
  #reset = iconButton("editor.reset", ICONS.reset, () => this.#resetAll());
  element = make("div", { className: "steps-bar" }, this.#undo, this.#redo, this.#reset);

  /**
   * @param {() => Draft | null} draft
   * @param {() => boolean} stopHint  Takes back a hint that is being answered; says whether one was.
   * @param {(words: string) => void} announce
   */
  constructor(draft, stopHint, announce) {
    this.#draft = draft;
    this.#stopHint = stopHint;
    this.#announce = announce;
    this.show();
  }

  show() {
    const draft = this.#draft();
    this.#undo.disabled = !draft?.canUndo;
    this.#redo.disabled = !draft?.canRedo;
    this.#reset.disabled = !draft || draft.untouched;
  }

  /** Takes a key, if it is one of theirs. @param {KeyboardEvent} event */
  key(event) {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y")) return false;
    this.#step(key === "y" || event.shiftKey ? "redo" : "undo");
    return true;
  }

  /** @param {Way} way */
  #step(way) {
    if (this.#stopHint()) return; // what is under way is taken back first
    const draft = this.#draft();
    draft?.[way]();
    if (draft) this.#announce(t(way === "undo" ? "editor.undone" : "editor.redone"));
  }

  #resetAll() {
    this.#stopHint(); // or its answer would come on top
    this.#draft()?.change({ edits: [], finish: {}, picture: null });
    this.#announce(t("editor.reset-done"));
  }
}
