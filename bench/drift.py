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


def drifts(curve: Sequence[Mapping[str, float]]) -> dict[str, Drift]:
    """Follow `photo`, the seconds from one photo to the next, and the memory of each of KINDS.

    curve holds, in their order, how many photos were done (`done`), when (`s`), and the bytes of each kind.
    Empty where there are fewer than 50 points after the 20th photo.
    """
    points = [point for point in curve if point["done"] >= SETTLED]
    steps = len(points) - 1
    if steps < ENOUGH:
        return {}
    # Two photos are under way at a time, so that single steps are short and long in turn: no median of these.
    parts = [points[steps * n // PARTS : steps * (n + 1) // PARTS + 1] for n in range(PARTS)]
    found = {kind: _drift([statistics.median(one[kind] for one in part) for part in parts]) for kind in KINDS}
    paces = [(part[-1]["s"] - part[0]["s"]) / (part[-1]["done"] - part[0]["done"]) for part in parts]
    return {"photo": _drift(paces), **found}


def _drift(medians: Sequence[float]) -> Drift:
    begin, *others = medians
    return Drift(begin, max((other / begin - 1 for other in others), key=abs))
