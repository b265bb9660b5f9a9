"""Lossless WebP whose prefix codes are none, which libwebp before 1.3.2 writes beyond its tables for.

CVE-2023-4863: it finds such codes out only once it has written what they say. Pyodide's Pillow holds 1.2.2.
Here they are found before, in what libwebp reads of a file: `VP8L`, and `ALPH` where that is compressed.
Source: RFC 9649, 2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from alphacut.vp8l import check_alpha, check_lossless

_ALPHA = 0x10  # the flag of VP8X: without it a still picture's ALPH is not read
_FRAME = 16  # bytes that are told of a frame before its chunks


class _Picture(NamedTuple):
    """What libwebp is given of a frame: its chunk `VP8L` or `VP8 `, and the `ALPH` that comes before."""

    is_lossless: bool
    body: memoryview
    alpha: memoryview | None


def refuse_webp(webp: bytes) -> None:
    """Raise ValueError where the picture, or the first of an animation, holds prefix codes that are none.

    The others of an animation are never decoded.
    """
    picture = next(_pictures(memoryview(webp)), None)
    if picture is None:
        return  # which libwebp refuses
    if picture.is_lossless:
        check_lossless(picture.body)
    elif picture.alpha is not None and len(picture.body) >= 10:
        width, height = struct.unpack_from("<HH", picture.body, 6)
        check_alpha(picture.alpha, (width & 0x3FFF, height & 0x3FFF))


def _pictures(webp: memoryview) -> Iterator[_Picture]:
    """Give the pictures in their order; those of frames lie among the other chunks, once a frame began."""
    end = min(len(webp), 8 + int.from_bytes(webp[4:8], "little"))
    reads_alpha = bytes(webp[12:16]) == b"VP8X" and len(webp) > 20 and bool(webp[20] & _ALPHA)
    at, alpha = 12, None
    while at + 8 <= end:
        name, size = struct.unpack_from("<4sI", webp, at)
        begin, after = at + 8, at + 8 + size + (size & 1)
        if name == b"ANMF":
            reads_alpha, after = True, begin + _FRAME
        elif name == b"ALPH":
            alpha = webp[begin : min(begin + size, end)]
        elif name in {b"VP8 ", b"VP8L"}:
            yield _Picture(name == b"VP8L", webp[begin : min(after, end)], alpha if reads_alpha else None)
            alpha = None
        at = after
