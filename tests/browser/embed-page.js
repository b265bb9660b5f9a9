/** In each page of test_embed.py: calls that take and give text, and the events of the tools. */

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

function textOf(blob) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(blob);
  });
}

window.events = [];
window.raw = [];
addEventListener("message", ({ data }) => { window.raw.push({ ...data, image: null }); });
for (const type of ["ready", "progress", "result", "error"]) {
  // Captured on the way down: they don't bubble.
  document.addEventListener(type, ({ detail, target }) => {
    if (target.localName === "alpha-cut") window.events.push({ ...detail, from: target.id });
  }, { capture: true });
}

const IMAGES = {
  Blob: (bytes) => new Blob([bytes]),
  ArrayBuffer: (bytes) => bytes.buffer,
  ImageBitmap: (bytes) => createImageBitmap(new Blob([bytes])),
};

window.send = async ([address, text, kind, options]) => {
  try {
    const image = await IMAGES[kind](bytesOf(text));
    const result = await document.querySelector(address).removeBackground(image, options);
    return { ...result, image: null, type: result.image.type, data: await textOf(result.image) };
  } catch ({ code, message, hint }) {
    return { code, message, hint };
  }
};

const firstProgress = (element) => new Promise((resolve) => {
  element.addEventListener("progress", resolve, { once: true });
});

/** The frame of one element goes while another one's is at work. */
window.sendWhileGone = async ([address, gone, text]) => {
  const pending = window.send([address, text, "Blob", {}]);
  await firstProgress(document.querySelector(address));
  document.querySelector(gone).remove();
  return pending;
};

/** Asks for a photo without waiting for it; `answer` will be the error's code. */
window.ask = ([text]) => {
  const photo = new Blob([bytesOf(text)]);
  document.querySelector("alpha-cut").removeBackground(photo).catch(({ code }) => { window.answer = code; });
};

/** A photo that waits for the tool is given up. */
window.abortWaiting = async () => {
  const controller = new AbortController();
  const waiting = document.querySelector("alpha-cut").removeBackground(new Blob(["x"]), { signal: controller.signal });
  controller.abort();
  return waiting.catch(({ code }) => code);
};

/** Ends a photo that is under way; gives the error's code. */
window.end = async ([text, how]) => {
  const element = document.querySelector("alpha-cut"), controller = new AbortController();
  const options = { signal: controller.signal };
  const ended = element.removeBackground(new Blob([bytesOf(text)]), options).catch((error) => error.code);
  await firstProgress(element);
  if (how === "abort") controller.abort();
  else element[how]();
  return ended;
};

/** Sends so many messages of any kind; gives how many answers of each type came. */
window.fuzz = async ([count, seed, target]) => {
  const frame = document.querySelector("iframe").contentWindow, { random, pick, value } = generator(seed);
  const types = ["hello", "options", "cancel", "dispose", "remove", "fly", "constructor"], heard = {};
  addEventListener("message", ({ data, origin }) => {
    const kind = data.alphacut === 1 && origin === target ? data.type : "of another kind";
    heard[kind] = (heard[kind] ?? 0) + 1;
  });
  for (let at = 0; at < count; at++) {
    const meant = { alphacut: pick([1, 1, 1, 1, value()]), type: pick([...types, value()]) };
    for (const name of ["id", "image", "options"]) if (random(3)) meant[name] = value();
    const message = random(10) ? meant : value();
    const transfer = message?.image instanceof ArrayBuffer && random(2) ? [message.image] : [];
    frame.postMessage(message, target, transfer);
    if (at % 500 === 499) await new Promise((resolve) => { setTimeout(resolve); });
  }
  return heard;
};

function generator(seed) {
  let state = seed;
  const random = (n) => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * n);
  };
  const pick = (list) => list[random(list.length)];
  const cyclic = { alphacut: 1 };
  cyclic.type = cyclic;
  const value = (deep = 0) => pick([
    () => undefined, () => null, () => random(5) - 1, () => "x".repeat(random(100)), () => NaN, () => 10n,
    () => cyclic, () => new Blob(["x".repeat(random(50))]), () => new ArrayBuffer(random(9)),
    () => new Map([[1, 2]]), () => new Date(0), () => new ImageData(1, 1), () => /x/, () => new Error("x"),
    () => (deep < 3 ? [value(deep + 1)] : []),
    () => (deep < 3 ? { a: value(deep + 1), theme: value(deep + 1) } : {}),
  ])();
  return { random, pick, value };
}
