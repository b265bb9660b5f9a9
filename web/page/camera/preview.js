/** Draws the camera's picture without its background: the last mask there is, on the picture of now. */

/** @import { LiveMask } from "../../shared/protocol.js" */
/** @typedef {{ kind: "none" } | { kind: "colour", colour: string } | { kind: "blur" }} Backdrop */

/** Wider pictures are drawn smaller; the snapshot has them in full. */
const WIDEST = 1280;
/** Side of the picture that is enlarged for a blurred background: the smaller, the softer. */
const BLURRED = 24;

export class Preview {
  #video;
  #canvas;
  #context;
  #subject = makeCanvas();
  #mask = makeCanvas();
  #soft = makeCanvas();
  #hasMask = false;
  /** @type {Backdrop} */
  backdrop = { kind: "none" };

  /**
   * @param {HTMLVideoElement} video
   * @param {HTMLCanvasElement} canvas
   */
  constructor(video, canvas) {
    this.#video = video;
    this.#canvas = canvas;
    this.#context = contextOf(canvas);
  }

  /** Whether there is a mask to draw with. */
  get hasMask() {
    return this.#hasMask;
  }

  /** @param {LiveMask} mask */
  use({ width, height, alpha }) {
    const pixels = new ImageData(width, height);
    const levels = new Uint8Array(alpha);
    for (let at = 0; at < levels.length; at += 1) pixels.data[4 * at + 3] = levels[at] ?? 0;
    Object.assign(this.#mask.canvas, { width, height });
    this.#mask.putImageData(pixels, 0, 0);
    this.#hasMask = true;
  }

  forget() {
    this.#hasMask = false;
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  draw() {
    const { videoWidth, videoHeight } = this.#video;
    if (videoWidth === 0) return;
    const width = Math.min(videoWidth, WIDEST);
    const height = Math.round(videoHeight * width / videoWidth);
    for (const { canvas } of [this.#context, this.#subject]) {
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    }
    this.#context.clearRect(0, 0, width, height);
    this.#drawBackdrop(width, height);
    if (!this.#hasMask) return; // the picture as it is would pass for a result
    this.#subject.globalCompositeOperation = "copy";
    this.#subject.drawImage(this.#mask.canvas, 0, 0, width, height);
    this.#subject.globalCompositeOperation = "source-in";
    this.#subject.drawImage(this.#video, 0, 0, width, height);
    this.#context.drawImage(this.#subject.canvas, 0, 0);
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  #drawBackdrop(width, height) {
    if (this.backdrop.kind === "colour") {
      this.#context.fillStyle = this.backdrop.colour;
      this.#context.fillRect(0, 0, width, height);
    } else if (this.backdrop.kind === "blur") {
      const small = { width: BLURRED, height: Math.max(1, Math.round(BLURRED * height / width)) };
      Object.assign(this.#soft.canvas, small);
      this.#soft.imageSmoothingQuality = "high";
      this.#soft.drawImage(this.#video, 0, 0, small.width, small.height);
      this.#context.imageSmoothingQuality = "high";
      this.#context.drawImage(this.#soft.canvas, 0, 0, width, height);
    }
  }
}

/**
 * The camera's picture of now, in full, as a file.
 * It is never mirrored, whatever the preview is: words in it are to be read.
 * @param {HTMLVideoElement} video
 * @returns {Promise<Blob>}
 */
export async function snapshot(video) {
  const context = makeCanvas();
  Object.assign(context.canvas, { width: video.videoWidth, height: video.videoHeight });
  context.drawImage(video, 0, 0);
  return new Promise((resolve, reject) => {
    context.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the canvas gave no picture"))), "image/png");
  });
}

function makeCanvas() {
  return contextOf(document.createElement("canvas"));
}

/** @param {HTMLCanvasElement} canvas */
function contextOf(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser gives no canvas");
  return context;
}
