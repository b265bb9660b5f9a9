"""Serves the built site as a browser needs it: isolated, under a strict content policy, with right types.

    python -m tools.serve [--dir dist/site] [--port 8000] [--host 127.0.0.1] [--base /] [--plain] [--verbose]

``--plain`` imitates a naive static server, which sends none of these headers. Tests use ``serving``, which
can also damage or cut off answers.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import functools
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tools.respond import Fault, Faults, Site, SiteHandler, no_faults

__all__ = ["Fault", "Faults", "SiteServer", "bind", "main", "serving"]

_PORTS_TRIED = 50


class SiteServer(ThreadingHTTPServer):
    """An HTTP server for one folder; base is the path it is served under, "/" or like "/sub/path/"."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        directory: Path,
        *,
        base: str = "/",
        plain: bool = False,
        verbose: bool = False,
        faults: Faults = no_faults,
    ) -> None:
        self.base = "/" + base.strip("/") + "/" if base.strip("/") else "/"
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        site = Site(directory.resolve(), self.base, plain=plain, verbose=verbose, faults=faults)
        super().__init__(address, functools.partial(SiteHandler, site))

    @property
    def url(self) -> str:
        """The address of the site, with its base."""
        host = str(self.server_address[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}{self.base}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that stopping can end it, then answer it in a thread."""
        with self._guard:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ended."""
        with self._guard:
            self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening and end open connections, which browsers would otherwise go on using."""
        super().server_close()
        with self._guard:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about browsers that hang up, as they do on each cancelled download."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def serving(
    directory: Path,
    *,
    plain: bool = False,
    base: str = "/",
    faults: Faults = no_faults,
    port: int = 0,
) -> Iterator[str]:
    """Serve a folder from a thread while the context lasts; yields the site's address, which ends in "/".

    When it ends, open connections are closed too, so that nothing is served any more.
    """
    with SiteServer(("127.0.0.1", port), directory, plain=plain, base=base, faults=faults) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


def bind(host: str, port: int, directory: Path, *, base: str, plain: bool, verbose: bool) -> SiteServer:
    """Listen on that port, or on the next one that is free; raises OSError if none of 50 is."""
    for candidate in range(port, port + _PORTS_TRIED):
        try:
            server = SiteServer((host, candidate), directory, base=base, plain=plain, verbose=verbose)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or candidate == port + _PORTS_TRIED - 1:
                raise
            continue
        if candidate != port:
            print(f"port {port} is taken", file=sys.stderr)
        return server
    raise AssertionError("unreachable")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tools.serve", description="Serve the built site.")
    parser.add_argument("--dir", type=Path, default=Path("dist/site"), help="the built site")
    parser.add_argument("--port", type=int, default=8000, help="the first port to try; 0 for any")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--base", default="/", help="the path to serve under, like /sub/path/")
    parser.add_argument("--plain", action="store_true", help="no headers, few types: a naive server")
    parser.add_argument("--verbose", action="store_true", help="log each request")
    options = parser.parse_args(arguments)
    if not (options.dir / "index.html").is_file():
        parser.error(f"{options.dir} holds no built site: run build_site.py first")
    flags = {"base": options.base, "plain": options.plain, "verbose": options.verbose}
    with (
        bind(options.host, options.port, options.dir, **flags) as server,
        contextlib.suppress(KeyboardInterrupt),
    ):
        for ending in (signal.SIGINT, signal.SIGTERM):  # the first is ignored in what a script starts with &
            signal.signal(ending, signal.default_int_handler)
        print(f"alphacut is at {server.url}  (Ctrl-C ends it)", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
