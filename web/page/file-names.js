/** The names files are saved under. Pure. */

/** Of the files that are made. @type {Record<string, string>} */
const ENDINGS = { "image/png": "png", "image/webp": "webp", "image/jpeg": "jpg" };
/** What Windows takes for a device, with any ending. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)$/i;
/** What some system refuses in a name, and what none shows. */
const REFUSED = /[<>:"/\\|?*\p{Cc}\p{Bidi_Control}]/gu;
/** Systems take 255 bytes of UTF-8; a number and an ending follow. */
const room = new Uint8Array(200);
const encoder = new TextEncoder();

export const USUAL_PATTERN = "{name}-cutout";

/** The pattern for a mask, so that it never takes the name of its cutout. @param {string} pattern */
export function maskPattern(pattern) {
  const wanted = pattern.trim() || USUAL_PATTERN;
  return /mask/i.test(wanted) ? wanted : `${wanted.replace(/-cutout$/, "")}-mask`;
}

/**
 * @typedef {object} Named
 * @property {string} name    File name of the original.
 * @property {string} folder  Where it lay in the folder that was given, "" or "a/b".
 * @property {number} n       Its place among all, from 1.
 * @property {string} model
 * @property {string} type    MIME type of the file.
 */

/**
 * A path for each photo: `pattern` with {name}, {n} and {model} filled in, none twice, not even to systems that take
 * a for A. {n} has as many digits as the last one.
 * @param {string} pattern
 * @param {Named[]} photos
 * @returns {string[]}
 */
export function fileNames(pattern, photos) {
  const digits = String(Math.max(0, ...photos.map(({ n }) => n))).length;
  /** @type {Set<string>} */
  const taken = new Set();
  return photos.map(({ name, folder, n, model, type }) => {
    /** @type {Record<string, string>} */
    const values = { name: stemOf(name) || "photo", n: String(n).padStart(digits, "0"), model };
    const stem = safe((pattern.trim() || USUAL_PATTERN).replace(/\{(name|n|model)\}/g, (_, key) => values[key] ?? ""));
    const path = [...folder.split("/").filter(Boolean).map(safe), stem].join("/");
    return unused(path, ENDINGS[type] ?? "bin", taken);
  });
}

/**
 * @param {string} path
 * @param {string} ending
 * @param {Set<string>} taken
 */
function unused(path, ending, taken) {
  let found = `${path}.${ending}`;
  for (let count = 2; taken.has(keyOf(found)); count += 1) found = `${path} (${count}).${ending}`;
  taken.add(keyOf(found));
  return found;
}

/** The same for names that some system takes for one. @param {string} path */
function keyOf(path) {
  return path.normalize("NFC").toLowerCase();
}

/** @param {string} name */
function stemOf(name) {
  return name.replace(/(?<=.)\.[^.]*$/, "");
}

/**
 * The name without what some system refuses.
 * @param {string} name
 */
function safe(name) {
  const text = name.replace(REFUSED, "_");
  const clean = text.slice(0, encoder.encodeInto(text, room).read).replace(/^[\s.]+|[\s.]+$/g, "");
  if (clean === "") return "photo";
  return DEVICES.test(clean) ? `_${clean}` : clean;
}
