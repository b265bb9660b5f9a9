/** Loads the variants into one ONNX Runtime and runs them in turns. */

/** Memories that ONNX Runtime makes, to tell how much the largest grew to. @type {WebAssembly.Memory[]} */
const memories = [];
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(/** @type {WebAssembly.MemoryDescriptor} */ descriptor) {
    super(descriptor);
    memories.push(this);
  }
};

onmessage = async ({ data }) => postMessage(await measure(data).catch((error) => ({ error: String(error) })));

async function measure({ variants, threads, rounds }) {
  const ort = await import("../runtime/ort/ort.jspi.min.js");
  const folder = new URL("../runtime/ort/ort-wasm-simd-threaded.jspi", import.meta.url).href;
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = { mjs: `${folder}.js`, wasm: `${folder}.wasm` };
  const opened = [];
  for (const variant of variants) opened.push(await open(ort, variant));
  const working = opened.filter(({ session }) => session);
  // In turns, so that whatever else the machine does meets all of them alike.
  for (let round = 0; round < rounds; round += 1) for (const variant of working) variant.ms.push(await once(ort, variant));
  const heap = Math.max(0, ...memories.map(({ buffer }) => buffer.byteLength));
  return { heap, variants: opened.map(({ session, input, dims, ...told }) => told) };
}

async function open(ort, { name, graph, weights, input, dims, options }) {
  const [model, data, pixels] = await Promise.all([graph, weights, input].map(bytes));
  const began = performance.now();
  try {
    const externalData = data ? [{ path: weights, data }] : [];
    const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"], externalData, ...options });
    const created = performance.now();
    const variant = { name, session, input: pixels, dims, ms: [], create_ms: created - began };
    return { ...variant, first_ms: await once(ort, variant) };
  } catch (error) {
    return { name, error: String(error) };
  }
}

async function once(ort, { session, input, dims }) {
  const start = performance.now();
  await session.run({ [session.inputNames[0]]: new ort.Tensor("uint8", input, dims) });
  return performance.now() - start;
}

async function bytes(/** @type {string} */ name) {
  return name ? new Uint8Array(await (await fetch(name)).arrayBuffer()) : null;
}
