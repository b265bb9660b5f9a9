/** Says that it is there. */

globalThis.onmessage = () => globalThis.postMessage("here");
