"""The Python API in a page that is not ours: plain Pyodide from another port, micropip, one snippet."""

from __future__ import annotations

import base64
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, Request

import alphacut
from alphacut.store.cache import Cache
from alphacut.store.fetch import fetch_all
from tests.browser import native
from tests.browser.driver import pixels
from tests.browser.host import ISOLATED, hosting
from tools.catalog import read_catalog

MODEL = "u2netp-64"
COMPONENTS = ("pyodide", "numpy", "pillow", "micropip", "packaging")

# What the page and its worker hold: nothing of ours.
START = """
import { loadPyodide } from "./pyodide/pyodide.mjs";
const pyodide = await loadPyodide({ indexURL: new URL("pyodide/", location.href).href });
await pyodide.loadPackage("micropip", { messageCallback: () => {} });
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
globalThis.put = (path, text) => pyodide.FS.writeFile(path, bytesOf(text));
globalThis.python = (code) => pyodide.runPythonAsync(code);
"""
PAGE = """<!doctype html>
<title>A page of somebody else's</title>
<script type="module" src="start.js"></script>
"""
WORKER = """
import "./start.js";
onmessage = async ({ data: { path, text, code } }) => {
  put(path, text);
  postMessage(await python(code).then((value) => ({ value }), (error) => ({ error: String(error) })));
};
postMessage("ready");
"""
IN_WORKER = """(request) => new Promise((resolve) => {
  const worker = new Worker("worker.js", { type: "module" });
  worker.onmessage = ({ data }) => {
    if (data === "ready") return worker.postMessage(request);
    worker.terminate();
    resolve(data);
  };
})"""

INSTALL = """
import micropip
await micropip.install("{site}python/alphacut-{version}-py3-none-any.whl")
"""
SNIPPET = """
import alphacut

with open("photo.png", "rb") as file:
    photo = file.read()
cutout = await alphacut.remove_background(photo, model="{model}")
cutout.save("cutout.png")
"""
GIVE = """
import base64
base64.b64encode(open("cutout.png", "rb").read()).decode()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of somebody else's, beside Pyodide as it is published."""
    folder = tmp_path_factory.mktemp("host")
    for name, text in (("index.html", PAGE), ("start.js", START), ("worker.js", WORKER)):
        (folder / name).write_text(text)
    (folder / "pyodide").mkdir()
    components = read_catalog().components
    parts = [part for name in COMPONENTS for part in components[name].files.values()]
    for name, file in fetch_all(parts, Cache.default(), offline=False).items():
        shutil.copyfile(file, folder / "pyodide" / name)
    return folder


@pytest.fixture(scope="module")
def photo(site: Path) -> Path:
    return site / "samples" / "coffee.png"


@pytest.fixture(scope="module")
def wanted(site: Path, photo: Path, tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.int16]:
    """What native onnxruntime makes of the photo."""
    return native.cut_out(site, MODEL, photo, tmp_path_factory.mktemp("native"))


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[str]:
    """Where the page is, under no headers of ours."""
    with hosting(folder) as url:
        yield url


@pytest.fixture(scope="module")
def isolated_host(folder: Path) -> Iterator[str]:
    """Where it is isolated."""
    with hosting(folder, ISOLATED) as url:
        yield url


@pytest.fixture(scope="module")
def notebook(browser: Browser, host: str, site_url: str, photo: Path) -> Iterator[Page]:
    """The page, not isolated, when Python runs in it and has installed the wheel."""
    with opened(browser, host, site_url, photo) as page:
        yield page


@pytest.fixture
def isolated(browser: Browser, isolated_host: str, site_url: str, photo: Path) -> Iterator[Page]:
    """The same, isolated."""
    with opened(browser, isolated_host, site_url, photo) as page:
        yield page


@contextmanager
def opened(browser: Browser, url: str, site_url: str, photo: Path) -> Iterator[Page]:
    """Open a page whose Python installs the wheel; its own `fetch` stays its own."""
    page = browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    page.wait_for_function("globalThis.python !== undefined", timeout=60_000)
    page.evaluate("globalThis.itsFetch = fetch")
    page.evaluate("([path, text]) => put(path, text)", ["photo.png", encoded(photo)])
    run(page, install(site_url))
    yield page
    assert page.evaluate("globalThis.itsFetch === fetch")
    assert complaints == []
    page.close()


def encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def decoded(text: str, tmp_path: Path) -> NDArray[np.int16]:
    path = tmp_path / "cutout.png"
    path.write_bytes(base64.b64decode(text))
    return pixels(path)


def install(site_url: str) -> str:
    return INSTALL.format(site=site_url, version=alphacut.__version__)


def assert_same(found: NDArray[np.int16], wanted: NDArray[np.int16]) -> None:
    """The same but for what the network's sums differ by in WebAssembly: a level of its map, so of alpha.

    Colours are compared where both are seen: at alpha 0 they are 0.
    """
    assert found.shape == wanted.shape
    assert 0.02 < (wanted[..., 3] > 128).mean() < 0.98
    assert np.abs(found[..., 3] - wanted[..., 3]).max() <= 1
    seen = (found[..., 3] == 255) & (wanted[..., 3] == 255)
    np.testing.assert_array_equal(found[seen], wanted[seen])


