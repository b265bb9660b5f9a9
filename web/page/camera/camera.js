/** The live camera: to come. */

/** @import { AppContext, View } from "../context.js" */

/**
 * @param {HTMLElement} _root
 * @param {AppContext} _app
 * @returns {View}
 */
export function mount(_root, _app) {
  return { show() {}, hide() {} };
}
