/**
 * The way of a photo's pixels to a network on the GPU and of its map back: 8-bit levels cross, and are turned into
 * the network's floats and back on the GPU, for which ONNX Runtime's WebGPU provider has no kernel (1.30).
 */

/** Levels that one workgroup casts: four each invocation. */
const WORKGROUP = 256, LEVELS = 4 * WORKGROUP;

/**
 * Packs or unpacks four levels a word.
 * @param {"f16" | "f32"} type
 * @param {"read" | "write"} direction  From bytes to floats, or back.
 */
function shader(type, direction) {
  const [bytes, floats] = direction === "read" ? ["read", "read_write"] : ["read_write", "read"];
  const cast = direction === "read"
    ? `let word = bytes[id.x]; floats[id.x] = vec4<${type}>(vec4<u32>(word, word >> 8, word >> 16, word >> 24) & vec4<u32>(255));`
    : "let level = vec4<u32>(floats[id.x]); bytes[id.x] = level.x | (level.y << 8) | (level.z << 16) | (level.w << 24);";
  return `${type === "f16" ? "enable f16;" : ""}
    @group(0) @binding(0) var<storage, ${bytes}> bytes: array<u32>;
    @group(0) @binding(1) var<storage, ${floats}> floats: array<vec4<${type}>>;
    @compute @workgroup_size(${WORKGROUP}) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
      if (id.x < arrayLength(&bytes)) { ${cast} }
    }`;
}

/** Buffers and casts of one session, made once and used for every photo. */
export class GpuIo {
  #device;
  #upload;
  #download;
  #back;
  #staging;

  /**
   * @param {GPUDevice} device
   * @param {{ pixels: number, levels: number, half: boolean }} size  Bytes of the photo, of the map, and whether floats have 16 bits.
   */
  constructor(device, { pixels, levels, half }) {
    const { COPY_SRC, COPY_DST, MAP_READ, MAP_WRITE } = GPUBufferUsage;
    this.#device = device;
    this.#upload = new Cast(device, "read", pixels, half);
    this.#download = new Cast(device, "write", levels, half);
    this.#back = device.createBuffer({ size: this.#download.size, usage: MAP_READ | COPY_DST });
    // Stays mapped between photos: filling it is a third of the time that queue.writeBuffer takes.
    this.#staging = device.createBuffer({ size: this.#upload.size, usage: MAP_WRITE | COPY_SRC, mappedAtCreation: true });
    this.levels = levels;
  }

  /** The network's input: floats. */
  get input() {
    return this.#upload.floats;
  }

  /** The network's output: floats. */
  get output() {
    return this.#download.floats;
  }

  /**
   * Sends a photo to the network's input. `pixels` is read before the call returns.
   * @param {Uint8Array} pixels
   */
  upload(pixels) {
    const encoder = this.#device.createCommandEncoder();
    const { bytes, size } = this.#upload;
    const mapped = this.#staging.mapState === "mapped";
    if (mapped) {
      new Uint8Array(this.#staging.getMappedRange()).set(pixels);
      this.#staging.unmap();
      encoder.copyBufferToBuffer(this.#staging, 0, bytes, 0, size);
    } else {
      const whole = new Uint8Array(size);
      whole.set(pixels);
      this.#device.queue.writeBuffer(bytes, 0, whole);
    }
    this.#upload.encode(encoder);
    encoder.clearBuffer(this.output); // commands that do nothing must not leave the photo before in it
    this.#device.queue.submit([encoder.finish()]);
    if (mapped) this.#staging.mapAsync(GPUMapMode.WRITE).catch(() => {}); // a lost device is heard of elsewhere
  }

  /**
   * The network's output, in memory shared with the GPU until `release`.
   * @returns {Promise<Uint8Array>}
   */
  async download() {
    const encoder = this.#device.createCommandEncoder();
    this.#download.encode(encoder);
    encoder.copyBufferToBuffer(this.#download.bytes, 0, this.#back, 0, this.#download.size);
    this.#device.queue.submit([encoder.finish()]);
    await this.#back.mapAsync(GPUMapMode.READ);
    return new Uint8Array(this.#back.getMappedRange(), 0, this.levels);
  }

  /** Gives the memory of `download` back. */
  release() {
    this.#back.unmap();
  }

  destroy() {
    for (const buffer of [this.#back, this.#staging]) buffer.destroy();
    for (const cast of [this.#upload, this.#download]) cast.destroy();
  }
}

/** One direction: a buffer of bytes, one of floats, and the shader between them. */
class Cast {
  #pipeline;
  #group;

  /**
   * @param {GPUDevice} device
   * @param {"read" | "write"} direction
   * @param {number} count
   * @param {boolean} half
   */
  constructor(device, direction, count, half) {
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    this.size = 4 * Math.ceil(count / 4);
    this.bytes = device.createBuffer({ size: this.size, usage: STORAGE | COPY_SRC | COPY_DST });
    this.floats = device.createBuffer({ size: this.size * (half ? 2 : 4), usage: STORAGE | COPY_SRC | COPY_DST });
    const module = device.createShaderModule({ code: shader(half ? "f16" : "f32", direction) });
    this.#pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
    const resources = [this.bytes, this.floats];
    this.#group = device.createBindGroup({
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: resources.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  /** @param {GPUCommandEncoder} encoder */
  encode(encoder) {
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#group);
    pass.dispatchWorkgroups(Math.ceil(this.size / LEVELS));
    pass.end();
  }

  destroy() {
    this.bytes.destroy();
    this.floats.destroy();
  }
}
