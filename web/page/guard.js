/* Loaded as a classic script, before the modules: says so when one of them does not load. Imports nothing. */
"use strict";

addEventListener("error", (event) => {
  if (!(event.target instanceof HTMLScriptElement)) return;
  const status = document.getElementById("status");
  if (!status) return;
  document.documentElement.dataset.state = "error";
  status.textContent = location.protocol === "file:"
    ? "This page can’t run from a file: serve its folder over HTTP, for instance with “make serve”."
    : "A part of this page did not load. Check the connection and reload.";
}, true);
