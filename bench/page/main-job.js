/** One model on one device: ready with an empty and with a filled cache, each photo once, then `rounds` more. */

import { SiteWorker } from "./site-worker.js";

export async function* run({ model, device, photos, rounds, flags }) {
  const cold = await start(model, device, flags);
  cold.worker.end();
  const { worker, ready, ms } = await start(model, device, flags);
  for (const name of photos) {
    const photo = await (await fetch(name)).blob();
    const runs = [];
    for (let round = 0; round <= rounds; round += 1) {
      const began = performance.now();
      const { data, ms, width, height } = await worker.call({ type: "remove", photo, model, device });
      runs.push({ ...ms, page: performance.now() - began, bytes_out: data.byteLength, width, height });
    }
    yield { device: ready.device, photo: name, cold_ms: cold.ms, warm_ms: ms, runs };
  }
  worker.end();
}

/** Starts a worker and loads a model; `ms` is what a visitor waits for. */
async function start(model, device, flags) {
  const began = performance.now();
  const worker = new SiteWorker(flags);
  const ready = await worker.call({ type: "start", model, device });
  return { worker, ready, ms: performance.now() - began };
}
