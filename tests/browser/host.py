"""Pages of other people: a server on another port, with headers as wanted, and calls of alphacut.js."""

from __future__ import annotations

import base64
import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.helpers import Bytes8, pixels_of

ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
SHIM = "alphacut-worker.js"

HELPERS = """
  const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  window.blobOf = (base64, type) => new Blob([bytesOf(base64)], { type });
  window.base64Of = async (blob) => {
    let text = "";
    for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
    return btoa(text);
  };
  window.told = async (work) => {
    try {
      const value = await work();
      if (!(value instanceof Blob)) return { value };
      return { type: value.type, base64: await base64Of(value) };
    } catch (error) {
      const { name, code, message, hint, cause } = error;
      const ours = error instanceof alphacut.AlphacutError;
      return { error: { name, code, message, hint, cause: String(cause), ours } };
    }
  };
  null; // a function as the last value would be called
"""


@contextlib.contextmanager
def hosting(folder: Path, headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve a folder of someone else's, with these headers, while the context lasts; yields its address."""

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            super().end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def write_host(folder: Path, site_url: str) -> None:
    """Write a page that loads alphacut.js from a site, and the file that starts its worker."""
    script = f'import * as alphacut from "{site_url}alphacut.js"; window.alphacut = alphacut;'
    page = f'<!doctype html><title>A host</title><script type="module">{script}</script>'
    (folder / "index.html").write_text(page, "utf-8")
    (folder / SHIM).write_text(f'import "{site_url}worker.js";\n', "utf-8")


@dataclass
class Answer:
    """What a call gave: a Blob's bytes and type, or a value, or an error."""

    type: str = ""
    data: bytes = b""
    value: Any = None
    error: dict[str, Any] | None = None

    @property
    def pixels(self) -> Bytes8:
        """Of the file."""
        assert self.error is None, self.error
        return pixels_of(self.data)


@dataclass
class Api:
    """A page that has alphacut.js as `alphacut`; `usual` is the config of its calls, as JavaScript."""

    page: Page
    usual: str = '{ model: "tiny", device: "cpu" }'

    def __post_init__(self) -> None:
        self.page.wait_for_function("window.alphacut")
        self.page.evaluate(HELPERS)
        self.page.evaluate(f"window.usual = {self.usual}")

    def call(self, expression: str, photo: bytes = b"", kind: str = "image/png") -> Answer:
        """Evaluate a call; `photo` is a Blob in it, and `usual` the config."""
        script = f"""([base64, type]) => told(async () => {{
          const photo = blobOf(base64, type);
          return {expression};
        }})"""
        told = self.page.evaluate(script, [base64.b64encode(photo).decode(), kind])
        data = base64.b64decode(told.get("base64", ""))
        return Answer(told.get("type", ""), data, told.get("value"), told.get("error"))