def run(page: Page, code: str) -> Any:
    return page.evaluate("(code) => python(code)", code)


def test_a_page_of_somebody_else_s_cuts_out_what_cpython_does(
    notebook: Page, wanted: NDArray[np.int16], tmp_path: Path
) -> None:
    assert notebook.evaluate("crossOriginIsolated") is False
    assert_same(decoded(run(notebook, SNIPPET.format(model=MODEL) + GIVE), tmp_path), wanted)


def test_an_isolated_page_has_threads_and_the_same_pixels(
    isolated: Page, wanted: NDArray[np.int16], tmp_path: Path
) -> None:
    assert isolated.evaluate("crossOriginIsolated") is True
    assert_same(decoded(run(isolated, SNIPPET.format(model=MODEL) + GIVE), tmp_path), wanted)


def test_python_in_a_worker_of_somebody_else_s(
    notebook: Page, site_url: str, photo: Path, wanted: NDArray[np.int16], tmp_path: Path
) -> None:
    code = install(site_url) + SNIPPET.format(model=MODEL) + GIVE
    answer = notebook.evaluate(IN_WORKER, {"path": "photo.png", "text": encoded(photo), "code": code})
    assert "error" not in answer, answer["error"]
    assert_same(decoded(answer["value"], tmp_path), wanted)


def test_calls_at_the_same_time_share_a_network_and_arrays_and_pictures_do_as_well(notebook: Page) -> None:
    code = """
import asyncio, io, json
import alphacut
import numpy as np
from PIL import Image

image = Image.open("photo.png")
given = [open("photo.png", "rb").read(), image, np.asarray(image)]
made = await asyncio.gather(*(alphacut.remove_background(one, model="tiny") for one in given))
mask = await alphacut.remove_background(image, model="tiny", mask_only=True, crop=True)
await alphacut.dispose()
again = await alphacut.remove_background(image, model="tiny", background="#ffffff")
alpha = np.asarray(made[0])[..., 3]
json.dumps({
    "same": [bool((np.asarray(one) == np.asarray(made[0])).all()) for one in made],
    "modes": [made[0].mode, mask.mode, again.mode], "size": again.size, "spread": int(np.ptp(alpha)),
})
"""
    told = json.loads(run(notebook, code))
    assert told["same"] == [True] * 3
    assert told["modes"] == ["RGBA", "L", "RGB"]
    assert told["size"] == [600, 400]
    assert told["spread"] > 50


def test_what_pillow_lacks_there_the_browser_decodes(notebook: Page, photo: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.avif"
    with Image.open(photo) as image:
        image.resize((60, 40)).save(small)
    notebook.evaluate("([path, text]) => put(path, text)", ["small.avif", encoded(small)])
    code = """
import alphacut
cutout = await alphacut.remove_background(open("small.avif", "rb").read(), model="tiny")
f"{cutout.mode} {cutout.size}"
"""
    assert run(notebook, code) == "RGBA (60, 40)"


def test_what_the_worker_loads_holds_nothing_that_only_cpython_can_run(site: Path) -> None:
    for name in ("python.tar", "python-late.tar"):
        with tarfile.open(site / "runtime" / "pyodide" / name) as archive:
            ours = {entry.name.partition("/alphacut/")[2] for entry in archive}
        assert not [name for name in ours if name.startswith(("store/", "command/", "cli.", "native."))]


CAUGHT = """
import alphacut
try:
    {call}
except alphacut.AlphacutError as error:
    code = error.code
code
"""


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ('await alphacut.remove_background(b"text", model="tiny")', "not-an-image"),
        ('await alphacut.preload(model="huge")', "unknown-model"),
        ('alphacut.configure(site="example.org")', "bad-options"),
    ],
    ids=["photo", "model", "site"],
)
def test_errors_have_their_codes(notebook: Page, call: str, code: str) -> None:
    assert run(notebook, CAUGHT.format(call=call)) == code


def test_a_licence_is_told_before_anything_of_the_model_is_fetched(notebook: Page, site_url: str) -> None:
    asked: list[str] = []

    def hear(request: Request) -> None:
        asked.append(request.url)

    notebook.on("request", hear)
    code = """
import warnings
import alphacut
with warnings.catch_warnings():
    warnings.simplefilter("error", alphacut.LicenceWarning)
    try:
        await alphacut.preload(model="isnet")
    except alphacut.LicenceWarning as warning:
        told = str(warning)
told
"""
    assert "restrict commercial use" in run(notebook, code)
    notebook.remove_listener("request", hear)
    assert asked == [f"{site_url}site.json"]


def test_a_site_that_is_none_is_told_and_the_right_one_works_again(notebook: Page, site_url: str) -> None:
    code = CAUGHT.format(call='await alphacut.preload(model="half")')
    assert (
        run(notebook, f"import alphacut; alphacut.configure(site='{site_url}nowhere/')\n{code}")
        == "runtime-failed"
    )
    run(notebook, f"alphacut.configure(site='{site_url}'); await alphacut.preload(model='half')")
