/** What a saved file is called. Pure functions. */

/** @type {Record<string, string>} */
const ENDINGS = { "image/png": "png", "image/webp": "webp", "image/jpeg": "jpg" };
/** What some file system would refuse. */
// eslint-disable-next-line no-control-regex
const REFUSED = /[\\/:*?"<>|\u0000-\u001f]/g;

export const PATTERN = "{name}-cutout";

/**
 * A file's name from a pattern: `{name}` is the photo's without its ending, `{model}` the model's, `{n}` a number.
 * @param {string} pattern
 * @param {{ name: string, model: string, n: number, type: string }} values  `type`: the file's MIME type.
 */
export function fileName(pattern, { name, model, n, type }) {
  /** @type {Record<string, string>} */
  const values = { name: name.replace(/(?<=.)\.[^.]*$/, "") || "photo", model, n: String(n) };
  const stem = (pattern.trim() || PATTERN).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole).replace(REFUSED, "-");
  return `${stem}.${ENDINGS[type] ?? "bin"}`;
}
