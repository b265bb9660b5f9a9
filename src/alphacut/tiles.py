"""Where alpha is neither 0 nor 255: the only places that refinement and colours have to look at."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, the last two beyond the box, as Pillow counts."""

BLOCK = 16
"""Grain of the search in pixels. At most 16: `reduce` rounds, and one soft pixel of 256 must still show."""

_IS_SOFT = [0] + [255] * 254 + [0]  # lookup tables
_IS_ANY = [0] + [255] * 255
_IS_WHITE = [0] * 255 + [255]
# In blocks. In Pyodide 96 x 384 to 384 x 384 pixels take equally long; low ones hold fewer that are not soft.
_TILE_HEIGHT = 8
_TILE_WIDTH = 32
_BRIDGED = 2  # a narrower gap costs less than one more tile


def boxes(alpha: Image.Image, *, margin: int = 0) -> list[Box]:
    """Cover every pixel whose alpha is neither 0 nor 255 with few tiles.

    Parameters
    ----------
    alpha : PIL.Image.Image
        Mode L.
    margin : int
        Pixels added on each side, within the image. Without it the boxes don't overlap.

    Returns
    -------
    list of tuple
        Boxes in rows from the top, at most 512 x 128 pixels and the margin; none where nothing is soft.
    """
    return boxes_of(soft_blocks(alpha), alpha.size, margin=margin)


def soft_blocks(alpha: Image.Image) -> NDArray[np.bool_]:
    """Say which blocks of `BLOCK` x `BLOCK` pixels hold one whose alpha is neither 0 nor 255."""
    found: NDArray[np.bool_] = np.asarray(alpha.point(_IS_SOFT).reduce(BLOCK)) > 0
    return found


def boxes_of(found: NDArray[np.bool_], size: tuple[int, int], *, margin: int = 0) -> list[Box]:
    """Cover the blocks that are True with boxes in pixels of an image of `size`, as `boxes` does."""
    return [_in_pixels(box, size, margin) for box in _cover(found)]


def near_edges(alpha: Image.Image, reach: int) -> list[Box]:
    """Cover every pixel that lies within `reach` pixels of one with another alpha, and some more.

    Parameters
    ----------
    alpha : PIL.Image.Image
        Mode L.
    reach : int
        In pixels; whole blocks are found.

    Returns
    -------
    list of tuple
        Boxes as those of `boxes`; they don't overlap.
    """
    soft = alpha.point(_IS_SOFT).reduce(BLOCK).point(_IS_ANY)
    mean = alpha.reduce(BLOCK)
    size = 2 * math.ceil(reach / BLOCK) + 3  # one more on each side: edges may lie between blocks
    least = ImageChops.subtract(mean.point(_IS_WHITE), soft).filter(ImageFilter.MinFilter(size))
    most = ImageChops.add(mean.point(_IS_ANY), soft).filter(ImageFilter.MaxFilter(size))
    found: NDArray[np.bool_] = np.asarray(least) != np.asarray(most)
    return [_in_pixels(box, alpha.size, 0) for box in _cover(found)]


def _cover(found: NDArray[np.bool_]) -> Iterator[Box]:
    """Give boxes, in blocks, that hold every block that is True."""
    for top in range(0, found.shape[0], _TILE_HEIGHT):
        strip = found[top : top + _TILE_HEIGHT]
        for left, right in _runs(np.any(strip, axis=0)):
            rows = np.flatnonzero(np.any(strip[:, left:right], axis=1))
            yield left, top + int(rows[0]), right, top + int(rows[-1]) + 1


def _runs(found: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Give (first, last + 1) of runs of True, none longer than a tile; narrow gaps are part of a run."""
    places = np.flatnonzero(found)
    start = 0
    while start < len(places):
        end = start + 1
        while (
            end < len(places)
            and places[end] - places[end - 1] <= _BRIDGED + 1
            and places[end] - places[start] < _TILE_WIDTH
        ):
            end += 1
        yield int(places[start]), int(places[end - 1]) + 1
        start = end


def _in_pixels(box: Box, size: tuple[int, int], margin: int) -> Box:
    left, top, right, bottom = (BLOCK * edge for edge in box)
    width, height = size
    return (
        max(left - margin, 0), max(top - margin, 0),
        min(right + margin, width), min(bottom + margin, height),
    )  # fmt: skip
