"""Sizes that headers tell, for formats where Pillow takes memory for a picture before it looks at its size.

It does for animated PNGs and for WebP, and for PNGs in icons: a file of 100 bytes could take gigabytes.
Sources: https://www.w3.org/TR/png-3/#11IHDR, RFC 9649.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_PICTURES = 1000  # of an icon that are looked at

Size = tuple[int, int]


def largest_size(data: bytes) -> Size:
    """Return the greatest width and height by area that a PNG, a WebP or an icon tells; 0, 0 for others."""
    if data.startswith(b"RIFF"):
        return _webp_size(data)
    places = [0] if data.startswith(_PNG) else _places(data) if data.startswith(b"\0\0\1\0") else []
    sizes = (size for at in places for size in _png_sizes(data, at))
    return max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))


def _places(icon: bytes) -> list[int]:
    """Find where PNGs begin in an icon."""
    found, at = list[int](), icon.find(_PNG)
    while at >= 0 and len(found) < _MOST_PICTURES:
        found.append(at)
        at = icon.find(_PNG, at + 1)
    return found


def _png_sizes(data: bytes, at: int) -> Iterator[Size]:
    """Give each size before the pixels: Pillow takes the last, and a file may hold more than it should."""
    at += len(_PNG)
    while at + 16 <= len(data):
        length, name, width, height = struct.unpack_from(">I4sII", data, at)
        if name == b"IDAT":
            return
        if name == b"IHDR":
            yield width, height
        at += length + 12


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
