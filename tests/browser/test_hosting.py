"""Where the site can be put: any server, any sub-path, with and without headers; nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import build_site
from tests.browser.driver import Driver, prepend
from tests.browser.site import CHUNK_BYTES
from tools.serve import Fault, serving


def test_isolated_server_gives_threads(driver: Driver, site: Path) -> None:
    driver.open(model="tiny")
    report = driver.cut_out(site / "samples" / "chelsea.png")
    cores = driver.page.evaluate("navigator.hardwareConcurrency")
    assert report["device"]["threads"] == min(cores, 16)


@pytest.mark.parametrize("base", ["/", "/some/where/else/"])
def test_plain_server_without_headers_or_types(page: Page, site: Path, base: str) -> None:
    """No isolation: one thread, and the page says why. No types: .wasm comes as octet-stream."""
    with serving(site, plain=True, base=base) as url:
        driver = Driver(page, url)
        driver.open(model="u2netp")
        report = driver.cut_out(site / "samples" / "chelsea.png")
        assert report["device"]["threads"] == 1
        assert "one thread, because the page is not isolated" in report["device"]["reason"]
        driver.assert_clean()


def test_site_under_a_sub_path_of_an_isolated_server(page: Page, site: Path) -> None:
    with serving(site, base="/tools/alphacut/") as url:
        driver = Driver(page, url)
        driver.open(model="tiny")
        driver.cut_out(site / "samples" / "chelsea.png")
        driver.assert_clean()


def test_a_site_built_for_one_base(page: Page, tmp_path: Path) -> None:
    options = build_site.Options(models=("u2netp",), base="/app/", out=tmp_path / "site")
    with serving(build_site.build(options), base="/app/") as url:
        driver = Driver(page, url)
        driver.open(model="u2netp")
        driver.wait_for("ready")
        driver.assert_clean()


def test_asyncify_build_serves_browsers_without_jspi(page: Page, site: Path, site_url: str) -> None:
    """Same result from the build for browsers without WebAssembly.Suspending."""
    driver = Driver(page, site_url)
    prepend(page, "**/worker/ort.js", "delete WebAssembly.Suspending;")
    driver.open(model="tiny")
    driver.cut_out(site / "samples" / "chelsea.png")
    assert any("asyncify.wasm" in url for url in driver.requests)
    assert not any("jspi.wasm" in url for url in driver.requests)


def wrong(file: Path) -> Fault:
    """Another file in its place, as long as it is, of which Python does not take notice."""
    return Fault(body=file.read_bytes().replace(b"Summary: ", b"Summary; "))


@pytest.mark.parametrize("damaged", [None, "weights-000.bin", "python.tar"])
def test_without_the_browsers_sha256_python_checks(browser: Browser, site: Path, damaged: str | None) -> None:
    """On plain HTTP from another machine the browser offers no SHA-256."""
    faults = {
        "weights-000.bin": Fault(body=bytes(CHUNK_BYTES)),
        "python.tar": wrong(site / "runtime" / "pyodide" / "python.tar"),
    }
    context = browser.new_context()
    page = context.new_page()
    prepend(page, "**/worker/assets.js", "Object.defineProperty(crypto, 'subtle', { value: undefined });")
    with serving(site, faults=lambda path: faults[damaged] if damaged and damaged in path else None) as url:
        driver = Driver(page, url)
        driver.open(model="u2netp")
        if damaged:
            assert driver.fail_with()["code"] == "hash-mismatch"
        else:
            assert driver.cut_out(site / "samples" / "chelsea.png")["width"] == 451
    context.close()
