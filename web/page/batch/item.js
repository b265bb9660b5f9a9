/** A photo of a batch: what the page knows of it, and what of that is taken down on the shelf. */

import { AlphacutError } from "../../shared/protocol.js";
import { fromPlain, toPlain } from "../shelf.js";
import { KeptFile, opened, replace } from "./kept-file.js";
import { Lean } from "./lean.js";

/** @import { Cutout, Edit, Finish, Output, Stage } from "../../shared/protocol.js" */
/** @import { Entry } from "./queue.js" */
/** @import { Shelf } from "../shelf.js" */
/** @import { Content } from "./kept-file.js" */
/** @typedef {Omit<Cutout, "data" | "preview" | "thumbnail">} Facts */
/** @typedef {{ finish: Finish, output: Output }} Recipe  What is made of a master. */
/** @typedef {"photo" | "master" | "thumb" | "result" | "picture" | "likeness"} Part */

/**
 * @typedef {object} Details
 * @property {string} key          Names its files on the shelf; keys sort as the photos came.
 * @property {string} name
 * @property {string} folder       Where it lay in the folder that was given.
 * @property {Stage | null} stage  While it is worked on.
 * @property {number} ms           What its parts took, waiting not counted.
 * @property {Blob | null} source  The file itself, where it came in this visit.
 * @property {Content | null} photo   The same, as the shelf keeps it where it does.
 * @property {Content | null} master  The cutout before edits and finish.
 * @property {Content | null} thumb   It in small.
 * @property {Content | null} result  The file to save, where it is another than the master.
 * @property {string} made         What the file to save was made by: `recipeOf` of that time.
 * @property {Lean | null} cutout  What is known of the master.
 * @property {readonly Edit[]} edits        From the editor, as is `finish`, which stands in for that of all.
 * @property {Finish | null} finish
 * @property {Content | null} picture The background of that finish, where it is one.
 * @property {Content | null} likeness  The photo as browsers can show it, where they can't read it itself.
 * @property {number} version      Counts the visits to the editor that changed something.
 * @property {boolean} saved       The file to save was saved as it is.
 * @property {Shelf | null} shelf
 * @property {Set<Part | "record">} unwritten  What the shelf had no room for.
 * @property {boolean} [gone]      It was removed: nothing more is kept of it.
 */
/** @typedef {Entry & Details} Item */

/** @type {readonly Part[]} */
const PARTS = ["photo", "master", "thumb", "result", "picture", "likeness"];

let count = 0, lastRecipe = "";

/**
 * @param {Blob} photo
 * @param {string} name
 * @param {string} folder
 * @returns {Item}
 */
export function newItem(photo, name, folder) {
  const key = `${Date.now()}-${String((count += 1)).padStart(6, "0")}`;
  return {
    key, name, folder, source: photo, photo, state: "waiting", error: null, crashes: 0, stage: null, ms: 0, master: null,
    thumb: null, result: null, made: "", cutout: null, edits: [], finish: null, picture: null, likeness: null,
    version: 0, saved: false, shelf: null, unwritten: new Set(),
  };
}

/** The file to save; null where nothing was made yet. @param {Item} item */
export function fileOf({ result, master }) {
  return result ?? master;
}

/** Whether something of it would be lost with the page. @param {Item} item */
export function isAtRisk(item) {
  const { shelf, saved, state, unwritten } = item;
  return !saved && state !== "failed" && (!shelf || [...unwritten].some((part) => part === "record" || item[part] !== null));
}

/**
 * What the shelf kept of a photo can't be read any more, as where site data was cleared under the page: it begins anew
 * with the file itself. False where there is none. @param {Item} item
 */
export function beginAnew(item) {
  if (!item.source || !item.shelf) return false;
  for (const part of PARTS) replace(item[part]);
  Object.assign(item, { photo: item.source, shelf: null, master: null, thumb: null, result: null, likeness: null, made: "" });
  return true;
}

/** Whether a file may be a photo, by what the system takes it for. @param {Content} file */
export function mayBePhoto({ type }) {
  return !/^(text|audio|video|font|application)\//.test(type);
}

/** Whether another try may end otherwise. @param {Item} item */
export function canRetry({ state, photo, error }) {
  return photo !== null && error?.code !== "not-an-image" && (state === "failed" || state === "cancelled");
}

