"""PNGs whose texts Pillow refuses, as too large or damaged: read without them, for nothing of them is used.

Pillow unpacks a megabyte of each at most, and of a profile too (`PngImagePlugin.MAX_TEXT_CHUNK`), though
profiles with tables have more; a PNG of ours may hold such a one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

MOST_PROFILE = 1 << 24
"""Bytes of a profile that is read: more than a JPEG can hold."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_PROFILE = b"iCCP"


def without_texts(png: bytes) -> tuple[bytes, bytes | None] | None:
    """Leave texts and profile out of a file.

    Returns
    -------
    tuple or None
        The file without them, and the profile, None where there is none that can be read; None for a file
        that is no PNG, or holds neither.
    """
    if not png.startswith(_SIGNATURE):
        return None
    parts, profile = [_SIGNATURE], None
    for name, chunk in _chunks(png):
        if name == _PROFILE:
            profile = _unpacked(chunk[8:-4])
        elif name not in _TEXTS:
            parts.append(chunk)
    made = b"".join(parts)
    return None if len(made) == len(png) else (made, profile)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give each chunk with its name; the last is what is left, however much that is."""
    at = len(_SIGNATURE)
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8].ljust(8, b"\0"))
        yield name, png[at : at + 12 + length]
        at += 12 + length


def _unpacked(body: bytes) -> bytes | None:
    _, _, packed = body.partition(b"\0")
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed[1:], MOST_PROFILE)
    except zlib.error:
        return None
    return profile if unpacker.eof else None
