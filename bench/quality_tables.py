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

TARGETS = {"u2netp": 5, "isnet": 3}
"""Per cent by which boundary F and the gradient error are to be better than a peer's, with the same weights,
on sets with true alpha; and no set is to be worse in IoU or MAE beyond noise."""
_WITH_ALPHA = ("am_lowres", "am_comp")

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

_TARGETS_HEAD = """\
Default against peer with the same weights, on the half to report. Where true alpha is known, boundary F and
the gradient error are to be better by at least 5% with U²-Netp and 3% with ISNet, in the mean; the interval
says whether that is more than chance. Nowhere is IoU or MAE to be worse with an interval clear of zero.

"""


def headlines(file: Result) -> str:
    """Make what README says: ours and the peers', on sets that are large enough."""
    results = [r for r in file["results"] if r["n"] >= _LEAST_PHOTOS and r["recipe"] in ("default", *_PEERS)]
    comparisons = _against_peers(file)
    return f"{_MEANS}{figures_table(results)}\n{_PEERS_HEAD}{comparison_table(comparisons)}\n"


def _against_peers(file: Result) -> list[Result]:
    """Return comparisons of the default with peers on the half to report, on sets that are large enough."""
    large = {result["set"] for result in file["results"] if result["n"] >= _LEAST_PHOTOS}
    return [
        c for c in file["comparisons"]
        if c["set"] in large and c["recipe"] == "default" and c["against"] in _PEERS and c["half"] == "report"
    ]  # fmt: skip


def everything(file: Result) -> str:
    """Make what docs/quality.md says: every variant, every half, every background."""
    parts = [f"## Against the targets\n\n{_TARGETS_HEAD}{targets_table(_against_peers(file))}\n"]
    parts += [f"## Means over each set\n\n{figures_table(file['results'])}\n"]
    for half, title in {"choose": "The half to choose by", "report": "The half to report"}.items():
        chosen = [comparison for comparison in file["comparisons"] if comparison["half"] == half]
        parts.append(f"## {title}\n\n{comparison_table(chosen)}\n")
    parts.append(f"## On new backgrounds\n\n{composite_table(file['composites'])}\n")
    return "\n".join(parts)


def targets_table(comparisons: Sequence[Result]) -> str:
    """Lay out how the default stands to the peers, against `TARGETS`."""
    rows = [
        [
            entry["set"], entry["model"], entry["against"],
            *(_percent(name, entry) for name in ("boundary_f", "grad")), change("iou", entry),
            change("mae", entry), "; ".join(_missed(entry)) or "met",
        ]
        for entry in comparisons
    ]  # fmt: skip
    head = ["set", "model", "against", "boundary F, %", "grad, %", "IoU, points", "MAE, %", "target"]
    return markdown(head, rows)


def _missed(entry: Result) -> list[str]:
    """Say which targets a comparison misses."""
    least, missed = TARGETS[entry["model"]], []
    if entry["set"] in _WITH_ALPHA:
        gains = {"boundary F": entry["boundary_f"]["ratio"][0] - 1, "grad": 1 - entry["grad"]["ratio"][0]}
        missed = [f"{name} by less than {least}%" for name, gain in gains.items() if 100 * gain < least]
    worst = {"IoU": entry["iou"]["difference"][2], "MAE": -entry["mae"]["difference"][1]}
    return missed + [f"{name} worse" for name, best in worst.items() if best is not None and best < 0]


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
    return _percent(name, comparison)


def _percent(name: str, comparison: Result) -> str:
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
