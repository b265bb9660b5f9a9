"""The documented snippet in JupyterLite, which is built here and served from another port."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from alphacut.store.cache import Cache
from alphacut.store.fetch import fetch_all
from tests.browser.host import hosting
from tests.browser.test_python import COMPONENTS, install
from tools.catalog import read_catalog

HERE = Path(__file__).resolve().parent
NOT_IN_THE_LOCK = "comm"

CODE = """
import alphacut
from pyodide.http import pyfetch

photo = await (await pyfetch("{site}samples/coffee.png")).bytes()
cutout = await alphacut.remove_background(photo, model="u2netp-64")
print(cutout.mode, *cutout.size, *cutout.getchannel("A").getextrema())
cutout
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a JupyterLite whose kernel is the Pyodide that our site has."""
    folder = tmp_path_factory.mktemp("jupyterlite")
    archive = pack(distribution(folder / "pyodide"))
    (folder / "empty").mkdir()
    command = [sys.executable, "-m", "jupyter", "lite", "build", "--output-dir", str(folder / "site")]
    subprocess.run(
        [*command, "--pyodide", str(archive)], cwd=folder / "empty", check=True, capture_output=True
    )
    with hosting(folder / "site") as url:
        yield url


def distribution(folder: Path) -> Path:
    """Put Pyodide together with what the kernel imports, and a lock file of these alone."""
    folder.mkdir()
    components = read_catalog().components
    parts = [part for name in COMPONENTS for part in components[name].files.values()]
    for name, file in fetch_all(parts, Cache.default(), offline=False).items():
        shutil.copyfile(file, folder / name)
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    download += ["--python-version=3.14"]
    subprocess.run([*download, "--dest", folder, "-r", HERE / "jupyterlite.txt"], check=True)
    lock = folder / "pyodide-lock.json"
    lock.write_text(json.dumps(trimmed(json.loads(lock.read_text("utf-8")), folder)))
    return folder


def trimmed(lock: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Keep what is in the folder, by the hashes it has there: PyPI's wheels are packed in another way."""
    usual = lock["packages"]["six"]
    (wheel,) = folder.glob(f"{NOT_IN_THE_LOCK}-*.whl")
    added = {"name": NOT_IN_THE_LOCK, "version": wheel.name.split("-")[1], "file_name": wheel.name}
    lock["packages"][NOT_IN_THE_LOCK] = {
        **usual,
        **added,
        "imports": [NOT_IN_THE_LOCK],
        "depends": ["traitlets"],
    }
    there = {
        n: package for n, package in lock["packages"].items() if (folder / package["file_name"]).is_file()
    }
    for package in there.values():
        package["sha256"] = hashlib.sha256((folder / package["file_name"]).read_bytes()).hexdigest()
    return {**lock, "packages": there}


def pack(folder: Path) -> Path:
    """Make the archive that JupyterLite takes a Pyodide from."""
    archive = folder.with_name("pyodide.tar.bz2")
    with tarfile.open(archive, "w:bz2", compresslevel=1) as tar:
        tar.add(folder, folder.name)
    return archive


def test_a_notebook_cuts_out_and_shows_the_cutout(page: Page, lab: str, site_url: str) -> None:
    code = install(site_url) + CODE.format(site=site_url)
    page.goto(f"{lab}repl/index.html?kernel=python&code={quote(code.strip())}")
    output = page.locator(".jp-OutputArea-output")
    expect(output.filter(has_text="RGBA 600 400 0 255")).to_be_visible(timeout=180_000)
    picture = page.locator(".jp-OutputArea-output img")
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => [image.naturalWidth, image.naturalHeight]") == [600, 400]
