/** Files out of what was dropped or chosen, folders with all that is in them. */

/** @typedef {{ file: File, folder: string }} Found  `folder` is the file's place in what was given, "" or "a/b". */

/** What systems put into folders for themselves. */
const LITTER = /^(\..*|thumbs\.db|desktop\.ini)$/i;

/** @param {DataTransfer} transfer */
export function holdsFolder(transfer) {
  return entriesOf(transfer).some((entry) => entry.isDirectory);
}

/**
 * The files of a drop, as they are found; folders are opened. Must be called while the drop is heard: afterwards the
 * browser has forgotten it.
 * @param {DataTransfer} transfer
 * @returns {AsyncGenerator<Found>}
 */
export function dropped(transfer) {
  return holdsFolder(transfer) ? walk(entriesOf(transfer), "") : each([...transfer.files]);
}

/**
 * The files of an input, those of a chosen folder included.
 * @param {FileList | null} list
 * @returns {Found[]}
 */
export function chosen(list) {
  const found = [...(list ?? [])].map((file) => ({ file, folder: file.webkitRelativePath.split("/").slice(0, -1).join("/") }));
  return found.filter(({ file, folder }) => folder === "" || !isLitter(file.name, folder));
}

/** @param {DataTransfer} transfer */
function entriesOf(transfer) {
  return [...transfer.items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
}

/** @param {File[]} files */
async function* each(files) {
  for (const file of files) yield { file, folder: "" };
}

/**
 * @param {FileSystemEntry[]} entries
 * @param {string} folder
 * @returns {AsyncGenerator<Found>}
 */
async function* walk(entries, folder) {
  for (const entry of entries.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))) {
    if (folder !== "" && isLitter(entry.name, folder)) continue;
    if (entry.isDirectory) {
      yield* walk(await listed(/** @type {FileSystemDirectoryEntry} */ (entry)), folder ? `${folder}/${entry.name}` : entry.name);
    } else {
      const file = await opened(/** @type {FileSystemFileEntry} */ (entry));
      if (file) yield { file, folder };
    }
  }
}

/** @param {FileSystemDirectoryEntry} directory */
async function listed(directory) {
  const reader = directory.createReader();
  /** @type {FileSystemEntry[]} */
  const all = [];
  for (;;) { // a hundred at a time
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve) => { reader.readEntries(resolve, () => resolve([])); });
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File | null>}
 */
function opened(entry) {
  return new Promise((resolve) => { entry.file(resolve, () => resolve(null)); });
}

/**
 * @param {string} name
 * @param {string} folder
 */
function isLitter(name, folder) {
  return LITTER.test(name) || folder.split("/").includes("__MACOSX");
}
