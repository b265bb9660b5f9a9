/**
 * Runs variants in turns on one thread in Node.js, for bench/wasm_variants.py, and prints JSON.
 *
 *     node bench/wasm_variants.mjs JOB.json
 *
 * Node.js tells how much processor time a run took, which other work on the machine hardly changes.
 */

import { readFileSync } from "node:fs";

const { ort: entry, variants, rounds, profile } = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const ort = await import(entry);
ort.env.logLevel = "error";
ort.env.wasm.numThreads = 1;

/** What ONNX Runtime prints while it profiles: lines of JSON. @type {string[]} */
const printed = [];
if (profile) console.log = console.error = (...words) => { printed.push(words.join(" ")); };

const opened = [];
for (const variant of variants) opened.push(await open(variant));
for (let round = 0; round < rounds; round += 1) for (const variant of opened) variant.ms.push(await once(variant));
if (profile) for (const { session } of opened) session.endProfiling();
process.stdout.write(JSON.stringify({ printed, variants: opened.map(({ name, ms }) => ({ name, ms })) }));

async function open({ name, graph, weights, input, dims }) {
  const externalData = weights ? [{ path: weights.split("/").at(-1), data: bytes(weights) }] : [];
  const session = await ort.InferenceSession.create(bytes(graph), { externalData, enableProfiling: profile });
  const variant = { name, session, input: bytes(input), dims, ms: [] };
  await once(variant);
  return variant;
}

async function once({ session, input, dims }) {
  const before = process.cpuUsage();
  await session.run({ [session.inputNames[0]]: new ort.Tensor("uint8", input, dims) });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function bytes(path) {
  return new Uint8Array(readFileSync(path));
}
