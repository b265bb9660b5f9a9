"""Foreground colours: the old background is taken out of the pixels that show both."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from alphacut.layers import Planes, separate
from alphacut.tiles import Box, boxes

REDUCED_TO = 120_000
"""Pixels of the reduced photo: most of the quality for a third of the time."""
FINE = 1_000_000
"""The same where time does not matter: about five times the time."""

_HEADROOMS = (0, 32, 96, 255)
"""Levels below 0 and above 255 that a sheet reaches to; its steps are 1, 1.25, 1.75 and 3 levels then."""
_LET_GO = 0.5  # levels that a result may lack of what bytes from 0 to 255 can't hold
_UNSEEN = 0.5  # levels: less would change no pixel on any background
_IS_SOFT = [0] + [255] * 254 + [0]  # lookup table
_IS_SEEN_THROUGH = [255] * 255 + [0]  # likewise


def estimate(rgb: Image.Image, alpha: Image.Image, *, reduced_to: int = REDUCED_TO) -> Image.Image:
    """Replace colours that are mixed with the old background by the subject's own.

    Both layers are found on a reduced photo (`alphacut.layers.separate`). At full size each pixel takes one
    step from them towards what the photo shows, ``F + alpha * (I - alpha * F - (1 - alpha) * B)``. That is a
    blend, ``alpha * I + (1 - alpha) * G`` with ``G = F + alpha * (F - B)``: G, of the reduced photo too, is
    enlarged and Pillow blends bytes, tile by tile. No array of the photo's size is made.

    Parameters
    ----------
    rgb : PIL.Image.Image
        Mode RGB. Its pixels are changed in place.
    alpha : PIL.Image.Image
        Mode L, of the same size.
    reduced_to : int
        Pixels, at most, of the photo in which the layers are found: `REDUCED_TO` or `FINE`.

    Returns
    -------
    PIL.Image.Image
        `rgb`. Where alpha is 255 the colours are what they were; where it is 0 they may be anything.
    """
    tiles = boxes(alpha)
    if tiles:
        step = math.ceil(math.sqrt(rgb.width * rgb.height / reduced_to))
        towards = _Towards(rgb.reduce(step), alpha.reduce(step), step)
        for tile in tiles:
            towards.blend_into(rgb, alpha, tile)
    return rgb


def clean(rgb: Image.Image, alpha: Image.Image, existing: Image.Image | None) -> None:
    """Do the same for a photo that brought alpha along, `existing` (mode L): what it shows through stays.

    There somebody took the background out before; colours are changed only where it is 255.
    """
    before = None if existing is None else rgb.copy()
    estimate(rgb, alpha)
    if existing is not None and before is not None:
        rgb.paste(before, mask=existing.point(_IS_SEEN_THROUGH, "1"))


class _Towards:
    """G of the reduced photo: the colours that soft pixels are blended with, the more the softer they are."""

    def __init__(self, rgb: Image.Image, alpha: Image.Image, step: int) -> None:
        image, share = _planes(rgb), _planes(alpha)
        foreground, background = separate(image, share)
        self._levels = 255 * (foreground + share * (foreground - background))
        excess = np.maximum(self._levels - 255, -self._levels).max(axis=0)
        self._excess = np.where((1 - share) * excess > _LET_GO, excess, 0)
        self._change = 255 * (share * np.abs(foreground - image)).max(axis=0)
        self._step = step
        self._sheets: dict[int, Image.Image] = {}

    def blend_into(self, rgb: Image.Image, alpha: Image.Image, tile: Box) -> None:
        """Change one tile of the photo."""
        left, top, right, bottom = (edge / self._step for edge in tile)
        # One more on each side, which enlarging reads too.
        here = np.s_[max(int(top) - 1, 0) : int(bottom) + 2, max(int(left) - 1, 0) : int(right) + 2]
        if self._change[here].max() < _UNSEEN:
            return
        headroom = next(room for room in _HEADROOMS if room >= min(self._excess[here].max(), _HEADROOMS[-1]))
        size = tile[2] - tile[0], tile[3] - tile[1]
        enlarged = self._sheet(headroom).resize(size, Image.Resampling.BILINEAR, (left, top, right, bottom))
        mask = alpha.crop(tile)
        if headroom:
            enlarged.paste(rgb.crop(tile).point(_into(headroom)), None, mask)
            rgb.paste(enlarged.point(_out_of(headroom)), tile, mask.point(_IS_SOFT, "1"))
        else:
            rgb.paste(enlarged, tile, ImageChops.invert(mask))

    def _sheet(self, headroom: int) -> Image.Image:
        """G in bytes, which stand for levels from -headroom to 255 + headroom."""
        if headroom not in self._sheets:
            levels = (self._levels + headroom) * (255 / (255 + 2 * headroom))
            pixels = np.clip(np.rint(levels), 0, 255).astype(np.uint8).transpose(1, 2, 0)
            self._sheets[headroom] = Image.fromarray(np.ascontiguousarray(pixels))
        return self._sheets[headroom]


@cache
def _into(headroom: int) -> list[int]:
    """Lookup table from levels to the bytes of a sheet."""
    return 3 * [round((level + headroom) * 255 / (255 + 2 * headroom)) for level in range(256)]


@cache
def _out_of(headroom: int) -> list[int]:
    """Lookup table from the bytes of a sheet to levels."""
    levels = (round(byte * (255 + 2 * headroom) / 255 - headroom) for byte in range(256))
    return 3 * [min(max(level, 0), 255) for level in levels]


def _planes(image: Image.Image) -> Planes:
    pixels: NDArray[np.uint8] = np.asarray(image)
    planes = pixels.astype(np.float32) / np.float32(255)
    return np.ascontiguousarray(planes.transpose(2, 0, 1)) if planes.ndim == 3 else planes
