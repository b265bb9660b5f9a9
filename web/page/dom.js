/** The few things every view of the page needs from the DOM. */

/**
 * The element with this id, checked to be what the caller thinks it is.
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [type]
 * @returns {T}
 */
export function byId(id, type = /** @type {any} */ (HTMLElement)) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`index.html has no ${type.name} with the id "${id}"`);
  return found;
}

/**
 * A new element with properties and children. Strings become text nodes: data is never read as markup.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Partial<HTMLElementTagNameMap[K]>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

/**
 * A link that leaves the page, in a tab of its own so that a cutout on the page is not lost.
 * @param {string} href
 * @param {string} text
 */
export function outwardLink(href, text) {
  return make("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);
}
