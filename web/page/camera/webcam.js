/** The camera: asked for, opened, lost and closed. */

/** @typedef {"denied" | "none" | "busy" | "insecure" | "lost" | "failed"} Trouble  Each has its words: "camera.<trouble>" and "camera.<trouble>-hint". */

/** @type {Record<string, Trouble>} */
const TROUBLES = {
  NotAllowedError: "denied", SecurityError: "denied",
  NotFoundError: "none", OverconstrainedError: "none",
  NotReadableError: "busy", AbortError: "busy",
};

export class CameraError extends Error {
  /**
   * @param {Trouble} trouble
   * @param {unknown} [cause]
   */
  constructor(trouble, cause) {
    super(trouble, { cause });
    this.trouble = trouble;
  }
}

/**
 * Opens the camera and waits for its first picture.
 * @param {HTMLVideoElement} video  Gets the stream.
 * @param {() => void} onLost  The camera was unplugged, or its permission taken back.
 * @returns {Promise<() => void>}  Closes it.
 * @throws {CameraError}
 */
export async function openCamera(video, onLost) {
  if (!navigator.mediaDevices) throw new CameraError("insecure"); // not over HTTPS
  const stream = await ask();
  for (const track of stream.getTracks()) track.addEventListener("ended", onLost);
  const close = () => {
    for (const track of stream.getTracks()) track.stop();
    if (video.srcObject === stream) video.srcObject = null; // it may show the next one already
  };
  video.srcObject = stream;
  try {
    await video.play();
  } catch (cause) {
    close();
    throw new CameraError("failed", cause);
  }
  return close;
}

/** Whether the camera may be opened without a question. */
export async function isGranted() {
  try {
    return (await navigator.permissions.query({ name: /** @type {PermissionName} */ ("camera") })).state === "granted";
  } catch {
    return false; // some browsers know no such permission
  }
}

/** Resolves with the next picture of the camera; not while the page is out of sight. @param {HTMLVideoElement} video */
export function nextPicture(video) {
  return new Promise((resolve) => {
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(resolve);
    else requestAnimationFrame(resolve);
  });
}

async function ask() {
  const wish = { width: { ideal: 1920 }, height: { ideal: 1080 }, facingMode: "user" };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: wish });
  } catch (cause) {
    throw new CameraError((cause instanceof DOMException && TROUBLES[cause.name]) || "failed", cause);
  }
}
