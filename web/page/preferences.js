/** Language, theme and the introduction of the first visit: what a reader settles once. guard.js applies it early. */

import { byId } from "./dom.js";
import { loadMessages } from "./i18n.js";

/** @import { Store } from "./store.js" */

const root = document.documentElement;

/** @param {Store} store */
export function arrangePreferences(store) {
  arrangeLanguage(store);
  arrangeTheme(store);
  byId("hint-dismiss", HTMLButtonElement).addEventListener("click", () => {
    store.set("hint", "read");
    root.toggleAttribute("data-introduced", true);
    byId("photo-input", HTMLInputElement).focus(); // the button that had it is gone
  });
}

/** @param {Store} store */
function arrangeLanguage(store) {
  const select = byId("language", HTMLSelectElement);
  select.value = root.lang;
  select.addEventListener("change", async () => {
    store.set("language", select.value);
    await loadMessages(select.value);
    select.value = root.lang; // English where that language did not come
  });
}

/** @param {Store} store */
function arrangeTheme(store) {
  const kept = store.get("theme") ?? "auto";
  for (const input of byId("theme", HTMLFieldSetElement).querySelectorAll("input")) {
    input.checked = input.value === kept;
    input.addEventListener("change", () => {
      store.set("theme", input.value);
      useTheme(input.value);
    });
  }
  useTheme(kept);
}

/** @param {string} theme */
function useTheme(theme) {
  root.style.colorScheme = theme === "auto" ? "" : theme;
  // The browser's own bars: a page that chose for itself answers for both.
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
    const own = meta.getAttribute("data-theme") ?? "";
    meta.setAttribute("media", theme === "auto" ? `(prefers-color-scheme: ${own})` : theme === own ? "all" : "not all");
  }
}
