"""Lays the results of bench.quality out as Markdown tables: all for the terminal, headlines for README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.composite import BACKGROUNDS
from bench.tables import markdown

Result = Mapping[str, Any]
COMPARED = {
    "iou": "IoU",
    "boundary_f": "boundary F",
    "mae": "MAE",
    "mse": "MSE",
    "grad": "grad",
    "composite_error": "composite",
}
"""Of the first two more is better, of the others less."""
_FIGURES = {
    "mae": ("MAE", ".4f"), "max_f": ("max F", ".3f"), "iou": ("IoU", ".3f"),
    "boundary_f": ("boundary F", ".3f"), "sad": ("SAD", ".1f"), "mse": ("MSE", ".1f"),
    "grad": ("grad", ".3f"), "composite_error": ("composite", ".1f"), "ms": ("ms", ".0f"),
}  # fmt: skip


def figures_table(results: Sequence[Result]) -> str:
    """Lay out means over each set."""
    head = ["set", "model", "recipe", "n", *(title for title, _ in _FIGURES.values())]
    rows = [
        [result["set"], result["model"], result["recipe"], str(result["n"])]
        + [_number(result[name], form) for name, (_, form) in _FIGURES.items()]
        for result in results
    ]
    return markdown(head, rows)


def composite_table(composites: Sequence[Result]) -> str:
    """Lay out the error of the composite on each background."""
    columns = [*BACKGROUNDS, "mean"]
    rows = [
        [entry["set"], entry["model"], entry["recipe"], entry["alpha"]]
        + [_number(entry[name], ".1f") for name in columns]
        for entry in composites
    ]
    return markdown(["set", "model", "recipe", "alpha", *columns], rows)


def comparison_table(comparisons: Sequence[Result]) -> str:
    """Lay out differences, of IoU and boundary F in points, and otherwise how many per cent more or less."""
    rows = [
        [entry["set"], entry["model"], f"{entry['recipe']} - {entry['against']}", _photos(entry)]
        + [change(name, entry) for name in COMPARED]
        for entry in comparisons
    ]
    return markdown(["set", "model", "variants", "n", *(_title(name) for name in COMPARED)], rows)


def change(name: str, comparison: Result) -> str:
    """One figure of a comparison: points where higher is better, else per cent of the other variant's."""
    if name not in comparison:
        return ""
    if name in ("iou", "boundary_f"):
        return _with_interval([_scaled(x, 100) for x in comparison[name]["difference"]])
    return _with_interval([_scaled(x, 100, -100) for x in comparison[name]["ratio"]])


def _title(name: str) -> str:
    return f"{COMPARED[name]}, points" if name in ("iou", "boundary_f") else f"{COMPARED[name]}, %"


def _photos(comparison: Result) -> str:
    return str(comparison["iou"]["n"])


def _scaled(figure: float | None, factor: float, more: float = 0) -> float | None:
    return None if figure is None else factor * figure + more


def _with_interval(figures: Sequence[float | None]) -> str:
    value, low, high = (_number(figure, "+.1f") for figure in figures)
    return f"{value} [{low}, {high}]" if low else value


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
