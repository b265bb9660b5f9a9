"""Writes the README's tables from bench/results/*.json: ``python -m bench.readme [--check]``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from bench.main_job import ROOT, table

README = ROOT / "README.md"
RESULTS = ROOT / "bench" / "results"
BEGIN, END = "<!-- figures:begin -->\n", "<!-- figures:end -->"


def rendered(text: str, results: Sequence[dict[str, Any]]) -> str:
    """Put the tables between the two marks of `text`."""
    head, rest = text.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    parts = [
        f"On {result['title']} ({result['date']}), milliseconds:\n\n{table(result['results'])}\n"
        for result in results
    ]
    explained = (
        "Through the built site and its own worker, JPEG to PNG. *cold*, *warm*: from starting the worker\n"
        "to the model loaded, with an empty and with a filled HTTP cache, over loopback; *first*: the first\n"
        "time with that photo; the other columns: medians of later times.\n\n"
    )
    return head + BEGIN + explained + "\n".join(parts) + END + tail


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, or with --check say whether they are current."""
    arguments = sys.argv[1:] if arguments is None else arguments
    results = [
        json.loads(path.read_text("utf-8"))
        for path in sorted(RESULTS.glob("main-job-*.json"), key=lambda path: path.stem)
    ]
    before = README.read_text("utf-8")
    after = rendered(before, results)
    if "--check" in arguments:
        return 0 if before == after else 1
    README.write_text(after, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
