/** The network alone: session creation, first run, `rounds` later runs, GPU memory, time of each kernel. */

import { SiteWorker } from "./site-worker.js";

/** So few runs are measured where one takes so long that all of them would take more than `seconds`. */
const FEWEST = 5;

export async function* run({ network, rounds, seconds, memory_after, profile_rounds }) {
  const measured = await times(network, rounds, seconds);
  const onGpu = measured.device.provider === "webgpu";
  yield {
    ...measured,
    gpu_bytes: onGpu ? await memory(network, memory_after) : null,
    kernels: profile_rounds ? await kernels(network, profile_rounds) : null,
  };
}

async function times(network, rounds, seconds) {
  return inWorker("?bench", async (measure) => {
    const begin = await measure({ ...network, rounds: 2 });
    const affordable = Math.floor(seconds * 1000 / begin.runs[0]);
    const more = Math.min(rounds, Math.max(affordable, FEWEST)) - begin.runs.length;
    if (more < 1) return begin;
    const rest = await measure({ ...network, rounds: more });
    return { ...begin, runs: [...begin.runs, ...rest.runs] };
  });
}

/** Bytes of GPU buffers after so many runs; in a worker of its own, because counting costs a little. */
async function memory(network, after) {
  return inWorker("?bench&stats", async (measure) => {
    const bytes = {};
    let done = 0;
    for (const runs of after) {
      ({ gpuBytes: bytes[runs] } = await measure({ ...network, rounds: runs - done }));
      done = runs;
    }
    return bytes;
  });
}

/** In a worker of its own, because profiling slows the runs down. */
async function kernels(network, rounds) {
  return inWorker("?bench", async (measure) => (await measure({ ...network, rounds, profile: true })).kernels);
}

async function inWorker(flags, use) {
  const worker = new SiteWorker(flags);
  try {
    return await use((request) => worker.call({ type: "measure", ...request }));
  } finally {
    worker.end();
  }
}
