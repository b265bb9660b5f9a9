"""How far a mask is from the truth: the measures that salient-object and matting papers print.

Masks are uint8 of shape (h, w), 0 background and 255 subject; where a measure needs a binary mask, pixels of
128 and above are the subject. `of_photo` computes all that one photo has; `max_f` needs the photos of a set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Levels = NDArray[np.uint8]
Binary = NDArray[np.bool_]
Floats = NDArray[np.float64]

SUBJECT = 128
"""Least level of the subject in a binary mask: above one half."""
TOLERANCE = 3
"""Pixels by which two boundaries may lie apart and still agree."""
SIGMA = 1.4
"""Of the Gaussian whose derivative the gradient error is taken with, in pixels."""
_BETA_SQUARED = 0.3


@dataclass(frozen=True)
class Curve:
    """Precision and recall of one mask at each threshold, 255 first; float64, shape (256,)."""

    precision: Floats
    recall: Floats


def of_photo(found: Levels, truth: Levels) -> dict[str, float]:
    """All measures of one photo by name: mae, iou, boundary_f, sad, mse, grad."""
    return {
        "mae": mae(found, truth),
        "iou": iou(found >= SUBJECT, truth >= SUBJECT),
        "boundary_f": boundary_f(found >= SUBJECT, truth >= SUBJECT),
        "sad": sad(found, truth),
        "mse": mse(found, truth),
        "grad": gradient_error(found, truth),
    }


def mae(found: Levels, truth: Levels) -> float:
    """Mean absolute error, in 0..1 (Perazzi et al., Saliency filters, CVPR 2012)."""
    return float(np.abs(_unit(found) - _unit(truth)).mean())


def sad(found: Levels, truth: Levels) -> float:
    """Sum of absolute differences of alpha in 0..1, in thousands of pixels (Rhemann et al., CVPR 2009).

    Over the whole photo, as there is no trimap where the subject is found automatically.
    """
    return float(np.abs(_unit(found) - _unit(truth)).sum() / 1000)


def mse(found: Levels, truth: Levels) -> float:
    """Mean squared error of alpha in 0..1, in thousandths, whole photo (Rhemann et al., CVPR 2009)."""
    return float(1000 * np.square(_unit(found) - _unit(truth)).mean())


def gradient_error(found: Levels, truth: Levels, sigma: float = SIGMA) -> float:
    """Sum of squared differences between the two gradient magnitudes, in thousands.

    Gradients of alpha in 0..1 are taken with first derivatives of a Gaussian of `sigma` pixels, edges
    continued outwards (Rhemann et al., A perceptually motivated online benchmark for image matting,
    CVPR 2009, with sigma 1.4 as in their evaluation).
    """
    apart = _gradient(found, sigma) - _gradient(truth, sigma)
    return float(np.square(apart).sum() / 1000)


def iou(found: Binary, truth: Binary) -> float:
    """Intersection over union, also named Jaccard index; 1 where both masks are empty."""
    union = np.count_nonzero(found | truth)
    return float(np.count_nonzero(found & truth) / union) if union else 1.0


def boundary_f(found: Binary, truth: Binary, tolerance: int = TOLERANCE) -> float:
    """Harmonic mean of the boundaries' precision and recall, in 0..1.

    A pixel of one boundary agrees if one of the other lies within `tolerance` pixels of it, Euclidean
    (Martin et al., PAMI 2004; as a measure of masks: Perazzi et al., DAVIS, CVPR 2016). 1 where neither has
    a boundary, 0 where only one has.
    """
    ours, theirs = boundary(found), boundary(truth)
    if not ours.any() or not theirs.any():
        return float(ours.any() == theirs.any())
    precision = _near(theirs, tolerance)[ours].mean()
    recall = _near(ours, tolerance)[theirs].mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def boundary(mask: Binary) -> Binary:
    """Pixels of the subject that have background above, below, left or right; the photo's border is none."""
    wide = np.pad(mask, 1, mode="edge")
    inside = wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:]
    return np.asarray(mask & ~inside, bool)


def curve(found: Levels, truth: Levels) -> Curve:
    """Precision and recall against the binary truth with each level as the least one of the subject."""
    is_subject = truth >= SUBJECT
    hits = np.bincount(found[is_subject], minlength=256)[::-1].cumsum()
    misses = np.bincount(found[~is_subject], minlength=256)[::-1].cumsum()
    return Curve(hits / np.maximum(hits + misses, 1), hits / max(1, np.count_nonzero(is_subject)))


def max_f(curves: Sequence[Curve]) -> float:
    """Greatest F-beta of a set over all thresholds, beta squared 0.3, in 0..1.

    Precision and recall are averaged over the photos first, at each threshold (Achanta et al.,
    Frequency-tuned salient region detection, CVPR 2009; maximum as in Borji et al., TIP 2015).
    """
    precision = np.mean([one.precision for one in curves], axis=0)
    recall = np.mean([one.recall for one in curves], axis=0)
    below = np.maximum(_BETA_SQUARED * precision + recall, 1e-12)
    return float(((1 + _BETA_SQUARED) * precision * recall / below).max())


def _unit(levels: Levels) -> Floats:
    return levels / 255.0


def _gradient(levels: Levels, sigma: float) -> NDArray[np.float32]:
    alpha = levels.astype(np.float32) / 255
    across, down = (
        ndimage.gaussian_filter(alpha, sigma, order=order, mode="nearest") for order in ((0, 1), (1, 0))
    )
    return np.asarray(np.hypot(across, down), np.float32)


def _near(mask: Binary, radius: int) -> Binary:
    """Pixels that have one of `mask` within `radius`, Euclidean; much faster than a distance transform."""
    height, width = mask.shape
    wide = np.pad(mask, radius)
    near = np.zeros_like(mask)
    reach = range(2 * radius + 1)
    for dy, dx in (
        (y, x) for y in reach for x in reach if (y - radius) ** 2 + (x - radius) ** 2 <= radius**2
    ):
        near |= wide[dy : dy + height, dx : dx + width]
    return near
