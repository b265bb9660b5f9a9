"""Answers single requests for files of the site: paths, types, headers, ranges, and faults on demand."""

from __future__ import annotations

import io
import os
import re
import socket
import struct
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, BinaryIO

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; style-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'self'"
)
"""Stated by each page too, but for `frame-ancestors`, which only a header can say: see `site_headers`."""
PERMISSIONS_POLICY = ", ".join(
    ["camera=(self)", *(f"{name}=()" for name in ("geolocation", "microphone", "payment", "usb"))]
)
EMBEDDED = "embed.html"
"""The one page that other origins may show in a frame."""
DOCUMENTATION = "docs/"
"""Where the built documentation lies, if it does: its pages show the embedded one in a frame."""
SITE_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    # Pages of other origins show the tool, or load its scripts and models; there is nothing secret in them.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Permissions-Policy": PERMISSIONS_POLICY,
    "X-Content-Type-Options": "nosniff",
}
# A table of our own: what the mimetypes module answers depends on the machine.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
}
UNKNOWN_TYPE = "application/octet-stream"
# What servers with an old table do not know.
_UNKNOWN_TO_PLAIN = frozenset({".mjs", ".wasm", ".webmanifest", ".webp"})
_IDLE_S = 60.0
_SLOW_TICK_S = 0.05


def site_headers(path: str) -> dict[str, str]:
    """Return the headers that a server should send with the file at `path`, relative to the site's root."""
    framed = "*" if path == EMBEDDED else "'self'"
    frames = "; frame-src 'self'" if path.startswith(DOCUMENTATION) else ""
    policy = f"{CONTENT_SECURITY_POLICY}{frames}; frame-ancestors {framed}"
    return SITE_HEADERS | {"Content-Security-Policy": policy}


@dataclass(frozen=True)
class Fault:
    """How an answer is damaged, for tests.

    status replaces the HTTP status, body the content, content_type its type; delay is waited for in seconds
    before the answer starts; the connection is closed after cut_after bytes of the body, or reset there;
    bytes_per_second slows the body down.
    """

    status: int | None = None
    cut_after: int | None = None
    delay: float = 0.0
    body: bytes | None = None
    bytes_per_second: float | None = None
    content_type: str | None = None
    reset: bool = False


# Called with the path inside the site, without the base and a leading slash ("" for the front page).
Faults = Callable[[str], Fault | None]


def no_faults(path: str) -> Fault | None:
    """Answer everything as it should be."""
    return None


@dataclass(frozen=True)
class Site:
    """A folder and how it is served: the path it is under ("/" or like "/sub/path/"), as what, and how badly.

    plain imitates a naive server; verbose logs each request.
    """

    directory: Path
    base: str
    plain: bool
    verbose: bool
    faults: Faults


def parse_range(header: str, size: int) -> range | None:
    """Read a Range header of one range for a body of size bytes.

    Returns the bytes to send; an empty range if none of them exist (status 416); None if the header is to be
    ignored, as it is for several ranges or another unit (RFC 9110, section 14.2).
    """
    match = re.fullmatch(r"bytes=(?:(\d+)-(\d*)|-(\d+))", header.strip())
    if not match:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        return range(max(size - int(suffix), 0), size)
    if last and int(last) < int(first):
        return None
    return range(min(int(first), size), min(int(last) + 1, size) if last else size)


class SiteHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD with the files of a site."""

    protocol_version = "HTTP/1.1"
    server_version = "alphacut"
    disable_nagle_algorithm = True
    timeout = _IDLE_S

    def __init__(self, site: Site, *connection: Any) -> None:
        self.site = site
        super().__init__(*connection)  # answers requests until the connection ends

    def do_GET(self) -> None:
        """Send a file, or a part of it."""
        self._answer()

    def do_HEAD(self) -> None:
        """Send the headers that GET would send."""
        self._answer()

    def end_headers(self) -> None:
        """Add the headers that every answer of the site has."""
        if not self.site.plain:
            path = urllib.parse.urlsplit(self.path).path.removeprefix(self.site.base)
            for name, value in site_headers(path).items():
                self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log only when asked to."""
        if self.site.verbose:
            super().log_message(format, *args)

    def _answer(self) -> None:
        path = urllib.parse.urlsplit(self.path).path
        if path + "/" == self.site.base:
            self._redirect(self.site.base)
        elif not path.startswith(self.site.base):
            self.send_error(HTTPStatus.NOT_FOUND, explain=f"The site is at {self.site.base}")
        else:
            self._answer_inside(path, urllib.parse.unquote(path[len(self.site.base) :]))

    def _answer_inside(self, path: str, inside: str) -> None:
        file = self._locate(inside)
        if file is not None and file.is_dir():
            if inside and not inside.endswith("/"):
                self._redirect(path + "/")
                return
            file /= "index.html"
        fault = self.site.faults(inside) or Fault()
        time.sleep(fault.delay)
        if fault.status is not None or fault.body is not None:
            self._send_instead(fault, file)
        elif file is None or not file.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._send_file(file, fault)

    def _locate(self, inside: str) -> Path | None:
        """Return the file that a path names; None if it lies outside the site or cannot be a name."""
        if "\0" in inside or "\\" in inside or inside.startswith("/") or ".." in inside.split("/"):
            return None
        file = (self.site.directory / inside).resolve()
        if inside.endswith("/") and not file.is_dir():
            return None
        # A link that leads out of the site is not followed either.
        return file if file.is_relative_to(self.site.directory) else None

    def _redirect(self, to: str) -> None:
        self._send_head(HTTPStatus.MOVED_PERMANENTLY, {"Location": to, "Content-Length": "0"})

    def _send_head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_instead(self, fault: Fault, file: Path | None) -> None:
        body = fault.body or b""
        self._send_head(fault.status or HTTPStatus.OK, self._about(file, len(body), fault))
        self._send_body(io.BytesIO(body), range(len(body)), fault)

    def _send_file(self, file: Path, fault: Fault) -> None:
        with file.open("rb") as stream:
            status = os.fstat(stream.fileno())
            size = status.st_size
            etag = f'"{size:x}-{status.st_mtime_ns:x}"'
            span = self._wanted_range(etag, size)
            common = {"Last-Modified": formatdate(status.st_mtime, usegmt=True)}
            if not self.site.plain:
                # The browser keeps its copy but asks each time, which a rebuilt site needs.
                common |= {"ETag": etag, "Cache-Control": "no-cache", "Accept-Ranges": "bytes"}
            if self._has_copy(etag):
                self._send_head(HTTPStatus.NOT_MODIFIED, common)
            elif span is None:
                self._send_head(HTTPStatus.OK, common | self._about(file, size, fault))
                self._send_body(stream, range(size), fault)
            elif span:
                common["Content-Range"] = f"bytes {span[0]}-{span[-1]}/{size}"
                self._send_head(HTTPStatus.PARTIAL_CONTENT, common | self._about(file, len(span), fault))
                self._send_body(stream, span, fault)
            else:
                none = {"Content-Range": f"bytes */{size}", "Content-Length": "0"}
                self._send_head(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, common | none)

    def _about(self, file: Path | None, length: int, fault: Fault) -> dict[str, str]:
        kind = fault.content_type or self._content_type(file)
        return {"Content-Type": kind, "Content-Length": str(length)}

    def _has_copy(self, etag: str) -> bool:
        known = self.headers.get("If-None-Match", "")
        return not self.site.plain and etag in re.findall(r'"[^"]*"', known)

    def _wanted_range(self, etag: str, size: int) -> range | None:
        header = self.headers.get("Range")
        if header is None or self.site.plain or self.headers.get("If-Range", etag) != etag:
            return None
        return parse_range(header, size)

    def _content_type(self, file: Path | None) -> str:
        if file is None or (self.site.plain and file.suffix in _UNKNOWN_TO_PLAIN):
            return UNKNOWN_TYPE
        return CONTENT_TYPES.get(file.suffix.lower(), UNKNOWN_TYPE)

    def _send_body(self, stream: BinaryIO, span: range, fault: Fault) -> None:
        if self.command == "HEAD" or not span:
            return
        length = len(span)
        if fault.cut_after is not None and fault.cut_after < length:
            length = fault.cut_after
            self.close_connection = True
        if fault.bytes_per_second is not None:
            self._send_slowly(stream, span.start, length, fault.bytes_per_second)
        elif length:
            self.connection.sendfile(stream, span.start, length)
        if fault.reset:
            self._reset()

    def _reset(self) -> None:
        """End the connection as one that broke: with lingering off, closing sends a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _send_slowly(self, stream: BinaryIO, start: int, length: int, bytes_per_second: float) -> None:
        stream.seek(start)
        block = max(int(bytes_per_second * _SLOW_TICK_S), 1)
        while length > 0:
            data = stream.read(min(block, length))
            self.wfile.write(data)
            length -= len(data)
            time.sleep(len(data) / bytes_per_second)
