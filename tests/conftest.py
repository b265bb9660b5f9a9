"""The order of the tests: quick ones first."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("alphacut", deadline=None)
settings.load_profile("alphacut")

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # see src/alphacut/native.py


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests last: once Playwright runs, its event loop occupies the thread until the end."""
    items.sort(key=lambda item: "tests/browser" in item.path.as_posix())
