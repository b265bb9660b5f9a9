"""What tests of several browsers ask of a window, and Chromium's; the others are in firefox.py and webkit.py.

Each is a visitor of its own, who keeps what the site stores until the window is closed.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, ConsoleMessage

Place = tuple[float, float]
T = TypeVar("T")

PATIENCE_S = 90.0
UNTIL = """async ([condition, seconds]) => {
  const holds = () => { try { return Boolean(CONDITION); } catch { return false; } };
  const end = performance.now() + seconds * 1000;
  while (!holds()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  return true;
}"""


class CrashedError(AssertionError):
    """The page's process has ended."""


class Window(ABC):
    """One page of a browser, driven from outside."""

    name: str
    version: str

    @abstractmethod
    def open(self, url: str) -> None:
        """Open an address and wait until it has loaded."""

    @abstractmethod
    def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a JavaScript function in the page, with what JSON can hold, and wait for what it gives."""

    @abstractmethod
    def choose(self, selector: str, *files: Path) -> None:
        """Give files to a file input."""

    @abstractmethod
    def drag(self, places: Sequence[Place]) -> None:
        """Drag the pointer over places of the page."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Give the page this many CSS pixels."""

    @abstractmethod
    def screenshot(self) -> bytes:
        """Return what is seen, as PNG."""

    @abstractmethod
    def download(self, selector: str) -> Path:
        """Click a link that saves a file, and return the file."""

    @abstractmethod
    def complaints(self) -> list[str]:
        """Tell what the browser complained about since it was asked last."""

    @abstractmethod
    def close(self) -> None:
        """End the browser, or what of it belongs to this window."""

    def until(self, condition: str, *, seconds: float = PATIENCE_S) -> None:
        """Wait until a JavaScript expression holds in the page."""
        if not self.evaluate(UNTIL.replace("CONDITION", condition), [condition, seconds]):
            raise AssertionError(f"{self.name}: not within {seconds:.0f} s: {condition}\n{self.words()}")

    def click(self, selector: str) -> None:
        """Click an element, once it is there, as a script does."""
        self.until(f"document.querySelector({json.dumps(selector)})")
        self.evaluate("(selector) => { document.querySelector(selector).click(); }", selector)

    def text(self, selector: str) -> str:
        """Return the text of an element; none where there is no such element."""
        found: str = self.evaluate("(one) => document.querySelector(one)?.textContent ?? ''", selector)
        return found

    def words(self) -> str:
        """Return what the page says, for messages of failures."""
        said: str = self.evaluate("() => document.body.innerText")
        return said[:1500]


def poll(get: Callable[[], T | None], what: str, *, seconds: float = PATIENCE_S) -> T:
    """Return what a call gives once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := get()) is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


def saved_in(folder: Path, before: set[Path]) -> Path:
    """Wait for a file that was not in a folder before and is whole."""

    def found() -> Path | None:
        files = {path for path in folder.iterdir() if path.is_file()}
        whole = [path for path in files - before if path.stat().st_size and path.suffix not in PARTS]
        return whole[0] if whole and not any(path.suffix in PARTS for path in files) else None

    return poll(found, f"a file in {folder}")


PARTS = (".part", ".wkdownload")
"""Endings of files while a browser writes them."""


class Started(Window):
    """The window of a browser that is started for it, and anew where its page is gone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._starts = 0
        self.renew()

    @abstractmethod
    def _begin(self, folder: Path) -> None:
        """Start the browser, with what it keeps in an empty folder."""

    def renew(self) -> None:
        """End the browser, if it runs, and start it with nothing kept."""
        if self._starts:
            self.close()
        self._starts += 1
        folder = self._folder / str(self._starts)
        folder.mkdir()
        self._begin(folder)


class Chromium(Window):
    """A context of Playwright's."""

    name = "Chromium"

    def __init__(self, browser: Browser, downloads: Path) -> None:
        self.version = browser.version
        self._downloads = downloads
        self._context = browser.new_context(service_workers="allow", viewport={"width": 1280, "height": 900})
        self._page = self._context.new_page()
        self._complaints: list[str] = []
        self._page.on("pageerror", lambda error: self._complaints.append(str(error)))
        self._page.on("console", self._listen)

    def open(self, url: str) -> None:
        self._page.goto("about:blank")  # else another part of the same page is no new visit
        self._page.goto(url)

    def evaluate(self, function: str, argument: Any = None) -> Any:
        return self._page.evaluate(function, argument)

    def choose(self, selector: str, *files: Path) -> None:
        self._page.set_input_files(selector, list(files))

    def drag(self, places: Sequence[Place]) -> None:
        self._page.mouse.move(*places[0])
        self._page.mouse.down()
        for place in places[1:]:
            self._page.mouse.move(*place)
        self._page.mouse.up()

    def resize(self, width: int, height: int) -> None:
        self._page.set_viewport_size({"width": width, "height": height})

    def screenshot(self) -> bytes:
        return self._page.screenshot()

    def download(self, selector: str) -> Path:
        with self._page.expect_download() as download:
            self.click(selector)
        path = self._downloads / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def complaints(self) -> list[str]:
        told, self._complaints = self._complaints, []
        return told

    def close(self) -> None:
        self._context.close()

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self._complaints.append(message.text)
