/** The site's own worker, as the site's page talks to it. */

/** The address by which this site serves its worker; bench/harness.py says it. @type {{ worker: string }} */
const { worker: ADDRESS } = await (await fetch("job.json")).json();

export class SiteWorker {
  #worker;
  #id = 0;

  /** @param {string} [flags]  What its address ends in, e.g. "?bench". */
  constructor(flags = "") {
    this.#worker = new Worker(`${ADDRESS}${flags}`, { type: "module" });
  }

  /**
   * Posts a request and waits for the answer to it; one at a time.
   * @param {Record<string, unknown>} request
   */
  call(request) {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => {
        if (data.type === "result") resolve(data.value);
        if (data.type === "error") reject(new Error(`${data.error.code}: ${data.error.message} ${data.error.details}`));
      };
      this.#worker.onerror = (event) => reject(new Error(event.message || "the worker could not be started"));
      this.#worker.postMessage({ ...request, id: this.#id += 1 });
    });
  }

  end() {
    this.#worker.terminate();
  }
}
