/** The buttons of a batch. */

import { button } from "../controls.js";

/**
 * @param {string} name  Of what it does; its words are "batch.<name>".
 * @param {() => void} onClick
 * @param {string} [kind]
 */
export function action(name, onClick, kind = "") {
  const made = button(`batch.${name}`, onClick, { className: `button ${kind}` });
  made.dataset.do = name;
  return made;
}
