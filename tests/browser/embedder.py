"""Pages of others: a server on another port, and under another name, that shows the tool in its pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.browser.site import OUT
from tools.embedding import EMBEDDED
from tools.serve import Fault

ISOLATING = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}

Pages = dict[str, tuple[str, Mapping[str, str]]]


class Host:
    """Serves pages that tests write. Its name makes it another site than 127.0.0.1, with storage apart."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://localhost:{port}"
        self._pages: Pages = {}

    def page(self, html: str, headers: Mapping[str, str] | None = None) -> str:
        """Serve a page and return its address."""
        name = f"/{len(self._pages)}.html"
        self._pages[name] = (f"<!doctype html><meta charset=utf-8>{html}", headers or {})
        return f"{self.origin}{name}"

    def get(self, path: str) -> tuple[str, Mapping[str, str]] | None:
        """Return a page and its headers."""
        return self._pages.get(path)


@contextmanager
def hosting() -> Iterator[Host]:
    """Run a host."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            html, headers = host.get(self.path) or ("", {})
            self.send_response(200 if html else 404)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        host = Host(server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield host
        server.shutdown()


def allowing(*origins: str) -> Fault:
    """Answer embed.html as a build with --embed-allow would have written it."""
    html = (OUT / EMBEDDED).read_text("utf-8")
    assert html.count('data-allow=""') == 1
    return Fault(body=html.replace('data-allow=""', f'data-allow="{" ".join(origins)}"').encode())
