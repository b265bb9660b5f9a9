"""How much a brush stroke covers, and what it does to alpha, at full size and tile by tile.

A stroke is a line through points, each with a radius: discs around its points, and segments between them. A
pixel's middle has a distance from each, in radii: from a segment that is the distance of its nearest place
over the radius there, which changes evenly. With q the least of them and h the hardness, coverage is
``opacity * profile(q)``: 1 up to h, 0 from 1 on, and ``1 - u u (3 - 2 u)`` with ``u = (q - h) / (1 - h)``
between them. So a stroke that crosses itself covers no more. Erasing gives ``alpha (1 - c)``, restoring
``alpha (1 - c) + c``. web/shared/finish.js holds the same arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alphacut.edits import Brush, Stroke
from alphacut.tiles import Box

Plane = NDArray[np.float32]

_TILE = 64  # pixels: small enough that few segments count in a tile, large enough for NumPy
_POINT = 1e-12  # squared pixels: what is no longer has no direction
_UNSEEN = 1 / 200  # of the edge's width: points that change a line by less are left out; about 2 levels


def draw(alpha: Image.Image, brush: Brush) -> None:
    """Erase or restore, in place.

    Parameters
    ----------
    alpha : PIL.Image.Image
        Mode L.
    """
    level = 255 if brush.kind == "restore" else 0
    for box, covered in coverage(brush.stroke, alpha.size):
        if isinstance(covered, float) and covered == 1:
            alpha.paste(level, box)
        else:
            blend(alpha, box, level, covered)


def blend(alpha: Image.Image, box: Box, level: float | Plane, covered: float | Plane) -> None:
    """Move alpha in a box towards `level`, 0 to 255, by the share that is covered."""
    levels = np.asarray(alpha.crop(box)).astype(np.float32)
    levels += covered * (level - levels)
    alpha.paste(Image.fromarray(np.rint(levels).astype(np.uint8)), box)


def bounds(stroke: Stroke, size: tuple[int, int]) -> Box | None:
    """Box of the pixels that a stroke may cover, cut at the image; None where it lies beside it."""
    points = np.array(stroke.points)
    low = np.floor((points[:, :2] - points[:, 2:]).min(axis=0)).astype(int)
    high = np.ceil((points[:, :2] + points[:, 2:]).max(axis=0)).astype(int)
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(size[0], int(high[0])), min(size[1], int(high[1]))
    return (left, top, right, bottom) if left < right and top < bottom else None


def coverage(stroke: Stroke, size: tuple[int, int]) -> Iterator[tuple[Box, float | Plane]]:
    """Give the tiles that a stroke covers, and how much.

    Parameters
    ----------
    size : tuple of int
        Width and height of the image.

    Yields
    ------
    tuple
        Box, and coverage from 0 to 1: float32 of the box's shape (height, width), or one float for all of it.
        Boxes don't overlap; where there is none nothing is covered.
    """
    whole = bounds(stroke, size)
    if whole is None:
        return
    hardness = hardness_of(stroke)
    segments = _Segments.of(np.array(stroke.points), _UNSEEN * (1 - hardness))
    left, top, right, bottom = whole
    for y in range(top, bottom, _TILE):
        for x in range(left, right, _TILE):
            box = (x, y, min(x + _TILE, right), min(y + _TILE, bottom))
            distance = segments.least_distance(box, hardness)
            if distance is not None:
                yield box, stroke.opacity * profile(distance, hardness) if distance.ndim else stroke.opacity


def hardness_of(stroke: Stroke) -> float:
    """Hardness, so that where the stroke is widest its edge is one pixel wide at least."""
    return min(stroke.hardness, max(0.0, 1 - 1 / max(radius for _, _, radius in stroke.points)))


def profile(distance: Plane, hardness: float) -> Plane:
    """Coverage at a distance, in radii; `hardness` below 1."""
    u = ((distance - np.float32(hardness)) * np.float32(1 / (1 - hardness))).clip(0, 1)
    covered: Plane = 1 - u * u * (3 - 2 * u)
    return covered


@dataclass(frozen=True)
class _Segments:
    """Segments as columns: where they begin, how far they go, and their radii; float64, shape (n,)."""

    start: NDArray[np.float64]  # (n, 3): x, y, radius
    way: NDArray[np.float64]  # (n, 3): what changes to the end

    @classmethod
    def of(cls, points: NDArray[np.float64], tolerance: float) -> _Segments:
        """Make segments of few points, and of no length the discs that those need not hold.

        Between two equal radii a segment holds the discs of its ends.
        """
        changes = np.diff(points[:, 2]) != 0
        alone = np.append(changes, False) | np.insert(changes, 0, len(points) == 1)
        few = simplified(points, tolerance)
        start = np.concatenate([few[:-1], points[alone]])
        return cls(start, np.concatenate([few[1:], points[alone]]) - start)

    def least_distance(self, box: Box, hardness: float) -> Plane | None:
        """Least distance in radii at each pixel; of no dimension where all are within the hardness.

        None where nothing is nearer than a radius. Of a tile's pixels none is farther from its middle than
        half its diagonal, which bounds the distance of each segment: few have to be looked at.
        """
        left, top, right, bottom = box
        middle = np.array([(left + right) / 2, (top + bottom) / 2])
        half = np.hypot(right - left - 1, bottom - top - 1) / 2
        distance = self._from(middle)
        radii = np.sort(np.stack([self.start[:, 2], self.start[:, 2] + self.way[:, 2]]), axis=0)
        farthest = ((distance + half) / radii[0]).min()
        if farthest <= hardness:
            return np.zeros((), np.float32)
        near = np.flatnonzero((distance - half) / radii[1] <= min(1.0, farthest))
        return _least(self.start[near], self.way[near], box) if len(near) else None

    def _from(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance of each segment from a place, in pixels."""
        to, way = place - self.start[:, :2], self.way[:, :2]
        squared = (way * way).sum(axis=1)
        along = (to * way).sum(axis=1) / np.where(squared > _POINT, squared, 1)
        along = np.where(squared > _POINT, along.clip(0, 1), 1)
        distance: NDArray[np.float64] = np.hypot(*(to - along[:, None] * way).T)
        return distance


