"""Drives the page as a person would, and remembers what it asked for and complained about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import ConsoleMessage, Page, Request, Route, expect

from tests.browser.site import OUT
from tools.bundle import ALONE, served
from tools.catalog import ROOT

SECOND = 1000.0
_SCRIPT = re.compile(r"/((?:page|client|embed|shared|worker)/[^?]+?)(?:-[A-Z0-9]{8})?\.js(?:\?.*)?$")
_STRIP = "worker/png-strip"
_AS_WRITTEN = WeakSet[Page]()


class Driver:
    """The page of one test."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.context.on("request", self._remember)
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, *, model: str = "u2netp", device: str = "wasm", url: str | None = None) -> None:
        """Open the page with a model and a device; it begins to load them by itself."""
        self.page.goto(f"{url or self.url}?model={model}&device={device}")
        expect(self.page.locator("#model")).to_be_enabled()

    def open_settings(self) -> None:
        """Open the dialog that holds model, device, language and theme."""
        self.page.click("#settings-open")
        expect(self.page.locator("#settings-dialog")).to_be_visible()

    def close_dialog(self) -> None:
        """Close the dialog of settings or help by its button."""
        self.page.click("dialog[open] [data-closes]")

    def set(self, **settings: str) -> None:
        """Choose settings by their ids: `set(model="tiny")`."""
        self.open_settings()
        for name, value in settings.items():
            self.page.select_option(f"#{name}", value)
        self.close_dialog()

    def go_home(self) -> None:
        """Leave the editor for the page that takes photos."""
        self.page.click(".brand")

    def choose(self, *photos: Path) -> None:
        """Give photos to the file input."""
        self.page.set_input_files("#photo-input", list(photos))

    def wait_for(self, *states: str, seconds: float = 120) -> str:
        """Wait until the page is in one of these states, and return it."""
        wanted = ", ".join(f'html[data-state="{state}"]' for state in states)
        self.page.locator(wanted).wait_for(state="attached", timeout=seconds * SECOND)
        return self.page.locator("html").get_attribute("data-state") or ""

    def cut_out(self, photo: Path, *, seconds: float = 120) -> dict[str, Any]:
        """Cut out a photo and return the page's report."""
        self.choose(photo)
        return self.finish(seconds=seconds)

    def finish(self, *, seconds: float = 120) -> dict[str, Any]:
        """Wait for the cutout and return the page's report."""
        state = self.wait_for("done", "error", seconds=seconds)
        assert state == "done", self.error()
        report: dict[str, Any] = json.loads(self.page.locator("#report").text_content() or "")
        return report

    def download(self, folder: Path) -> Path:
        """Save the page's download under the name it suggests."""
        with self.page.expect_download() as download:
            self.page.click("#download")
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def error(self) -> dict[str, str]:
        """What the page says went wrong."""
        return {
            name: self.page.locator(f"#error-{name}").text_content() or ""
            for name in ("code", "message", "hint", "details")
        }

    def fail_with(self, *, seconds: float = 60) -> dict[str, str]:
        """Wait for the error and return it."""
        assert self.wait_for("error", "done", seconds=seconds) == "error"
        return self.error()

    def assert_clean(self) -> None:
        """No request to another origin, and nothing on the console but expected failures of downloads."""
        origin = urlsplit(self.url).netloc
        foreign = [
            url
            for url in self.requests
            if urlsplit(url).scheme in {"http", "https"} and urlsplit(url).netloc != origin
        ]
        assert not foreign, f"requests to other origins: {foreign}"
        self.assert_no_complaints()

    def assert_no_complaints(self) -> None:
        """Nothing on the console but expected failures of downloads."""
        assert not self.complaints, f"console: {self.complaints}"

    def _remember(self, request: Request) -> None:
        self.requests.append(request.url)

    def _listen(self, message: ConsoleMessage) -> None:
        # The browser itself reports every failed download as an error; tests cause some on purpose.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


def with_worker(script: str) -> str:
    """Name the worker as the test site serves it in a script that starts it as worker/worker.js."""
    return script.replace("worker/worker.js", served(OUT, "worker/worker.js"))


def as_written(page: Page) -> None:
    """Serve our scripts as modules, under their own names: for tests that change one, or import one.

    What the page's head names of the bundles is served beside them, and not used.
    """
    if page in _AS_WRITTEN:
        return
    _AS_WRITTEN.add(page)

    def answer(route: Route) -> None:
        name = _SCRIPT.search(route.request.url)
        if name and name[1] != _STRIP and (ROOT / "web" / f"{name[1]}.js").is_file():
            _answer(route, _source(name[1]))
        else:
            route.fallback()

    page.route(_SCRIPT, answer)


def _source(name: str) -> str:
    """Read a script as it is written; only the strips' worker, which a worker starts, is the site's own.

    Chromium fails to load it where Playwright answers for it.
    """
    script = (ROOT / "web" / f"{name}.js").read_text("utf-8")
    return script.replace(f"../{_STRIP}.js", f"../{served(OUT, f'{_STRIP}.js')}")


def _answer(route: Route, script: str) -> None:
    """Answer as the server would, whose headers may isolate the page or not."""
    address = _SCRIPT.sub(f"/{ALONE}", route.request.url)  # what every site has
    headers = route.fetch(url=address).headers
    # Not stored: the browser would go on using it when nothing is changed any more.
    headers = {key: value for key, value in headers.items() if key not in {"content-length", "etag"}}
    route.fulfill(body=script, headers={**headers, "cache-control": "no-store"})


def prepend(page: Page, pattern: str, script: str) -> None:
    """Put a line before a module of the worker, where init scripts don't reach."""
    change(page, pattern, lambda source: f"{script}\n{source}")


def rewrite(page: Page, pattern: str, old: str, new: str, *, times: int | None = None) -> None:
    """Change a module on its way to the browser, so many times."""

    def replaced(source: str) -> str:
        assert old in source, f"{pattern} does not hold {old}"
        return source.replace(old, new)

    change(page, pattern, replaced, times=times)


def change(page: Page, pattern: str, edit: Callable[[str], str], *, times: int | None = None) -> None:
    """Serve modules changed, and all others as they are written."""
    as_written(page)

    def answer(route: Route) -> None:
        name = _SCRIPT.search(route.request.url)
        assert name, f"{route.request.url} is no module"
        _answer(route, edit(_source(name[1])))

    page.route(pattern, answer, times=times)


def pixels(path: Path) -> NDArray[np.int16]:
    """RGBA of a picture, int16 so that differences don't wrap around."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA")).astype(np.int16)
