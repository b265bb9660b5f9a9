"""The part of a photo that the user says holds the subject."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from alphacut.errors import BadOptionsError, BadRegionError
from alphacut.tiles import Box

MARGIN = 0.1
"""Added on each side, as a share of the region's: people draw boxes a little too small."""

CONTEXT = 0.3
"""Added on each side of what the network sees, as a share of the region's longer side.

Chosen on photographs (docs/quality-trials.md): with less, networks doubt what fills the frame.
"""

_Edges = tuple[float, float, float, float]


@dataclass(frozen=True)
class Crop:
    """What is taken of a photo.

    Attributes
    ----------
    seen : tuple of int
        Box that the network sees. As nearly square as the photo allows, because networks stretch what they
        see to a square, and with enough around the subject to tell it from the rest.
    kept : tuple of int
        Box within it where alpha is kept; it is 0 elsewhere.
    """

    seen: Box
    kept: Box

    def alpha(self, of_seen: Image.Image) -> Image.Image:
        """Cut what is kept out of the alpha of what was seen."""
        left, top = self.seen[:2]
        return of_seen.crop(
            (self.kept[0] - left, self.kept[1] - top, self.kept[2] - left, self.kept[3] - top)
        )


def read_region(sides: Sequence[object]) -> Box:
    """Read left, top, right and bottom in pixels of the upright photo; fractions are rounded to whole pixels.

    Raises
    ------
    BadOptionsError
        They are not four finite numbers, or hold nothing between them.
    """
    numbers = [side for side in sides if isinstance(side, int | float) and math.isfinite(side)]
    if len(numbers) != 4 or len(sides) != 4:
        raise BadOptionsError("A region has left, top, right and bottom, in pixels of the photo.")
    left, top, right, bottom = (round(side) for side in numbers)
    if not (left < right and top < bottom):
        raise BadOptionsError("The region is empty: left must be less than right, and top than bottom.")
    return left, top, right, bottom


def crop_around(region: _Edges, size: tuple[int, int]) -> Crop:
    """Say what to look at and what to keep.

    Parameters
    ----------
    region : tuple of float
        Left, top, right, bottom in pixels of the upright photo.
    size : tuple of int
        Width and height of the photo.

    Raises
    ------
    BadRegionError
        No whole pixel of the photo lies in the region, or an edge is not a number.
    """
    kept = around(region, size)
    left, top, right, bottom = around(region, size, 0)
    side = (1 + 2 * CONTEXT) * max(right - left, bottom - top)
    columns, rows = _span(left, right, side, size[0]), _span(top, bottom, side, size[1])
    return Crop((columns[0], rows[0], columns[1], rows[1]), kept)


def around(region: _Edges, size: tuple[int, int], margin: float = MARGIN) -> Box:
    """Widen a region by its margin and keep it within the photo; see `crop_around`."""
    left, top, right, bottom = region
    if not all(math.isfinite(edge) for edge in region):
        raise BadRegionError("The region's edges are not numbers.")
    if min(right, size[0]) - max(left, 0) < 1 or min(bottom, size[1]) - max(top, 0) < 1:
        raise BadRegionError("The region does not lie on the photo.")
    # What lies beside the photo counts for no margin: it would reach farther than the network sees.
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1])
    across, down = margin * (right - left), margin * (bottom - top)
    return (
        max(0, math.floor(left - across)), max(0, math.floor(top - down)),
        min(size[0], math.ceil(right + across)), min(size[1], math.ceil(bottom + down)),
    )  # fmt: skip


def _span(first: int, last: int, length: float, limit: int) -> tuple[int, int]:
    """Widen pixels from `first` to `last` to a length, moved inwards rather than cut at 0 and the limit."""
    start = min(max((first + last - length) / 2, 0), max(limit - length, 0))
    return math.floor(start), min(limit, math.ceil(start + length))
