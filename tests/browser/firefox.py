"""A window of Firefox, which speaks WebDriver BiDi itself: https://www.w3.org/TR/webdriver-bidi/ ."""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.browser.windows import PATIENCE_S, Place, Started, poll, saved_in
from tools import browsers

_PREFERENCES: dict[str, bool | int | str] = {
    "browser.download.folderList": 2,
    "browser.download.alwaysOpenPanel": False,
    "browser.helperApps.neverAsk.saveToDisk": "image/png,application/zip",
    "intl.accept_languages": "en",
}
_CALL = "async (text) => JSON.stringify(await (FUNCTION)(JSON.parse(text)) ?? null)"
# Told before any script of a page runs: a violated policy is on no console that BiDi tells of.
_TELL_VIOLATIONS = """() => addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
})"""


class Firefox(Started):
    """A process of Firefox with a profile of its own, without a screen."""

    name = "Firefox ESR"

    def _begin(self, folder: Path) -> None:
        profile, self._downloads = folder / "profile", folder / "downloads"
        profile.mkdir()
        self._downloads.mkdir()
        wishes = {**_PREFERENCES, "browser.download.dir": str(self._downloads)}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wishes.items()]
        (profile / "user.js").write_text("\n".join(lines), "utf-8")
        command = [str(browsers.find("firefox")), "--headless", "--no-remote", "--remote-debugging-port=0"]
        self._open = ExitStack()
        with (folder / "firefox.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--profile", str(profile)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._open.callback(process.wait, PATIENCE_S)
        self._open.callback(process.terminate)
        address = poll(lambda: _address(profile), f"Firefox starts: see {folder}/firefox.log")
        self._socket = self._open.enter_context(connect(f"{address}/session", max_size=None))
        self._ids = itertools.count(1)
        self._complaints: list[str] = []
        self.requests: list[str] = []
        self.version = self._ask("session.new", capabilities={})["capabilities"]["browserVersion"]
        self._ask("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self._ask("script.addPreloadScript", functionDeclaration=_TELL_VIOLATIONS)
        self._context: str = self._ask("browsingContext.getTree")["contexts"][0]["context"]
        self.resize(1280, 900)

    def open(self, url: str) -> None:
        for address in ("about:blank", url):  # else another part of the same page is no new visit
            self._ask("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def evaluate(self, function: str, argument: Any = None) -> Any:
        answer = self._ask(
            "script.callFunction",
            functionDeclaration=_CALL.replace("FUNCTION", function),
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            target={"context": self._context},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise AssertionError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def choose(self, selector: str, *files: Path) -> None:
        locator = {"type": "css", "value": selector}
        nodes = self._ask("browsingContext.locateNodes", context=self._context, locator=locator)["nodes"]
        element = {"sharedId": nodes[0]["sharedId"]}
        self._ask(
            "input.setFiles", context=self._context, element=element, files=[str(file) for file in files]
        )

    def drag(self, places: Sequence[Place]) -> None:
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y), "duration": 20} for x, y in places]
        button = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        actions = [moves[0], button[0], *moves[1:], button[1]]
        source = {"type": "pointer", "id": "mouse", "actions": actions}
        self._ask("input.performActions", context=self._context, actions=[source])

    def resize(self, width: int, height: int) -> None:
        viewport = {"width": width, "height": height}
        self._ask("browsingContext.setViewport", context=self._context, viewport=viewport)

    def screenshot(self) -> bytes:
        return base64.b64decode(self._ask("browsingContext.captureScreenshot", context=self._context)["data"])

    def download(self, selector: str) -> Path:
        before = set(self._downloads.iterdir())
        self.click(selector)
        return saved_in(self._downloads, before)

    def complaints(self) -> list[str]:
        self._ask("session.status")  # what was told before is here when this is answered
        told, self._complaints = self._complaints, []
        return told

    def close(self) -> None:
        self._open.close()

    def _ask(self, method: str, **params: Any) -> Any:
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=2 * PATIENCE_S))
            if message["type"] == "event":
                self._hear(message["method"], message["params"])
            elif message["id"] == number:
                if message["type"] == "error":
                    raise AssertionError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]

    def _hear(self, method: str, params: Any) -> None:
        if method == "network.beforeRequestSent":
            self.requests.append(params["request"]["url"])
        elif params["level"] == "error":
            self._complaints.append(params["text"])


def _address(profile: Path) -> str | None:
    """Where Firefox listens, once it has written that down."""
    try:
        told = json.loads((profile / "WebDriverBiDiServer.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return f"ws://{told['ws_host']}:{told['ws_port']}"
