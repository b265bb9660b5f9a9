"""Lays out what fuzzing found: the table of RELIABILITY.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.tables import markdown

_HEAD = (
    "made of", "inputs", "decoded", "refused, by code", "crashes", "hangs", "other exceptions",
    "wrong results", "out of memory", "memory at most, MB",
)  # fmt: skip
_BUGS = ("crash", "hang", "exception", "wrong", "memory")

Result = Mapping[str, Any]


def fuzz_table(results: Sequence[Result]) -> str:
    """Lay out results of bench.fuzz, a row for each format and one for all."""
    return markdown(_HEAD, [_cells(result) for result in [*results, _all(results)]])


def said(file: Result) -> str:
    """Say what was fuzzed, where and for how long."""
    count = sum(result["inputs"] for result in file["results"])
    return (
        f"On {file['title']} ({file['date']}): {count:,} inputs, from number {file['first']:,} on, of seed"
        f" {file['seed']}, in {file['seconds'] / 60:.0f} minutes and {file['processes']} processes; Python"
        f" {file['python']}, Pillow {file['pillow']}."
    )


def _cells(result: Result) -> list[str]:
    refused = ", ".join(f"{code} {count:,}" for code, count in result["refused"].items())
    counts = [f"{result[bug]:,}" for bug in _BUGS]
    memory = f"{result['peak_bytes'] / 1e6:.0f}"
    return [result["format"], f"{result['inputs']:,}", f"{result['decoded']:,}", refused, *counts, memory]


def _all(results: Sequence[Result]) -> Result:
    refused: dict[str, int] = {}
    for result in results:
        for code, count in result["refused"].items():
            refused[code] = refused.get(code, 0) + count
    sums = {name: sum(result[name] for result in results) for name in ("inputs", "decoded", *_BUGS)}
    peak = max((result["peak_bytes"] for result in results), default=0)
    return {"format": "all", "refused": dict(sorted(refused.items())), "peak_bytes": peak, **sums}
