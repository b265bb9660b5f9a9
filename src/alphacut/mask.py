"""From the network's map to alpha at the photo's size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from alphacut.edges import follow, settle
from alphacut.preprocess import resize
from alphacut.recipe import Recipe
from alphacut.tiles import Box

Alpha = Image.Image
"""An image of mode L: 0 is background, 255 is subject."""


def alpha_of(levels: NDArray[np.uint8], photo: Image.Image, seen: NDArray[np.uint8], recipe: Recipe) -> Alpha:
    """Make alpha from what the network gave.

    Parameters
    ----------
    levels : ndarray
        uint8, shape (h, w).
    photo : PIL.Image.Image
        Mode RGB.
    seen : ndarray
        uint8, shape (h', w', 3): the photo as the network saw it.

    Returns
    -------
    PIL.Image.Image
        Mode L, of the photo's size.
    """
    guide = recipe.edges
    if guide is None:
        return resize(Image.fromarray(levels), photo.size, recipe.resampling.grow)
    levels = settle(levels, guide.ends)
    alpha = resize(Image.fromarray(levels), photo.size, recipe.resampling.grow)
    follow(photo, alpha, levels, seen, guide)
    return alpha


def placed(alpha: Alpha, box: Box, size: tuple[int, int]) -> Alpha:
    """Put the alpha of a part of a photo, at `box`, into that of the whole, which is 0 elsewhere."""
    if alpha.size == size:
        return alpha
    whole = Image.new("L", size)
    whole.paste(alpha, box)
    return whole


def times(alpha: Alpha, existing: Alpha | None) -> Alpha:
    """Multiply by the alpha that the photo brought along: what was transparent stays so."""
    return alpha if existing is None else ImageChops.multiply(alpha, existing)
