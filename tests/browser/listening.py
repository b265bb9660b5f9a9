"""Overhears all that a browser asks for, and says what of it a promise forbids.

Three see it: Playwright (pages, workers, the service worker), the server (what arrived, with body and
headers), and a script in each page, in its workers and in the service worker (what else can carry words away,
seen before the browser may refuse it). Only ONNX Runtime's threads, which it starts itself, are without it.
"""

from __future__ import annotations

import base64
import hashlib
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

from tools.offline import HASH_LENGTH
from tools.respond import Fault, SiteHandler
from tools.serve import SiteServer

HINTS = """() => [
  ...[...document.querySelectorAll("link")].filter(({ rel, href }) => href
    && (/preconnect|dns-prefetch|prefetch|prerender/.test(rel) || new URL(href).origin !== location.origin))
    .map(({ rel, href }) => `link ${rel} ${href}`),
  ...[...document.querySelectorAll("a[ping]")].map(({ ping }) => `ping ${ping}`),
  ...[...document.querySelectorAll("form")].filter((form) => form.method === "post")
    .map((form) => `form ${form.action}`),
  ...(document.cookie ? [`cookie ${document.cookie}`] : []),
]"""
"""What of a page would ask by itself or on a click, and its cookies."""

RECORDER = """if (!globalThis.isRecorded) {
  globalThis.isRecorded = true;
  const isPage = typeof document !== "undefined", isOfWeb = location.protocol.startsWith("http");
  const channel = isOfWeb ? new BroadcastChannel("overheard") : null;
  const send = isPage ? (...words) => overheard(...words) : (...words) => channel.postMessage(words);
  const told = (kind, what) => send(kind, String(what));
  if (isPage && isOfWeb) {
    channel.onmessage = ({ data }) => told(...data);
    const before = new Set();
    const tellOnce = (hint) => before.has(hint) || (before.add(hint) && told("hint", hint));
    const look = () => (HINTS)().forEach(tellOnce);
    new MutationObserver(look).observe(document, {
      childList: true, subtree: true, attributeFilter: ["rel", "href", "ping", "method", "action"],
    });
  }
  if (isOfWeb) told("recorded", location.pathname);
  const wrap = (name) => {
    const Old = globalThis[name];
    if (!Old) return;
    globalThis[name] = new Proxy(Old, { construct(target, given) {
      told(name, String(given[0]?.iceServers?.[0]?.urls ?? given[0] ?? ""));
      return Reflect.construct(target, given);
    } });
  };
  for (const name of ["WebSocket", "EventSource", "RTCPeerConnection", "WebTransport"]) wrap(name);
  const beacon = navigator.sendBeacon?.bind(navigator);
  if (beacon) navigator.sendBeacon = (to, data) => { told("beacon", to); return beacon(to, data); };
  const ask = globalThis.fetch.bind(globalThis);
  globalThis.fetch = (what, how = {}) => {
    if (how.keepalive || what?.keepalive) told("keepalive", what.url ?? what);
    return ask(what, how);
  };
}
""".replace("HINTS", HINTS)
"""Notes what can carry words away beside plain requests; workers tell it to the pages, pages to the watch."""

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


def _recorded(folder: Path) -> dict[str, bytes]:
    """Put the recorder before the scripts of workers, and their new hashes into the service worker."""
    scripts = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.glob("worker/*.js")}
    recorded = {path: RECORDER.encode() + script for path, script in scripts.items()}
    service = RECORDER + (folder / "sw.js").read_text("utf-8")
    for path, script in scripts.items():
        service = service.replace(_stamp(script), _stamp(recorded[path]))
    return {**recorded, "sw.js": service.encode()}


def _stamp(script: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(script).digest()).decode()[:HASH_LENGTH]


@contextmanager
def overhearing(folder: Path, heard: list[Sight], *, plain: bool = False) -> Iterator[str]:
    """Serve a folder as `tools.serve.serving` does, and note every request; `plain`: without any policy."""
    recorded = _recorded(folder)
    faults = {path: Fault(body=content) for path, content in recorded.items()}
    with SiteServer(("127.0.0.1", 0), folder, plain=plain, faults=faults.get) as server:
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
        self.carriers: list[str] = []
        self.recorded = set[str]()
        """The paths of pages and workers in which the recorder runs."""
        context.expose_binding("overheard", lambda _, *words: self._note_words(*words))
        context.add_init_script(RECORDER)
        context.on("request", self._note)

    def _note(self, request: Request) -> None:
        by = "service worker" if request.service_worker else "page"
        body = len(request.post_data_buffer or b"")
        self.heard.append(
            Sight(by, request.method, request.url, body, request.headers, request.resource_type)
        )

    def _note_words(self, kind: str, words: str) -> None:
        if kind == "recorded":
            self.recorded.add(words)
        else:
            self.carriers.append(words if kind == "hint" else f"{kind} {words}")

    def settle(self, page: Page) -> None:
        """Wait until nothing has been heard for half a second."""
        for _ in range(120):
            before = len(self.heard), len(self.carriers)
            page.wait_for_timeout(500)
            if before == (len(self.heard), len(self.carriers)):
                return
        raise AssertionError("requests without an end")

    def take(self, *pages: Page) -> tuple[list[Sight], list[str]]:
        """What was asked for since the last time, and what else can carry words away: noted, or in pages."""
        sights, carriers = (
            list(self.heard),
            [*self.carriers, *(hint for page in pages for hint in hints(page))],
        )
        self.heard.clear()
        self.carriers.clear()
        return sights, carriers


def hints(page: Page) -> list[str]:
    """What the pages and frames there hold that would ask by itself; see `HINTS`."""
    return [hint for frame in page.frames if _is_a_page(frame) for hint in frame.evaluate(HINTS)]


def _is_a_page(frame: Frame) -> bool:
    return frame.url.startswith("http")
