"""A small known input and the answer to it, by which a device shows that it computes the network right.

Some GPUs and drivers give all zeros, one flat value or noise without any error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TILE = 32
"""Side of the input before it is stretched to the network's size."""

GRID = 16
"""Side of the answer: alpha averaged over GRID x GRID cells."""


def tile() -> NDArray[np.uint8]:
    """Make the input: a lit disc with a stem on a darker ground, uint8, shape (TILE, TILE, 3)."""
    y, x = np.mgrid[0:TILE, 0:TILE]
    disc = (x - 15) ** 2 + (y - 12) ** 2 <= 64
    stem = (np.abs(x - 15) <= 2) & (y >= 20) & (y < 28)
    ground = np.stack([40 + 2 * y, 60 + 2 * y, 90 + x], axis=-1)
    subject = np.stack([235 - 3 * x, 190 - 4 * y + 2 * x, 40 + 2 * y], axis=-1)
    return np.asarray(np.where((disc | stem)[..., None], subject, ground), np.uint8)


def stretched(width: int, height: int) -> NDArray[np.uint8]:
    """Repeat the tile's pixels up to the network's size; uint8, shape (1, height, width, 3)."""
    rows, columns = np.arange(height) * TILE // height, np.arange(width) * TILE // width
    return np.ascontiguousarray(tile()[rows[:, None], columns[None, :]])[None]


def summary(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average alpha of shape (h, w) over cells, rounded down; uint8, shape (GRID, GRID).

    Cell (i, j) holds the rows ``i * h // GRID`` up to ``(i + 1) * h // GRID``, and columns likewise; at
    least one of each.
    """
    height, width = levels.shape
    cells = np.empty((GRID, GRID), np.uint8)
    for i in range(GRID):
        top = i * height // GRID
        rows = levels[top : max((i + 1) * height // GRID, top + 1)]
        for j in range(GRID):
            left = j * width // GRID
            cells[i, j] = int(rows[:, left : max((j + 1) * width // GRID, left + 1)].sum(dtype=np.int64)) // (
                len(rows) * (max((j + 1) * width // GRID, left + 1) - left)
            )
    return cells
