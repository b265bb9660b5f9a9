"""Lays the results of bench.quality out as Markdown tables: all for the terminal, headlines for README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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


_NAMES = ("set", "model", "recipe", "alpha")
_PEERS = ("rembg", "imgly")
_LEAST_PHOTOS = 5  # a set of fewer makes no headline
_MEANS = """\
Means over each set; *recipe*: ours, or a peer's resampling and scaling with the same weights. Max F, IoU and
boundary F (3 pixels): more is better; others are errors. MSE: thousandths; SAD, grad: thousands; *composite*:
levels of 255 by which the edge band is off on five new backgrounds, where true colours are known; *ms*: all
after the network, CPython.

"""
_PEERS_HEAD = """
The same, default against peer, paired, on the half of each set by which nothing was chosen: points of IoU and
of boundary F, per cent of the peer's error, [95% interval].

"""


def headlines(file: Result) -> str:
    """Make what README says: ours and the peers', on sets that are large enough."""
    results = [r for r in file["results"] if r["n"] >= _LEAST_PHOTOS and r["recipe"] in ("default", *_PEERS)]
    sets = {result["set"] for result in results}
    comparisons = [
        c for c in file["comparisons"]
        if c["set"] in sets and c["recipe"] == "default" and c["against"] in _PEERS and c["half"] == "report"
    ]  # fmt: skip
    return f"{_MEANS}{figures_table(results)}\n{_PEERS_HEAD}{comparison_table(comparisons)}\n"


def everything(file: Result) -> str:
    """Make what docs/quality.md says: every variant, every half, every background."""
    parts = [f"## Means over each set\n\n{figures_table(file['results'])}\n"]
    for half, title in {"choose": "The half to choose by", "report": "The half to report"}.items():
        chosen = [comparison for comparison in file["comparisons"] if comparison["half"] == half]
        parts.append(f"## {title}\n\n{comparison_table(chosen)}\n")
    parts.append(f"## On new backgrounds\n\n{composite_table(file['composites'])}\n")
    return "\n".join(parts)


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
    columns = [name for name in composites[0] if name not in _NAMES] if composites else []
    rows = [
        [entry[name] for name in _NAMES] + [_number(entry[name], ".1f") for name in columns]
        for entry in composites
    ]
    return markdown([*_NAMES, *columns], rows)


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
