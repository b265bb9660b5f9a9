"""The two layers that a small picture is mixed from, foreground and background, from coarse to fine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]
"""Colours of shape (3, h, w) or alpha of shape (h, w), 0 to 1."""

ROUNDS = (4, 8, 16)
"""Rounds at the finest level, the next, and every coarser one, where they cost next to nothing."""

_HALF = np.float32(0.5)
_LEAST_WEIGHT = np.float32(0.01)  # lets a layer's colours spread to where nothing of it is seen


def separate(image: Planes, alpha: Planes, rounds: Sequence[int] = ROUNDS) -> tuple[Planes, Planes]:
    """Find smooth layers with ``image = alpha * foreground + (1 - alpha) * background``.

    In each round a pixel's layers become the means of its neighbours, weighted by how much of that layer
    they show (the blur fusion of Forte 2021, "Approximate fast foreground colour estimation"), and are then
    moved by the least change that gives the pixel (Germer et al. 2020, "Fast multi-level foreground
    estimation"). Levels of half the size each bring the colours over any distance.

    Parameters
    ----------
    image : ndarray
        float32, shape (3, h, w), 0 to 1.
    alpha : ndarray
        float32, shape (h, w), 0 to 1.
    rounds : sequence of int
        See `ROUNDS`.

    Returns
    -------
    foreground, background : ndarray
        float32, shape (3, h, w), 0 to 1.
    """
    levels = [(image, alpha)]
    while max(levels[-1][1].shape) > 1:
        levels.append((_halve(levels[-1][0]), _halve(levels[-1][1])))
    foreground = background = levels[-1][0]
    for depth, (colours, weight) in reversed(list(enumerate(levels))):
        foreground, background = _grow(foreground, weight.shape), _grow(background, weight.shape)
        _settle(foreground, background, colours, weight, rounds[min(depth, len(rounds) - 1)])
    return foreground, background


def _settle(foreground: Planes, background: Planes, image: Planes, alpha: Planes, rounds: int) -> None:
    """Pass `rounds` over one level, in place."""
    rest = 1 - alpha
    least_change = 1 / (alpha * alpha + rest * rest)
    layers = [
        (layer, share, share + _LEAST_WEIGHT, share * least_change)
        for layer, share in ((foreground, alpha), (background, rest))
    ]
    inverses = [1 / _sum_of_neighbours(weight, np.empty_like(weight)) for _, _, weight, _ in layers]
    missing, buffer = np.empty_like(image), np.empty_like(image)
    for _ in range(rounds):
        np.copyto(missing, image)
        for (layer, share, weight, _), inverse in zip(layers, inverses, strict=True):
            np.multiply(layer, weight, out=buffer)
            np.multiply(_sum_of_neighbours(buffer, layer), inverse, out=layer)
            np.subtract(missing, np.multiply(layer, share, out=buffer), out=missing)
        for layer, _, _, pull in layers:
            np.add(layer, np.multiply(missing, pull, out=buffer), out=layer)
            np.clip(layer, 0, 1, out=layer)


def _sum_of_neighbours(values: Planes, out: Planes) -> Planes:
    """Add up the pixels left, right, above and below; a picture of one pixel is its own neighbour.

    Both C-contiguous. Left and right are added in one pass over memory, as if rows were one long row: what
    that gets wrong, their ends, is written anew.
    """
    height, width = values.shape[-2:]
    if (height, width) == (1, 1):
        np.copyto(out, values)
        return out
    if width == 1:
        out[...] = 0
    else:
        flat = values.reshape(-1)
        np.add(flat[:-2], flat[2:], out=out.reshape(-1)[1:-1])
        out[..., 0], out[..., -1] = values[..., 1], values[..., -2]
    out[..., 1:, :] += values[..., :-1, :]
    out[..., :-1, :] += values[..., 1:, :]
    return out


def _halve(values: Planes) -> Planes:
    """Mean of 2 x 2 pixels; the last row or column of an odd number counts twice."""
    if values.shape[-2] > 1:
        if values.shape[-2] % 2:
            values = np.concatenate((values, values[..., -1:, :]), axis=-2)
        values = (values[..., ::2, :] + values[..., 1::2, :]) * _HALF
    if values.shape[-1] > 1:
        if values.shape[-1] % 2:
            values = np.concatenate((values, values[..., -1:]), axis=-1)
        values = (values[..., ::2] + values[..., 1::2]) * _HALF
    return values


def _grow(values: Planes, shape: tuple[int, ...]) -> Planes:
    """Undo `_halve`'s change of shape: each pixel becomes 2 x 2. A new array."""
    for axis in (-2, -1):
        if values.shape[axis] != shape[axis]:
            values = np.repeat(values, 2, axis)
    return values[..., : shape[-2], : shape[-1]].copy()
