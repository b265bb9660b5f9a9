/** Each photo in a worker of its own, `rounds` times after the first: every stage, and how far Python's memory grew. */

import { SiteWorker } from "./site-worker.js";

export async function* run({ model, device, photos, outputs, rounds }) {
  for (const name of photos) for (const [format, output] of Object.entries(outputs)) {
    const worker = new SiteWorker();
    const { device: report } = await worker.call({ type: "start", model, device });
    const before = (await worker.call({ type: "stats" })).pythonHeapBytes;
    const photo = await (await fetch(name)).blob();
    const runs = [];
    for (let round = 0; round <= rounds; round += 1) {
      const { png, ms, width, height } = await worker.call({ type: "remove", photo, model, device, ...output });
      runs.push({ ms, width, height, bytes_out: png.byteLength });
    }
    const heap = (await worker.call({ type: "stats" })).pythonHeapBytes;
    worker.end();
    yield { photo: name, format, device: report, runs, heap_bytes: { before, after: heap } };
  }
}
