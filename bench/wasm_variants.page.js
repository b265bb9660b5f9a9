/** Starts the worker and gives what it reports to the server: the site's policy allows no inline scripts. */

/** @param {object} result */
const report = (result) => fetch("report", { method: "POST", body: JSON.stringify(result) });

const worker = new Worker("wasm_variants.js", { type: "module" });
worker.onmessage = ({ data }) => report(data);
worker.onerror = (event) => report({ error: event.message || "the worker could not be started" });
