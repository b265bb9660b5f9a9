/** A worker that runs variants of a network side by side on WebAssembly and posts what it measured. */

const job = await (await fetch("job.json")).json();
const ort = await import(`./ort/${job.entry}`);
ort.env.logLevel = "error";
ort.env.wasm.numThreads = job.threads;
ort.env.wasm.wasmPaths = new URL("ort/", import.meta.url).href;

/** What ONNX Runtime prints while it profiles: lines of JSON. @type {string[]} */
const printed = [];
if (job.profile) for (const name of ["log", "error", "warn", "info"]) console[name] = (...words) => printed.push(words.join(" "));

const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
const floats = async (name) => new Float32Array((await bytes(name)).buffer);

async function open({ name, graph, weights, options, input, dims, expected }) {
  const began = performance.now();
  const externalData = weights ? [{ path: "weights.bin", data: await bytes(weights) }] : [];
  const model = await bytes(graph);
  const created = performance.now();
  try {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ["wasm"], externalData, graphOptimizationLevel: "all", enableProfiling: job.profile, ...options,
    });
    const opened = { name, session, dims, input: await floats(input), expected: await floats(expected), ms: [] };
    return { ...opened, createMs: performance.now() - created, fetchMs: created - began };
  } catch (error) {
    return { name, error: String(error) };
  }
}

async function run(variant) {
  const { session, input, dims } = variant;
  const start = performance.now();
  const results = await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", input, dims) });
  const output = results[session.outputNames[0]].data;
  variant.ms.push(performance.now() - start);
  return output;
}

function worst(output, expected) {
  let most = 0;
  for (let i = 0; i < expected.length; i += 1) most = Math.max(most, Math.abs(output[i] - expected[i]));
  return most;
}

const variants = [];
for (const described of job.variants) variants.push(await open(described));
const open_ = variants.filter(({ session }) => session);
for (const variant of open_) {
  variant.difference = worst(await run(variant), variant.expected);
  variant.firstMs = variant.ms.pop();
}
// Interleaved, so that whatever else the machine does meets all of them alike.
for (let round = 0; round < job.rounds; round += 1) for (const variant of open_) await run(variant);
for (const { session } of open_) if (job.profile) session.endProfiling();
postMessage({
  userAgent: navigator.userAgent, cores: navigator.hardwareConcurrency, isolated: crossOriginIsolated, printed,
  variants: variants.map(({ name, error, ms, firstMs, createMs, difference }) => ({ name, error, ms, firstMs, createMs, difference })),
});
