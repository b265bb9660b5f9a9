"""Sizes that headers tell, for formats where Pillow takes memory for a picture before it looks at its size.

It does for animated PNGs and for WebP, and for PNGs in icons: a file of 100 bytes could take gigabytes.
Sources: https://www.w3.org/TR/png-3/#11IHDR, RFC 9649.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_PNG = b"\x89PNG\r\n\x1a\n"
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}  # by kinds of colours
_MOST_CHUNKS = 100_000  # of a file that are passed on the way to pixels

Size = tuple[int, int]


def largest_size(data: bytes) -> Size:
    """Return the greatest width and height by area that a PNG, a WebP or an icon tells; 0, 0 for others.

    Raises
    ------
    ValueError
        The chunks are more than can be looked at, or such that Pillow would lose its way.
    """
    if data.startswith(b"RIFF"):
        return _webp_size(data)
    sizes = ((header.width, header.height) for header in _png_headers(data))
    return max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))


def refuse_png(data: bytes) -> None:
    """Raise ValueError unless each PNG, alone or in an icon, has one header, which comes first.

    Pillow takes the last before the pixels, and passes over pixels for which it has none that is known.
    """
    if not all(header.is_good for header in _png_headers(data)):
        raise ValueError("a PNG with a header that is none, or with two")


def _places(icon: bytes) -> Iterator[int]:
    """Find where the pictures of an icon begin that are PNGs, by its directory, as Pillow does."""
    count = int.from_bytes(icon[4:6], "little")
    for at in range(18, min(18 + 16 * count, len(icon) - 3), 16):
        (offset,) = struct.unpack_from("<I", icon, at)
        if icon.startswith(_PNG, offset):
            yield offset


class _Header(NamedTuple):
    """What a PNG's header tells; `is_good` if it comes first, and there are colours of its kind."""

    width: int
    height: int
    is_good: bool


def _png_headers(data: bytes) -> Iterator[_Header]:
    """Give each header before the pixels that Pillow reads: a file may hold more than it should."""
    places = {0} if data.startswith(_PNG) else set(_places(data)) if data.startswith(b"\0\0\1\0") else set()
    seen = 0
    for place in places:
        at, is_known = place + len(_PNG), False
        while at + 18 <= len(data):
            length, name, width, height, depth, kind = struct.unpack_from(">I4sIIBB", data, at)
            if name == b"IDAT" and is_known:
                break
            if name == b"fdAT" and not is_known:
                raise ValueError("a frame before the header")
            if name == b"IHDR":
                has_kind = depth in _DEPTHS.get(kind, ())
                yield _Header(width, height, has_kind and at == place + len(_PNG))
                is_known = is_known or has_kind
            at += length + 12
            seen += 1
            if seen > _MOST_CHUNKS:
                raise ValueError("too many chunks before the pixels")


def _webp_size(data: bytes) -> Size:
    head, kind = data[12:30].ljust(18, b"\0"), data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[12:15], "little"), 1 + int.from_bytes(head[15:18], "little")
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 14)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(head[9:13], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return 0, 0
