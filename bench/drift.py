"""Says whether time and memory of a batch stay where they settled: what bench.batch writes as its curve."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SETTLED = 20
"""Photos after which memory should not grow any more."""
PARTS = 4
"""Which are compared: large enough that one slow photo does not matter."""
ENOUGH = 50
"""Photos after these that tell whether it did."""
HEAPS = ("python", "ort", "browser")
MOST = 0.05
"""By which share these may grow once they have settled."""
BLOCKS = 12
"""By whose paces a trend is found, and how far it may be chance."""
_STUDENT = 2.228
"""Of 10 degrees of freedom, for 95 %."""
KINDS = ("python", "ort", "js", "browser")
"""Whose memory is asked for: two heaps of WebAssembly, JavaScript's of the page, the whole browser."""


@dataclass(frozen=True)
class Drift:
    """How a figure moved after it settled.

    begin is what the first quarter of the photos after that had, the mean seconds of a photo or the median
    bytes; off, by which share of it that later quarter is off that is farthest from it, negative where less.
    """

    begin: float
    off: float


@dataclass(frozen=True)
class Trend:
    """By which share of the mean a photo's time changed from the 20th to the last, with a 95 % interval."""

    change: float
    low: float
    high: float


def drifts(curve: Sequence[Mapping[str, float]]) -> dict[str, Drift]:
    """Follow `photo`, the seconds from one photo to the next, and the memory of each of KINDS.

    curve holds, in their order, how many photos were done (`done`), when (`s`), and the bytes of each kind.
    Empty where there are fewer than 50 points after the 20th photo.
    """
    parts = _parts(curve, PARTS)
    if not parts:
        return {}
    found = {kind: _drift([statistics.median(one[kind] for one in part) for part in parts]) for kind in KINDS}
    return {"photo": _drift([_pace(part) for part in parts]), **found}


def grown(curve: Sequence[Mapping[str, float]]) -> list[str]:
    """Name the memory that grew by more than a twentieth; the page's own heap holds the list of photos."""
    return [kind for kind, drift in drifts(curve).items() if kind in HEAPS and drift.off > MOST]


def trend(curve: Sequence[Mapping[str, float]]) -> Trend | None:
    """Fit a line to the paces of twelve blocks after the 20th photo; None where there are too few photos.

    Blocks are taken for independent of each other: where a host is slow for minutes it is too narrow.
    """
    paces = [_pace(block) for block in _parts(curve, BLOCKS)]
    if not paces:
        return None
    at = [(2 * n + 1) / (2 * BLOCKS) for n in range(BLOCKS)]
    slope, intercept = statistics.linear_regression(at, paces)
    rest = sum((pace - intercept - slope * x) ** 2 for x, pace in zip(at, paces, strict=True)) / (BLOCKS - 2)
    spread = sum((x - 0.5) ** 2 for x in at)
    mean, half = statistics.mean(paces), _STUDENT * (rest / spread) ** 0.5
    return Trend(slope / mean, (slope - half) / mean, (slope + half) / mean)


def _parts(curve: Sequence[Mapping[str, float]], count: int) -> list[Sequence[Mapping[str, float]]]:
    """Cut what came after the 20th photo into so many parts, each of which begins where the last ends."""
    points = [point for point in curve if point["done"] >= SETTLED]
    steps = len(points) - 1
    if steps < ENOUGH:
        return []
    return [points[steps * n // count : steps * (n + 1) // count + 1] for n in range(count)]


def _pace(part: Sequence[Mapping[str, float]]) -> float:
    """Mean seconds of a photo; as two are under way at a time, single steps are short and long in turn."""
    return (part[-1]["s"] - part[0]["s"]) / (part[-1]["done"] - part[0]["done"])


def _drift(medians: Sequence[float]) -> Drift:
    begin, *others = medians
    return Drift(begin, max((other / begin - 1 for other in others), key=abs))
