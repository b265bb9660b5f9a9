/** Reads the archives of Python modules that the build makes; used there too (tools/pack_python.mjs). */

const BLOCK = 512;
const text = new TextDecoder();

/**
 * Writes the files of an archive into Pyodide's file system, in memory and without a copy: `tar` must be left alone
 * from then on.
 * @param {Uint8Array} tar  In the ustar format, names of at most 100 bytes, files only.
 * @param {any} FS          Pyodide's.
 * @param {string} folder   Made if it is not there.
 */
export function unpack(tar, FS, folder) {
  const made = new Set();
  for (const { name, data } of filesOf(tar)) {
    const path = `${folder}/${name}`;
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (!made.has(parent)) FS.mkdirTree(parent);
    made.add(parent);
    FS.writeFile(path, data, { canOwn: true });
  }
}

/** @param {Uint8Array} tar */
function* filesOf(tar) {
  for (let at = 0; tar[at]; ) { // an empty block ends the archive
    const name = field(tar, at, 100);
    const bytes = parseInt(field(tar, at + 124, 12), 8);
    const data = tar.subarray(at + BLOCK, at + BLOCK + bytes);
    yield { name, data };
    at += BLOCK + Math.ceil(bytes / BLOCK) * BLOCK;
  }
}

/**
 * @param {Uint8Array} tar
 * @param {number} at
 * @param {number} length
 */
function field(tar, at, length) {
  const end = tar.indexOf(0, at);
  return text.decode(tar.subarray(at, Math.min(end, at + length)));
}
