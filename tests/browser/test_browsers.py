"""What works in Firefox and WebKitGTK: the ways that people go, in browsers other than Chromium.

Which versions these are is printed (pytest -s); the table names browsers alone, so that it outlives updates.
"""

from __future__ import annotations

import base64
import functools
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser

from tests.browser.driver import pixels
from tests.browser.editing import red_on_blue
from tests.browser.embedder import Host, allowing
from tests.browser.embedder import hosting as embedding_host
from tests.browser.firefox import Firefox
from tests.browser.host import HELPERS, SHIM, hosting, write_host
from tests.browser.test_batch import NO_PICKERS
from tests.browser.test_batch import photo as disc
from tests.browser.test_embed import IN_PAGE, embedding
from tests.browser.test_offline import server_of
from tests.browser.webkit import WebKit
from tests.browser.windows import Chromium, CrashedError, Started, Window, poll
from tests.helpers import pixels_of
from tests.noting import Noted
from tools.serve import Fault, serving

TABLE = "browsers"
VISITS = 2
"""How often a scenario is begun at most, where the page's process ends."""
BALL = (0.47, 0.52)  # inside of the ball of `red_on_blue`
KEEPS_FILES = "() => Boolean(navigator.storage?.getDirectory)"
NO_FILES = "not there, as pages can keep no files in this browser"
IS_SAFE = "dispatchEvent(new Event('beforeunload', { cancelable: true }))"
ALPHA_AT = """([x, y]) => {
  const canvas = document.querySelector("#cutout");
  return canvas.getContext("2d").getImageData(x * canvas.width, y * canvas.height, 1, 1).data[3];
}"""
PLACE = """([x, y]) => {
  const layer = document.querySelector(".layer.before");
  layer.scrollIntoView({ block: "center", behavior: "instant" });
  const box = layer.getBoundingClientRect();
  return [Math.round(box.x + x * box.width), Math.round(box.y + y * box.height)];
}"""


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp(request.param)
    window: Started = {"firefox": Firefox, "webkit": WebKit}[request.param](folder)
    print(f"{window.name} {window.version}")
    yield window
    window.close()


@pytest.fixture
def window(opened: Started) -> Iterator[Started]:
    """The module's window; afterwards: nothing on the console, no policy was violated."""
    yield opened
    assert opened.complaints() == []


@pytest.fixture(scope="module")
def in_chromium(browser: Browser, site: Path, site_url: str, tmp_path_factory: Any) -> NDArray[np.int16]:
    """The cutout that Chromium makes."""
    window = Chromium(browser, tmp_path_factory.mktemp("reference"))
    open_page(window, site_url, model="u2netp")
    cut_out(window, site / "samples" / "chelsea.png")
    made = pixels(window.download("#download"))
    window.close()
    return made


def open_page(window: Window, url: str, *, model: str = "tiny", device: str = "wasm", view: str = "") -> None:
    """Open the site's page and wait until it has loaded what a photo needs."""
    window.open(f"{url}?model={model}&device={device}{view}")
    window.until("['ready', 'error'].includes(document.documentElement.dataset.state)")


def cut_out(window: Window, photo: Path) -> dict[str, Any]:
    """Choose a photo and return the page's report of its cutout."""
    window.evaluate("() => { document.documentElement.dataset.state = 'before'; }")
    window.choose("#photo-input", photo)
    return finish(window)


def finish(window: Window) -> dict[str, Any]:
    window.until("['done', 'error'].includes(document.documentElement.dataset.state)")
    state = window.evaluate("() => document.documentElement.dataset.state")
    assert state == "done", window.text("#error")
    report: dict[str, Any] = json.loads(window.text("#report"))
    return report


def visited_again(test: Callable[..., None]) -> Callable[..., None]:
    """Begin a scenario anew where the page's process crashed: see RELIABILITY.md."""

    @functools.wraps(test)
    def run(window: Started, **others: Any) -> None:
        for _ in range(VISITS - 1):
            try:
                return test(window=window, **others)
            except CrashedError as error:
                print(f"once more: {error}")
                window.renew()
        return test(window=window, **others)

    return run


def threads(report: dict[str, Any], window: Window) -> str:
    """How many threads the processor was given, in words that hold on every machine."""
    device = report["device"]
    cores = min(window.evaluate("() => navigator.hardwareConcurrency"), 16)
    if device["threads"] == cores > 1:
        return "a thread for each core"
    assert device["threads"] == 1
    return f"one thread{device['reason'].partition('; one thread')[2]}"


