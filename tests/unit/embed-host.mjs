/**
 * Reads a line of JSON for each conversation between a page and the embedded tool, and answers with a line: all that
 * was posted, and which photos the tool was given. What JSON can't hold is written {"$": kind, "n": size}.
 */

import { createInterface } from "node:readline";
import { HostLink } from "../../web/embed/host-link.js";
import { readOptions } from "../../web/shared/embed-options.js";

const SPECIAL = {
  blob: (n) => new Blob([new Uint8Array(n)]),
  buffer: (n) => new ArrayBuffer(n),
  map: () => new Map([["alphacut", 1]]),
  date: () => new Date(0),
  cyclic() {
    const message = { alphacut: 1, type: "remove" };
    message.id = message;
    return message;
  },
  bare: () => Object.assign(Object.create(null), { alphacut: 1, type: "hello" }),
  nan: () => NaN,
  infinity: () => Infinity,
  undefined: () => undefined,
  big: () => 1n,
  array: () => Object.assign([], { alphacut: 1, type: "hello" }),
  text: (n) => "x".repeat(n),
};
const OWN = "https://site.example", LISTED = ["https://shop.example"];

process.on("unhandledRejection", (error) => {
  console.log(JSON.stringify({ crashed: String(error?.stack ?? error) }));
  process.exit(1);
});
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await converse(JSON.parse(line))));
}

async function converse({ messages, failing, broken }) {
  const posted = [], removed = [];
  const parent = { postMessage: (data, origin) => posted.push({ data: plain(data), origin }) };
  const actions = broken ? Promise.reject(new Error("not built")) : Promise.resolve(tool(removed, failing));
  const link = new HostLink(parent, OWN, LISTED, actions);
  for (const { origin, data, elsewhere, own } of messages) {
    if (own === "tell") link.tell({ type: "progress", id: null, stage: "decode", loaded: 0, total: 1 });
    else if (own === "resize") link.resize(100);
    else link.hear({ source: elsewhere ? {} : parent, origin, data: revive(data) });
    if (data?.wait) await aMoment();
  }
  for (let turn = 0; turn < 6; turn++) await aMoment();
  return { posted, removed };
}

/** A tool that needs a moment for each photo, and may fail with it. */
function tool(removed, failing) {
  return {
    capabilities: async () => ({ models: [], formats: [], webgpu: false, threads: false, bytes: 1 }),
    setOptions: (table) => readOptions(table).problems,
    dispose() {},
    async remove(image, table, signal, onProgress) {
      removed.push(image.constructor.name);
      onProgress({ id: 7, type: "progress", stage: "decode", loaded: 0, total: 1 });
      await aMoment();
      if (failing) throw new TypeError("the tool fell over");
      if (signal.aborted) throw new DOMException("stop", "AbortError");
      return { image: null, width: 1, height: 1 };
    },
  };
}

function revive(value) {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== "object" || value === null) return value;
  if ("$" in value) return SPECIAL[value.$](value.n ?? 3);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, revive(one)]));
}

function plain(data) {
  return JSON.parse(JSON.stringify(data, (_, value) => (typeof value === "bigint" ? String(value) : value)));
}

function aMoment() {
  return new Promise((resolve) => { setImmediate(resolve); });
}
