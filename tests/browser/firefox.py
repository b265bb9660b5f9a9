"""A window of Firefox, without a screen."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.browser.windows import PATIENCE_S, Place, Started, poll, saved_in
from tools import browsers
from tools.marionette import Marionette, port_of

_PREFERENCES: dict[str, bool | int | str] = {
    "browser.download.folderList": 2,
    "browser.download.alwaysOpenPanel": False,
    "browser.helperApps.neverAsk.saveToDisk": "image/png,application/zip",
    "intl.accept_languages": "en",
    "marionette.port": 0,
}
_FLAGS = ("--headless", "--no-remote", "--marionette", "--remote-allow-system-access")
_CALL = """const [text, answer] = arguments;
(async () => JSON.stringify(await (FUNCTION)(JSON.parse(text)) ?? null))()
  .then((value) => answer({ value }), (error) => answer({ error: `${error}\\n${error?.stack}` }));"""
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # by which WebDriver names elements
# What went wrong by itself in pages and workers since the console was asked last: errors, rejected promises,
# violated policies. What scripts write to it on purpose Firefox keeps elsewhere.
_ERRORS = """const { nsIScriptError } = Ci;
const told = Services.console.getMessageArray().filter((one) => one instanceof nsIScriptError);
Services.console.reset();
return told.filter(({ flags }) => !(flags & nsIScriptError.warningFlag))
  .filter(({ sourceName, category }) => sourceName.startsWith("http") || category.startsWith("CSP"))
  .map(({ errorMessage, sourceName, category }) => `${category}: ${errorMessage} ${sourceName}`);"""


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
        self._open = ExitStack()
        with (folder / "firefox.log").open("wb") as log:
            process = subprocess.Popen(
                [str(browsers.find("firefox")), *_FLAGS, "--profile", str(profile)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._open.callback(process.wait, PATIENCE_S)
        self._open.callback(process.terminate)
        port = poll(lambda: port_of(profile), f"Firefox starts: see {folder}/firefox.log")
        self._marionette = Marionette(port, 3 * PATIENCE_S)
        self._open.callback(self._marionette.close)
        self._ask = self._marionette.ask
        timeouts = {"script": int(2000 * PATIENCE_S)}
        self.version = self._ask("WebDriver:NewSession", timeouts=timeouts)["capabilities"]["browserVersion"]
        self._in_chrome("document.documentElement.style.minWidth = 0;")  # else no phone's width
        self.resize(1280, 900)

    def open(self, url: str) -> None:
        for address in ("about:blank", url):  # else another part of the same page is no new visit
            self._ask("WebDriver:Navigate", url=address)

    def evaluate(self, function: str, argument: Any = None) -> Any:
        script, arguments = _CALL.replace("FUNCTION", function), [json.dumps(argument)]
        answer = self._ask("WebDriver:ExecuteAsyncScript", script=script, args=arguments)["value"]
        if "error" in answer:
            raise AssertionError(answer["error"])
        return json.loads(answer["value"])

    def choose(self, selector: str, *files: Path) -> None:
        found = self._ask("WebDriver:FindElement", using="css selector", value=selector)["value"][_ELEMENT]
        self._ask("WebDriver:ElementSendKeys", id=found, text="\n".join(map(str, files)))

    def drag(self, places: Sequence[Place]) -> None:
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y), "duration": 20} for x, y in places]
        button = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        actions = [moves[0], button[0], *moves[1:], button[1]]
        source = {
            "type": "pointer",
            "id": "mouse",
            "parameters": {"pointerType": "mouse"},
            "actions": actions,
        }
        self._ask("WebDriver:PerformActions", actions=[source])

    def resize(self, width: int, height: int) -> None:
        """Make the window as much larger than the page as its bars are."""
        self._ask("WebDriver:SetWindowRect", width=width, height=height)
        inside = self.evaluate("() => [innerWidth, innerHeight]")
        self._ask("WebDriver:SetWindowRect", width=2 * width - inside[0], height=2 * height - inside[1])

    def screenshot(self) -> bytes:
        return base64.b64decode(self._ask("WebDriver:TakeScreenshot", full=False)["value"])

    def download(self, selector: str) -> Path:
        before = set(self._downloads.iterdir())
        self.click(selector)
        return saved_in(self._downloads, before)

    def complaints(self) -> list[str]:
        told: list[str] = self._in_chrome(_ERRORS)
        return told

    def close(self) -> None:
        self._open.close()

    def _in_chrome(self, script: str) -> Any:
        """Run a script where the browser's own run."""
        self._ask("Marionette:SetContext", value="chrome")
        try:
            return self._ask("WebDriver:ExecuteScript", script=script)["value"]
        finally:
            self._ask("Marionette:SetContext", value="content")
