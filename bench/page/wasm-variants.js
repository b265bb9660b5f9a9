/** Runs variants of a network side by side on WebAssembly, in a worker, as the site does. */

export async function* run(job) {
  const worker = new Worker(new URL("wasm-variants-worker.js", import.meta.url), { type: "module" });
  yield await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve({ error: message || "the worker could not be started" });
    worker.postMessage(job);
  });
  worker.terminate();
}
