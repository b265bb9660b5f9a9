/** The photos that earlier visits left, looked for once: they are this tab's until it is closed. */

import { PHOTO, Shelf } from "../shelf.js";

/** @typedef {{ shelf: Shelf, record: any }} Rest  No record: it can't be read now. */

/** What the files of a photo begin with. */
export const KEY = "photo";
/** So many photos with work that is in no file stay, the newest. */
const MOST = 3;

export class Left {
  /** @type {Promise<Rest[]> | null} */
  #rests = null;

  /** Those that can be read, the oldest first. @returns {Promise<Rest[]>} */
  async list() {
    return (await this.#look()).filter(({ record }) => record);
  }

  /** Whether it was still there to be taken. @param {Rest} rest */
  async take(rest) {
    const rests = await this.#look(), at = rests.indexOf(rest);
    if (at >= 0) rests.splice(at, 1);
    return at >= 0;
  }

  /** Deletes all of them. */
  async clear() {
    await Promise.all((await this.#look()).splice(0).map(({ shelf }) => shelf.clear()));
  }

  #look() {
    return (this.#rests ??= leftBefore());
  }
}

/** What earlier visits left, the oldest first. What is not worth an offer is deleted, but nothing that only can't be read now. */
async function leftBefore() {
  /** @type {Rest[]} */
  const rests = [];
  for (const shelf of (await Shelf.left(PHOTO)).reverse()) {
    const [record = null] = await shelf.records().catch(() => []);
    const broken = await shelf.lacks(`${KEY}.json`) || await shelf.lacks(`${KEY}.file`); // the page was gone before it was whole
    const isNewest = rests.every((rest) => !rest.record), hasRoom = rests.filter((rest) => isWork(rest.record)).length < MOST;
    if (broken || record && !isNewest && !(hasRoom && isWork(record))) await shelf.clear();
    else rests.unshift({ shelf, record });
  }
  return rests;
}

/** Whether something was done that is in no file. @param {any} record */
function isWork(record) {
  return record && !record.saved && (record.edits.length > 0 || Object.values(record.finish).some(Boolean));
}
