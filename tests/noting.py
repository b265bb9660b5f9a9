"""Tables of RELIABILITY.md whose rows tests fill: each notes what it saw, held against the row that is kept.

    .venv/bin/python -m pytest tests/browser/test_faults.py --write-tables
    .venv/bin/python -m bench.reliability

Without ``--write-tables`` a row that is missing, or says something else than what was seen, fails the test.
tests/unit/test_reliability.py sees that no row stays whose test is gone. No cell holds a time, or anything
else that differs from one run to the next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Noted:
    """Where a test notes what it saw: fixture `noted`."""

    test: str
    writing: bool

    def row(self, table: str, **cells: str) -> None:
        """Hold a row against the kept one with the same first cell, or keep it; in heads "_" is a space."""
        seen = {head.replace("_", " "): _BYTES.sub("", text) for head, text in cells.items()}
        rows = read(table)
        kept = _find(rows, next(iter(seen.values())))
        self._hold(table, rows, kept, {"test": self.test, "cells": seen})

    def cell(self, table: str, key: str, head: str, text: str) -> None:
        """Hold one cell of the row of `key` against the kept one, or keep it: for tests of columns."""
        rows = read(table)
        kept = _find(rows, key)
        cells = {**(kept["cells"] if kept else {"what": key}), head: text}
        self._hold(table, rows, kept, {"test": self.test, "cells": cells})

    def _hold(self, table: str, rows: list[Row], kept: Row | None, row: Row) -> None:
        if not self.writing:
            assert row == kept, f"table {table} holds {kept}: see tests/noting.py"
        elif kept is None:
            _write(table, [*rows, row])
        else:
            _write(table, [row if one is kept else one for one in rows])


def outdated(table: str, tests: Mapping[str, str]) -> list[str]:
    """Name the rows of a table whose test is not in its file any more; `tests` has files' text by path."""
    gone = []
    for row in read(table):
        path, _, function = row["test"].partition("::")
        if f"def {function}(" not in tests.get(path, ""):
            gone.append(next(iter(row["cells"].values())))
    return gone


def _find(rows: list[Row], key: str) -> Row | None:
    return next((row for row in rows if next(iter(row["cells"].values())) == key), None)


def _write(table: str, rows: list[Row]) -> None:
    FOLDER.mkdir(exist_ok=True)
    path: Path = FOLDER / f"{table}.json"
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
