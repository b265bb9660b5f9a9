/**
 * Finished files of one photo: each finish exported from the master by a worker of its own, `rounds` times after the
 * first, and once more at once with the cutout; every stage, and how far Python's memory grew.
 */

import { SiteWorker } from "./site-worker.js";

export async function* run({ model, device, photo: name, picture: pictureName, cases, strokes, rounds }) {
  const [photo, picture] = await Promise.all([name, pictureName].map(async (file) => (await fetch(file)).blob()));
  const first = new SiteWorker();
  const master = new Blob([(await first.call({ type: "remove", photo, model, device })).data]);
  first.end();
  for (const [title, { finish, edited, output }] of Object.entries(cases)) {
    const worker = new SiteWorker(), runs = [];
    const job = { photo, master, edits: edited ? strokes : [], finish, output, picture };
    for (let round = 0; round <= rounds; round += 1) {
      const { data, ...facts } = await worker.call({ type: "export", ...job });
      runs.push({ ...facts, bytes_out: data.byteLength });
    }
    const heap = (await worker.call({ type: "stats" })).pythonHeapBytes;
    worker.end();
    yield { title, runs, heap_bytes: heap };
  }
  const worker = new SiteWorker();
  for (const [title, { finish, output }] of Object.entries(cases)) {
    const runs = [];
    for (let round = 0; round <= rounds; round += 1) {
      runs.push((await worker.call({ type: "remove", photo, model, device, finish, output, picture, thumbnail: 320 })).ms);
    }
    yield { title, at_once: runs };
  }
  const refined = [];
  for (let round = 0; round <= rounds; round += 1) {
    const began = performance.now();
    await worker.call({ type: "refine", photo, master, edits: [], stroke: { points: strokes[0].points, hardness: 0.6, opacity: 1 } });
    refined.push(performance.now() - began);
  }
  worker.end();
  yield { title: "refine", refined };
}
