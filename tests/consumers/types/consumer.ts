/** What compiles against the package's declarations, and what must not. */

import removeBackgroundByDefault, {
  AlphacutError, alphamask, applySegmentationMask, dispose, preload, removeBackground, removeForeground, segmentForeground,
  type Config, type ErrorCode, type ImageSource, type OutputConfig, type Progress, type Ready,
} from "alphacut";

declare const image: HTMLImageElement, canvas: HTMLCanvasElement, video: HTMLVideoElement, offscreen: OffscreenCanvas;
declare const bitmap: ImageBitmap, frame: VideoFrame, pixels: ImageData, file: File, buffer: ArrayBuffer;

const sources: ImageSource[] = [
  image, canvas, video, offscreen, bitmap, frame, pixels, file, new Blob(), buffer, new Uint8Array(buffer),
  new DataView(buffer), "photo.jpg", new URL("https://example.org/photo.jpg"),
];
const progress: Progress = (key, current, total) => console.log(key.toUpperCase(), current / total);
const output: OutputConfig = { format: "image/webp", quality: 0.8, type: "foreground", background: "#ffffff" };
const config: Config = {
  publicPath: "/alphacut/", workerUrl: new URL("https://example.org/w.js"), model: "isnet_fp16", device: "gpu", output, progress,
  signal: new AbortController().signal, fetchArgs: { credentials: "include" }, debug: true, rescale: true, proxyToWorker: true,
};

export async function uses(): Promise<Blob[]> {
  const ready: Ready = await preload(config);
  console.log(ready.device.provider satisfies "webgpu" | "wasm", ready.device.threads.toFixed());
  const made = [await removeBackgroundByDefault(file), await removeForeground(file), await alphamask(file, {})];
  for (const source of sources) made.push(await removeBackground(source, config));
  const mask: Blob = await segmentForeground(file, { model: "a model of this site", output: { format: "mask-png" } });
  made.push(await applySegmentationMask(file, mask, { output: { format: "image/x-rgba8" } }));
  const gone: void = dispose();
  return gone === undefined ? made : [];
}

export function explains(error: unknown): ErrorCode | null {
  if (!(error instanceof AlphacutError)) return null;
  const words: string[] = [error.name, error.message, error.hint];
  console.log(words, error.cause);
  return error.code;
}

// @ts-expect-error a photo is needed
removeBackground();
// @ts-expect-error a number is no photo
removeBackground(42);
// @ts-expect-error nor are elements that show none
removeBackground(document.body);
// @ts-expect-error there is no such device
removeBackground(file, { device: "tpu" });
// @ts-expect-error a model is told by its name
removeBackground(file, { model: 5 });
// @ts-expect-error there is no such option
removeBackground(file, { modell: "isnet" });
// @ts-expect-error there is no such format
removeBackground(file, { output: { format: "image/gif" } });
// @ts-expect-error quality is a number
removeBackground(file, { output: { quality: "high" } });
// @ts-expect-error there is no such type
removeBackground(file, { output: { type: "subject" } });
// @ts-expect-error progress is told three things
removeBackground(file, { progress: (key: number) => console.log(key) });
// @ts-expect-error a controller is no signal
removeBackground(file, { signal: new AbortController() });
// @ts-expect-error a mask is needed
applySegmentationMask(file);
// @ts-expect-error a promise is no Blob
const blob: Blob = removeBackground(file);
// @ts-expect-error there is no such code
const code: ErrorCode = "on-strike";
console.log(blob, code);
