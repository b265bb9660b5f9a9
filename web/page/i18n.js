/**
 * The page's words in the reader's language: messages/<language>.json, flat, "area.name" to text.
 *
 * page/guard.js picks the language before the first picture and sets <html lang dir>. English stands in index.html,
 * so that there is something to read before, and where scripts don't run.
 */

import { fetchOrExplain } from "./site.js";

/** @typedef {Record<string, string | number>} Values */

const root = document.documentElement;
/** @type {Record<string, string>} */
let messages = {};
let locale = "en";
let plurals = new Intl.PluralRules("en");
/** Writers of numbers by digits: making one takes a millisecond. @type {Map<number | undefined, Intl.NumberFormat>} */
const writers = new Map();
/** What `say` was given, for the next language. @type {WeakMap<Element, Values>} */
const spoken = new WeakMap();

/** Attributes of markup that hold keys, and where their texts go. */
const TARGETS = /** @type {const} */ ({
  "data-t-label": "aria-label", "data-t-title": "title", "data-t-placeholder": "placeholder", "data-t-alt": "alt",
});

/**
 * Loads the words and fills the page with them; afterwards, and after each later change of language, `wordschange` is
 * dispatched on the document, for whoever shows words that `translate` does not reach.
 * @param {string} [language]
 * @throws {import("../shared/protocol.js").AlphacutError} `offline` or `download-failed`: English did not come either.
 */
export async function loadMessages(language = root.lang) {
  messages = await read(language).catch((error) => {
    if (language === "en") throw error;
    return read(language = "en");
  }).catch((error) => {
    dispatchEvent(new Event("words-failed")); // guard.js says so: there are no words here
    throw error;
  });
  // Latin digits in Arabic too, as in the names of files and formats around them.
  locale = `${language}-u-nu-latn`;
  plurals = new Intl.PluralRules(language);
  writers.clear();
  Object.assign(root, { lang: language, dir: t("shell.direction") });
  translate();
  root.dataset.words = "ready";
  document.dispatchEvent(new Event("wordschange"));
}

/**
 * The text of a key. `{name}` becomes the value of that name; where `n` is given, "key.one", "key.other" and so on
 * are tried first, by the plural rules of the language.
 * @param {string} key
 * @param {Values} [values]
 */
export function t(key, values = {}) {
  const plural = typeof values.n === "number" ? messages[`${key}.${plurals.select(values.n)}`] ?? messages[`${key}.other`] : undefined;
  const text = plural ?? messages[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => inserted(values[name] ?? whole));
}

/** Whether there is a text of this key. @param {string} key */
export function has(key) {
  return Object.hasOwn(messages, key);
}

/**
 * Gives an element the text of a key, now and whenever the language changes.
 * @template {Element} T
 * @param {T} element
 * @param {string} key
 * @param {Values} [values]
 * @returns {T}
 */
export function say(element, key, values = {}) {
  element.setAttribute("data-t", key);
  spoken.set(element, values);
  const text = t(key, values);
  if (element.textContent !== text) element.textContent = text; // or a live region would say it again
  return element;
}

/**
 * Fills every element with `data-t`, and attributes by `data-t-label` (aria-label), `data-t-title`,
 * `data-t-placeholder` and `data-t-alt`.
 * @param {ParentNode} [within]
 */
export function translate(within = document) {
  for (const element of within.querySelectorAll("[data-t]")) {
    say(element, element.getAttribute("data-t") ?? "", spoken.get(element));
  }
  for (const [source, target] of Object.entries(TARGETS)) {
    for (const element of within.querySelectorAll(`[${source}]`)) {
      element.setAttribute(target, t(element.getAttribute(source) ?? "", spoken.get(element)));
    }
  }
}

/**
 * A number as the language writes it.
 * @param {number} value
 * @param {number} [digits]  Behind the decimal sign.
 */
export function number(value, digits) {
  const fixed = digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const writer = writers.get(digits) ?? writers.set(digits, new Intl.NumberFormat(locale, fixed)).get(digits);
  return /** @type {Intl.NumberFormat} */ (writer).format(value);
}

/** @param {string | number} value */
function inserted(value) {
  if (typeof value === "number") return number(value);
  return root.dir === "rtl" ? `\u2068${value}\u2069` : value; // or a Latin name would turn its surroundings around
}

/** @param {string} language */
async function read(language) {
  const url = new URL(`../messages/${language}.json`, import.meta.url);
  return (await fetchOrExplain(url, "The words of this page could not be read.")).json();
}
