/*
 * Loaded as a classic script, before the modules and the first picture. Picks language and theme, hides what was
 * read, and says so when a module does not load. Imports nothing.
 */
"use strict";

{
  /** Each has a file in messages/; a test compares. @type {Record<string, string>} */
  const LANGUAGES = { en: "ltr", de: "ltr", ar: "rtl" };
  const root = document.documentElement;
  const kept = (/** @type {string} */ name) => {
    try {
      return localStorage.getItem(`alphacut.${name}`);
    } catch {
      return null; // site data is blocked
    }
  };

  const asked = new URLSearchParams(location.search).get("lang"); // a frame is told by its address
  const wanted = [asked, kept("language"), ...navigator.languages].map((tag) => String(tag).toLowerCase().replace(/-.*/, ""));
  const language = wanted.find((tag) => Object.hasOwn(LANGUAGES, tag)) ?? "en";
  Object.assign(root, { lang: language, dir: LANGUAGES[language] ?? "ltr" });
  root.dataset.words = language === "en" ? "ready" : "loading"; // English stands in the page
  const site = new URL("..", /** @type {HTMLScriptElement} */ (document.currentScript).src).href;
  const early = Object.assign(document.createElement("link"), {
    rel: "preload", as: "fetch", crossOrigin: "anonymous",
    href: `${site}messages/${language}.json`,
  });
  document.head.append(early);
  const theme = kept("theme");
  if (theme === "light" || theme === "dark") root.style.colorScheme = theme;
  root.toggleAttribute("data-introduced", kept("hint") === "read"); // before the first picture: nothing is to move then

  const broken = () => {
    const status = document.getElementById("status");
    if (!status) return;
    root.dataset.state = "error";
    root.dataset.words = "ready";
    status.textContent = location.protocol === "file:"
      ? "This page can’t run from a file: serve its folder over HTTP, for instance with “make serve”."
      : "A part of this page did not load. Check the connection and reload.";
  };
  // A module that came damaged is no event of its element. Once the page stands, such an error is of data; and others'
  // scripts, an extension's say, have their own.
  addEventListener("error", ({ target, error, filename }) => {
    if (
      target instanceof HTMLScriptElement
      || error instanceof SyntaxError && document.readyState !== "complete" && filename.startsWith(site)
    ) broken();
  }, true);
  addEventListener("words-failed", broken);
}
