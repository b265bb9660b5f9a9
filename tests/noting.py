"""Tables of RELIABILITY.md whose rows tests fill: each notes what it saw, held against the row that is kept.

    .venv/bin/python -m pytest tests/browser/test_faults.py --write-tables
    .venv/bin/python -m bench.reliability

Without ``--write-tables`` a row that is missing, or says something else than what was seen, fails the test;
so does one that its test notes no more, when all parameters of that test have passed in one run. Rows whose
test is gone are found by tests/unit/test_reliability.py. No cell holds a time, or anything else that differs
from one run to the next.

Several processes may note at once (``-n 2``): one that writes holds the folder's lock from reading a table
until it is written. All parameters of a test run in one process, as ``--dist loadfile`` has it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypedDict

from tests.helpers import ROOT

FOLDER = ROOT / "tests" / "tables"
# How much had come of a download that broke off.
_BYTES = re.compile(r" after [\d.]+ of [\d.]+ MB")


class Row(TypedDict):
    """What a test saw: its id without parameters, and the cells by the heads of their columns."""

    test: str
    cells: dict[str, str]


def read(name: str) -> list[Row]:
    """Read the rows of a table, in the order in which they were first written; none where it isn't there."""
    path = FOLDER / f"{name}.json"
    rows: list[Row] = json.loads(path.read_text("utf-8")) if path.is_file() else []
    return rows


Heads = dict[tuple[str, str], set[str]]
"""The heads of the cells that a test fills, by the table and the first cell of the row."""


@dataclass(frozen=True)
class Noted:
    """Where a test, with all its parameters, notes what it saw: fixture `noted`."""

    test: str
    writing: bool
    heads: Heads = field(default_factory=dict)

    def row(self, table: str, **cells: str) -> None:
        """Hold a row against the kept one with the same first cell, or keep it; in heads "_" is a space."""
        seen = {head.replace("_", " "): _BYTES.sub("", text) for head, text in cells.items()}
        with _alone(self.writing):
            self._hold(table, {"test": self.test, "cells": seen}, seen)

    def cell(self, table: str, key: str, head: str, text: str) -> None:
        """Hold one cell of the row of `key` against the kept one, or keep it: for tests of columns."""
        with _alone(self.writing):
            kept = _find(read(table), key)
            cells = {**(kept["cells"] if kept else {"what": key}), head: text}
            self._hold(table, {"test": self.test, "cells": cells}, {"what", head})

    def hold_all(self) -> None:
        """When all parameters have passed: hold all they noted against what is kept, or drop the rest."""
        if not self.writing:
            kept = _kept_by(self.test)
            assert kept == self.heads, f"{self.test} notes {self.heads}, kept is {kept}: see tests/noting.py"
            return
        with _alone(self.writing):
            for table in {table for table, _ in _kept_by(self.test)}:
                rows = [self._pruned(table, row) for row in read(table)]
                _write(table, [row for row in rows if row["cells"]])

    def _pruned(self, table: str, row: Row) -> Row:
        if row["test"] != self.test:
            return row
        heads = self.heads.get((table, _key(row)), set())
        return {**row, "cells": {head: text for head, text in row["cells"].items() if head in heads}}

    def _hold(self, table: str, row: Row, heads: Iterable[str]) -> None:
        rows = read(table)
        kept = _find(rows, _key(row))
        if kept is not None and kept["test"] != self.test:
            assert _is_gone(kept["test"]), f"table {table} has a row {_key(row)!r} of {kept['test']}"
        if not self.writing:
            assert row == kept, f"table {table} holds {kept}: see tests/noting.py"
        elif kept is None:
            _write(table, [*rows, row])
        else:
            _write(table, [row if one is kept else one for one in rows])
        self.heads.setdefault((table, _key(row)), set()).update(heads)


@dataclass
class Ledger:
    """What the tests of one run noted, and which of their parameters have yet to pass."""

    writing: bool
    awaited: dict[str, set[str]] = field(default_factory=dict)
    """Names with parameters, by tests without: all there are, chosen for this run or not."""
    noted: dict[str, Noted] = field(default_factory=dict)

    def of(self, test: str) -> Noted:
        """Where this test notes."""
        return self.noted.setdefault(test, Noted(test, writing=self.writing))

    def passed(self, test: str, name: str) -> None:
        """One test passed: if it was the last one of its parameters, hold all that they noted."""
        awaited = self.awaited.get(test, set())
        awaited.discard(name)
        if not awaited and (test in self.noted or test in self._keeping):
            self.of(test).hold_all()

    @cached_property
    def _keeping(self) -> set[str]:
        return {row["test"] for path in FOLDER.glob("*.json") for row in read(path.stem)}


def outdated(table: str, tests: Mapping[str, str]) -> list[str]:
    """Name the rows of a table whose test is not in its file any more; `tests` has files' text by path."""
    gone = []
    for row in read(table):
        path, _, function = row["test"].partition("::")
        if f"def {function}(" not in tests.get(path, ""):
            gone.append(_key(row))
    return gone


def _key(row: Row) -> str:
    return next(iter(row["cells"].values()))


def _find(rows: list[Row], key: str) -> Row | None:
    return next((row for row in rows if _key(row) == key), None)


def _kept_by(test: str) -> Heads:
    return {
        (path.stem, _key(row)): set(row["cells"])
        for path in FOLDER.glob("*.json")
        for row in read(path.stem)
        if row["test"] == test
    }


def _is_gone(test: str) -> bool:
    path, _, function = test.partition("::")
    return not (ROOT / path).is_file() or f"def {function}(" not in (ROOT / path).read_text("utf-8")


@contextmanager
def _alone(writing: bool) -> Iterator[None]:
    """Let no other process write while the context lasts, if this one does."""
    if not writing:
        yield
        return
    import fcntl  # Pyodide, where nothing is written, has none

    FOLDER.mkdir(exist_ok=True)
    folder = os.open(FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _write(table: str, rows: list[Row]) -> None:
    """Replace a table at once: others may be reading it."""
    path: Path = FOLDER / f"{table}.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    part.replace(path)
