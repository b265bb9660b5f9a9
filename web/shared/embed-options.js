/**
 * What the embedded tool can be told: in its address, by attributes of <alpha-cut>, and by messages. Pure.
 *
 * One name means the same in all three. Addresses and attributes hold text, so each reader takes text; messages may
 * hold numbers, booleans and lists too.
 */

/** @import { DeviceChoice } from "./protocol.js" */
/** @typedef {"png" | "webp" | "jpeg" | "mask-png"} EmbedFormat */
/** @typedef {"choose" | "sample" | "background" | "compare" | "download"} Control */
/**
 * @typedef {object} EmbedOptions
 * @property {string} model        Id of a model of the site; "" is the site's default.
 * @property {DeviceChoice} device
 * @property {"auto" | "light" | "dark"} theme
 * @property {string} accent       Of buttons, `#rrggbb`; "" is the tool's own.
 * @property {string} background   `#rrggbb`; "" is transparent, in JPEG white.
 * @property {EmbedFormat} format  Of the file.
 * @property {number | null} quality  1 to 100, for JPEG and WebP; null is the format's usual one.
 * @property {string} lang         "" is the visitor's.
 * @property {number | null} sample  Which sample photo is offered, from 1; 0 is none, null is all.
 * @property {boolean} start       Begin with that sample, or the first, at once.
 * @property {string} src          Address of a photo of the site's origin to begin with; "" is none.
 * @property {readonly Control[]} controls  What the visitor sees.
 * @property {boolean} demo        The visitor has samples only: he can give no photo and take no file.
 */

export const CONTROLS = /** @type {const} */ (["choose", "sample", "background", "compare", "download"]);
export const FORMATS = /** @type {const} */ (["png", "webp", "jpeg", "mask-png"]);

/** @type {EmbedOptions} */
export const DEFAULTS = {
  model: "", device: "auto", theme: "auto", accent: "", background: "", format: "png", quality: null, lang: "",
  sample: null, start: false, src: "", controls: CONTROLS, demo: false,
};

/** Longer texts are no option of ours. */
const LONGEST = 2000;
const WRONG = Symbol("wrong");

/** @type {{ [K in keyof EmbedOptions]: (value: unknown) => EmbedOptions[K] | typeof WRONG }} */
const READERS = {
  model: name, device: oneOf("auto", "webgpu", "wasm"), theme: oneOf("auto", "light", "dark"),
  accent: colour(""), background: colour("transparent"), format: oneOf(...FORMATS),
  quality: whole(1, 100), lang: name, sample: whole(0, 99), start: flag, src: text, controls, demo: flag,
};

export const NAMES = /** @type {(keyof EmbedOptions)[]} */ (Object.keys(READERS));

/**
 * Reads options; what is wrong is left out and said.
 * @param {Record<string, unknown>} table
 * @returns {{ options: Partial<EmbedOptions>, problems: string[] }}
 */
export function readOptions(table) {
  /** @type {Record<string, unknown>} */
  const options = {};
  const problems = [];
  for (const [key, value] of Object.entries(table)) {
    if (!Object.hasOwn(READERS, key)) {
      problems.push(`There is no option “${shown(key)}”.`);
      continue;
    }
    const read = READERS[/** @type {keyof EmbedOptions} */ (key)](value);
    if (read === WRONG) problems.push(`“${key}” can’t be ${shown(value)}.`);
    else options[key] = read;
  }
  return { options, problems };
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" && value.length <= LONGEST ? value : WRONG;
}

/** @param {unknown} value */
function name(value) {
  return typeof value === "string" && /^[\w.-]{0,64}$/.test(value) ? value : WRONG;
}

/** @param {string} none  What stands for no colour. */
function colour(none) {
  return (/** @type {unknown} */ value) => {
    if (value === "" || value === none) return "";
    return typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value) ? value.toLowerCase() : WRONG;
  };
}

/**
 * @template {string} T
 * @param {...T} allowed
 */
function oneOf(...allowed) {
  return (/** @type {unknown} */ value) => allowed.find((one) => one === value) ?? WRONG;
}

/**
 * @param {number} least
 * @param {number} greatest
 */
function whole(least, greatest) {
  return (/** @type {unknown} */ value) => {
    if (value === null || value === "") return null;
    const read = typeof value === "string" && /^\d{1,3}$/.test(value) ? Number(value) : value;
    return typeof read === "number" && Number.isInteger(read) && read >= least && read <= greatest ? read : WRONG;
  };
}

/** An attribute that is there is on, whatever it says, but "false". @param {unknown} value */
function flag(value) {
  if (typeof value === "boolean") return value;
  return typeof value === "string" && value.length <= 8 ? value !== "false" : WRONG;
}

/** @param {unknown} value */
function controls(value) {
  const words = typeof value === "string" && value.length <= LONGEST ? value.split(/[\s,]+/).filter(Boolean) : value;
  if (!Array.isArray(words) || words.length > CONTROLS.length) return WRONG;
  return words.every((word) => CONTROLS.includes(word)) ? CONTROLS.filter((one) => words.includes(one)) : WRONG;
}

/** @param {unknown} value */
function shown(value) {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  return typeof value === "number" ? `${value}` : `a ${typeof value}`;
}
