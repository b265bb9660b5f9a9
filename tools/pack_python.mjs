// Runs in Node.js: the only way to a CPython of exactly Pyodide's version.
// Usage: node pack_python.mjs FOLDER COMPILE.py JOB.py
// FOLDER holds Pyodide, python_stdlib.zip, the wheels and an empty zip. Adds modules.tar, every module compiled, and
// used.json, the files that JOB.py needed, run on that archive as the worker would run it.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { unpack } from "../web/worker/archive.js";

process.on("uncaughtException", (error) => { // Node.js would print a megabyte of source before the message
  console.error(String(error.message));
  process.exit(1);
});
const [folder, compile, job] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const settings = { indexURL: folder, env: { PYTHONHASHSEED: "0" } };

const compiler = await loadPyodide(settings);
compiler.FS.mkdir("/input");
for (const name of (await readdir(folder)).filter((name) => name === "python_stdlib.zip" || name.endsWith(".whl"))) {
  compiler.FS.writeFile(`/input/${name}`, await readFile(`${folder}/${name}`));
}
compiler.runPython(await readFile(compile, "utf8"));
const modules = compiler.FS.readFile("/output");
await writeFile(`${folder}/modules.tar`, modules);

const fsInit = async (FS, { sitePackages }) => unpack(modules, FS, sitePackages.replace("/site-packages", ""));
const worker = await loadPyodide({ ...settings, stdLibURL: `${folder}/empty.zip`, fsInit });
worker.runPython(await readFile(job, "utf8"));
await writeFile(`${folder}/used.json`, await worker.globals.get("main")());
