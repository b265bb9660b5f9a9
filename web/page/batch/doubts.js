/** Which results of a batch look done but deserve a look: the network's map held no clear subject. */

/** @import { Note } from "../../shared/protocol.js" */
/** @import { Item } from "./item.js" */

/** Each has its words: "batch.doubt.<note>". @type {readonly Note[]} */
const DOUBTS = ["empty-mask", "full-mask", "flat-mask", "undecided-mask"];

/**
 * Why a photo that is done should be looked at; null where nothing speaks for it. What was changed in the editor was
 * looked at there.
 * @param {Pick<Item, "state" | "version" | "cutout">} item
 */
export function doubtOf({ state, version, cutout }) {
  if (state !== "done" || version > 0) return null;
  return cutout?.notes.find((note) => DOUBTS.includes(note)) ?? null;
}
