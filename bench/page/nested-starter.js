/** Starts workers at once, as ONNX Runtime does with its threads. */

globalThis.onmessage = ({ data: each }) => {
  for (let left = each; left > 0; left -= 1) {
    const worker = new Worker("nested-child.js", { type: "module" });
    worker.onmessage = ({ data }) => globalThis.postMessage(data);
    worker.postMessage("hello");
  }
};
