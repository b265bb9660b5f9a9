/** What earlier visits left, told on the first page: the photo that was in the editor, and photos of a batch. */

import { byId } from "./dom.js";
import { say, t } from "./i18n.js";
import { router } from "./router.js";
import { BATCHES, Shelf } from "./shelf.js";

/** @import { AppContext } from "./context.js" */

/** @param {AppContext} app */
export function mountLeftovers({ kept, announce, note, openEditor }) {
  const whole = byId("left"), photo = byId("left-photo"), batch = byId("left-batch");
  byId("left-continue").addEventListener("click", () => kept.resume().then(openEditor).catch((error) => {
    console.warn(error);
    note(t("left.lost"));
  }));
  byId("left-discard").addEventListener("click", async () => {
    await kept.discard();
    announce(t("left.discarded"));
    byId("title").focus({ preventScroll: true }); // the button goes with what it was for
  });
  const draw = async () => {
    if (router.view !== "home") return;
    const [name, count] = await Promise.all([kept.left().catch(() => null), countLeft()]);
    photo.hidden = name === null;
    batch.hidden = count === 0;
    whole.hidden = photo.hidden && batch.hidden;
    say(byId("left-photo-words"), "left.photo", { name: name ?? "" });
    say(byId("left-batch-words"), "left.batch-words", { count });
  };
  document.addEventListener("keptchange", draw);
  router.onChange(draw);
  void draw();
}

/** How many photos that were not saved are left in batches that are not under way in any tab. */
async function countLeft() {
  return (await Shelf.peek(BATCHES)).flat().filter(({ saved }) => !saved).length;
}
