"""The examples: real MkDocs and Sphinx projects and a plain page, built, served elsewhere, and used."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.driver import SECOND, Driver
from tests.browser.test_main_job import assert_same_cutout
from tests.helpers import ROOT
from tools.docs_fill import EXAMPLE_SITE
from tools.serve import serving

EXAMPLES = ROOT / "examples"
BUILDS = {
    "mkdocs": ["mkdocs", "build", "--strict", "--quiet", "--site-dir"],
    "sphinx": ["sphinx", "-W", "-q", "."],
}
"""Modules to run, but for the folder to write."""
# How many boxes the text inside the element has.
_SHOWN = """(element) => {
  const text = document.createRange();
  text.selectNode([...element.childNodes].find((node) => node.textContent?.includes("can't show")));
  return text.getClientRects().length;
}"""
_PATIENCE = 90 * SECOND


def built(name: str, site: str, folder: Path) -> Path:
    """Build an example for a site at this address; the photo is cut out by a small network."""
    source, out = folder / "source", folder / "built"
    shutil.copytree(EXAMPLES / name, source)
    for path in source.rglob("*.*"):
        text = path.read_text("utf-8").replace(f"{EXAMPLE_SITE}/", site)
        path.write_text(text.replace('model="u2netp"', 'model="tiny" device="wasm"'), "utf-8")
    if name == "html":
        return source
    command = BUILDS[name]
    done = subprocess.run(
        [sys.executable, "-m", *command, str(out)], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(params=["html", "mkdocs", "sphinx"])
def address(request: pytest.FixtureRequest, site_url: str, tmp_path: Path) -> Iterator[str]:
    """Address of an example on a server that sends no headers."""
    with serving(built(request.param, site_url, tmp_path), plain=True) as url:
        yield url


def open_example(page: Page, address: str) -> FrameLocator:
    page.goto(f"{address}index.html")
    page.locator("alpha-cut[data-ready]").wait_for(timeout=_PATIENCE)
    return page.frame_locator("alpha-cut iframe")


def test_a_photo_goes_through_the_embed(
    page: Page, address: str, site: Path, site_url: str, tmp_path: Path
) -> None:
    """The visitor of the page chooses it in the frame, and downloads the cutout."""
    driver = Driver(page, site_url)
    tool = open_example(page, address)
    photo = site / "samples" / "chelsea.png"
    tool.locator("#photo-input").set_input_files(photo)
    expect(tool.locator("#cutout")).to_be_visible(timeout=_PATIENCE)
    with page.expect_download() as download:
        tool.locator("#download").click()
    path = tmp_path / "cutout.png"
    download.value.save_as(path)
    assert_same_cutout(site, "tiny", photo, path, tmp_path)
    driver.assert_no_complaints()
    assert {urlsplit(url).hostname for url in driver.requests if url.startswith("http")} == {"127.0.0.1"}


def test_the_example_stays_what_it_is_around_the_tool(page: Page, address: str) -> None:
    """The frame is as high as its content, in a column of 280 pixels too; what stood inside is hidden."""
    page.set_viewport_size({"width": 280, "height": 700})
    tool = open_example(page, address)
    frame = page.locator("alpha-cut iframe")
    height = tool.locator("#tool").bounding_box()
    shown = frame.bounding_box()
    assert height is not None
    assert shown is not None
    assert abs(shown["height"] - height["height"]) <= 1
    assert page.locator("alpha-cut").evaluate(_SHOWN) == 0
