/** What went wrong in the reader's language. Errors come in English, which says it exactly; others have one text a code. */

import { has, t } from "./i18n.js";

/** @import { AlphacutError } from "../shared/protocol.js" */

/**
 * @param {AlphacutError} error
 * @returns {{ message: string, hint: string, exactly: string }}  `exactly` is the English text where it is not shown.
 */
export function errorWords({ code, message, hint }) {
  const isEnglish = document.documentElement.lang === "en";
  if ((isEnglish && message) || !has(`error.${code}.message`)) return { message, hint, exactly: "" };
  return { message: t(`error.${code}.message`), hint: t(`error.${code}.hint`), exactly: [message, hint].filter(Boolean).join(" ") };
}
