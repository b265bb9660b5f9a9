"""Networks as they are published, with float32 ends: normalisation before and quantisation after, in NumPy.

Shipped graphs hold both (`alphacut.graph_ends`); this is what they are held against, and how the peers'
scaling is measured on the same networks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from alphacut.errors import SessionError
from alphacut.models import ModelSpec
from alphacut.recipe import DEFAULT, Scaling, White

FloatNetwork = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""float32 NCHW of `ModelSpec.shape` to a float32 map."""


class ScaledSession:
    """A `Session` over a network with float32 ends."""

    def __init__(self, network: FloatNetwork, spec: ModelSpec, scaling: Scaling = DEFAULT.scaling) -> None:
        self._network = network
        self._spec = spec
        self._scaling = scaling

    async def run(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """See `Session.run`."""
        output = self._network(normalise(pixels, self._spec, self._scaling))
        return quantise(unit_map(output, self._spec, self._scaling), truncate=self._scaling.truncate)


def normalise(
    pixels: NDArray[np.uint8], spec: ModelSpec, scaling: Scaling = DEFAULT.scaling
) -> NDArray[np.float32]:
    """Scale pixels for the network: ``(rgb / white - mean) / std``.

    Parameters
    ----------
    pixels : ndarray
        uint8, shape (1, height, width, 3).

    Returns
    -------
    ndarray
        float32, C-contiguous, shape (1, 3, height, width).
    """
    white = 255.0 if scaling.white is White.RANGE else max(float(pixels.max()), 1e-6)
    mean = np.array(spec.mean if scaling.centre is None else (scaling.centre,) * 3, np.float64)
    std = np.array(spec.std if scaling.scale is None else (scaling.scale,) * 3, np.float64)
    planes = pixels.transpose(0, 3, 1, 2).astype(np.float32)
    planes *= (1 / (white * std)).astype(np.float32).reshape(1, 3, 1, 1)
    planes -= (mean / std).astype(np.float32).reshape(1, 3, 1, 1)
    return np.ascontiguousarray(planes)


def unit_map(
    output: NDArray[np.float32], spec: ModelSpec, scaling: Scaling = DEFAULT.scaling
) -> NDArray[np.float32]:
    """Reduce the network's output to one map of shape (h, w), float32 in [0, 1].

    Raises
    ------
    SessionError
        The output is not one map or holds NaN or infinity.
    """
    if output.ndim < 2 or not output.size or output.size != output.shape[-1] * output.shape[-2]:
        raise SessionError(f"{spec.id} gave an output of shape {output.shape} instead of one map.")
    values = output.reshape(output.shape[-2:])
    if not np.isfinite(values).all():
        raise SessionError(f"{spec.id} gave numbers that are not finite.", hint="Try the other device.")
    if spec.output == "logits":
        values = (0.5 * (1 + np.tanh(0.5 * values))).astype(np.float32)  # sigmoid that can't overflow
    if scaling.stretch or spec.output == "minmax":
        values = _stretch(values)
    return values.clip(0, 1)


def quantise(values: NDArray[np.float32], *, truncate: bool = False) -> NDArray[np.uint8]:
    """Floats in [0, 1] as uint8, rounded to the nearest level, or down with `truncate`."""
    scaled = values * np.float32(255)
    return (scaled if truncate else np.rint(scaled)).astype(np.uint8)


def _stretch(values: NDArray[np.float32]) -> NDArray[np.float32]:
    least, greatest = values.min(), values.max()
    return (values - least) / (greatest - least) if greatest > least else np.zeros_like(values)
