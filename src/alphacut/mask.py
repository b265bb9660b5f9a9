"""From the network's map to alpha at the photo's size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from alphacut.errors import SessionError
from alphacut.models import ModelSpec
from alphacut.preprocess import resize
from alphacut.recipe import DEFAULT, Recipe

Alpha = Image.Image
"""An image of mode L: 0 is background, 255 is subject."""


def alpha_of(
    output: NDArray[np.float32],
    spec: ModelSpec,
    size: tuple[int, int],
    existing: Alpha | None = None,
    recipe: Recipe = DEFAULT,
) -> Alpha:
    """Make alpha from what the network gave.

    Parameters
    ----------
    output : ndarray
        float32, shape (1, 1, h, w) or (h, w).
    size : tuple of int
        Width and height of the photo in pixels.
    existing : PIL.Image.Image or None
        Alpha that the photo brought along (mode L, of `size`); multiplied in, so that what was
        transparent stays so.

    Returns
    -------
    PIL.Image.Image
        Mode L, of `size`.

    Raises
    ------
    SessionError
        The output is not one map or holds NaN or infinity.
    """
    levels = quantise(unit_map(output, spec, recipe), truncate=recipe.truncate)
    alpha = resize(Image.fromarray(levels), size, recipe.grow)
    return alpha if existing is None else ImageChops.multiply(alpha, existing)


def unit_map(output: NDArray[np.float32], spec: ModelSpec, recipe: Recipe = DEFAULT) -> NDArray[np.float32]:
    """Reduce the network's output to one map of shape (h, w), float32 in [0, 1]."""
    if output.ndim < 2 or not output.size or output.size != output.shape[-1] * output.shape[-2]:
        raise SessionError(f"{spec.id} gave an output of shape {output.shape} instead of one map.")
    values = output.reshape(output.shape[-2:])
    if not np.isfinite(values).all():
        raise SessionError(f"{spec.id} gave numbers that are not finite.", hint="Try the other device.")
    if spec.output == "logits":
        values = (0.5 * (1 + np.tanh(0.5 * values))).astype(np.float32)  # sigmoid that can't overflow
    if recipe.stretch:
        values = _stretch(values)
    return values.clip(0, 1)


def quantise(values: NDArray[np.float32], *, truncate: bool = False) -> NDArray[np.uint8]:
    """Floats in [0, 1] as uint8, rounded to the nearest level, or down with `truncate`."""
    scaled = values * np.float32(255)
    return (scaled if truncate else np.rint(scaled)).astype(np.uint8)


def _stretch(values: NDArray[np.float32]) -> NDArray[np.float32]:
    least, greatest = values.min(), values.max()
    return (values - least) / (greatest - least) if greatest > least else np.zeros_like(values)
