"""Says whether time and memory of a batch stay where they settled: what bench.batch writes as its curve."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

SETTLED = 20
"""Photos after which memory should not grow any more."""
PARTS = 4
"""Whose medians are compared: large enough that one slow photo does not matter."""
ENOUGH = 50
"""Photos after these that tell whether it did."""
KINDS = ("python", "ort", "js", "browser")
"""Whose memory is asked for: two heaps of WebAssembly, JavaScript's of the page, the whole browser."""


@dataclass(frozen=True)
class Drift:
    """How a figure moved after it settled.

    begin is the median of the first quarter of the photos after that, in seconds or bytes; off, by which
    share of it the median of that quarter is off that is farthest from it, negative where it is less.
    """

    begin: float
    off: float


def drifts(curve: Sequence[Mapping[str, float]]) -> dict[str, Drift]:
    """Follow `photo`, the seconds from one photo to the next, and the memory of each of KINDS.

    curve holds, in their order, how many photos were done (`done`), when (`s`), and the bytes of each kind.
    Empty where there are fewer than 50 points after the 20th photo.
    """
    points = [
        {**after, "photo": (after["s"] - before["s"]) / (after["done"] - before["done"])}
        for before, after in pairwise(curve)
        if after["done"] > SETTLED
    ]
    if len(points) < ENOUGH:
        return {}
    parts = [points[len(points) * n // PARTS : len(points) * (n + 1) // PARTS] for n in range(PARTS)]
    return {
        kind: _drift([statistics.median(point[kind] for point in part) for part in parts])
        for kind in ("photo", *KINDS)
    }


def _drift(medians: Sequence[float]) -> Drift:
    begin, *others = medians
    return Drift(begin, max((other / begin - 1 for other in others), key=abs))
