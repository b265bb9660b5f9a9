"""From the photo to the network's input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alphacut.image import Photo
from alphacut.models import ModelSpec
from alphacut.recipe import Filter

_GREY = (128, 128, 128)
# Large photos are first shrunk by an integer box, to 3 times the target, which is faster; only at steep edges
# of tiny targets does the input differ by more than a level.
_REDUCING_GAP = 3.0

_WIDENED = {Filter.BILINEAR: Image.Resampling.BILINEAR, Filter.LANCZOS: Image.Resampling.LANCZOS}


def network_input(photo: Photo, spec: ModelSpec, how: Filter = Filter.BILINEAR) -> NDArray[np.uint8]:
    """Stretch the photo to the network's size.

    Existing transparency is seen over mid grey, against which both black and white subjects stand out.

    Returns
    -------
    ndarray
        uint8, C-contiguous, shape (1, spec.height, spec.width, 3), RGB.
    """
    small = resize(_flatten(photo), (spec.width, spec.height), how)
    return np.asarray(small)[None]


def resize(image: Image.Image, size: tuple[int, int], how: Filter) -> Image.Image:
    """Resample an image of mode RGB or L to `size` (width, height) without keeping its proportions."""
    if image.size == size:
        return image
    if how is Filter.CORNER:
        return _resize_corner(image, size)
    gap = _REDUCING_GAP if how is Filter.BILINEAR else None
    return image.resize(size, _WIDENED[how], reducing_gap=gap)


def _flatten(photo: Photo) -> Image.Image:
    if photo.alpha is None:
        return photo.rgb
    return Image.composite(photo.rgb, Image.new("RGB", photo.size, _GREY), photo.alpha)


def _resize_corner(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Two-tap bilinear at ``x * width / new_width``, fractions of a level dropped."""
    step_x, step_y = image.width / size[0], image.height / size[1]
    # Pillow samples at the centre of the target pixel: step * (x + 0.5) + offset - 0.5.
    matrix = (step_x, 0.0, 0.5 - step_x / 2, 0.0, step_y, 0.5 - step_y / 2)
    image = _with_edge(image)
    return image.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _with_edge(image: Image.Image) -> Image.Image:
    """Repeat the last column and row once: `transform` would read black beyond them."""
    samples = np.asarray(image)
    return Image.fromarray(np.pad(samples, ((0, 1), (0, 1), (0, 0))[: samples.ndim], mode="edge"))
