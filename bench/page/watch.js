/* Runs in the page before its own scripts and only watches: fills `startUp` with times since navigation. */
"use strict";

/** @type {Record<string, number>} */
const startUp = {};
globalThis.startUp = startUp;

/** Keeps the first time of each. */
const note = (name, at = performance.now()) => { startUp[name] ??= at; };

// The page listens for dropped photos once it can take them.
const { addEventListener: listen } = EventTarget.prototype;
EventTarget.prototype.addEventListener = function (type, ...rest) {
  if (type === "drop") note("usable");
  return listen.call(this, type, ...rest);
};
const listenGlobally = globalThis.addEventListener;
globalThis.addEventListener = function (type, ...rest) {
  if (type === "drop") note("usable");
  return listenGlobally.call(globalThis, type, ...rest);
};

// The worker's first progress is told when it begins with Python; its answer says how long each part took.
const PlainWorker = Worker;
globalThis.Worker = class extends PlainWorker {
  constructor(...given) {
    super(...given);
    note("worker");
    this.addEventListener("message", ({ data }) => {
      if (data.type === "progress") note("begun");
      if (data.type !== "result" || !data.value.ms) return;
      note("python", startUp.begun + data.value.ms.start);
      note("network", startUp.begun + data.value.ms.model);
    });
  }
};

new MutationObserver(() => {
  if (document.documentElement.dataset.state === "ready") note("ready");
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-state"] });
