/** Counts WebAssembly memories and GPU buffers, for tests and bug reports; must be loaded before ONNX Runtime. */

/** @type {Set<WebAssembly.Memory>} */
const memories = new Set();
/** @type {Map<GPUBuffer, number>} */
const buffers = new Map();

const PlainMemory = WebAssembly.Memory;
WebAssembly.Memory = class extends PlainMemory {
  /** @param {WebAssembly.MemoryDescriptor} descriptor */
  constructor(descriptor) {
    super(descriptor);
    memories.add(this);
  }
};

if (typeof GPUDevice === "function") {
  const { createBuffer } = GPUDevice.prototype, { destroy } = GPUBuffer.prototype;
  GPUDevice.prototype.createBuffer = function (/** @type {GPUBufferDescriptor} */ descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    buffers.set(buffer, descriptor.size);
    return buffer;
  };
  GPUBuffer.prototype.destroy = function () {
    buffers.delete(this);
    return destroy.call(this);
  };
}

/** What has been made and not been given back. */
export function count() {
  const ortHeapBytes = [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  const gpuBytes = [...buffers.values()].reduce((sum, size) => sum + size, 0);
  return { ortHeapBytes, gpuBuffers: buffers.size, gpuBytes };
}
