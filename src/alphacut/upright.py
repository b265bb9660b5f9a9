"""How photos are turned: cameras store them as the sensor lay, and say in EXIF which side is up."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from alphacut.plugins import DAMAGE

ORIENTATION = 0x0112
"""Tag of EXIF."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Turn = Callable[[Image.Image], Image.Image]


def turned_upright(image: Image.Image) -> Turn:
    """Say how the stored pixels are turned upright, by the EXIF orientation that an image tells."""
    try:
        orientation = image.getexif().get(ORIENTATION, 1)
    except DAMAGE:
        orientation = 1  # damaged EXIF says nothing about the pixels; show them as they are stored
    method = _UPRIGHT.get(orientation)
    return lambda stored: stored if method is None else stored.transpose(method)
