"""Edges made softer, or moved in or out; only where alpha has edges.

web/shared/finish.js holds the same arithmetic for the page's preview: `edgesOf` and `shifted`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from PIL import Image, ImageChops, ImageFilter

from alphacut.tiles import Box, near_edges

REACH = 0.004
"""Share of the photo's longer side: how far a whole shift moves, and the blur of a whole softness."""

_STEEPEST = 1 / 0.3173
"""Twice Phi(-1) of the normal distribution is 0.3173: see `shifted`."""
_FULL_FROM = 0.25  # of a shift; below it the gain fades, so that nothing jumps at 0

_Change = Callable[[Image.Image], Image.Image]


def feather(alpha: Image.Image, softness: float, shift: float) -> Image.Image:
    """Move the edges, then soften them.

    Parameters
    ----------
    alpha : PIL.Image.Image
        Mode L; not changed.
    softness : float
        0 to 1: edges are blurred by a Gaussian with a standard deviation of `softness` `REACH` of the longer
        side.
    shift : float
        -1 to 1: edges move by so much of `REACH`, outwards where it is positive. See `shifted`.

    Returns
    -------
    PIL.Image.Image
        Mode L. What is farther than the blur reaches from any edge is what it was.
    """
    reach = REACH * max(alpha.size)
    if shift:
        sigma = abs(shift) * reach
        alpha = _by_tiles(alpha, sigma, lambda part: shifted(part, sigma, shift))
    if softness:
        blur = ImageFilter.GaussianBlur(softness * reach)
        alpha = _by_tiles(alpha, softness * reach, lambda part: part.filter(blur))
    return alpha


def gain(shift: float) -> float:
    """How much steeper the foot of a blurred edge is made."""
    return 1 + (_STEEPEST - 1) * min(1, abs(shift) / _FULL_FROM)


def shifted(alpha: Image.Image, sigma: float, shift: float) -> Image.Image:
    """Blur alpha, multiply it (outwards) or its complement (inwards) by `gain`, and never undo alpha itself.

    One standard deviation outside a straight edge that was blurred the level is Phi(-1) = 0.159: multiplied
    by 3.15 it is 0.5, so the edge has moved by sigma. Fine hair is thinned or thickened instead of cut off.
    """
    steep, blurred = gain(shift), alpha.filter(ImageFilter.GaussianBlur(sigma))
    foot = [min(255, math.floor(steep * level + 0.5)) for level in range(256)]
    if shift > 0:
        return ImageChops.lighter(alpha, blurred.point(foot))
    return ImageChops.darker(alpha, blurred.point([255 - foot[255 - level] for level in range(256)]))


def _by_tiles(alpha: Image.Image, sigma: float, change: _Change) -> Image.Image:
    """Change what is near edges; a tile is changed with as much around it as the blur looks at."""
    reach = math.ceil(3 * sigma) + 3  # Pillow's Gaussian is three box blurs, which end there
    made = alpha.copy()
    for box in near_edges(alpha, reach):
        part = _widened(box, reach, alpha.size)
        changed = change(alpha.crop(part))
        made.paste(changed.crop(_within(box, part)), box)
    return made


def _widened(box: Box, by: int, size: tuple[int, int]) -> Box:
    return max(0, box[0] - by), max(0, box[1] - by), min(size[0], box[2] + by), min(size[1], box[3] + by)


def _within(box: Box, part: Box) -> Box:
    return box[0] - part[0], box[1] - part[1], box[2] - part[0], box[3] - part[1]
