"""From the network's map to alpha at the photo's size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alphacut.edges import follow, settle
from alphacut.enlarge import enlarge
from alphacut.noise import NONE, Noise
from alphacut.preprocess import resize
from alphacut.recipe import Filter, Recipe
from alphacut.tiles import Box

Alpha = Image.Image
"""An image of mode L: 0 is background, 255 is subject."""


def alpha_of(
    levels: NDArray[np.uint8],
    photo: Image.Image,
    seen: NDArray[np.uint8],
    recipe: Recipe,
    noise: Noise = NONE,
) -> Alpha:
    """Make alpha from what the network gave.

    Parameters
    ----------
    levels : ndarray
        uint8, shape (h, w).
    photo : PIL.Image.Image
        Mode RGB.
    seen : ndarray
        uint8, shape (h', w', 3): the photo as the network saw it.
    noise : Noise
        Of the photo.

    Returns
    -------
    PIL.Image.Image
        Mode L, of the photo's size.
    """
    guide = recipe.edges
    if guide is None:
        return resize(Image.fromarray(levels), photo.size, recipe.resampling.grow)
    levels = settle(levels, guide.ends)
    alpha, tiles = _grown(levels, photo.size, recipe.resampling.grow)
    follow(photo, alpha, levels, seen, guide, noise=noise, tiles=tiles)
    return alpha


def _grown(
    levels: NDArray[np.uint8], size: tuple[int, int], how: Filter
) -> tuple[Alpha, Sequence[Box] | None]:
    """Bring a map to a photo's size; gives the tiles that are soft too, if they were found on the way."""
    if how is Filter.BILINEAR and size[0] >= levels.shape[1] and size[1] >= levels.shape[0]:
        return enlarge(levels, size)
    return resize(Image.fromarray(levels), size, how), None


def placed(alpha: Alpha, box: Box, size: tuple[int, int]) -> Alpha:
    """Put the alpha of a part of a photo, at `box`, into that of the whole, which is 0 elsewhere."""
    if alpha.size == size:
        return alpha
    whole = Image.new("L", size)
    whole.paste(alpha, box)
    return whole


def times(alpha: Alpha, existing: Alpha | None) -> Alpha:
    """Multiply by the alpha that the photo brought along, rounded: what was transparent stays so."""
    if existing is None:
        return alpha
    return Image.composite(alpha, Image.new("L", alpha.size), existing)  # `multiply` drops fractions