def _least(starts: NDArray[np.float64], ways: NDArray[np.float64], box: Box) -> Plane:
    """Least distance in radii over some segments, at the middle of each pixel of a box."""
    x = np.arange(box[0], box[2]) + 0.5
    y = np.arange(box[1], box[3]) + 0.5
    least = np.full((len(y), len(x)), np.inf, np.float32)
    for (ax, ay, radius), (across, down, change) in zip(starts.tolist(), ways.tolist(), strict=True):
        right, below = (x - ax).astype(np.float32), (y - ay).astype(np.float32)[:, None]
        squared = across * across + down * down
        if squared > _POINT:
            along = right * np.float32(across / squared) + below * np.float32(down / squared)
            along.clip(0, 1, out=along)
            right, below = right - along * np.float32(across), below - along * np.float32(down)
            reach = np.float32(radius) + along * np.float32(change) if change else np.float32(radius)
        else:
            reach = np.float32(radius + change)
        np.minimum(least, (right * right + below * below) / (reach * reach), out=least)
    return np.sqrt(least, out=least)


def simplified(points: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """Leave points out that the line between their neighbours passes (Ramer 1972, Douglas and Peucker 1973).

    Parameters
    ----------
    points : ndarray
        float64, shape (n, 3): x, y, radius.
    tolerance : float
        In radii: how far the line and its radius may be off together at a point that is left out.
    """
    keep = np.zeros(len(points), bool)
    keep[[0, -1]] = True
    open_ranges = [(0, len(points) - 1)]
    while open_ranges:
        first, last = open_ranges.pop()
        if last - first < 2:
            continue
        off = _off_line(points[first : last + 1]) / points[first + 1 : last, 2]
        worst = int(off.argmax())
        if off[worst] > tolerance:
            middle = first + 1 + worst
            keep[middle] = True
            open_ranges += [(first, middle), (middle, last)]
    return points[keep]


def _off_line(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the points between the first and the last are from the line between those, radius included."""
    (start, *_, end), inner = points, points[1:-1]
    way, to = (end - start)[:2], (inner - start)[:, :2]
    squared = float(way @ way)
    along = (to @ way / squared).clip(0, 1) if squared > _POINT else np.ones(len(inner))
    place = start + along[:, None] * (end - start)
    off: NDArray[np.float64] = np.hypot(*(inner - place)[:, :2].T) + np.abs(inner - place)[:, 2]
    return off
