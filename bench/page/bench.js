/** Runs the job that the server names and posts what was measured to it. */

/** @param {object} result */
const report = (result) => fetch("report", { method: "POST", body: JSON.stringify(result) });

try {
  const job = await (await fetch("job.json")).json();
  const { run } = await import(`./${job.script}`);
  for await (const result of run(job)) await report(result);
} catch (error) {
  await report({ error: String(error) });
}
await report({ done: true });
