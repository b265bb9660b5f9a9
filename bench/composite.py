"""How a cutout looks on another background, against the true foreground on the same.

What is seen to be wrong of a cutout is its edge: alpha that is off, and colours that still hold some of the
old background. Both are measured where they matter, in levels of the composite.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Bytes8 = NDArray[np.uint8]
Binary = NDArray[np.bool_]

BACKGROUNDS: Mapping[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "green": (0, 177, 64),  # as studios paint it
    "magenta": (255, 0, 255),
    "grey": (128, 128, 128),
}
MARGIN = 3
"""Pixels that the band reaches beyond partial alpha, where a mask that is a little off still shows."""


def edge_band(truth: Bytes8, margin: int = MARGIN) -> Binary:
    """Pixels of partial true alpha and those within `margin` steps of one; shape (h, w)."""
    partial = (truth > 0) & (truth < 255)
    return np.asarray(ndimage.binary_dilation(partial, iterations=margin), bool) if margin else partial


def composite_errors(colours: Bytes8, alpha: Bytes8, true_colours: Bytes8, truth: Bytes8) -> dict[str, float]:
    """Mean absolute difference of the composites in the edge band, over the three channels.

    Straight alpha, blended in the encoded levels, as browsers and image editors do by default (Porter and
    Duff, Compositing digital images, 1984).

    Parameters
    ----------
    colours, true_colours : ndarray
        uint8, shape (h, w, 3).
    alpha, truth : ndarray
        uint8, shape (h, w).

    Returns
    -------
    dict
        Levels of 255 by background, and their "mean".
    """
    band = edge_band(truth)
    if not band.any():
        raise ValueError("the true alpha has no edge")
    cut, true = (
        (pixels[band].astype(np.float64), values[band].astype(np.float64)[:, None] / 255)
        for pixels, values in ((colours, alpha), (true_colours, truth))
    )
    errors = {}
    for name, background in BACKGROUNDS.items():
        ours, theirs = (rgb * share + (1 - share) * background for rgb, share in (cut, true))
        errors[name] = float(np.abs(ours - theirs).mean())
    return {**errors, "mean": float(np.mean(list(errors.values())))}