WRONG = {
    "wrong.html": Fault(
        body=b"""<!doctype html><meta http-equiv="Content-Security-Policy" content="style-src 'none'">
        <p>Wrong</p><script>setTimeout(() => {
          document.querySelector("p").setAttribute("style", "color: red");
          new Worker("wrong.js");
          throw new Error("of the page");
        }, 500);</script>""",
        content_type="text/html",
    ),
    "wrong.js": Fault(body=b"throw new Error('of the worker');", content_type="text/javascript"),
}


def test_what_goes_wrong_on_a_page_is_heard(window: Window, site: Path) -> None:
    """Without this no row below would say that nothing did. WebKitGTK's page hears not of workers' errors."""
    heard, wanted = list[str](), {"of the page", "of the worker", "style-src"}
    if window.name == WebKit.name:
        wanted.remove("of the worker")

    def all_of_it() -> bool | None:
        heard.extend(window.complaints())
        return all(words in " ".join(heard) for words in wanted) or None

    with serving(site, plain=True, faults=WRONG.get) as url:
        window.open(f"{url}wrong.html")
        poll(all_of_it, f"complaints of {wanted}", seconds=20)
        window.open(url)
    window.complaints()  # what else was told of that page


@visited_again
def test_a_photo_is_cut_out(
    window: Window, site: Path, site_url: str, in_chromium: NDArray[np.int16], noted: Noted
) -> None:
    """The same pixels as in Chromium: it is the same WebAssembly."""
    open_page(window, site_url, model="u2netp", device="auto")
    report = cut_out(window, site / "samples" / "chelsea.png")
    made = pixels(window.download("#download"))
    assert made.shape == in_chromium.shape
    apart = np.abs(made - in_chromium).max()
    assert apart <= 1
    said = window.text("#device-reason")
    assert report["device"]["provider"] == "wasm", said
    noted.cell(TABLE, "photo chosen, cut out, saved", window.name, f"works, {threads(report, window)}")
    noted.cell(TABLE, "levels apart from Chromium's cutout, at most", window.name, str(apart))
    # Names of adapters hold versions.
    noted.cell(TABLE, "why not the GPU, here", window.name, re.sub(r"adapter, .*, is", "adapter is", said))


@visited_again
def test_offline_after_one_visit(window: Window, site: Path, noted: Noted) -> None:
    """The server sends no headers: the service worker isolates the page, from the second visit on."""
    with server_of(site, plain=True) as server:
        open_page(window, server.url)
        window.until("!['unknown', 'not-yet', undefined].includes(document.documentElement.dataset.offline)")
        said = window.text("#offline")
        server.stop()
        if said != "Ready to work offline.":
            noted.cell(TABLE, "without network", window.name, f"not there: {said}")
            return
        open_page(window, server.url)
        report = cut_out(window, site / "samples" / "chelsea.png")
        assert (report["width"], report["height"]) == (451, 300)
        noted.cell(TABLE, "without network", window.name, f"works, {threads(report, window)}")


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with embedding_host() as host:
        yield host


@visited_again
def test_embedded_in_a_page_of_another_site(window: Window, site: Path, host: Host, noted: Noted) -> None:
    photo = (site / "samples" / "chelsea.png").read_bytes()
    with serving(site, faults=lambda path: allowing(host.origin) if path == "embed.html" else None) as url:
        window.open(host.page(f"<script>{IN_PAGE.read_text('utf-8')}</script>{embedding(url)}"))
        window.until("document.querySelector('alpha-cut[data-ready]')")
        call = ["alpha-cut", base64.b64encode(photo).decode(), "Blob", {}]
        result = window.evaluate("(call) => window.send(call)", call)
        assert "data" in result, result
        told = window.evaluate("() => window.events.map(({ type }) => type)")
    assert pixels_of(base64.b64decode(result["data"])).shape == (300, 451, 4)
    assert (told[0], told[-1], "progress" in told) == ("ready", "result", True)
    noted.cell(TABLE, "embedded in another site's page", window.name, f"works, {threads(result, window)}")


@visited_again
def test_alphacut_js_on_a_page_of_another_origin(
    window: Window, site: Path, tmp_path: Path, noted: Noted
) -> None:
    photo = base64.b64encode((site / "samples" / "chelsea.png").read_bytes()).decode()
    with serving(site) as url, hosting(tmp_path) as address:
        write_host(tmp_path, url)
        window.open(address)
        window.until("window.alphacut")
        window.evaluate(f"() => {{ {HELPERS} }}")
        made = window.evaluate(
            """([photo, workerUrl]) => told(() => alphacut.removeBackground(
              blobOf(photo, "image/png"), { model: "tiny", device: "cpu", workerUrl }))""",
            [photo, SHIM],
        )
        assert "base64" in made, made
        ready = window.evaluate(
            "(workerUrl) => alphacut.preload({ model: 'tiny', device: 'cpu', workerUrl })", SHIM
        )
    assert pixels_of(base64.b64decode(made["base64"])).shape == (300, 451, 4)
    words = re.sub(r"\(127\.0\.0\.1:\d+\) ", "", threads(ready, window))
    noted.cell(TABLE, "alphacut.js on another site's page", window.name, f"works, {words}")


