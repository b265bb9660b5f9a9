/** Starts the site's own worker; pages of other origins start theirs through a file of their own (alphacut.js). */

export function startWorker() {
  return new Worker(new URL("../worker/worker.js", import.meta.url), { type: "module", name: `alphacut ${Math.random()}` });
}
