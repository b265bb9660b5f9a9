"""alphacut.js on pages of other origins: a file of the page starts its worker, or an error says how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.host import ISOLATED, SHIM, Api, hosting, write_host
from tests.browser.test_api import PHOTO
from tools.docs_fill import DOCS, EXAMPLE_SITE
from tools.serve import serving

USUAL = f'{{ model: "tiny", device: "cpu", workerUrl: "{SHIM}" }}'


def policy(site_url: str) -> str:
    """What docs/javascript.md says that a strict page must allow, and the inline script of this one."""
    page = (DOCS / "javascript.md").read_text("utf-8").replace(EXAMPLE_SITE, site_url.rstrip("/"))
    told = dict(re.findall(r"^\| `([a-z]+-src)` \| `(.+?)`", page, re.MULTILINE))
    assert set(told) == {"script-src", "worker-src", "connect-src"}
    told["script-src"] += " 'unsafe-inline'"
    return "; ".join(["default-src 'none'", *(f"{name} {value}" for name, value in told.items())])


@pytest.fixture(scope="module", params=["plain", "isolated", "strict"])
def api(request: pytest.FixtureRequest, browser: Browser, site: Path, tmp_path_factory: Any) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp(request.param)
    with serving(site) as site_url:
        strict = {"Content-Security-Policy": policy(site_url)}
        headers = {"plain": {}, "isolated": ISOLATED, "strict": strict}[request.param]
        write_host(folder, site_url)
        with hosting(folder, headers) as url:
            page = browser.new_page()
            page.goto(url)
            page.evaluate(REPORT)
            page.evaluate(f"window.site = '{site_url}'")
            yield Api(page, USUAL)
            assert page.evaluate("window.violations") == []
            page.close()


REPORT = """
  window.violations = [];
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
    window.violations.push(`${violatedDirective}: ${blockedURI}`);
  });
"""


def test_the_worker_runs_on_one_thread_and_says_why(api: Api) -> None:
    ready = api.call("alphacut.preload(usual)").value
    assert ready["device"]["provider"] == "wasm"
    assert ready["device"]["threads"] == 1
    assert "another site" in ready["device"]["reason"]
    api.call("alphacut.removeBackground(photo, usual)", PHOTO)
    texts = [remark["text"] for remark in ready["remarks"] if remark["topic"] == "encode"]
    assert len(texts) == 1
    assert "another site" in texts[0]


def test_the_cutout_is_the_same_as_on_the_sites_own_page(api: Api, site: Path, page: Page) -> None:
    made = api.call("alphacut.removeBackground(photo, usual)", PHOTO)
    with serving(site) as url:
        page.goto(f"{url}site.json")
        page.evaluate("import('./alphacut.js').then((module) => { window.alphacut = module; })")
        ours = Api(page).call("alphacut.removeBackground(photo, usual)", PHOTO)
    np.testing.assert_array_equal(made.pixels, ours.pixels)
    assert made.pixels[..., 3].max() > 250


def test_without_the_file_the_error_says_its_one_line(api: Api) -> None:
    error = api.call("alphacut.preload({ ...usual, workerUrl: undefined })").error
    assert error is not None
    assert error["code"] == "bad-options"
    assert f'import "{api.page.evaluate("site")}worker.js";' in error["hint"]


def test_a_picture_that_the_page_may_not_read_is_explained(page: Page, site: Path, tmp_path: Path) -> None:
    """It is shown, but neither can its file be fetched nor its pixels be read."""
    with serving(site) as site_url, serving(site, plain=True) as other_url, hosting(tmp_path) as url:
        write_host(tmp_path, site_url)
        page.goto(url)
        show = f"""new Promise((resolve) => {{
          const image = new Image();
          image.onload = () => resolve(image.naturalWidth), image.src = "{other_url}samples/chelsea.png";
          window.image = image;
        }})"""
        assert page.evaluate(show) > 0
        error = Api(page, USUAL).call("alphacut.removeBackground(image, usual)").error
        drawn = """(() => {
          const canvas = new OffscreenCanvas(9, 9);
          canvas.getContext("2d").drawImage(image, 0, 0);
          return alphacut.removeBackground(canvas, usual);
        })()"""
        tainted = Api(page, USUAL).call(drawn).error
    assert error is not None
    assert (error["code"], "Access-Control-Allow-Origin" in error["hint"]) == ("download-failed", True)
    assert tainted is not None
    assert (tainted["code"], "crossorigin" in tainted["hint"]) == ("unreadable-file", True)


def test_a_file_of_a_third_origin_is_refused(api: Api) -> None:
    error = api.call('alphacut.preload({ ...usual, workerUrl: "http://other.example/worker.js" })').error
    assert error is not None
    assert (error["code"], "own origin" in error["message"]) == ("bad-options", True)


def test_a_file_that_is_not_there_is_an_error_that_names_it(api: Api) -> None:
    error = api.call('alphacut.preload({ ...usual, workerUrl: "none.js" })').error
    assert error is not None
    assert error["code"] == "worker-crashed"
    assert "none.js" in error["hint"]
