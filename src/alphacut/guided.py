"""The weighted guided filter: alpha as a local linear function of the photo's colours.

Source: K. He, J. Sun, X. Tang, "Guided Image Filtering", TPAMI 2013 (colour guide, section 3.4), on a
small copy as in K. He, J. Sun, "Fast Guided Filter", 2015. Ours is the weighting: a pixel counts by how sure
the network is of it, as unsure ones say least about where the subject ends. Ours too is that a model counts
less the more it makes of the noise of a coarsely written photo: steep slopes turn the blocks of a JPEG into
steps of alpha, just where colours say little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphacut.noise import NONE, Noise

Plane = NDArray[np.float32]
"""float32, shape (height, width)."""

_BY_YCBCR = np.array([[1, 1, 1], [0, -0.344136, 1.772], [1.402, -0.714136, 0]], np.float32)
"""Turns slopes by R, G, B into slopes by Y', Cb, Cr: columns of the inverse of ITU-T T.871's matrix."""
_FAINT = 1 / 255  # a share of alpha that no level shows


@dataclass(frozen=True)
class LinearModel:
    """At each pixel ``slopes . colour + offset + own alpha``, colours in 0..1.

    Attributes
    ----------
    slopes : ndarray
        float32, shape (3, height, width): by red, green, blue.
    offset : ndarray
        float32, shape (height, width).
    own : ndarray or None
        float32 in 0..1, shape (height, width): how much the alpha that the model was fitted to counts
        itself; None for nothing, anywhere.
    """

    slopes: NDArray[np.float32]
    offset: Plane
    own: Plane | None = None

    def planes(self) -> tuple[Plane, ...]:
        """Slopes and offset, one after the other."""
        return (*self.slopes, self.offset)


def fit(
    guide: NDArray[np.uint8],
    alpha: Plane,
    weights: Plane,
    radius: int,
    epsilon: float,
    *,
    noise: Noise = NONE,
    map_variance: float = math.inf,
) -> LinearModel:
    """Fit a linear model in each window of ``2 radius + 1`` pixels, and average those that cover a pixel.

    Parameters
    ----------
    guide : ndarray
        uint8, shape (height, width, 3), RGB.
    alpha : ndarray
        float32 in 0..1, shape (height, width).
    weights : ndarray
        float32, shape (height, width), all above 0: how much each pixel counts.
    epsilon : float
        Added to the colours' variances, in squared units of 0..1: below it a difference of colours is noise.
    noise : Noise
        Of the photo that the model will be applied to.
    map_variance : float
        Above 0: variance of the error of `alpha`, in squared units of 0..1. A model and `alpha` itself are
        weighed by the inverses of their variances; the model's is what it makes of noise.
    """
    # Around 0, sums of squares lose fewer digits of float32.
    red, green, blue = colours = guide.transpose(2, 0, 1).astype(np.float32) / 255 - 0.5
    weighted = colours * weights
    products = (red * weighted[0], green * weighted[0], blue * weighted[0],
                green * weighted[1], blue * weighted[1], blue * weighted[2])  # fmt: skip
    sums = window_sums(
        np.stack([weights, weights * alpha, *weighted, *(weighted * alpha), *products]), radius
    )
    mean_alpha, means, with_alpha, second = (
        part / sums[0] for part in (sums[1], sums[2:5], sums[5:8], sums[8:])
    )
    slopes = _solve(_covariance(second, means, epsilon), with_alpha - means * mean_alpha)
    planes = [*slopes, mean_alpha - (slopes * means).sum(0)]
    amplified = amplify(slopes, noise)
    if amplified.max() > _FAINT * map_variance:
        share = np.float32(map_variance) / (np.float32(map_variance) + amplified)
        planes = [*(share * plane for plane in planes), 1 - share]
    averaged = window_sums(np.stack(planes), radius) / _window_areas(mean_alpha.shape, radius)
    slopes, (offset, *own) = averaged[:3], averaged[3:]
    return LinearModel(slopes, offset - slopes.sum(0) * np.float32(0.5), *own)


def amplify(slopes: NDArray[np.float32], noise: Noise) -> Plane:
    """Say what becomes of noise: variance of ``slopes . colour``, float32, shape (height, width)."""
    luma, blue, red = np.tensordot(_BY_YCBCR, slopes, 1)
    variance: Plane = noise.luma * luma**2 + noise.chroma * (blue**2 + red**2)
    return variance


def window_sums(planes: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Sum over windows of ``2 radius + 1`` pixels, cut at the borders; float32, shape (n, height, width)."""
    return _running(_running(planes, radius, 1), radius, 2)


def window_means(plane: Plane, radius: int) -> Plane:
    """Mean over windows of ``2 radius + 1`` pixels, cut at the borders; float32, shape (height, width)."""
    means: Plane = window_sums(plane[None], radius)[0] / _window_areas(plane.shape, radius)
    return means


def _running(planes: NDArray[np.float32], radius: int, axis: int) -> NDArray[np.float32]:
    """Sum along one axis, from sums over 1, 2, 4, 8 ... pixels: few additions, and little is lost of float32.

    Differences of one running total over the whole length would lose what small variances are made of.
    """
    beyond = [(radius, radius) if at == axis else (0, 0) for at in range(planes.ndim)]
    sums, width, rest = np.pad(planes, beyond), 1, 2 * radius + 1
    total, done = np.zeros_like(planes), 0
    while True:
        if rest & 1:
            total += _from(sums, done, planes.shape[axis], axis)
            done += width
        rest >>= 1
        if not rest:
            return total
        length = sums.shape[axis] - width
        sums = _from(sums, 0, length, axis) + _from(sums, width, length, axis)
        width *= 2


def _from(planes: NDArray[np.float32], start: int, length: int, axis: int) -> NDArray[np.float32]:
    """View `length` pixels from `start` on along one axis."""
    return planes[(*[slice(None)] * axis, slice(start, start + length))]


def _window_areas(shape: tuple[int, ...], radius: int) -> Plane:
    """How many pixels each window has; those at the borders are cut."""
    down, across = (
        np.minimum(np.arange(side) + radius, side - 1) - np.maximum(np.arange(side) - radius, 0) + 1
        for side in shape
    )
    return np.outer(down, across).astype(np.float32)


def _covariance(second: NDArray[np.float32], means: NDArray[np.float32], epsilon: float) -> list[Plane]:
    """Covariances rr, rg, rb, gg, gb, bb, with `epsilon` added to the variances."""
    pairs = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    return [
        plane - means[i] * means[j] + np.float32(epsilon if i == j else 0)
        for plane, (i, j) in zip(second, pairs, strict=True)
    ]


def _solve(covariance: list[Plane], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Solve a symmetric 3 x 3 system at each pixel, by cofactors.

    In float64: where all colours are greys the determinant is a small difference of large products.
    """
    rr, rg, rb, gg, gb, bb = (plane.astype(np.float64) for plane in covariance)
    first, second, third = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    fourth, fifth, sixth = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    inverse = ((first, second, third), (second, fourth, fifth), (third, fifth, sixth))
    adjugate = np.stack([sum(cell * side for cell, side in zip(row, right, strict=True)) for row in inverse])
    solution: NDArray[np.float32] = (adjugate / (rr * first + rg * second + rb * third)).astype(np.float32)
    return solution
