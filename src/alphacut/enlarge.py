"""The network's map at the photo's size, interpolated only where that gives anything but 0 and 255."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alphacut.tiles import BLOCK, Box, boxes_of, soft_blocks

_Blocks = NDArray[np.bool_]
"""Shape (rows, columns) of blocks of the photo."""


def enlarge(levels: NDArray[np.uint8], size: tuple[int, int]) -> tuple[Image.Image, list[Box]]:
    """Enlarge a map bilinearly, centres of pixels aligned.

    Most of a map is 0 or 255, and so is what is interpolated there: that is filled in.

    Parameters
    ----------
    levels : ndarray
        uint8, shape (h, w).
    size : tuple of int
        Width and height, at least those of the map.

    Returns
    -------
    image : PIL.Image.Image
        Mode L. Like Pillow's `resize` of the whole map it is within a level of what is right, half a level
        lost along each side. Where levels lie halfway between two the one may round up, the other down.
    tiles : list of tuple
        As `alphacut.tiles.boxes` finds them in it.
    """
    least, greatest = _extremes(levels, size)
    small, image = Image.fromarray(levels), Image.new("L", size)
    for box in _runs(least == 255, size):
        image.paste(255, box)
    soft = np.zeros(least.shape, np.bool_)
    for box in boxes_of((least < 255) & (greatest > 0), size):
        tile = _part(small, size, box)
        image.paste(tile, box)
        found = soft_blocks(tile)
        top, left = box[1] // BLOCK, box[0] // BLOCK
        soft[top : top + found.shape[0], left : left + found.shape[1]] = found
    return image, boxes_of(soft, size)


def _part(small: Image.Image, size: tuple[int, int], box: Box) -> Image.Image:
    """Enlarge what a box of the photo shows. Counted from the next pixel, places lose least in float32."""
    across, down = small.width / size[0], small.height / size[1]
    left, top, right, bottom = box[0] * across, box[1] * down, box[2] * across, box[3] * down
    x, y = max(0, int(left) - 1), max(0, int(top) - 1)  # one more on each side, which enlarging reads too
    near = small.crop((x, y, min(int(right) + 2, small.width), min(int(bottom) + 2, small.height)))
    inside = (left - x, top - y, right - x, bottom - y)
    return near.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BILINEAR, inside)


def _extremes(levels: NDArray[np.uint8], size: tuple[int, int]) -> tuple[NDArray[np.uint8], ...]:
    """Find the least and the greatest level that each block of the photo is interpolated from."""
    rows, columns = (_ends(levels.shape[axis], size[1 - axis]) for axis in (0, 1))
    padded = np.pad(levels, ((0, 1), (0, 1)), "edge")  # reduceat wants ends that are places too
    return tuple(
        extreme.reduceat(extreme.reduceat(padded, rows, axis=0)[::2], columns, axis=1)[:, ::2]
        for extreme in (np.minimum, np.maximum)
    )


def _ends(pixels: int, size: int) -> NDArray[np.intp]:
    """Give the first pixel that each block reads along one side and the one beyond its last, in turns."""
    scale = pixels / size
    edges = np.arange(0, size, BLOCK)
    first = np.floor((edges + 0.5) * scale - 0.5 - _SLACK)
    last = np.floor((np.minimum(edges + BLOCK, size) - 0.5) * scale - 0.5 + _SLACK) + 1
    return np.stack([first, last + 1], axis=1).clip(0, (pixels - 1, pixels)).astype(np.intp).ravel()


_SLACK = 1e-3  # in pixels of the map: places are rounded


def _runs(full: _Blocks, size: tuple[int, int]) -> Iterator[Box]:
    """Give each row's runs of blocks that are True, in pixels."""
    padded = np.pad(full, ((0, 0), (1, 1))).astype(np.int8)
    row, edge = np.nonzero(np.diff(padded, axis=1))
    for top, left, right in zip(row[::2].tolist(), edge[::2].tolist(), edge[1::2].tolist(), strict=True):
        yield (
            left * BLOCK, top * BLOCK, min(right * BLOCK, size[0]), min((top + 1) * BLOCK, size[1])
        )  # fmt: skip
