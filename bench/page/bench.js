/** Runs the site's own worker through jobs it is given and posts what it measured to the server that served it. */

/** @param {object} result */
const report = (result) => fetch("report", { method: "POST", body: JSON.stringify(result) });

/**
 * @param {Worker} worker
 * @param {Record<string, unknown>} request
 */
function call(worker, request) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data.type === "result") resolve(data.value);
      if (data.type === "error") reject(new Error(`${data.error.code}: ${data.error.message} ${data.error.details}`));
    };
    worker.onerror = (event) => reject(new Error(event.message || "the worker could not be started"));
    worker.postMessage(request);
  });
}

/** Starts a worker and loads a model; `ms` is what a visitor waits for. */
async function start(model, device) {
  const began = performance.now();
  const worker = new Worker("../worker/worker.js", { type: "module" });
  const ready = await call(worker, { id: 1, type: "start", model, device });
  return { worker, ready, ms: performance.now() - began };
}

/** One model on one device: ready with an empty and with a filled cache, each photo once, then `rounds` more. */
async function measure({ model, device, photos, rounds }) {
  let worker;
  try {
    const cold = await start(model, device);
    cold.worker.terminate();
    const warm = await start(model, device);
    worker = warm.worker;
    const { ready } = warm;
    for (const name of photos) {
      const photo = await (await fetch(name)).blob();
      const runs = [];
      for (let id = 2; id < rounds + 3; id += 1) {
        const start = performance.now();
        const { png, ms, width, height } = await call(worker, { id, type: "remove", photo, model, device });
        runs.push({ ...ms, page: performance.now() - start, bytes_out: png.byteLength, width, height });
      }
      await report({ model, asked: device, device: ready.device, photo: name, cold_ms: cold.ms, warm_ms: warm.ms, runs });
    }
  } catch (error) {
    await report({ model, asked: device, error: String(error) });
  } finally {
    worker?.terminate();
  }
}

await measure(await (await fetch("job.json")).json());
await report({ done: true, userAgent: navigator.userAgent, cores: navigator.hardwareConcurrency });
