"""Runs inside Pyodide (see test_core.py): pytest on one file of the core's tests."""

from __future__ import annotations

import contextlib
import io
import json
import platform
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType

import hypothesis
import numpy as np
import PIL
import pytest

import alphacut
from tests.numerics import held_by

# SciPy imports all that NumPy has, of which the site lacks what writes extensions in Fortran.
sys.modules["numpy.f2py"] = ModuleType("numpy.f2py")
setattr(np, "f2py", sys.modules["numpy.f2py"])  # noqa: B010 - mypy knows the real one

ROOT = Path(__file__).resolve().parents[2]

# Found again in every run: what is random is tried on CPython, and Pyodide takes several times as long.
hypothesis.settings.register_profile(
    "pyodide", deadline=None, max_examples=50, derandomize=True, database=None
)


@dataclass(eq=False)  # pytest keeps its plugins in sets
class Outcome:
    """What became of the tests of a file, by their names; why they failed or were skipped."""

    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    """Those of which RELIABILITY.md says that they hold here."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note what the table of oracles says."""
        self.held += [item.nodeid for item in items if (held := held_by(item)) and not held.only_here]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take a file that can't be imported for one test that failed."""
        if report.failed:
            self.failed[report.nodeid] = str(report.longrepr)
        if report.skipped:
            self._skip(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note each test once, or each of its phases that failed."""
        if report.failed:
            self.failed[f"{report.nodeid} ({report.when})"] = str(report.longrepr)
        elif report.skipped:
            self._skip(report)
        elif report.when == "call":
            self.passed.append(report.nodeid)

    def _skip(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        self.skipped[report.nodeid] = str(reason)


def versions() -> str:
    """Tell as JSON what the tests run on, and where alphacut comes from."""
    return json.dumps(
        {
            "python": platform.python_version(),
            "platform": sys.platform,
            "numpy": np.__version__,
            "pillow": PIL.__version__,
            "alphacut": alphacut.__file__,
        }
    )


def run(file: str) -> str:
    """Run the tests of a file, named from the project's folder; gives an `Outcome` as JSON."""
    outcome = Outcome()
    options = ["--tb=short", "--hypothesis-profile=pyodide", "-p", "no:cacheprovider"]
    places = [f"--rootdir={ROOT}", f"--confcutdir={ROOT}", "--import-mode=importlib", str(ROOT / file)]
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
        status = pytest.main([*options, *places], plugins=[outcome])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        outcome.failed["pytest itself"] = f"{status}\n{said.getvalue()}"
    return json.dumps(asdict(outcome))
