"""The order of the tests: quick ones first; and where tests note the rows of RELIABILITY.md."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.noting import Noted

# How long an example takes says more of the machine than of the code.
settings.register_profile("alphacut", deadline=None)
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
    path = request.path.relative_to(request.config.rootpath).as_posix()
    writing: bool = request.config.getoption("--write-tables")
    return Noted(f"{path}::{request.node.originalname}", writing=writing)
