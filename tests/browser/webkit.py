"""A window of WebKitGTK's small browser, by its own driver, which speaks W3C WebDriver over HTTP."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tests.browser.windows import PATIENCE_S, CrashedError, Place, Started, poll, saved_in
from tools import browsers

# The driver's name for a reference to an element: https://www.w3.org/TR/webdriver2/#elements .
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_CALL = """const done = arguments[arguments.length - 1];
(async (text) => JSON.stringify(await (FUNCTION)(JSON.parse(text)) ?? null))(arguments[0])
  .then((value) => done({ value }), (error) => done({ error: `${error}\\n${error?.stack}` }));"""
_ARGUMENTS = ("--automation",)
# What the driver says where the page's process ended under it, then and from then on.
_CRASHED = re.compile("invalid session id|page crash or hang|Could not parse script result")
# The driver tells nobody what is on the console; a page hears of its own errors, once it has loaded.
_LISTEN = """() => {
  const told = globalThis.toldOfErrors = [];
  addEventListener("error", ({ message }) => told.push(message));
  addEventListener("unhandledrejection", ({ reason }) => told.push(String(reason)));
  addEventListener("securitypolicyviolation", ({ effectiveDirective }) => told.push(effectiveDirective));
}"""
_TOLD = "() => globalThis.toldOfErrors?.splice(0) ?? []"


class WebKit(Started):
    """A process of WebKitGTK's browser on a screen of its own."""

    name = "WebKitGTK"

    def _begin(self, folder: Path) -> None:
        self._open = ExitStack()
        self._downloads = folder / "downloads"
        self._downloads.mkdir()
        self._log = folder / "webkit.log"
        self._told = list[str]()
        port = _free_port()
        self._start(
            [str(browsers.find("driver")), "--host=127.0.0.1", f"--port={port}"],
            _environment(folder, self._screen(), self._downloads),
        )
        self._address = f"http://127.0.0.1:{port}"
        poll(self._is_up, f"the driver answers: see {self._log}")
        options = {"binary": str(browsers.find("webkit")), "args": list(_ARGUMENTS)}
        wanted = {"webkitgtk:browserOptions": options, "timeouts": {"script": int(2000 * PATIENCE_S)}}
        session = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.version = session["capabilities"]["browserVersion"]
        self._address += f"/session/{session['sessionId']}"
        self.resize(1280, 900)

    def open(self, url: str) -> None:
        self._told += self.evaluate(_TOLD)
        for address in ("about:blank", url):  # else another part of the same page is no new visit
            self._ask("POST", "/url", {"url": address})
        self.evaluate(_LISTEN)

    def evaluate(self, function: str, argument: Any = None) -> Any:
        script = {"script": _CALL.replace("FUNCTION", function), "args": [json.dumps(argument)]}
        answer = self._ask("POST", "/execute/async", script)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return json.loads(answer["value"])

    def choose(self, selector: str, *files: Path) -> None:
        found = self._ask("POST", "/element", {"using": "css selector", "value": selector})[_ELEMENT]
        self._ask("POST", f"/element/{found}/value", {"text": "\n".join(str(file) for file in files)})

    def drag(self, places: Sequence[Place]) -> None:
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y), "duration": 20} for x, y in places]
        button = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}}
        actions = [moves[0], button[0], *moves[1:], button[1]]
        self._ask("POST", "/actions", {"actions": [{**mouse, "actions": actions}]})

    def resize(self, width: int, height: int) -> None:
        """Make the window as much larger than the page as its bars are."""
        self._ask("POST", "/window/rect", {"width": width, "height": height})
        inside = self.evaluate("() => [innerWidth, innerHeight]")
        across, down = width - inside[0], height - inside[1]
        self._ask("POST", "/window/rect", {"width": width + across, "height": height + down})

    def screenshot(self) -> bytes:
        return base64.b64decode(self._ask("GET", "/screenshot"))

    def download(self, selector: str) -> Path:
        before = set(self._downloads.iterdir())
        self.click(selector)
        return saved_in(self._downloads, before)

    def complaints(self) -> list[str]:
        told: list[str] = [*self._told, *self.evaluate(_TOLD)]
        self._told = []
        return told

    def close(self) -> None:
        with suppress(CrashedError):  # it has crashed
            self._ask("DELETE", "")
        self._open.close()

    def _screen(self) -> str:
        """Start a screen and return its name."""
        reading, writing = os.pipe()
        command = [str(browsers.find("screen")), "-displayfd", str(writing), "-screen", "0", "1600x1200x24"]
        self._start([*command, "-nolisten", "tcp"], dict(os.environ), writing)
        os.close(writing)
        with os.fdopen(reading) as told:
            return f":{told.readline().strip()}"

    def _start(self, command: Sequence[str], environment: dict[str, str], *shared: int) -> None:
        """Run a program until the window is closed."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=shared
            )
        self._open.callback(process.wait, PATIENCE_S)
        self._open.callback(process.terminate)

    def _is_up(self) -> bool | None:
        try:
            self._ask("GET", "/status")
        except URLError:
            return None
        return True

    def _ask(self, method: str, path: str, content: Any = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        request = Request(self._address + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=2 * PATIENCE_S) as answer:
                return json.load(answer)["value"]
        except HTTPError as error:
            told = json.load(error)["value"]
            words = f"{method} {path}: {told['error']}: {told['message']}"
            raise (CrashedError if _CRASHED.search(words) else AssertionError)(words) from None


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _environment(folder: Path, screen: str, downloads: Path) -> dict[str, str]:
    """A home of its own, no hardware to draw with, and a folder for what is saved."""
    config = folder / "config"
    config.mkdir()
    (config / "user-dirs.dirs").write_text(f'XDG_DOWNLOAD_DIR="{downloads}"\n', "utf-8")
    homes = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "CACHE", "STATE")}
    drawing = {"LIBGL_ALWAYS_SOFTWARE": "1", "WEBKIT_DISABLE_DMABUF_RENDERER": "1", "NO_AT_BRIDGE": "1"}
    return {**os.environ, **homes, **drawing, "HOME": str(folder), "DISPLAY": screen, "LANG": "C.UTF-8"}
