"""Snippets of the documentation for pages, run in one of another origin than the site's, as a reader's is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driver import SECOND, Driver
from tests.snippets import all_of, at, each
from tools.respond import EMBEDDED
from tools.serve import Fault, serving
from tools.snippets import Snippet

_PATIENCE = 90 * SECOND
HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><title>A page of a reader</title>\n'
INPUT = '<input type="file" id="photo">\n'
# What a script gives is looked at in the page: pictures can be decoded there.
GIVEN = """async (name) => {
  const given = (await import(new URL("script.js", document.baseURI))).given[name];
  if (!(given instanceof Blob)) return given;
  const { width, height } = await createImageBitmap(given);
  return { type: given.type, width, height };
}"""


class Desk:
    """A reader's folder on a server, and a site that lets its pages send photos, or does not."""

    def __init__(self, page: Page, site: Path, folder: Path, servers: ExitStack) -> None:
        self.page = page
        self.site = site
        self.folder = folder
        self._servers = servers

    def open(self, snippet: Snippet, page: Callable[[str], dict[str, str]]) -> Driver:
        """Serve the files that `page` makes of the site's address, and open index.html."""
        own_origin = "own-origin" in snippet.attributes
        host, files = self.folder / "host", dict[str, str]()
        host.mkdir()
        url = self._servers.enter_context(serving(host, plain=True))
        allowed = urlsplit(url)._replace(path="").geturl() if "allowed" in snippet.attributes else ""
        html = (self.site / EMBEDDED).read_text("utf-8").replace('data-allow=""', f'data-allow="{allowed}"')
        answers = {EMBEDDED: html}
        site = self._servers.enter_context(
            serving(
                self.site,
                plain=own_origin,  # the site's policy allows no script inside a page
                faults=lambda path: Fault(body=answers[path].encode()) if path in answers else None,
            )
        )
        files = page(site)
        if own_origin:
            answers |= files
        for name, text in files.items():
            (host / name).write_text(text, "utf-8")
        driver = Driver(self.page, site)
        self.page.goto(f"{site if own_origin else url}index.html")
        return driver

    def choose(self, photo: Path) -> None:
        self.page.set_input_files("#photo", photo)


@pytest.fixture
def desk(page: Page, site: Path, tmp_path: Path) -> Iterator[Desk]:
    with ExitStack() as servers:
        yield Desk(page, site, tmp_path, servers)
        page.goto("about:blank")  # nothing is asked for any more when the servers end


@pytest.fixture
def photo(site: Path) -> Path:
    return site / "samples" / "chelsea.png"


def workers(site: str) -> dict[str, str]:
    """The worker files that the pages show, which are one and the same."""
    return {str(snippet.title): at(snippet, site) for snippet in all_of("worker")}


@each("worker")
def test_a_worker_file_is_what_other_snippets_start(snippet: Snippet) -> None:
    others = [other for other in (*all_of("page"), *all_of("script")) if other.page == snippet.page]
    assert [other for other in others if f'workerUrl: "{snippet.title}"' in other.text]
    assert {other.text for other in all_of("worker")} == {snippet.text}


# ---- pages -------------------------------------------------------------------------------------------


@each("page")
def test_a_page(snippet: Snippet, desk: Desk, photo: Path) -> None:
    driver = desk.open(snippet, lambda site: {"index.html": HEAD + at(snippet, site), **workers(site)})
    page = desk.page
    if "photo" in snippet.attributes:
        if "<alpha-cut" in snippet.text:
            page.locator("alpha-cut[data-ready]").wait_for(timeout=_PATIENCE)
        desk.choose(photo)
    wanted = page.locator(snippet.attributes["expect"])
    wanted.wait_for(timeout=_PATIENCE)
    if EMBEDDED in snippet.text or "<alpha-cut" in snippet.text:
        check_tool(page)
    if wanted.evaluate("(element) => element.tagName") == "IMG":
        check_cutout(page, snippet.attributes["expect"], photo)
    driver.assert_no_complaints()


def check_tool(page: Page) -> None:
    """The tool is there and can be used, or shows a cutout already."""
    tool = page.frame_locator("iframe")
    expect(tool.locator("#choose:visible, #cutout:visible").first).to_be_visible(timeout=_PATIENCE)
    expect(tool.locator("#error")).to_be_hidden()


def check_cutout(page: Page, selector: str, photo: Path) -> None:
    """The picture is as large as the photo."""
    page.wait_for_function(
        "(selector) => document.querySelector(selector).naturalWidth > 0", arg=selector, timeout=_PATIENCE
    )
    size = page.eval_on_selector(
        selector, "({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight]"
    )
    assert size == page.evaluate(
        """async () => {
            const { width, height } = await createImageBitmap(document.querySelector("#photo").files[0]);
            return [width, height];
        }"""
    )


# ---- scripts -----------------------------------------------------------------------------------------


@each("script")
def test_a_script(snippet: Snippet, desk: Desk, photo: Path) -> None:
    name = snippet.attributes["gives"]

    def page(site: str) -> dict[str, str]:
        script = f"{at(snippet, site)}\nexport const given = {{ {name} }};\n"
        return {"index.html": HEAD + INPUT, "script.js": script, **workers(site)}

    driver = desk.open(snippet, page)
    if "photo" in snippet.attributes:
        desk.choose(photo)
    check_given(desk.page.evaluate(GIVEN, name), snippet)
    driver.assert_no_complaints()


def check_given(given: Any, snippet: Snippet) -> None:
    """Hold what a script gives against what its comment says, or against the photo."""
    said = re.search(r'code = error\.code; // "([\w-]+)"', snippet.text)
    if said:
        assert given == said[1]
    elif isinstance(given, dict):
        assert given == {"type": "image/png", "width": 451, "height": 300}
    else:
        assert given is True
