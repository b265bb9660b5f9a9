"""From the network's map to alpha at the photo's size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from alphacut.preprocess import resize
from alphacut.recipe import Filter

Alpha = Image.Image
"""An image of mode L: 0 is background, 255 is subject."""


def alpha_of(
    levels: NDArray[np.uint8],
    size: tuple[int, int],
    existing: Alpha | None = None,
    how: Filter = Filter.BILINEAR,
) -> Alpha:
    """Make alpha from what the network gave.

    Parameters
    ----------
    levels : ndarray
        uint8, shape (h, w).
    size : tuple of int
        Width and height of the photo in pixels.
    existing : PIL.Image.Image or None
        Alpha that the photo brought along (mode L, of `size`); multiplied in, so that what was
        transparent stays so.

    Returns
    -------
    PIL.Image.Image
        Mode L, of `size`.
    """
    alpha = resize(Image.fromarray(levels), size, how)
    return alpha if existing is None else ImageChops.multiply(alpha, existing)
