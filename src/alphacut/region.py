"""The part of a photo that the user says holds the subject."""

from __future__ import annotations

import math

from alphacut.errors import BadRegionError
from alphacut.tiles import Box

MARGIN = 0.1
"""Added on each side, as a share of the region's: networks want to see where a subject ends."""


def around(region: tuple[float, float, float, float], size: tuple[int, int], margin: float = MARGIN) -> Box:
    """Widen a region by its margin and keep it within the photo.

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
    left, top, right, bottom = region
    if not all(math.isfinite(edge) for edge in region):
        raise BadRegionError("The region's edges are not numbers.")
    if min(right, size[0]) - max(left, 0) < 1 or min(bottom, size[1]) - max(top, 0) < 1:
        raise BadRegionError("The region does not lie on the photo.")
    across, down = margin * (right - left), margin * (bottom - top)
    return (
        max(0, math.floor(left - across)), max(0, math.floor(top - down)),
        min(size[0], math.ceil(right + across)), min(size[1], math.ceil(bottom + down)),
    )  # fmt: skip
