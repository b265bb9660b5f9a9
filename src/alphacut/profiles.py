"""ICC profiles: whose colours they describe, and what a few of them say.

Source: ICC.1:2022 (profile version 4.4), https://www.color.org/specification/ICC.1-2022-05.pdf
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Curve = Callable[[Floats], Floats]

_HEADER = 128  # bytes
_MOST_TAGS = 100
_D50 = (0.9642, 1.0, 0.8249)
# Columns of the matrix from linear Display P3 to XYZ, adapted to D50 (as ColorSync's own profile has them).
_P3 = {
    b"rXYZ": (0.5151, 0.2412, -0.0011),
    b"gXYZ": (0.2919, 0.6922, 0.0419),
    b"bXYZ": (0.1572, 0.0666, 0.7841),
}
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_WIDE_RED = 0.46  # X of red: 0.436 in sRGB, 0.515 in Display P3, 0.61 in Adobe RGB


def space_of(profile: object) -> str:
    """Name the space a profile is made for: "RGB", "GRAY", "CMYK", "Lab"; "" where it is none."""
    if not isinstance(profile, bytes) or len(profile) < _HEADER:
        return ""
    return profile[16:20].decode("latin-1").strip()


def is_wide(profile: bytes) -> bool:
    """Whether an RGB profile holds colours that sRGB lacks, by how far out its red lies."""
    red = tag(profile, b"rXYZ")
    return len(red) >= 12 and struct.unpack_from(">i", red, 8)[0] / 65536 > _WIDE_RED


def grey_levels(profile: bytes) -> NDArray[np.uint8] | None:
    """Look up the sRGB level of each of the 256 levels of a grey profile; None where it can't be read.

    The curve of the profile leads to luminance (or to lightness, where that is its connection space),
    and sRGB's own back to levels.
    """
    try:
        tone = curve(tag(profile, b"kTRC"))
    except (struct.error, ValueError):
        return None
    with np.errstate(all="ignore"):  # what damaged curves give is looked at below
        linear = tone(np.linspace(0, 1, 256))
        if profile[20:24] == b"Lab ":
            linear = luminance(linear * 100)
        levels = 255 * srgb_encoded(linear)
    return np.rint(levels).astype(np.uint8) if np.isfinite(levels).all() else None


def srgb_encoded(linear: Floats) -> Floats:
    """Encode linear light, 0 to 1, as sRGB does (IEC 61966-2-1); what is outside is clipped."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def luminance(lightness: Floats) -> Floats:
    """Relative luminance of CIE lightness L*, 0 to 100 (CIE 15)."""
    cube = ((lightness + 16) / 116) ** 3
    return np.where(lightness > 8, cube, lightness * (27 / 24389))


def display_p3() -> bytes:
    """Make the profile of Display P3, for pixels that a browser decoded into it."""
    tone = b"para" + struct.pack(">IHH", 0, 3, 0) + struct.pack(">5i", *map(_fixed, _SRGB_CURVE))
    tags = {
        b"desc": _text("Display P3"),
        b"cprt": _text("CC0"),
        b"wtpt": _xyz(_D50),
        **{name: _xyz(column) for name, column in _P3.items()},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), tone),
    }
    return _profile(b"RGB ", tags)


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    table, body, start = b"", b"", _HEADER + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(
        ">I4xI4s4s4s12x4s28x3i48x", start + len(body), 0x04400000, b"mntr", space, b"XYZ ", b"acsp",
        *map(_fixed, _D50),
    )  # fmt: skip
    return header + struct.pack(">I", len(tags)) + table + body


def _fixed(value: float) -> int:
    return round(value * 65536)


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + struct.pack(">I3i", 0, *map(_fixed, values))


def _text(words: str) -> bytes:
    text = b"".join(bytes((0, ord(letter))) for letter in words)  # UTF-16, of ASCII
    return b"mluc" + struct.pack(">3I2s2s2I", 0, 1, 12, b"en", b"US", len(text), 28) + text


def tag(profile: bytes, name: bytes) -> bytes:
    """Return the data of a tag; nothing where the profile lacks it or is cut off."""
    if len(profile) < _HEADER + 4:
        return b""
    count = min(struct.unpack_from(">I", profile, _HEADER)[0], _MOST_TAGS)
    for at in range(_HEADER + 4, min(_HEADER + 4 + 12 * count, len(profile) - 11), 12):
        if profile[at : at + 4] == name:
            offset, length = struct.unpack_from(">II", profile, at + 4)
            return profile[offset : offset + length]
    return b""


def curve(data: bytes) -> Curve:
    """Read a `curv` or `para` tag: from 0..1 to 0..1. Raises struct.error, ValueError."""
    if data[:4] == b"para":
        return _parametric(data)
    if data[:4] != b"curv":
        raise ValueError("not a curve")
    (count,) = struct.unpack_from(">I", data, 8)
    if count == 0:
        return lambda x: x
    if count == 1:
        gamma = struct.unpack_from(">H", data, 12)[0] / 256
        return lambda x: x**gamma
    if 12 + 2 * count > len(data):  # NumPy would say so, but not of any number in WebAssembly
        raise ValueError("cut off")
    table = np.frombuffer(data, ">u2", count, 12) / 65535
    return lambda x: np.interp(x, np.linspace(0, 1, count), table)


def _parametric(data: bytes) -> Curve:
    """Read the parametric curves 0 to 4 (clause 10.18): (a x + b)^g + e where x >= d, else c x + f."""
    (kind,) = struct.unpack_from(">H", data, 8)
    if kind > 4:
        raise ValueError("unknown kind of curve")
    values = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]  # where fewer are given
    for index in range((1, 3, 4, 5, 7)[kind]):
        values[index] = struct.unpack_from(">i", data, 12 + 4 * index)[0] / 65536
    g, a, b, c, d, e, f = values
    if kind in {1, 2}:  # where a x + b is negative they are flat
        c, d, e = 0.0, 0.0, c
    return lambda x: np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)
