/** Writes and reads a model's worth of chunks in Cache Storage and in OPFS, and answers with milliseconds. */

const NAME = "alphacut-bench";

/** @typedef {{ bytes: number, chunk: number }} Size */

const VARIANTS = {
  "cache": {
    open: () => caches.open(NAME),
    /** @param {Cache} cache @param {number} index @param {Uint8Array<ArrayBuffer>} bytes */
    put: (cache, index, bytes) => cache.put(address(index), new Response(bytes)),
    /** @param {Cache} cache @param {number} index @param {Uint8Array} into */
    async get(cache, index, into) {
      const response = await cache.match(address(index));
      into.set(new Uint8Array(await response.arrayBuffer()));
    },
    clear: () => caches.delete(NAME),
  },
  "opfs": {
    open: async () => (await navigator.storage.getDirectory()).getDirectoryHandle(NAME, { create: true }),
    /** @param {FileSystemDirectoryHandle} folder @param {number} index @param {Uint8Array} bytes */
    put: (folder, index, bytes) => withAccess(folder, index, "readwrite", (access) => access.write(bytes, { at: 0 })),
    /** @param {FileSystemDirectoryHandle} folder @param {number} index @param {Uint8Array} into */
    get: (folder, index, into) => withAccess(folder, index, "read-only", (access) => access.read(into, { at: 0 })),
    clear: async () => (await navigator.storage.getDirectory()).removeEntry(NAME, { recursive: true }),
  },
  "opfs file": {
    open: async () => (await navigator.storage.getDirectory()).getDirectoryHandle(NAME, { create: true }),
    put: (folder, index, bytes) => VARIANTS.opfs.put(folder, index, bytes),
    /** The way of browsers without the mode "read-only". @param {FileSystemDirectoryHandle} folder */
    async get(folder, index, into) {
      const file = await (await folder.getFileHandle(`${index}`)).getFile();
      into.set(new Uint8Array(await file.arrayBuffer()));
    },
    clear: () => VARIANTS.opfs.clear(),
  },
};

/** @param {number} index */
function address(index) {
  return new URL(`chunk/${index}`, globalThis.location.href).href;
}

async function withAccess(folder, index, mode, use) {
  const file = await folder.getFileHandle(`${index}`, { create: mode === "readwrite" });
  const access = await file.createSyncAccessHandle({ mode });
  try {
    return use(access);
  } finally {
    access.close();
  }
}

/** Calls `visit` with every chunk of `all`, three at a time, as the site does. */
async function lanes(all, chunk, visit) {
  const count = Math.ceil(all.byteLength / chunk);
  let next = 0;
  await Promise.all([0, 1, 2].map(async () => {
    for (let index = next++; index < count; index = next++) {
      await visit(index, all.subarray(index * chunk, (index + 1) * chunk));
    }
  }));
}

async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const STEPS = {
  async write({ variant, bytes, chunk }) {
    const all = new Uint8Array(bytes).map((_, index) => (index * 2654435761) >>> 13);
    const { open, put } = VARIANTS[variant];
    return timed(async () => {
      const store = await open();
      await lanes(all, chunk, (index, part) => put(store, index, part));
    });
  },
  async read({ variant, bytes, chunk, verify }) {
    const all = new Uint8Array(bytes);
    const { open, get } = VARIANTS[variant];
    return timed(async () => {
      const store = await open();
      await lanes(all, chunk, async (index, part) => {
        await get(store, index, part);
        if (verify) await crypto.subtle.digest("SHA-256", part);
      });
    });
  },
  clear: async ({ variant }) => VARIANTS[variant].clear(),
};

onmessage = async ({ data }) => {
  try {
    postMessage({ ms: await STEPS[data.step](data) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
