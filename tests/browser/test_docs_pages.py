"""The documentation in a folder of the site, under its headers: no foreign request, nothing refused."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driver import SECOND, Driver
from tools import docs
from tools.catalog import ROOT
from tools.docs_fill import DOCS
from tools.respond import DOCUMENTATION
from tools.serve import serving

PAGES = sorted(path.stem for path in DOCS.glob("*.md"))


@pytest.fixture(scope="module")
def with_docs(site: Path) -> Path:
    """The test site with the documentation in it."""
    folder = ROOT / "dist" / "test-site-with-docs"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(site, folder, copy_function=os.link)
    docs.build(out=folder / DOCUMENTATION)
    return folder


@pytest.fixture(scope="module")
def url(with_docs: Path) -> Iterator[str]:
    with serving(with_docs, base="/some/where/else/") as url:
        yield url


@pytest.fixture
def reader(page: Page, url: str) -> Iterator[Driver]:
    """A reader of the documentation; nothing was asked for elsewhere, no policy was violated."""
    driver = Driver(page, url)
    yield driver
    driver.assert_clean()


def open_page(reader: Driver, name: str, width: int = 1280) -> Page:
    reader.page.set_viewport_size({"width": width, "height": 800})
    reader.page.goto(f"{reader.url}{DOCUMENTATION}{name}.html")
    return reader.page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_by_day_and_night(reader: Driver, name: str) -> None:
    page = open_page(reader, name, width=360)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    theme = page.locator("body")
    expect(theme).to_have_attribute("data-md-color-scheme", "default")
    page.emulate_media(color_scheme="dark")
    expect(theme).to_have_attribute("data-md-color-scheme", "slate")


def test_search_finds_what_is_on_another_page(reader: Driver) -> None:
    page = open_page(reader, "index")
    page.get_by_role("textbox", name="Search").press_sequentially("sandbox")
    found = page.locator('.md-search-result__link[href*="/docs/embed.html"][href$="#sandbox"]')
    expect(found.first).to_be_attached()


def test_snippets_name_the_site_they_lie_on(reader: Driver) -> None:
    page = open_page(reader, "index")
    expect(page.locator("pre code").first).to_contain_text(f'src="{reader.url}embed.js"')
    expect(page.locator("body")).not_to_contain_text("alphacut.example")


def test_snippets_elsewhere_keep_the_example_s_address(page: Page, with_docs: Path) -> None:
    with serving(with_docs / DOCUMENTATION, base="/docs/") as url, page.expect_response("**/site.json"):
        page.goto(f"{url}index.html")
        expect(page.locator("pre code").first).to_contain_text('src="https://alphacut.example/embed.js"')


def test_the_tool_in_the_guide_cuts_out_a_photo_and_has_the_page_s_theme(reader: Driver, site: Path) -> None:
    page = open_page(reader, "embed")
    page.locator(".live alpha-cut[data-ready]").wait_for(timeout=90 * SECOND)
    tool = page.frame_locator(".live alpha-cut iframe")
    tool.locator("#photo-input").set_input_files(site / "samples" / "chelsea.png")
    expect(tool.locator("#cutout")).to_be_visible(timeout=90 * SECOND)
    for label, scheme in (("Use the light theme", "light"), ("Use the dark theme", "dark")):
        page.get_by_title(label).click()
        expect(page.locator(".live alpha-cut")).to_have_attribute("theme", scheme)
        expect(tool.locator("html")).to_have_css("color-scheme", scheme)