/**
 * What is to be made of a photo now; compared with `made` it says whether the file is out of date.
 * @param {Item} item
 * @param {Recipe} common
 */
export function recipeOf(item, { finish, output }) {
  const recipe = JSON.stringify([item.finish ?? finish, output, item.version]);
  return recipe === lastRecipe ? lastRecipe : (lastRecipe = recipe); // one string for a thousand photos
}

/** The photo for the editor, where it stays whatever becomes of the files of the batch. @param {Item} item */
export async function photoOf({ source, photo }) {
  return source ?? (photo && await copyOf(photo));
}

/**
 * What was made of a photo, for the editor; null where nothing was. It is in memory, as the editor can undo to it after
 * its files were written over.
 * @param {Item} item
 * @param {Recipe} common
 */
export async function madeOf({ master, cutout, edits, picture, likeness, finish }, common) {
  if (!master || !cutout) return null;
  const { facts, title } = cutout.whole(), data = await bytesOf(master), preview = likeness && await bytesOf(likeness);
  return {
    cutout: { ...facts, data, preview, thumbnail: null }, title,
    edited: { master: new Blob([data], { type: master.type }), edits, finish: finish ?? common.finish, picture: picture && await copyOf(picture) },
  };
}

/** @param {Content} content */
async function copyOf(content) {
  return new Blob([await bytesOf(content)], { type: content.type });
}

/** @param {Content} content */
async function bytesOf(content) {
  return (await opened(content)).arrayBuffer();
}

/**
 * Whether the master is the file to save, but for edits.
 * @param {Finish} finish
 * @param {Output} output
 */
export function isPlain(finish, output) {
  return !Object.values(finish).some(Boolean) && Object.entries(output).every(([key, value]) => key === "format" && value === "png");
}

/** Bytes that the shelf keeps of a photo. @param {Item} item */
export function keptBytes(item) {
  if (!item.shelf) return 0;
  const parts = PARTS.map((part) => (item[part] === item.source ? null : item[part]));
  return parts.reduce((sum, part) => sum + (part?.size ?? 0), 0);
}

/**
 * Takes down how far a photo is, if there is a shelf for it.
 * @param {Item} item
 */
export async function note(item) {
  const { key, name, folder, state, ms, made, cutout, finish, version, saved } = item;
  const error = item.error && { ...item.error.toWire(), details: "" };
  const types = Object.fromEntries(PARTS.map((part) => [part, item[part]?.type]));
  if (!item.gone) await item.shelf?.note(key, { key, name, folder, state, error, ms, made, cutout: cutout?.whole(), finish, version, saved, types, edits: toPlain(item.edits) });
}

/**
 * The photo of a record. One that was under way waits again, as one whose cutout is missing; without the photo it has failed.
 * @param {Shelf} shelf
 * @param {any} record
 * @returns {Promise<Item>}
 */
export async function recall(shelf, { types, edits, error, ...record }) {
  /** @param {Part} part */
  const get = async (part) => {
    const file = types[part] === undefined ? null : await shelf.get(`${record.key}.${part}`, types[part]); // or it is of before
    return file && new KeptFile(shelf, record.key, part, file);
  };
  const [photo, master, thumb, result, picture, likeness] = await Promise.all(PARTS.map(get));
  const cutout = master && record.cutout;
  const done = record.state === "done" && cutout && (result || types.result === undefined);
  const open = record.state === "working" || record.state === "done";
  return {
    ...record, shelf, source: null, photo, master: cutout && master, cutout: cutout ? new Lean(cutout) : null, thumb, result, picture, likeness,
    stage: null, crashes: 0, unwritten: new Set(), made: done ? record.made : "",
    state: done ? "done" : !photo ? "failed" : open ? "waiting" : record.state,
    error: done ? null : photo ? error && AlphacutError.fromWire(error) : lost(),
    edits: fromPlain(edits),
  };
}

/** The record of a photo that has none. @param {string} key */
export function bareRecord(key) {
  return { ...newItem(new Blob(), "photo", ""), key, types: { photo: "" } };
}

function lost() {
  return new AlphacutError("unreadable-file", "The photo was not kept before the page was closed.", { hint: "Add it again." });
}
