"""The documentation's snippets for Pyodide run in a page of somebody else's, which has nothing of ours."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.browser import test_python
from tests.browser.test_python import encoded, run
from tests.snippets import at, each
from tools.snippets import Snippet

folder, host = test_python.folder, test_python.host


@each("pyodide")
def test_a_snippet_for_pyodide(snippet: Snippet, page: Page, host: str, site: Path, site_url: str) -> None:
    page.goto(host)
    page.wait_for_function("globalThis.python !== undefined", timeout=60_000)
    photo = site / "samples" / "chelsea.png"
    page.evaluate("([path, text]) => put(path, text)", ["photo.png", encoded(photo)])
    run(page, "photo = open('photo.png', 'rb').read()")
    run(page, at(snippet, site_url))
    given = snippet.attributes["gives"]
    assert run(page, f"f'{{{given}.mode}} {{{given}.width}} {{{given}.height}}'") == "RGBA 451 300"
