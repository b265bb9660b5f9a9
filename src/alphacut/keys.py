"""Colour keys of PNG (tRNS): the one colour that stands for nothing, where Pillow compares it wrongly.

Pillow compares levels of 8 bits with keys as they are stored: those of grey of 2 or 4 bits are on another
scale, and those of 16-bit colours have lost half of what they are compared with.
Source: https://www.w3.org/TR/png-3/#11tRNS
"""

from __future__ import annotations

from functools import reduce

from PIL import Image, ImageChops, ImageFile

from alphacut.deep import raw_modes

DeepKey = tuple[int, int, int]
"""Red, green, blue, 16 bits each."""

_STEPS = {"L;2": 85, "L;4": 17}  # between two levels


def settle_key(image: ImageFile.ImageFile) -> DeepKey | None:
    """Put the key of an image, which is opened but not loaded, on the scale of its 8 bits.

    Returns
    -------
    tuple or None
        A key of 16-bit colours, which is taken out of the image: see `keyed`.
    """
    key, modes = image.info.get("transparency"), raw_modes(image)
    if isinstance(key, tuple) and modes == {"RGB;16B"}:
        red, green, blue = image.info.pop("transparency")
        return red, green, blue
    if (level := level_of_key(key, modes)) is not None:
        image.info["transparency"] = level
    return None


def level_of_key(key: object, modes: set[str]) -> int | None:
    """Put the key of grey of 2 or 4 bits on the scale of 8; None where it is there, or no such key.

    `modes` is what `alphacut.deep.raw_modes` says.
    """
    step = _STEPS.get(min(modes, default=""))
    return step * (key & 255 // step) if isinstance(key, int) and step else None


def keyed(high: Image.Image, low: Image.Image, key: DeepKey) -> Image.Image:
    """Make alpha (L) of the upper and lower bytes of colours (RGB both): 0 where they are the key."""
    same = [
        channel.point([255 * (level == byte) for level in range(256)])
        for image, shift in ((high, 8), (low, 0))
        for channel, byte in zip(image.split(), (part >> shift & 255 for part in key), strict=True)
    ]
    return ImageChops.invert(reduce(ImageChops.darker, same))