@visited_again
def test_a_stroke_is_in_the_file_and_outlives_a_reload(
    window: Window, site_url: str, tmp_path: Path, noted: Noted
) -> None:
    open_page(window, site_url)
    cut_out(window, red_on_blue(tmp_path / "ball.png"))
    window.until("document.querySelector('.table-top')?.dataset.showing === 'compare'")
    assert window.evaluate(ALPHA_AT, BALL) == 255
    window.click("#tab-brush")
    window.click(".panel:not([hidden]) input[value=erase]")
    window.drag([window.evaluate(PLACE, place) for place in [(0.42, 0.5), (0.46, 0.52), (0.52, 0.52)]])
    window.until(f"({ALPHA_AT})({list(BALL)}) === 0")
    if not window.evaluate(KEEPS_FILES):
        assert not window.evaluate(f"() => {IS_SAFE}")
    made = pixels(window.download("#download"))
    assert (made[374, 451, 3], made[374, 580, 3]) == (0, 255)
    noted.cell(TABLE, "brush in the editor, file saved", window.name, "works")
    kept = "photo and strokes kept over a reload"
    if not window.evaluate(KEEPS_FILES):
        noted.cell(TABLE, kept, window.name, f"{NO_FILES}: the page asks before unsaved strokes are left")
        return
    window.until(IS_SAFE)
    open_page(window, site_url)
    window.until("!document.querySelector('#left-photo').hidden")
    assert "ball.png" in window.text("#left-photo-words")
    window.click("#left-continue")
    finish(window)
    window.until(f"({ALPHA_AT})({list(BALL)}) === 0")
    noted.cell(TABLE, kept, window.name, "works")


@visited_again
def test_a_batch_is_saved_as_zip_and_outlives_a_reload(
    window: Window, site_url: str, tmp_path: Path, noted: Noted
) -> None:
    photos = [disc(tmp_path, n) for n in range(3)]
    done = "document.querySelectorAll('.tile[data-state=done]').length === 3"
    open_page(window, site_url, view="#batch")
    window.until("document.querySelector('#batch-files')")
    window.evaluate(f"() => {{ {NO_PICKERS} }}")
    window.choose("#batch-files", *photos)
    window.until(done)
    if window.evaluate(KEEPS_FILES):
        window.until(IS_SAFE)
        open_page(window, site_url, view="#batch")
        window.click(".batch-left button")
        window.until(done)
        window.evaluate(f"() => {{ {NO_PICKERS} }}")
        noted.cell(TABLE, "batch kept over a reload", window.name, "works")
    else:
        assert "keeps no files for this page" in window.words()
        noted.cell(TABLE, "batch kept over a reload", window.name, f"{NO_FILES}: the page says so")
    with zipfile.ZipFile(window.download("#batch-zip")) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == [f"photo-{n:02}-cutout.png" for n in range(3)]
    noted.cell(TABLE, "batch saved as ZIP", window.name, "works, as a download")


@visited_again
def test_avif(window: Window, site_url: str, tmp_path: Path, noted: Noted) -> None:
    photo = tmp_path / "photo.avif"
    with Image.open(disc(tmp_path, 1)) as image:
        image.save(photo)
    open_page(window, site_url)
    report = cut_out(window, photo)
    assert (report["width"], report["height"]) == (320, 240)
    noted.cell(TABLE, "AVIF", window.name, "works")


@visited_again
def test_without_a_camera_the_page_says_so(window: Window, site_url: str, noted: Noted) -> None:
    open_page(window, site_url, view="#camera")
    window.click("#camera-view .camera-start button")
    window.until("document.querySelector('#camera-view .error:not([hidden]) .error-message')")
    noted.cell(TABLE, "where no camera is", window.name, window.text("#camera-view .error-message"))


@pytest.mark.parametrize("view", ["", "#batch", "#camera"])
@visited_again
def test_a_phone_scrolls_in_one_direction(window: Window, site_url: str, view: str) -> None:
    window.resize(360, 740)
    open_page(window, site_url, view=view)
    width = window.evaluate("() => innerWidth")
    assert width <= 480  # the toolbar of WebKitGTK's browser gets no narrower
    assert window.evaluate("() => document.documentElement.scrollWidth") <= width
    window.resize(1280, 900)
