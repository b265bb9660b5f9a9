"""RELIABILITY.md's tables are what tests noted and benches measured; rows are held against what is seen."""

from __future__ import annotations

import re
from multiprocessing import get_context
from pathlib import Path

import pytest

from bench import reliability
from tests import noting
from tests.helpers import ROOT
from tests.noting import Ledger, Noted

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


@pytest.mark.parametrize("name", NAMES)
def test_no_two_rows_begin_alike(name: str) -> None:
    keys = [next(iter(row["cells"].values())) for row in noting.read(name)]
    assert len(set(keys)) == len(keys)


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


TEST = "tests/test_a.py::test_b"


def kept(table: str) -> list[dict[str, str]]:
    return [row["cells"] for row in noting.read(table)]


def run(*names: str, writing: bool, rows: dict[str, list[str]], keys: bool = False) -> None:
    """As pytest does it: `rows` are what each parameter notes, `names` those that are run, in order."""
    ledger = Ledger(writing=writing, awaited={TEST: set(rows)})
    for name in names:
        for key in rows[name]:
            if keys:
                ledger.of(TEST).cell("browsers", key, name, "works")
            else:
                ledger.of(TEST).row("faults", fault=key)
        ledger.passed(TEST, name)


def test_a_row_that_its_test_notes_no_more_is_noticed_and_dropped(folder: Path) -> None:
    run("one", "two", writing=True, rows={"one": ["404"], "two": ["500", "503"]})
    Noted("tests/test_a.py::test_c", writing=True).row("faults", fault="reset")
    fewer = {"one": ["404"], "two": ["500"]}
    with pytest.raises(AssertionError, match="503"):
        run("one", "two", writing=False, rows=fewer)
    run("one", "two", writing=True, rows=fewer)
    assert kept("faults") == [{"fault": "404"}, {"fault": "500"}, {"fault": "reset"}]
    run("two", "one", writing=False, rows=fewer)
    with pytest.raises(AssertionError, match="404"):
        run("one", writing=False, rows={"one": []})


def test_what_some_parameters_note_is_not_taken_for_all(folder: Path) -> None:
    rows = {"one": ["404"], "two": ["500"]}
    run("one", "two", writing=True, rows=rows)
    for writing in (False, True):
        run("two", writing=writing, rows=rows)
    assert kept("faults") == [{"fault": "404"}, {"fault": "500"}]


def test_a_column_that_its_test_notes_no_more_is_noticed_and_dropped(folder: Path) -> None:
    run("one", "another", writing=True, keys=True, rows={"one": ["job"], "another": ["job"]})
    run("one", "another", writing=False, keys=True, rows={"one": ["job"], "another": ["job"]})
    with pytest.raises(AssertionError, match="another"):
        run("one", writing=False, keys=True, rows={"one": ["job"]})
    run("one", writing=True, keys=True, rows={"one": ["job"]})
    assert kept("browsers") == [{"what": "job", "one": "works"}]


def test_a_test_takes_no_row_from_another(folder: Path) -> None:
    owner = f"{Path(__file__).relative_to(ROOT).as_posix()}::test_a_test_takes_no_row_from_another"
    Noted(owner, writing=True).row("faults", fault="404")
    with pytest.raises(AssertionError, match="404"):
        Noted(TEST, writing=True).row("faults", fault="404")
    assert noting.read("faults")[0]["test"] == owner


def note_some(folder: Path, process: int) -> None:
    noting.FOLDER = folder
    for number in range(50):
        Noted(f"tests/test_a.py::test_{process}", writing=True).row("faults", fault=f"{process}, {number}")


def test_processes_that_write_at_once_lose_no_row(folder: Path) -> None:
    processes = [get_context("spawn").Process(target=note_some, args=(folder, n)) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(kept("faults")) == 150


def test_a_test_that_was_renamed_takes_its_row_along(folder: Path) -> None:
    Noted("tests/test_a.py::test_of_old", writing=True).row("faults", fault="404")
    run("one", writing=True, rows={"one": ["404"]})
    run("one", writing=False, rows={"one": ["404"]})
