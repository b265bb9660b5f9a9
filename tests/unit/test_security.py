"""SECURITY.md answers for the versions that are pinned, names tests that exist, and no flaw twice."""

from __future__ import annotations

import re

import pytest

from tests.helpers import ROOT
from tests.unit.test_mended import INSIDE, PYTHON
from tools.catalog import read_catalog

PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
FLAW = re.compile(r"CVE-\d{4}-\d{4,6}|GHSA(?:-[0-9a-z]{4}){3}")
TESTS = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


def rows(heading: str) -> list[list[str]]:
    """Cells of the table under a heading, without head and rule."""
    section = PAGE.partition(f"## {heading}")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def pillow_heading() -> str:
    return f"Known vulnerabilities of Pillow {read_catalog().components['pillow'].version}"


def missing_tests(cells: list[list[str]]) -> list[str]:
    named = [name for row in cells for name in re.findall(r"`(test_\w+)`", row[-1])]
    return [
        name
        for name in named
        if f"def {name}(" not in TESTS and not list((ROOT / "tests").rglob(f"{name}.py"))
    ]


def test_the_versions_are_the_pinned_ones() -> None:
    pinned = read_catalog().components
    assert rows(pillow_heading()), "the table is of another Pillow: read what is new, answer it"
    told = {row[0] for row in rows("Of the other parts")}
    parts = {
        "ONNX Runtime Web": "onnxruntime-web",
        "ONNX": "onnx",
        "Protocol Buffers": "protobuf",
        "NumPy": "numpy",
        "Pyodide": "pyodide",
    }
    within = {f"{name} {version}, inside Pillow's wheel" for name, version in INSIDE.items()}
    assert told == {f"{title} {pinned[id_].version}" for title, id_ in parts.items()} | within
    assert f"CPython {PYTHON} " in PAGE
    assert f"Pyodide {pinned['pyodide'].version}" in PAGE


def test_each_flaw_is_answered_once_by_a_test_that_exists() -> None:
    cells = rows(pillow_heading())
    flaws = [flaw for row in cells for flaw in FLAW.findall(row[0])]
    assert len(flaws) == len(set(flaws))
    assert len(flaws) > 60
    for row in cells:
        assert len(row) == 5, row
        assert FLAW.search(row[0]), row
        assert row[2] in {"yes", "no"}, row
        assert row[3], row
        assert "`test_" in row[4] or row[4] == "nothing but the plugin", row
    assert missing_tests(cells) == []


def test_what_is_reached_is_met_by_a_test_in_the_very_version() -> None:
    """Which runs in Pyodide: see tests/browser/test_core.py."""
    files = [ROOT / "tests" / "unit" / f"test_{name}.py" for name in ("mended", "image")]
    met = "".join(path.read_text("utf-8") for path in files)
    for row in rows(pillow_heading()):
        if row[2] == "yes":
            assert any(f"def {name}(" in met for name in re.findall(r"`(test_\w+)`", row[4])), row


@pytest.mark.parametrize("name", ["test_that_nobody_wrote"])
def test_a_test_that_is_not_there_is_noticed(name: str) -> None:
    assert missing_tests([["", f"`{name}`"]]) == [name]
