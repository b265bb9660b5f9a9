// Runs a Python program inside Pyodide under Node.js: the only way to a CPython of exactly that version.
// Usage: node compile_stdlib.mjs PYODIDE_FOLDER PROGRAM.py INPUT OUTPUT
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [folder, program, input, output] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ indexURL: folder, env: { PYTHONHASHSEED: "0" } });
pyodide.FS.writeFile("/input", await readFile(input));
pyodide.runPython(await readFile(program, "utf8"));
await writeFile(output, pyodide.FS.readFile("/output"));
