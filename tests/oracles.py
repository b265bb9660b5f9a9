"""What filters, resampling and mixing are by definition: in float64, sum by sum, and nothing rounded.

Nothing here is clever or quick. tests/unit/test_numerics_oracles.py holds these against scipy, Pillow and
pymatting; tests of alphacut's functions hold those against these, in Pyodide too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kernel = Callable[[float], float]

# ---- resampling --------------------------------------------------------------------------------------


def _sinc(x: float) -> float:
    return math.sin(math.pi * x) / (math.pi * x) if x else 1.0


def _cubic(x: float) -> float:
    """Keys 1981, with a = -0.5."""
    x = abs(x)
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2


KERNELS: Mapping[str, tuple[float, Kernel]] = {
    "box": (0.5, lambda x: 1.0 if -0.5 < x <= 0.5 else 0.0),
    "bilinear": (1.0, lambda x: 1 - abs(x)),
    "hamming": (1.0, lambda x: _sinc(x) * (0.54 + 0.46 * math.cos(math.pi * x))),
    "bicubic": (2.0, _cubic),
    "lanczos": (3.0, lambda x: _sinc(x) * _sinc(x / 3)),
}
"""How far each kernel reaches, and its weights within."""


def resampled(
    values: NDArray[Any], length: int, kind: str, start: float = 0, end: float | None = None
) -> Floats:
    """Resample the first axis, from `start` to `end`, to a length: the kernel is widened where that shrinks.

    Samples beyond the ends do not count; the weights of the others add up to 1.
    """
    count = len(values)
    step = ((count if end is None else end) - start) / length
    wide, (reach, kernel) = max(step, 1.0), KERNELS[kind]
    made = np.zeros((length, *values.shape[1:]))
    for place in range(length):
        middle = start + (place + 0.5) * step
        weights = [
            kernel((at + 0.5 - middle) / wide) if abs(at + 0.5 - middle) < reach * wide + 1e-9 else 0.0
            for at in range(count)
        ]
        for at, weight in enumerate(weights):
            if weight:
                made[place] += weight / sum(weights) * values[at]
    return made


def resized(values: NDArray[Any], size: tuple[int, int], kind: str) -> Floats:
    """Resample rows and columns to a width and a height."""
    across = resampled(values.swapaxes(0, 1), size[0], kind).swapaxes(0, 1)
    return resampled(across, size[1], kind)


def reduced(values: NDArray[Any], step: int) -> Floats:
    """Mean of each block of `step` x `step`; blocks that the border cuts are the mean of what is left."""
    height, width = values.shape[:2]
    return np.array([
        [
            values[y : y + step, x : x + step].astype(np.float64).mean(axis=(0, 1))
            for x in range(0, width, step)
        ]
        for y in range(0, height, step)
    ])  # fmt: skip


# ---- filters -----------------------------------------------------------------------------------------


def _along_both(values: NDArray[Any], line: Callable[[Floats], Floats]) -> Floats:
    found = np.apply_along_axis(line, 0, values.astype(np.float64))
    return np.asarray(np.apply_along_axis(line, 1, found))


def gaussian(values: NDArray[Any], sigma: float) -> Floats:
    """Weigh by exp(-d^2 / 2 sigma^2), sampled, as far as 6 sigma; the last samples go on for ever."""
    reach = math.ceil(6 * sigma)
    weights = np.array([math.exp(-0.5 * (d / sigma) ** 2) for d in range(-reach, reach + 1)])
    weights /= weights.sum()

    def line(samples: Floats) -> Floats:
        wide = np.pad(samples, reach, mode="edge")
        return np.array([weights @ wide[at : at + 2 * reach + 1] for at in range(len(samples))])

    return _along_both(values, line)


def box_radius(sigma: float, passes: int = 3) -> float:
    """The radius of the box that has, in so many passes, a Gaussian's variance (Gwosdek et al. 2011).

    Its ends count in part: a box of radius r + a has weights 1 as far as r and a at r + 1.
    """
    wanted, whole = sigma**2 / passes, 0
    while ((2 * whole + 3) ** 2 - 1) / 12 <= wanted:  # the variance of the next whole box
        whole += 1
    low, high = 0.0, 1.0
    for _ in range(60):
        part = (low + high) / 2
        variance = sum(d * d * (1 if abs(d) <= whole else part) for d in range(-whole - 1, whole + 2)) / (
            2 * (whole + part) + 1
        )
        low, high = (part, high) if variance < wanted else (low, part)
    return whole + low


def box_blurred(values: NDArray[Any], radius: float) -> Floats:
    """Mean over a box whose ends count in part; the last samples go on for ever."""
    whole = int(radius)
    part = radius - whole
    weights = np.array([part, *[1.0] * (2 * whole + 1), part]) / (2 * radius + 1)

    def line(samples: Floats) -> Floats:
        wide = np.pad(samples, whole + 1, mode="edge")
        return np.array([weights @ wide[at : at + 2 * whole + 3] for at in range(len(samples))])

    return _along_both(values, line)


def three_boxes(values: NDArray[Any], sigma: float) -> Floats:
    """Blur three times by a box: nearly a Gaussian."""
    radius = box_radius(sigma)
    for _ in range(3):
        values = box_blurred(values, radius)
    return np.asarray(values, np.float64)


def window(y: int, x: int, radius: int) -> tuple[slice, slice]:
    """Rows and columns of a window, cut at the top and left; slices end at the border by themselves."""
    return slice(max(0, y - radius), y + radius + 1), slice(max(0, x - radius), x + radius + 1)


def window_sums(plane: NDArray[Any], radius: int) -> Floats:
    """Sum of each window of ``2 radius + 1`` pixels, cut at the borders."""
    wide = plane.astype(np.float64)
    found = [wide[window(y, x, radius)].sum() for y, x in np.ndindex(*plane.shape)]
    return np.reshape(found, plane.shape)


def extreme(plane: NDArray[Any], radius: int, choose: Callable[[NDArray[Any]], Any]) -> NDArray[Any]:
    """Least or greatest of each window of ``2 radius + 1`` pixels, cut at the borders."""
    found = [choose(plane[window(y, x, radius)]) for y, x in np.ndindex(*plane.shape)]
    return np.reshape(found, plane.shape)


# ---- mixing ------------------------------------------------------------------------------------------


def over(upper: NDArray[Any], lower: NDArray[Any]) -> Floats:
    """Lay straight RGBA, 0 to 255, over another (Porter and Duff 1984); gives it premultiplied, 0 to 1."""
    above, below = premultiplied(upper), premultiplied(lower)
    return np.asarray(above + below * (1 - above[..., 3:]))


def premultiplied(pixels: NDArray[Any]) -> Floats:
    """Straight RGBA, 0 to 255, as premultiplied RGBA, 0 to 1."""
    made = pixels.astype(np.float64) / 255
    made[..., :3] *= made[..., 3:]
    return np.asarray(made)


# ---- matting -----------------------------------------------------------------------------------------


def matting_laplacian(guide: NDArray[np.uint8], radius: int, epsilon: float, *, cut: bool = True) -> Floats:
    """Build the matting Laplacian window by window (equation 12 of Levin et al. 2008).

    `cut`: windows at the border are what is left of them; else there are whole ones only.
    """
    height, width = guide.shape[:2]
    colours = guide.reshape(-1, 3) / 255
    matrix = np.zeros((height * width,) * 2)
    for y, x in np.ndindex(height, width):
        whole = radius <= y < height - radius and radius <= x < width - radius
        if not (cut or whole):
            continue
        rows, columns = window(y, x, radius)
        places = (np.arange(height)[rows][:, None] * width + np.arange(width)[columns]).ravel()
        inner = colours[places] - colours[places].mean(axis=0)
        covariance = inner.T @ inner / len(places) + epsilon * np.eye(3)
        affinity = (1 + inner @ np.linalg.inv(covariance) @ inner.T) / len(places)
        matrix[np.ix_(places, places)] += np.eye(len(places)) - affinity
    return matrix


def separated(image: Floats, alpha: Floats, rounds: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Find two layers by what `alphacut.layers.separate` says it does, pixel by pixel.

    Parameters
    ----------
    image, alpha : ndarray
        Shapes (h, w, 3) and (h, w), 0 to 1.
    """
    levels = [(image, alpha)]
    while max(levels[-1][1].shape) > 1:
        levels.append((_halved(levels[-1][0]), _halved(levels[-1][1])))
    layers = [levels[-1][0], levels[-1][0]]
    for depth in range(len(levels) - 1, -1, -1):
        colours, weight = levels[depth]
        places = np.ix_(*(np.minimum(np.arange(side) // 2, -(-side // 2) - 1) for side in weight.shape))
        coarsest = depth == len(levels) - 1
        layers = [layer if coarsest else _on_finer(layer, weight.shape, places) for layer in layers]
        for _ in range(rounds[min(depth, len(rounds) - 1)]):
            layers = _one_round(layers, colours, weight)
    return layers[0], layers[1]


def _on_finer(layer: Floats, shape: tuple[int, ...], places: tuple[Any, ...]) -> Floats:
    """Each pixel becomes 2 x 2, but along a side that was 1 already."""
    if layer.shape[:2] == shape:
        return layer
    rows = places[0] if layer.shape[0] != shape[0] else np.arange(shape[0])[:, None]
    columns = places[1] if layer.shape[1] != shape[1] else np.arange(shape[1])[None, :]
    return np.asarray(layer[rows, columns])


def _halved(values: Floats) -> Floats:
    """Mean of 2 x 2 pixels; the last row or column of an odd number counts twice."""
    height, width = values.shape[:2]
    return np.array([
        [
            np.mean([
                values[min(2 * y + dy, height - 1), min(2 * x + dx, width - 1)]
                for dy in (0, 1) for dx in (0, 1)
            ], axis=0)
            for x in range(-(-width // 2))
        ]
        for y in range(-(-height // 2))
    ])  # fmt: skip


def _one_round(layers: list[Floats], image: Floats, alpha: Floats) -> list[Floats]:
    """Take the weighted means of the neighbours, then the least change that gives the pixel."""
    height, width = alpha.shape
    means = [np.empty_like(layer) for layer in layers]
    for y, x in np.ndindex(height, width):
        around = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
        around = [(v, u) for v, u in around if 0 <= v < height and 0 <= u < width] or [(y, x)]
        for mean, layer, share in zip(means, layers, (alpha, 1 - alpha), strict=True):
            weights = np.array([share[place] + 0.01 for place in around])
            mean[y, x] = weights @ np.array([layer[place] for place in around]) / weights.sum()
    share = alpha[..., None]
    missing = image - share * means[0] - (1 - share) * means[1]
    change = missing / (share**2 + (1 - share) ** 2)
    return [(means[0] + share * change).clip(0, 1), (means[1] + (1 - share) * change).clip(0, 1)]
