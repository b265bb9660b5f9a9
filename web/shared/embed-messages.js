/**
 * The contract between the embedded tool (embed.html in a frame) and the page around it, its host.
 *
 * Every message is a plain object that says `alphacut: 1`, the protocol's version. The host says `hello` first and is
 * answered by `ready`. Each `remove` has an id of the host's; it is answered by any number of `progress` and then
 * exactly one `result` or `error` with that id. What the visitor does by himself comes with `id: null`.
 */

/** @import { DeviceReport, ErrorCode, Note, Stage } from "./protocol.js" */

export const VERSION = 1;

/** More is refused: `open` requests of a host at a time, `bytes` of one photo, `id` characters of an id. */
export const LIMITS = { open: 100, bytes: 500_000_000, id: 64 };

/** @typedef {string | number} RequestId */
/** @typedef {Blob | ArrayBuffer | ImageBitmap} HostImage  Buffers and bitmaps are best transferred. */
/** @typedef {{ type: "hello", options: Record<string, unknown> }} HelloMessage  Without it nothing else is heard. */
/** @typedef {{ type: "options", options: Record<string, unknown> }} OptionsMessage  See `EmbedOptions` (embed-options.js); the others stay as they are. */
/** @typedef {{ type: "remove", id: RequestId, image: HostImage, options: Record<string, unknown> }} RemoveMessage  `options` are for this photo alone. */
/** @typedef {{ type: "cancel", id: RequestId }} CancelMessage */
/** @typedef {{ type: "dispose" }} DisposeMessage  Ends all that is under way and gives the memory back; the next `remove` begins anew. */
/** @typedef {HelloMessage | OptionsMessage | RemoveMessage | CancelMessage | DisposeMessage} HostMessage */

/**
 * What the tool can do here. `trusted`: this host may send photos and gets results.
 * @typedef {object} Capabilities
 * @property {boolean} trusted
 * @property {{ id: string, title: string, default: boolean, notice: string }[]} models
 * @property {readonly string[]} formats
 * @property {boolean} webgpu     The browser has it; whether a GPU is there shows with the first photo.
 * @property {boolean} threads    WebAssembly may use several: the frame is isolated from other origins.
 * @property {number} bytes       Of a photo, at most.
 */
/** @typedef {{ alphacut: 1, type: "ready", version: 1 } & Capabilities} ReadyMessage */
/** @typedef {{ alphacut: 1, type: "progress", id: RequestId | null, stage: Stage, loaded: number, total: number }} ProgressMessage  See `ProgressReply`. */
/**
 * @typedef {object} ResultMessage
 * @property {1} alphacut
 * @property {"result"} type
 * @property {RequestId | null} id
 * @property {Blob} image         The file, of straight alpha.
 * @property {number} width       In pixels.
 * @property {number} height
 * @property {string} model
 * @property {DeviceReport} device
 * @property {number} ms          From the photo's first byte read to the file.
 * @property {Note[]} notes
 */
/** @typedef {{ alphacut: 1, type: "error", id: RequestId | null, error: { code: ErrorCode, message: string, hint: string } }} ErrorMessage */
/** @typedef {{ alphacut: 1, type: "resize", height: number }} ResizeMessage  How high the tool is, in CSS pixels. */
/** @typedef {ReadyMessage | ProgressMessage | ResultMessage | ErrorMessage | ResizeMessage} ToolMessage */

/** @type {Record<HostMessage["type"], (data: Record<string, unknown>) => string>}  Says what is wrong; "" is nothing. */
const CHECKS = {
  hello: wrongOptions,
  options: wrongOptions,
  remove: (data) => wrongId(data.id) || wrongImage(data.image) || wrongOptions(data),
  cancel: (data) => wrongId(data.id),
  dispose: () => "",
};

/** Whether a message means to be one of this protocol; others are of no concern here. @param {unknown} data */
export function isOurs(data) {
  return isTable(data) && Object.hasOwn(data, "alphacut");
}

/**
 * Reads what a host sent.
 * @param {unknown} data  Anything at all that `isOurs`.
 * @returns {{ message: HostMessage, problem: "" } | { message: null, problem: string, id: RequestId | null }}
 */
export function readMessage(data) {
  if (!isTable(data)) return refused("A message is an object.", null);
  const id = wrongId(data.id) ? null : /** @type {RequestId} */ (data.id);
  if (data.alphacut !== VERSION) return refused(`This tool speaks version ${VERSION} of the protocol.`, id);
  const { type } = data;
  if (typeof type !== "string" || !Object.hasOwn(CHECKS, type)) return refused("There is no message of this type.", id);
  const problem = CHECKS[/** @type {HostMessage["type"]} */ (type)](data);
  if (problem) return refused(problem, id);
  const message = { type, id: data.id, image: data.image, options: data.options ?? {} };
  return { message: /** @type {HostMessage} */ (message), problem: "" };
}

/**
 * @param {string} problem
 * @param {RequestId | null} id
 */
function refused(problem, id) {
  return { message: null, problem, id };
}

/** @param {unknown} id */
function wrongId(id) {
  const fits = typeof id === "string" ? id !== "" && id.length <= LIMITS.id : Number.isSafeInteger(id);
  return fits ? "" : `An id is a whole number or a text of at most ${LIMITS.id} characters.`;
}

/** @param {unknown} image */
function wrongImage(image) {
  const bytes = sizeOf(image);
  if (bytes === null) return "An image is a Blob, an ArrayBuffer or an ImageBitmap.";
  if (bytes === 0) return "The image is empty, or was transferred before.";
  return bytes > LIMITS.bytes ? `An image has at most ${LIMITS.bytes / 1e6} MB.` : "";
}

/** Bytes of an image, of a bitmap those of its pixels; null for anything else. @param {unknown} image */
function sizeOf(image) {
  if (image instanceof Blob) return image.size;
  if (image instanceof ArrayBuffer) return image.byteLength;
  if (typeof ImageBitmap === "function" && image instanceof ImageBitmap) return image.width * image.height * 4;
  return null;
}

/** @param {Record<string, unknown>} data */
function wrongOptions({ options }) {
  if (options === undefined) return "";
  return isTable(options) && Object.keys(options).length <= 50 ? "" : "Options are an object.";
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isTable(value) {
  return typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}
