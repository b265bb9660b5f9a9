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

/** One worker, one model on one device: ready, first photo, then `rounds` more. */
async function measure({ model, device, photos, rounds }) {
  const began = performance.now();
  const worker = new Worker("../worker/worker.js", { type: "module" });
  try {
    const ready = await call(worker, { id: 1, type: "start", model, device });
    const readyMs = performance.now() - began;
    for (const name of photos) {
      const photo = await (await fetch(name)).blob();
      const runs = [];
      for (let id = 2; id < rounds + 3; id += 1) {
        const start = performance.now();
        const { png, ms, width, height } = await call(worker, { id, type: "remove", photo, model, device });
        runs.push({ ...ms, page: performance.now() - start, bytes_out: png.byteLength, width, height });
      }
      await report({ model, asked: device, device: ready.device, photo: name, ready_ms: readyMs, ready: ready.ms, runs });
    }
  } catch (error) {
    await report({ model, asked: device, error: String(error) });
  } finally {
    worker.terminate();
  }
}

const { jobs } = await (await fetch("jobs.json")).json();
for (const job of jobs) await measure(job);
await report({ done: true, userAgent: navigator.userAgent, cores: navigator.hardwareConcurrency });
