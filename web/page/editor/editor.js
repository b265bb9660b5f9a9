/** The editor: for now the original beside its cutout. */

import { StageView } from "../stage-view.js";

/** @import { AppContext, EditorView } from "../context.js" */

/**
 * @param {HTMLElement} _root
 * @param {AppContext} _app
 * @returns {EditorView}
 */
export function mount(_root, _app) {
  return Object.assign(new StageView(), { show() {}, hide() {} });
}
