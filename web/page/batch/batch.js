/** The batch: for now it takes the first photo and says so. */

import { t } from "../i18n.js";

/** @import { AppContext, BatchView } from "../context.js" */

/**
 * @param {HTMLElement} _root
 * @param {AppContext} app
 * @returns {BatchView}
 */
export function mount(_root, app) {
  return {
    show() {},
    hide() {},
    add(photos) {
      const [first] = photos;
      if (!first) return;
      app.openEditor(first);
      app.note(t("batch.first-taken", { n: photos.length, name: first.name }));
    },
  };
}
