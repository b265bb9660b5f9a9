"""The order of the tests: quick ones first; and where tests note the rows of RELIABILITY.md."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.noting import Noted
from tests.numerics import held_by

# How long an example takes says more of the machine than of the code.
settings.register_profile("alphacut", deadline=None)
settings.register_profile("many", deadline=None, max_examples=2000)  # --hypothesis-profile=many
settings.load_profile("alphacut")

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # see src/alphacut/native.py


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-tables", action="store_true", help="keep the rows that tests note: tests/noting.py"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests last: once Playwright runs, its event loop occupies the thread until the end."""
    items.sort(key=lambda item: "tests/browser" in item.path.as_posix())


@pytest.fixture
def noted(request: pytest.FixtureRequest) -> Noted:
    """Where the test notes rows of RELIABILITY.md."""
    return _noted(request.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Note what a test that passed holds against an oracle; in Pyodide there are no tables."""
    result = yield
    held = held_by(item)
    if held is not None and sys.platform != "emscripten":
        _noted(item).row("numerics", **held.cells())
    return result


def _noted(item: pytest.Item) -> Noted:
    path = item.path.relative_to(item.config.rootpath).as_posix()
    writing: bool = item.config.getoption("--write-tables")
    return Noted(f"{path}::{getattr(item, 'originalname', item.name)}", writing=writing)
