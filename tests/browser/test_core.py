"""The core's unit tests a second time, in Pyodide in the browser: with the site's NumPy, Pillow and alphacut.

pytest and what it needs come from the development environment; hypothesis and what oracles need of SciPy, of
which parts are compiled, are pinned in parts.toml. They run in a worker of the site's origin, under its
content policy, and are served beside the built site: nothing is written into its folder.
"""

from __future__ import annotations

import io
import itertools
import json
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from alphacut.store.fetch import Cache, fetch_all
from tests.browser.test_modules import STARTED
from tests.helpers import ROOT
from tools.catalog import read_catalog
from tools.serve import Fault, serving

HERE = Path(__file__).resolve().parent
SCIPY = ("ndimage/", "special/", "linalg/", "_lib/", "_external/")
PURE = ("pytest", "pluggy", "iniconfig", "packaging", "pygments", "sortedcontainers")
ELSEWHERE = {
    *("graph_ends", "graph_fusions", "graph_gpu", "onnx_graph", "onnx_inspect", "own_model"),  # need onnx
    *("native", "self_check", "models"),  # onnxruntime, Node.js, the project's other files
    "api",  # processes; test_python.py calls it in a page
}
CORE = sorted(
    name
    for path in (ROOT / "tests" / "unit").glob("test_*.py")
    if (ROOT / "src" / "alphacut" / f"{(name := path.stem.removeprefix('test_'))}.py").exists()
    if name not in ELSEWHERE
)
"""Names of the core's modules that have tests."""
NUMERICS = sorted(
    path.stem.removeprefix("test_") for path in (ROOT / "tests" / "unit").glob("test_numerics_*.py")
)
"""Tests of the core's arithmetic against oracles, by theme."""

# Starts the worker and keeps it; asks it for one thing at a time.
ASK = """(file) => new Promise((resolve) => {
  globalThis.coreTests ??= new Worker("core-tests.js", { type: "module" });
  coreTests.onmessage = ({ data }) => resolve(data);
  coreTests.onerror = (event) => resolve({ error: event.message || "the worker could not be started" });
  coreTests.postMessage(file);
})"""


def pure_files(name: str) -> Iterator[tuple[str, bytes]]:
    """Modules and data of an installed distribution."""
    files = distribution(name).files or []
    assert not [file for file in files if file.suffix in {".so", ".pyd"}], f"{name} is compiled"
    for file in files:
        if ".." not in file.parts and file.suffix != ".pyc":
            yield file.as_posix(), Path(str(file.locate())).read_bytes()


def files_of_tests() -> Iterator[tuple[str, bytes]]:
    """What lies in tests/, tests/unit and here, as far as Pyodide needs it."""
    files = [*(ROOT / "tests").glob("*.py"), *(ROOT / "tests" / "unit").glob("*.py")]
    for file in [*files, HERE / "__init__.py", HERE / "in_pyodide.py"]:
        yield file.relative_to(ROOT).as_posix(), file.read_bytes()


def left_out(site: Path, library: Path) -> Iterator[tuple[str, bytes]]:
    """Modules of Pyodide's standard library that are not on the site, as unittest."""
    folder, there = site / "runtime" / "pyodide", set[str]()
    for name in ("python.tar", "python-late.tar"):
        with tarfile.open(folder / name) as archive:
            there |= set(archive.getnames())
    with zipfile.ZipFile(library) as archive:
        for name in archive.namelist():
            if name.endswith(".py") and f"lib-dynload/{name}c" not in there:
                yield name, archive.read(name)


def filters_of(scipy: Path) -> Iterator[tuple[str, bytes]]:
    """What `scipy.ndimage` is made of, and imports: a third of the whole."""
    with zipfile.ZipFile(scipy) as wheel:
        for name in wheel.namelist():
            folder, _, rest = name.partition("/")
            needed = "/" not in rest or rest.startswith(SCIPY)
            if folder in {"scipy", "scipy.libs"} and needed and "/tests/" not in name:
                yield name, wheel.read(name)


def bundle(site: Path) -> bytes:
    """A zip that is laid out as a folder of `sys.path`."""
    library = read_catalog().components["pyodide"].files["python_stdlib.zip"]
    parts = read_catalog(HERE / "parts.toml").components
    (hypothesis,), (scipy,) = (parts[name].files.values() for name in ("hypothesis", "scipy"))
    files = fetch_all([library, hypothesis, scipy], Cache.default(), offline=False)
    buffer = io.BytesIO(files[hypothesis.name].read_bytes())
    folders = (left_out(site, files[library.name]), filters_of(files[scipy.name]), files_of_tests())
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        for path, data in itertools.chain.from_iterable((*map(pure_files, PURE), *folders)):
            archive.writestr(path, data)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def worker(browser: Browser, site: Path) -> Iterator[Page]:
    """A page of the site's origin, and empty: `ASK` starts the worker."""
    runtime = (ROOT / "web" / "worker" / "runtime.js").read_text("utf-8")
    assert runtime.count(STARTED) == 1
    beside = {  # the site's own modules are bundled
        **{
            f"{folder}/{path.name}": path.read_bytes()
            for folder in ("shared", "worker")
            for path in (ROOT / "web" / folder).glob("*.js")
        },
        "core-tests.html": b"<!doctype html><title>Tests of the core</title>",
        "core-tests.js": (HERE / "core-tests.js").read_bytes(),
        "core-tests.zip": bundle(site),
        "worker/runtime.js": runtime.replace(STARTED, f"{STARTED} globalThis.pyodide = pyodide;").encode(),
    }
    with serving(site, faults=lambda path: Fault(body=beside[path]) if path in beside else None) as url:
        page = browser.new_page()
        page.goto(f"{url}core-tests.html")
        yield page
        page.close()


def ask(page: Page, file: str = "") -> Any:
    answer = page.evaluate(ASK, file)
    assert "error" not in answer, answer["error"]
    return json.loads(answer["value"])


def test_python_is_the_sites(worker: Page) -> None:
    found = ask(worker)
    pinned = read_catalog().components
    assert (found["numpy"], found["pillow"]) == (pinned["numpy"].version, pinned["pillow"].version)
    assert (found["platform"], found["python"].rpartition(".")[0]) == ("emscripten", "3.14")
    assert found["alphacut"] == "/lib/python3.14/site-packages/alphacut/__init__.pyc"


@pytest.mark.parametrize("name", [*CORE, *NUMERICS])
def test_the_cores_tests_pass_there(worker: Page, name: str) -> None:
    outcome = ask(worker, f"tests/unit/test_{name}.py")
    print(f"{len(outcome['passed'])} passed; skipped: {dict(Counter(outcome['skipped'].values()))}")
    failed = "".join(f"\n\n{test}\n{why}" for test, why in outcome["failed"].items())
    assert not failed, f"failed in Pyodide: {', '.join(outcome['failed'])}{failed}"
    assert outcome["passed"], "no test was found, or none was run"
    assert set(outcome["held"]) <= set(outcome["passed"]), "RELIABILITY.md says of all these that they hold"
