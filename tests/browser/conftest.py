"""Fixtures of the browser tests: the built site, a server, a page that tells what it asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import site as test_site
from tests.browser.driver import Driver
from tests.browser.editing import Editor
from tools import chromium
from tools.serve import serving

# As long as Playwright waits for what is clicked: another process may have the cores.
expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = chromium.find()
    assert path is not None, "run python -m tools.chromium --ensure first"
    return {
        **browser_type_launch_args,
        "executable_path": str(path),
        "args": chromium.launch_args("webgpu", "software"),
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """No service worker, which would keep files from one visit to the next: tests about it allow it."""
    return {**browser_context_args, "service_workers": "block"}


@pytest.fixture(scope="session")
def site() -> Path:
    return test_site.build()


@pytest.fixture(scope="session")
def site_url(site: Path) -> Iterator[str]:
    with serving(site) as url:
        yield url


@pytest.fixture
def driver(page: Page, site_url: str) -> Iterator[Driver]:
    """The page, not opened yet; afterwards: no request left the origin, no policy was violated."""
    driver = Driver(page, site_url)
    yield driver
    driver.assert_clean()


@pytest.fixture
def editor(opened: Editor) -> Editor:
    """The module's editor (its fixture `opened`) with the photo cut out anew."""
    return opened.begin()
