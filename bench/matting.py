"""Matting from a trimap that the network's map makes: what a "fine" mode could be, measured only.

Closed-form matting (A. Levin, D. Lischinski, Y. Weiss, "A closed-form solution to natural image matting",
TPAMI 2008) and learning-based matting (Y. Zheng, C. Kambhamettu, "Learning based digital matting",
ICCV 2009), as PyMatting has them (T. Germer et al., JOSS 2020), on a small copy of the photo.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from alphacut.mask import alpha_of
from alphacut.recipe import DEFAULT
from bench.metrics import SUBJECT, Levels

Floats = NDArray[np.float64]
Estimate = Callable[[Floats, Floats], Floats]
"""Colours, shape (h, w, 3), and trimap, shape (h, w), 0, 0.5 or 1, to alpha; all in 0..1."""


@dataclass(frozen=True, kw_only=True)
class Fine:
    """How the small copy and its trimap are made.

    Attributes
    ----------
    side : int
        Longer side of the copy in pixels; it is never larger than the photo.
    sure : int
        Levels within so many of 0 and 255 are sure.
    band : int
        Pixels of the copy by which the unsure ones and the edge are widened.
    """

    side: int = 640
    sure: int = 13
    band: int = 8


def closed_form(levels: Levels, photo: Image.Image, seen: Levels, fine: Fine = Fine()) -> Image.Image:
    """Make alpha (L) of the photo's size by closed-form matting; a `bench.variants.MaskStep`."""
    from pymatting import estimate_alpha_cf  # its Numba takes seconds to start

    return matted(levels, photo, seen, estimate_alpha_cf, fine)


def learning_based(
    levels: Levels, photo: Image.Image, seen: Levels, fine: Fine = Fine(side=320, band=4)
) -> Image.Image:
    """Make alpha (L) of the photo's size by learning-based matting; a `bench.variants.MaskStep`."""
    from pymatting import estimate_alpha_lkm

    return matted(levels, photo, seen, estimate_alpha_lkm, fine)


def matted(levels: Levels, photo: Image.Image, seen: Levels, estimate: Estimate, fine: Fine) -> Image.Image:
    """Make alpha (L) of the photo's size: as estimated in the trimap's band, elsewhere 0 or 255.

    Where the map is sure of nothing, or of all, nothing can be propagated: the guided filter's alpha is kept.
    """
    scale = min(1.0, fine.side / max(photo.size))
    size = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    small = Image.fromarray(levels).resize(size, Image.Resampling.BILINEAR)
    known = trimap(np.asarray(small), fine)
    if not {0.0, 1.0} <= set(np.unique(known)):
        return alpha_of(levels, photo, seen, DEFAULT)
    colours = np.asarray(photo.resize(size, Image.Resampling.BILINEAR), np.float64) / 255
    alpha = np.rint(255 * estimate(colours, known).clip(0, 1)).astype(np.uint8)
    return Image.fromarray(alpha).resize(photo.size, Image.Resampling.BILINEAR)


def trimap(levels: Levels, fine: Fine) -> Floats:
    """Tell what is sure: 0 background, 1 subject, 0.5 unknown; float64, shape (h, w)."""
    subject = levels >= SUBJECT
    edge = ndimage.binary_dilation(subject) & ~subject  # crisp edges have a band too
    unsure = edge | ((levels > fine.sure) & (levels < 255 - fine.sure))
    unknown = ndimage.binary_dilation(unsure, iterations=fine.band) if fine.band else unsure
    return np.where(unknown, 0.5, subject.astype(np.float64))
