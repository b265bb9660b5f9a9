"""PNG from strips of rows that somebody filters and deflates side by side: `encode_in_strips`.

PNG holds its pixels as one zlib stream (RFC 1950). Deflated blocks can end at a whole byte, so strips made
apart become one stream; what is left to do here: the chunks around them and the checksum over all of them.
"""

from __future__ import annotations

import struct
import zlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alphacut.encode import encode_png

PngEncoder = Callable[[Image.Image, bytes | None], Awaitable[bytes]]
"""Makes a PNG of an RGBA image and a profile to embed, or None."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_STREAM_HEAD = b"\x78\x01"  # deflate with a window of 32 kB, quickly
_RGBA_8_BIT = bytes([8, 6, 0, 0, 0])
_ADLER_MODULUS = 65521

_LEAST_PIXELS, _MOST_PIXELS = 1 << 16, 1 << 19
_STRIPS_A_LANE = 4  # so that no lane waits long for the last one


class Strip(NamedTuple):
    """Rows that were filtered and deflated.

    Attributes
    ----------
    data : bytes
        Raw deflate (RFC 1951), ending at a whole byte; only the last strip's ends the stream.
    adler32 : int
        Of the filtered rows.
    """

    data: bytes
    adler32: int


class Deflater(Protocol):
    """Filters and deflates strips, `lanes` of them at a time."""

    @property
    def lanes(self) -> int:
        """How many strips are worked on at a time; 0 where it can't work."""
        ...

    def deflate(self, rows: NDArray[np.uint8], *, has_above: bool, is_last: bool) -> Awaitable[Strip]:
        """Begin with a strip at once; it is had by awaiting what is returned, or given up by not doing so.

        Parameters
        ----------
        rows : ndarray
            uint8, C-contiguous, shape (height, width, 4); read before the call returns.
        has_above : bool
            Whether the first row is only there to filter the others by: it is not in the strip.
        is_last : bool
            Whether the stream of all strips ends with this one.

        Raises
        ------
        StripError
            The strip can't be made.
        """
        ...


class StripError(Exception):
    """Strips can't be made where they should be."""


async def encode_alone(image: Image.Image, icc_profile: bytes | None) -> bytes:
    """Encode by Pillow: the twin of `encode_in_strips`, for where there is no deflater."""
    return encode_png(image, icc_profile)


async def encode_in_strips(image: Image.Image, icc_profile: bytes | None, deflater: Deflater) -> bytes:
    """Encode as PNG: 8 bits, straight alpha, and no metadata but the profile.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode RGBA.

    Raises
    ------
    StripError
        The deflater can't do it; what else it raises is passed on.
    """
    parts = [_SIGNATURE, chunk(b"IHDR", struct.pack(">II", *image.size) + _RGBA_8_BIT)]
    if icc_profile:
        parts.append(chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(icc_profile)))
    parts.append(chunk(b"IDAT", _STREAM_HEAD))
    adler = 1
    for part in await _parts(image, deflater):
        parts.append(part.chunk)
        adler = combine_adler32(adler, part.adler32, part.filtered)
    parts += [chunk(b"IDAT", struct.pack(">I", adler)), chunk(b"IEND", b"")]
    return b"".join(parts)


class _Part(NamedTuple):
    chunk: bytes
    adler32: int
    filtered: int  # bytes that Adler-32 was made of


async def _parts(image: Image.Image, deflater: Deflater) -> list[_Part]:
    """Cut the image, deflate its strips and put each into a chunk while the next ones are deflated."""
    parts: list[_Part] = []
    under_way: deque[tuple[Awaitable[Strip], int]] = deque()
    for top, bottom in strips(image.size, deflater.lanes):
        if len(under_way) == 2 * deflater.lanes:  # what waits takes memory
            parts.append(await _part(*under_way.popleft()))
        rows = _rows(image, max(0, top - 1), bottom)
        strip = deflater.deflate(rows, has_above=top > 0, is_last=bottom == image.height)
        under_way.append((strip, (bottom - top) * (1 + 4 * image.width)))
    while under_way:
        parts.append(await _part(*under_way.popleft()))
    return parts


async def _part(pending: Awaitable[Strip], filtered: int) -> _Part:
    strip = await pending
    return _Part(chunk(b"IDAT", strip.data), strip.adler32, filtered)


def _rows(image: Image.Image, top: int, bottom: int) -> NDArray[np.uint8]:
    """Copy rows out of Pillow's memory."""
    width, height = image.width, bottom - top
    rows = image.crop((0, top, width, bottom)).tobytes()
    return np.frombuffer(rows, np.uint8).reshape(height, width, 4)


def strips(size: tuple[int, int], lanes: int) -> list[tuple[int, int]]:
    """Divide rows into strips, (top, bottom) each: some for each lane, neither tiny nor large."""
    width, height = size
    pixels = min(_MOST_PIXELS, max(_LEAST_PIXELS, width * height // (_STRIPS_A_LANE * max(1, lanes))))
    rows = max(1, pixels // width)
    return [(top, min(top + rows, height)) for top in range(0, height, rows)]


def chunk(kind: bytes, data: bytes) -> bytes:
    """Make a chunk of a PNG file: length, kind, data and CRC-32."""
    return b"".join(
        (struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))
    )


def combine_adler32(first: int, second: int, length: int) -> int:
    """Return Adler-32 of two texts one after the other from theirs; `length` is the second's, in bytes.

    Both sums of Adler-32 are linear: the first goes on from where it was instead of from 1, and is added to
    the second once more for each further byte.
    """
    before, after = first & 0xFFFF, second & 0xFFFF
    low = before + after - 1
    high = (first >> 16) + (second >> 16) + length * (before - 1)
    return (high % _ADLER_MODULUS) << 16 | low % _ADLER_MODULUS
