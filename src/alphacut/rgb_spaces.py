"""From one RGB space to another, where a matrix and three curves describe both: relative colorimetric.

Such are the profiles of cameras, screens and editors (sRGB, Display P3, Adobe RGB, ProPhoto). Those that hold
tables of colours instead need LittleCMS, which Pillow in Pyodide lacks.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alphacut import profiles
from alphacut.output import Colour
from alphacut.profiles import Curve, Floats

_COLUMNS = (b"rXYZ", b"gXYZ", b"bXYZ")
_CURVES = (b"rTRC", b"gTRC", b"bTRC")
_TABLES = tuple(kind + b"%d" % intent for kind in (b"A2B", b"B2A") for intent in range(3))
_LEAST_VOLUME = 1e-3  # determinant of a matrix: 0.2 in sRGB
_LEVELS = np.arange(256) / 255
_BETWEEN = (np.arange(255) + 0.5) / 255  # where one level ends and the next one begins
_STEPS = 65535  # of the square root of linear light, at which levels are looked up
_BAND = 1 << 15  # pixels converted at once: more don't stay in the cache, and take some three times as long
_BLACK_AND_WHITE = {(0, 0, 0), (255, 255, 255)}


@dataclass(frozen=True)
class RgbSpace:
    """An RGB space.

    Attributes
    ----------
    matrix : ndarray
        (3, 3), from linear light, 0 to 1, to XYZ adapted to D50.
    curves : tuple of callable
        Of red, green and blue: from levels, 0 to 1, to linear light.
    """

    matrix: Floats
    curves: tuple[Curve, Curve, Curve]


def _srgb_linear(levels: Floats) -> Floats:
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


SRGB = RgbSpace(
    # IEC 61966-2-1, adapted by Bradford's matrix, as in the profiles that are in use.
    np.array([
        [0.436066, 0.385147, 0.143066],
        [0.222488, 0.716873, 0.060608],
        [0.013916, 0.097076, 0.714096],
    ]),
    (_srgb_linear, _srgb_linear, _srgb_linear),
)  # fmt: skip


def read_space(profile: bytes | None) -> RgbSpace | None:
    """Read the space that a profile describes, sRGB for None.

    Returns
    -------
    RgbSpace or None
        None for profiles of other kinds: grey or ink, with tables (which go before matrix and curves where
        both are there), damaged, or with curves that fall.
    """
    if profile is None:
        return SRGB
    if profiles.space_of(profile) != "RGB" or profile[20:24] != b"XYZ ":
        return None
    if any(profiles.tag(profile, name) for name in _TABLES):
        return None
    try:
        matrix = np.transpose([_column(profiles.tag(profile, name)) for name in _COLUMNS])
        red, green, blue = (profiles.curve(profiles.tag(profile, name)) for name in _CURVES)
    except (struct.error, ValueError):
        return None
    is_sound = abs(np.linalg.det(matrix)) > _LEAST_VOLUME and all(map(_rises, (red, green, blue)))
    return RgbSpace(matrix, (red, green, blue)) if is_sound else None


def convert(image: Image.Image, own: RgbSpace, wanted: RgbSpace) -> Image.Image:
    """Convert an RGB image; colours that the wanted space lacks are clipped, each channel by itself.

    Levels are 0.51 at most from the exact result, of which 0.5 is rounding. (A cube of 65 colours a side,
    which Pillow would interpolate itself, was 10 off where colours are clipped.)
    """
    change = _Change(own, wanted)
    made = Image.new("RGB", image.size)
    for box in _bands(image.size):
        made.paste(change(image.crop(box)), box)
    return made


def colour_in(colour: Colour, profile: bytes | None) -> tuple[Colour, bool]:
    """Find the levels that show a colour of sRGB (as CSS has it) in a photo's profile.

    Returns
    -------
    tuple
        The levels, and whether they are right: where the profile can't be read they are sRGB's own, which
        only black and white may keep.
    """
    space = read_space(profile)
    if space is None:
        return colour, colour in _BLACK_AND_WHITE
    if space is SRGB:
        return colour, True
    red, green, blue = convert(Image.new("RGB", (1, 1), colour), SRGB, space).tobytes()
    return (red, green, blue), True


class _Change:
    """From one space to another, in bands: curves, matrix, and levels looked up by the square root of light.

    Curves are near to a power of 2: over the root they are nearly straight, so that even steps suit them.
    """

    def __init__(self, own: RgbSpace, wanted: RgbSpace) -> None:
        with np.errstate(all="ignore"):
            self._linear = [curve(_LEVELS).clip(0, 1).tolist() for curve in own.curves]
            self._levels = [_levels(curve) for curve in wanted.curves]
        matrix = np.linalg.inv(wanted.matrix) @ own.matrix
        self._matrix = (matrix * _STEPS**2).astype(np.float32)

    def __call__(self, band: Image.Image) -> Image.Image:
        planes = [
            np.asarray(plane.point(linear, "F"))  # ten times as fast as NumPy's `take` in WebAssembly
            for linear, plane in zip(self._linear, band.split(), strict=True)
        ]
        light = self._matrix @ np.stack(planes).reshape(3, -1)
        steps = np.sqrt(light.clip(0, _STEPS**2, out=light), out=light).astype(np.uint16)
        # "clip" saves the check of each index, which can't be out of range.
        found = [levels.take(step, mode="clip") for levels, step in zip(self._levels, steps, strict=True)]
        return Image.merge("RGB", [Image.frombytes("L", band.size, plane.tobytes()) for plane in found])


def _levels(curve: Curve) -> NDArray[np.uint8]:
    """Look up the level nearest to the light of each step, shape (65536,)."""
    light = ((np.arange(_STEPS + 1) + 0.5) / _STEPS) ** 2
    return np.searchsorted(curve(_BETWEEN), light, side="right").astype(np.uint8)


def _bands(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    width, height = size
    rows = max(1, _BAND // width)
    for top in range(0, height, rows):
        yield 0, top, width, min(top + rows, height)


def _column(data: bytes) -> tuple[float, float, float]:
    x, y, z = struct.unpack_from(">3i", data, 8)
    return x / 65536, y / 65536, z / 65536


def _rises(curve: Curve) -> bool:
    """Whether a curve never falls, so that it can be gone back."""
    with np.errstate(all="ignore"):
        light = curve(np.linspace(0, 1, 511)).clip(0, 1)  # levels, and halfway between them
    return bool(np.isfinite(light).all() and (np.diff(light) >= 0).all() and light[-1] > light[0])
