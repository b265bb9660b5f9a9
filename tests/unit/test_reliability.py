"""RELIABILITY.md's tables are what tests noted and benches measured; rows are held against what is seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import reliability
from tests import noting
from tests.helpers import ROOT
from tests.noting import Noted

NAMES = sorted(path.stem for path in noting.FOLDER.glob("*.json"))


def test_the_tables_are_current() -> None:
    assert reliability.main(["--check"]) == 0, "run python -m bench.reliability"


def test_a_changed_cell_is_noticed() -> None:
    text = reliability.PAGE.read_text("utf-8")
    assert reliability.rendered(re.sub(r"(begin -->\n\|)", r"\1 obsolete", text, count=1)) == text


def test_every_table_has_its_place() -> None:
    text = reliability.PAGE.read_text("utf-8")
    assert not [name for name in NAMES if f"<!-- table:{name}:begin -->" not in text]


@pytest.mark.parametrize("name", NAMES)
def test_no_row_stays_whose_test_is_gone(name: str) -> None:
    files = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in (ROOT / "tests").rglob("test_*.py")
    }
    assert not noting.outdated(name, files)
    assert noting.outdated(name, {}) or not noting.read(name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(noting, "FOLDER", tmp_path)
    return tmp_path


def test_what_was_seen_is_kept_in_order_and_held_against_later(folder: Path) -> None:
    name = "tests/test_a.py::test_b"
    writing, holding = Noted(name, writing=True), Noted(name, writing=False)
    writing.row("faults", fault="404", what_is_seen="nothing")
    writing.row("faults", fault="500", what_is_seen="nothing")
    writing.row("faults", fault="404", what_is_seen="a message")
    assert [row["cells"]["fault"] for row in noting.read("faults")] == ["404", "500"]
    holding.row("faults", fault="404", what_is_seen="a message")
    with pytest.raises(AssertionError):
        holding.row("faults", fault="404", what_is_seen="something else")
    with pytest.raises(AssertionError):
        holding.row("faults", fault="of another kind", what_is_seen="a message")
    assert "| 404 | a message |" in reliability.noted(folder / "faults.json")


def test_a_row_grows_by_a_cell_for_each_column(folder: Path) -> None:
    name = "tests/test_a.py::test_b"
    writing, holding = Noted(name, writing=True), Noted(name, writing=False)
    for browser in ("one", "another"):
        writing.cell("browsers", "main job", browser, "works")
    holding.cell("browsers", "main job", "one", "works")
    with pytest.raises(AssertionError):
        holding.cell("browsers", "main job", "one", "not there")
    assert "| main job | works | works |" in reliability.noted(folder / "browsers.json")
