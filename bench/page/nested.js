/**
 * Workers started from a worker: how many of them came, round for round, each round with a new one. One that does not go
 * on can't be ended, and is left behind.
 */

const PATIENCE_MS = 15_000;

export async function* run({ rounds, each }) {
  for (let round = 0; round < rounds; round += 1) yield { asked: each, came: await comers(each) };
}

/** How many answered before patience was at an end. */
function comers(each) {
  const starter = new Worker("nested-starter.js", { type: "module" });
  return new Promise((resolve) => {
    let came = 0;
    const end = () => {
      clearTimeout(late);
      starter.terminate();
      resolve(came);
    };
    const late = setTimeout(end, PATIENCE_MS);
    starter.onmessage = () => { if ((came += 1) === each) end(); };
    starter.postMessage(each);
  });
}
