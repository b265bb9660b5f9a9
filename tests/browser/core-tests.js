/** Runs the core's tests in the Python that the site starts; see test_core.py, which serves this beside the page. */

import { ROOT } from "./worker/assets.js";
import { Runtime } from "./worker/runtime.js";

const FOLDER = "/core-tests";

/** @returns {Promise<any>}  Pyodide, as the site has it, with the tests and what they need. */
async function start() {
  const site = await (await fetch(new URL("site.json", ROOT))).json();
  await Runtime.load(site, () => {});
  const { pyodide } = globalThis; // left there by the line that test_core.py adds
  const bundle = await (await fetch(new URL("core-tests.zip", ROOT))).arrayBuffer();
  pyodide.unpackArchive(bundle, "zip", { extractDir: FOLDER });
  pyodide.pyimport("sys").path.append(FOLDER); // last, so that nothing of the site's is replaced
  return pyodide.pyimport("tests.browser.in_pyodide");
}

const tests = start();

globalThis.onmessage = async ({ data: file }) => {
  try {
    const { run, versions } = await tests;
    // As the site calls Python: what is awaited there may be a promise.
    globalThis.postMessage({ value: file ? await run.callPromising(file) : versions() });
  } catch (error) {
    globalThis.postMessage({ error: `${error.details ?? ""}\n${error.stack ?? error}` });
  }
};
