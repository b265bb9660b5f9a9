/** What earlier visits left, told on the first page: the photo that was in the editor, and photos of a batch. */

import { byId } from "./dom.js";
import { say, t } from "./i18n.js";
import { router } from "./router.js";
import { BATCHES, Shelf } from "./shelf.js";

/** @import { AppContext } from "./context.js" */
/** @import { Rest } from "./editor/left.js" */

/** @param {AppContext} app */
export function mountLeftovers({ kept, announce, note, openEditor }) {
  const whole = byId("left"), photo = byId("left-photo"), batch = byId("left-batch");
  /** The newest, which is offered. @type {Rest | undefined} */
  let offer, busy = false;
  /** One click is one act: not disabled, a button keeps the focus. @param {(rest: Rest) => Promise<void>} act */
  const once = (act) => async () => {
    if (busy || !offer) return;
    busy = true;
    await act(offer).finally(() => { busy = false; });
  };
  byId("left-continue").addEventListener("click", once((rest) => kept.resume(rest).then((photo) => void openEditor(photo), (error) => {
    console.warn(error);
    note(t("left.lost"));
  })));
  byId("left-discard").addEventListener("click", once(async (rest) => {
    await kept.discard(rest);
    announce(t("left.discarded"));
    byId("title").focus({ preventScroll: true }); // the button may go with what it was for
  }));
  const draw = async () => {
    if (router.view !== "home") return;
    const [rests, count] = await Promise.all([kept.left(), countLeft()]), others = rests.length - 1;
    offer = rests.at(-1);
    photo.hidden = !offer;
    batch.hidden = count === 0;
    whole.hidden = photo.hidden && batch.hidden;
    say(byId("left-photo-words"), others > 0 ? "left.photos" : "left.photo", { name: offer?.record.name ?? "", others });
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
