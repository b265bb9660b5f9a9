/** Runs @imgly/background-removal as its users do, and times its session's creation and runs besides. */

import { preload, removeBackground } from "@imgly/background-removal";

/** One device: loaded with an empty cache, each photo once, then `rounds` more. */
export async function* run({ device, photos, rounds }) {
  const network = await watched(device);
  const config = { publicPath: new URL("./", import.meta.url).href, device, model: "isnet_fp16", output: { format: "image/png" } };
  const began = performance.now();
  await preload(config);
  const cold_ms = performance.now() - began;
  for (const name of photos) {
    const photo = await (await fetch(name)).blob();
    const runs = [];
    for (let round = 0; round <= rounds; round += 1) {
      const start = performance.now();
      const png = await removeBackground(photo, config);
      runs.push({ total: performance.now() - start, inference: network.run_ms, bytes_out: png.size });
    }
    const { width, height } = await createImageBitmap(photo);
    yield { photo: name, width, height, cold_ms, create_ms: network.create_ms, runs };
  }
}

/** Puts a clock around the sessions of the ONNX Runtime that the package is going to take for this device. */
async function watched(device) {
  const { default: ort } = device === "gpu" ? await import("onnxruntime-web/webgpu") : await import("onnxruntime-web");
  const times = { create_ms: 0, run_ms: 0 };
  const timed = (name, work) => async (...given) => {
    const began = performance.now();
    const made = await work(...given);
    times[name] = performance.now() - began;
    return made;
  };
  const create = ort.InferenceSession.create.bind(ort.InferenceSession);
  ort.InferenceSession.create = timed("create_ms", async (...given) => {
    const session = await create(...given);
    session.run = timed("run_ms", session.run.bind(session));
    return session;
  });
  return times;
}
