"""The order of the tests: those in browsers last; and where tests note the rows of RELIABILITY.md."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.noting import Ledger, Noted
from tests.numerics import held_by

# How long an example takes says more of the machine than of the code.
settings.register_profile("alphacut", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# --hypothesis-profile=many
settings.register_profile("many", settings.get_profile("alphacut"), max_examples=2000)
settings.load_profile("alphacut")

LEDGER = pytest.StashKey[Ledger]()

LONG = (
    *("test_docs_snippets", "test_parity", "test_foreground", "test_reproducible", "test_installed"),
    *("test_core", "test_hostile", "test_browsers", "test_trouble", "test_faults", "test_embed"),
    *("test_privacy", "test_kept", "test_batch", "test_storage", "test_api", "test_device"),
)
"""Names of files that take long, the longest first: of unit and golden tests, then of those in browsers."""

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # see src/alphacut/native.py


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-tables", action="store_true", help="keep the rows that tests note: tests/noting.py"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEDGER] = Ledger(writing=config.getoption("--write-tables"))


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class) -> Generator[None, object, object]:
    """Count the parameters of each test before any of them is deselected."""
    made = yield
    for item in made if isinstance(made, list) else []:
        if isinstance(item, pytest.Function):
            collector.config.stash[LEDGER].awaited.setdefault(_test_of(item), set()).add(item.nodeid)
    return made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests last: once Playwright runs, its event loop occupies the thread until the end.

    Files that take long are first of either, so that of several processes none works alone in the end.
    """
    items.sort(key=_place)


def _place(item: pytest.Item) -> tuple[bool, int]:
    name = item.path.stem
    return "tests/browser" in item.path.as_posix(), LONG.index(name) if name in LONG else len(LONG)


@pytest.fixture
def noted(request: pytest.FixtureRequest) -> Noted:
    """Where the test notes rows of RELIABILITY.md."""
    return _noted(request.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Note what a test that passed holds against an oracle, and that it passed; in Pyodide are no tables."""
    result = yield
    if sys.platform == "emscripten":
        return result
    held = held_by(item)
    if held is not None:
        _noted(item).row("numerics", **held.cells())
    item.config.stash[LEDGER].passed(_test_of(item), item.nodeid)
    return result


def _noted(item: pytest.Item) -> Noted:
    return item.config.stash[LEDGER].of(_test_of(item))


def _test_of(item: pytest.Item) -> str:
    path = item.path.relative_to(item.config.rootpath).as_posix()
    return f"{path}::{getattr(item, 'originalname', item.name)}"
