"""Alpha where it is not known, from where it is: the closed form of natural image matting.

Source: A. Levin, D. Lischinski, Y. Weiss, "A Closed-Form Solution to Natural Image Matting", TPAMI 2008:
alpha is to be a linear function of the colours in every small window, which says ``L alpha = 0`` with the
matting Laplacian L. Applied by box filters as in K. He, J. Sun, X. Tang, "Fast Matting Using Large Kernel
Matting Laplacian Matrices", CVPR 2010, so that L is never written down; larger windows carry alpha farther in
a step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alphacut.guided import Plane, window_sums

Planes = NDArray[np.float32]


class MattingLaplacian:
    """The matting Laplacian of a picture, divided by the area of its windows.

    Parameters
    ----------
    guide : ndarray
        uint8, shape (height, width, 3), RGB.
    radius : int
        Of the windows of ``2 radius + 1`` pixels, which are cut at the borders.
    epsilon : float
        Added to the colours' variances, in squared units of 0..1.
    """

    def __init__(self, guide: NDArray[np.uint8], radius: int, epsilon: float) -> None:
        self._radius = radius
        self._colours: Planes = guide.transpose(2, 0, 1).astype(np.float32) / np.float32(255)
        self._colours -= np.float32(0.5)  # sums of squares lose fewer digits around 0
        self._areas = window_sums(np.ones((1, *guide.shape[:2]), np.float32), radius)[0]
        self._means = self._averaged(self._colours)
        self._inverse = self._inverses(epsilon)
        self.weights: Plane = self._areas / np.float32((2 * radius + 1) ** 2)
        """How many windows each pixel is in, as a share of the most: about the diagonal of L."""

    def __call__(self, alpha: Plane) -> Plane:
        """Apply it: how far alpha is from being linear in the colours; float32, shape (height, width)."""
        products = self._averaged(np.concatenate([alpha[None], alpha * self._colours]))
        covariances = products[1:] - products[0] * self._means
        slopes = np.einsum("ijhw,jhw->ihw", self._inverse, covariances)
        offset = products[0] - (slopes * self._means).sum(0)
        fitted = self._averaged(np.concatenate([slopes, offset[None]]))
        off: Plane = self.weights * (alpha - (fitted[:3] * self._colours).sum(0) - fitted[3])
        return off

    def _averaged(self, planes: Planes) -> Planes:
        averaged: Planes = window_sums(planes, self._radius) / self._areas
        return averaged

    def _inverses(self, epsilon: float) -> NDArray[np.float32]:
        """Inverse of each window's covariance of colours; shape (3, 3, height, width)."""
        products = (self._colours[:, None] * self._colours[None]).reshape(9, *self._areas.shape)
        covariance = self._averaged(products).reshape(3, 3, *self._areas.shape)
        covariance = covariance - self._means[:, None] * self._means[None]
        covariance = covariance + np.float32(epsilon) * np.eye(3, dtype=np.float32)[..., None, None]
        matrices = covariance.transpose(2, 3, 0, 1).astype(np.float64)
        inverse = np.linalg.inv(matrices).transpose(2, 3, 0, 1)
        return np.ascontiguousarray(inverse, np.float32)


def solve(laplacian: MattingLaplacian, alpha: Plane, trust: Plane, rounds: int) -> Plane:
    """Find alpha that is linear in the colours nearby, and what is given where that is trusted.

    Minimises ``x L x + sum(trust (x - alpha)^2)`` by conjugate gradients with the diagonal as preconditioner.

    Parameters
    ----------
    alpha : ndarray
        float32, 0 to 1, shape (height, width): what is known or guessed; where one begins.
    trust : ndarray
        float32, the same shape, 0 or more; L's own weight is about 1.
    """
    x = alpha.copy()
    residual: Plane = -laplacian(x)
    scale: Plane = np.reciprocal(laplacian.weights + trust)
    ahead: Plane = scale * residual
    direction = ahead
    energy = float((residual * ahead).sum())
    for _ in range(rounds):
        if energy < 1e-9:
            break
        pushed = laplacian(direction) + trust * direction
        step = np.float32(energy / float((direction * pushed).sum()))
        x += step * direction
        residual -= step * pushed
        ahead = scale * residual
        energy, before = float((residual * ahead).sum()), energy
        direction = (ahead + np.float32(energy / before) * direction).astype(np.float32)
    return x
