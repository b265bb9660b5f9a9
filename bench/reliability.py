"""Writes the tables of RELIABILITY.md from what tests noted and benches measured.

    python -m bench.reliability [--check]

Between ``<!-- table:NAME:begin -->`` and ``<!-- table:NAME:end -->`` stands the table of that name: those in
BENCHES from the results of benches, each other from tests/tables/NAME.json, which tests write
(tests/noting.py).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.cuts import cuts_table
from bench.fuzzing.table import fuzz_table, said
from bench.harness import RESULTS, ROOT, Result
from bench.nested import nested_table
from bench.tables import between, load_table, markdown

PAGE = ROOT / "RELIABILITY.md"
TABLES = ROOT / "tests" / "tables"
_MARK = re.compile(r"<!-- table:([a-z-]+):begin -->\n")


def noted(path: Path) -> str:
    """Lay out rows that tests noted; cells that a row lacks are empty."""
    rows = [row["cells"] for row in json.loads(path.read_text("utf-8"))]
    head = list(dict.fromkeys(column for row in rows for column in row))
    return markdown(head, [[row.get(column, "") for column in head] for row in rows])


def loads(files: Sequence[Result]) -> str:
    """Lay out the loads of each machine."""
    return _each(files, load_table)


def fuzzing(files: Sequence[Result]) -> str:
    """Lay out what fuzzing found on each machine."""
    return "\n\n".join(f"{said(file)}\n\n{fuzz_table(file['results'])}" for file in files)


def cuts(files: Sequence[Result]) -> str:
    """Lay out the cuts of each machine."""
    return _each(files, cuts_table)


def nested(files: Sequence[Result]) -> str:
    """Lay out what came of workers' workers on each machine."""
    return _each(files, nested_table)


BENCHES: dict[str, tuple[str, Callable[[Sequence[Result]], str]]] = {
    "loads": ("batch-*.json", loads),
    "fuzzing": ("fuzz-*.json", fuzzing),
    "cuts": ("cuts-*.json", cuts),
    "nested": ("nested-*.json", nested),
}
"""Tables of benches by name: their results' files, and what lays them out."""


def table(name: str) -> str:
    """Make one table."""
    if name not in BENCHES:
        return noted(TABLES / f"{name}.json")
    pattern, layout = BENCHES[name]
    return layout([json.loads(path.read_text("utf-8")) for path in sorted(RESULTS.glob(pattern))])


def rendered(text: str) -> str:
    """Put every table of a page between its marks."""
    for name in _MARK.findall(text):
        begin, end = (f"<!-- table:{name}:{mark} -->" for mark in ("begin", "end"))
        text = between(text, f"{begin}\n", end, f"{table(name)}\n\n")
    return text


def _each(files: Sequence[Result], layout: Callable[[Sequence[Result]], str]) -> str:
    return "\n\n".join(f"On {file['title']} ({file['date']}):\n\n{layout(file['results'])}" for file in files)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, or with --check say whether they are current."""
    before = PAGE.read_text("utf-8")
    after = rendered(before)
    if "--check" in (sys.argv[1:] if arguments is None else arguments):
        return 0 if before == after else 1
    PAGE.write_text(after, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
