"""Overhears all that a browser asks for, and says what of it a promise forbids.

Three see it: Playwright (pages, workers, the service worker), the server (what arrived, with body and
headers), and a script in each page (what else can carry words away, seen before the browser may refuse it).
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.sync_api import BrowserContext, Frame, Page, Request

from tools.respond import SiteHandler
from tools.serve import SiteServer

RECORDER = """{
  const told = (kind, what) => (globalThis.carriers ??= []).push(`${kind} ${what}`);
  const wrap = (name) => {
    const Old = globalThis[name];
    if (!Old) return;
    globalThis[name] = new Proxy(Old, { construct(target, given) {
      told(name, String(given[0]?.iceServers?.[0]?.urls ?? given[0] ?? ""));
      return Reflect.construct(target, given);
    } });
  };
  for (const name of ["WebSocket", "EventSource", "RTCPeerConnection", "WebTransport"]) wrap(name);
  const beacon = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (to, data) => { told("beacon", to); return beacon(to, data); };
  const ask = globalThis.fetch.bind(globalThis);
  globalThis.fetch = (what, how = {}) => {
    if (how.keepalive || what?.keepalive) told("keepalive", what.url ?? what);
    return ask(what, how);
  };
}"""
"""Notes what can carry words away beside plain requests."""

HINTS = """() => [
  ...[...document.querySelectorAll("link")].filter(({ rel, href }) =>
    /preconnect|dns-prefetch|prefetch|prerender/.test(rel) || new URL(href).origin !== location.origin)
    .map(({ rel, href }) => `link ${rel} ${href}`),
  ...[...document.querySelectorAll("a[ping]")].map(({ ping }) => `ping ${ping}`),
  ...[...document.querySelectorAll("form")].filter((form) => form.method === "post")
    .map((form) => `form ${form.action}`),
  ...(document.cookie ? [`cookie ${document.cookie}`] : []),
  ...(globalThis.carriers ?? []),
]"""
"""What of a page would ask by itself or on a click, what its recorder noted, and its cookies."""

_LONGEST_ADDRESS = 300
_BEACONS = {"ping", "beacon", "cspviolationreport", "csp_report", "eventsource", "websocket"}


@dataclass(frozen=True)
class Sight:
    """One request: who saw it, what it asks for, with how many bytes of body."""

    seen_by: str
    method: str
    url: str
    body: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""


@dataclass(frozen=True)
class Promise:
    """What may be asked for: of one origin, and in an address no more than a test itself put there."""

    origins: frozenset[str]
    secrets: tuple[str, ...]
    addresses: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()  # answered by the service worker; none of them reaches a server


KINDS = ("other origins", "beacons", "other methods", "bodies", "photo in an address", "cookies")


def breaches(sights: Iterable[Sight], promise: Promise) -> dict[str, list[str]]:
    """List what breaks the promise, by the kind of breach."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for sight in sights:
        if urlsplit(sight.url).scheme not in {"http", "https", "ws", "wss"}:
            continue  # blob and data: nothing leaves the page
        told = f"{sight.seen_by}: {sight.method} {sight.url[:200]}"
        for kind in _broken(sight, promise):
            found[kind].append(told)
    return found


def _broken(sight: Sight, promise: Promise) -> Iterator[str]:
    address, headers = urlsplit(sight.url), {name.lower(): text for name, text in sight.headers.items()}
    is_shared = sight.url in promise.posts and sight.seen_by != "server"
    if f"{address.scheme}://{address.netloc}" not in promise.origins:
        yield "other origins"
    if sight.kind in _BEACONS or "upgrade" in headers or "ping-to" in headers:
        yield "beacons"
    if sight.method not in {"GET", "HEAD"} and not is_shared:
        yield "other methods"
    if sight.body and not is_shared:
        yield "bodies"
    if "cookie" in headers:
        yield "cookies"
    words = [unquote(sight.url), *(unquote(text) for text in headers.values())]
    is_ours = address.query == "" or sight.url.partition("#")[0] in promise.addresses
    tells = any(secret in word for secret in promise.secrets for word in words)
    if tells or not is_ours or len(sight.url) > _LONGEST_ADDRESS:
        yield "photo in an address"


def secrets_of(name: str, photo: bytes) -> tuple[str, ...]:
    """What would give a photo away in an address or a header: its name, and its bytes as text."""
    text = base64.b64encode(photo).decode()
    return name, text[:24], text[60:84], photo[:12].hex()


class Listening(SiteHandler):
    """Notes what arrives, bodies included."""

    heard: list[Sight]

    def __init__(self, heard: list[Sight], *others: Any) -> None:
        self.heard = heard
        super().__init__(*others)

    def parse_request(self) -> bool:
        """Note each request as soon as its head is read."""
        parsed = super().parse_request()
        if parsed:
            length = int(self.headers.get("Content-Length") or 0)
            url = f"http://{self.headers.get('Host')}{self.path}"
            self.heard.append(Sight("server", self.command, url, length, dict(self.headers)))
        return parsed

    def do_POST(self) -> None:
        """Take what should never come."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._send_head(HTTPStatus.OK, {"Content-Length": "0"})


@contextmanager
def overhearing(folder: Path, heard: list[Sight], *, plain: bool = False) -> Iterator[str]:
    """Serve a folder as `tools.serve.serving` does, and note every request; `plain`: without any policy."""
    with SiteServer(("127.0.0.1", 0), folder, plain=plain) as server:
        usual: Any = server.RequestHandlerClass
        server.RequestHandlerClass = partial(Listening, heard, *usual.args)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


class Watch:
    """A context whose requests are noted, on a server that listens."""

    def __init__(self, context: BrowserContext, heard: list[Sight]) -> None:
        self.context = context
        self.heard = heard
        context.add_init_script(RECORDER)
        context.on("request", self._note)

    def _note(self, request: Request) -> None:
        by = "service worker" if request.service_worker else "page"
        body = len(request.post_data_buffer or b"")
        self.heard.append(
            Sight(by, request.method, request.url, body, request.headers, request.resource_type)
        )

    def take(self) -> list[Sight]:
        """What was heard since the last time."""
        taken, self.heard[:] = list(self.heard), []
        return taken


def hints(page: Page) -> list[str]:
    """What the pages and frames there hold that would ask by itself; see `HINTS`."""
    return [hint for frame in page.frames if _is_a_page(frame) for hint in frame.evaluate(HINTS)]


def _is_a_page(frame: Frame) -> bool:
    return frame.url.startswith("http")


def bad_page() -> str:
    """Write a page that breaks every promise, to see that each is noticed."""
    script = """
      const name = new URLSearchParams(location.search).get("name"), far = "http://localhost:9";
      document.cookie = "seen=1";
      navigator.sendBeacon("/beacon", "a photo");
      fetch(`/upload?${name}`, { method: "POST", body: "a photo", keepalive: true });
      fetch(far).catch(() => {});
      for (const Carrier of [WebSocket, EventSource]) { try { new Carrier(`${far}/carried`.replace(
        "http", Carrier === WebSocket ? "ws" : "http")); } catch {} }
      new RTCPeerConnection({ iceServers: [{ urls: "stun:localhost:9" }] });
      new Image().src = `/pixel.png?data=${"A".repeat(400)}`;
    """
    return (
        "<!doctype html><title>Bad</title><link rel=preconnect href=http://localhost:9>"
        f"<a ping=/pinged href=/>x</a><form method=post action=/posted></form><script>{script}</script>"
    )
