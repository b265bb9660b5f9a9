/** What earlier visits left, told on the first page: the photo that was in the editor, and photos of a batch. */

import { byId } from "./dom.js";
import { say, t } from "./i18n.js";
import { router } from "./router.js";
import { BATCHES, Shelf } from "./shelf.js";

/** @import { AppContext } from "./context.js" */

/** @param {AppContext} app */
export function mountLeftovers({ kept, announce, note, openEditor }) {
  const whole = byId("left", HTMLElement), photo = byId("left-photo", HTMLElement), batch = byId("left-batch", HTMLElement);
  const leave = () => byId("title", HTMLElement).focus({ preventScroll: true }); // the button goes with what it was for
  byId("left-continue", HTMLElement).addEventListener("click", () => kept.resume().then(openEditor).catch((error) => {
    console.warn(error);
    note(t("left.lost"));
  }));
  byId("left-discard", HTMLElement).addEventListener("click", async () => {
    await kept.discard();
    announce(t("left.discarded"));
    leave();
  });
  const draw = async () => {
    const [name, records] = await Promise.all([kept.left().catch(() => null), left()]);
    photo.hidden = name === null;
    batch.hidden = records.length === 0;
    whole.hidden = photo.hidden && batch.hidden;
    say(byId("left-photo-words", HTMLElement), "left.photo", { name: name ?? "" });
    const { key, values } = restWords(records);
    say(byId("left-batch-words", HTMLElement), key, values);
  };
  document.addEventListener("keptchange", draw);
  router.onChange((view) => { if (view === "home") void draw(); });
  void draw();
}

/** How many photos of a batch are left, in words. @param {any[]} records */
export function restWords(records) {
  const open = records.filter(({ state }) => state !== "done" && state !== "failed").length;
  return { key: open > 0 ? "batch.rest.open" : "batch.rest.done", values: { all: records.length, open } };
}

/** Records of batches that are not under way in any tab. What was saved whole is not left. */
async function left() {
  return (await Shelf.peek(BATCHES)).filter((records) => !records.every(({ saved }) => saved)).flat();
}
