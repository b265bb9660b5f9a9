"""PNG files are made by a pool of workers, and by Pillow alone where those do not work: the same pixels."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.driver import Driver, pixels, rewrite
from tests.helpers import png_chunks, scene
from tools.bundle import served
from tools.serve import Fault, serving

STRIP = "worker/png-strip-"


def remarks(report: dict[str, Any]) -> str:
    return " ".join(remark["text"] for remark in report["remarks"] if remark["topic"] == "encode")


def cut_out(page: Page, url: str, photo: Path, folder: Path) -> tuple[dict[str, Any], Path]:
    driver = Driver(page, url)
    driver.open(model="tiny")
    report = driver.cut_out(photo)
    made = driver.download(folder)
    driver.assert_clean()
    return report, made


@pytest.fixture(scope="module")
def photo(site: Path) -> Path:
    return site / "samples" / "coffee.png"


@pytest.mark.parametrize("plain", [False, True], ids=["isolated", "plain"])
def test_the_pool_makes_the_file(page: Page, site: Path, photo: Path, tmp_path: Path, plain: bool) -> None:
    with serving(site, plain=plain) as url:
        report, made = cut_out(page, url, photo, tmp_path)
    assert remarks(report) == ""
    assert png_chunks(made.read_bytes()).count(b"IDAT") > 3  # strips, and a head and a checksum around them


FAULTS = {
    "missing": Fault(status=404),
    "dies": Fault(body=b"globalThis.onmessage = () => { throw new Error('no strips today'); };"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_pillow_makes_the_file_where_the_pool_fails(
    page: Page, site: Path, photo: Path, tmp_path: Path, fault: Fault
) -> None:
    with serving(site) as url:
        _, ours = cut_out(page, url, photo, tmp_path)
    (tmp_path / "alone").mkdir()
    with serving(site, faults=lambda path: fault if STRIP in path else None) as url:
        report, alone = cut_out(page, url, photo, tmp_path / "alone")
        assert "made by one core" in remarks(report)
        expect(page.locator("#remarks")).to_contain_text("made by one core")
    assert png_chunks(alone.read_bytes()).count(b"IDAT") != png_chunks(ours.read_bytes()).count(b"IDAT")
    np.testing.assert_array_equal(pixels(alone), pixels(ours))


def test_workers_that_do_not_answer_are_not_waited_for(
    page: Page, site: Path, photo: Path, tmp_path: Path
) -> None:
    rewrite(page, "**/worker/png-pool.js", "PATIENCE_MS = 20_000", "PATIENCE_MS = 300")
    with serving(site, faults=lambda path: Fault(body=b"") if STRIP in path else None) as url:
        report, _ = cut_out(page, url, photo, tmp_path)
    assert "does not answer" in remarks(report)


SLOWLY = """
const atOnce = globalThis.onmessage;
globalThis.onmessage = (event) => {
  for (const until = performance.now() + 500; performance.now() < until;);
  atOnce(event);
};
"""


def test_the_pool_goes_on_after_a_photo_that_was_cancelled(page: Page, site: Path, tmp_path: Path) -> None:
    """Cancelled while its strips are made, heard of by the next strip: the worker need not be replaced."""
    photo = tmp_path / "photo.bmp"
    Image.fromarray(scene(1200, 900)).save(photo)
    fault = Fault(body=(site / served(site, "worker/png-strip.js")).read_bytes() + SLOWLY.encode())
    with serving(site, faults=lambda path: fault if STRIP in path else None) as url:
        driver = Driver(page, url)
        driver.open(model="tiny")
        driver.wait_for("ready")
        for _ in range(2):
            driver.choose(photo)  # ends the one before
            expect(page.locator("#status")).to_have_text(re.compile("Writing the file"))
        report = driver.finish()
        assert remarks(report) == ""
        assert png_chunks(driver.download(tmp_path).read_bytes()).count(b"IDAT") > 3
        assert len([asked for asked in driver.requests if "worker/worker-" in asked]) == 1
