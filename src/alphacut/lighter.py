"""Photos that Pillow refuses for what is beside their pixels: read without it, for nothing of it is needed.

- PNG: texts that are too large or damaged. Pillow unpacks a megabyte of each at most, and of a profile too
  (`PngImagePlugin.MAX_TEXT_CHUNK`), though profiles with tables have more; a PNG of ours may hold such a one.
- JPEG: EXIF that points beyond 2 GB, which is too far in WebAssembly. Its orientation is kept.

What is lost with it is told: a profile that can't be used, and EXIF.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from alphacut.patched import entries_at
from alphacut.upright import ORIENTATION

MOST_PROFILE = 1 << 24
"""Bytes of a profile that is read: more than a JPEG can hold."""

_PNG = b"\x89PNG\r\n\x1a\n"
_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_PROFILE = b"iCCP"
_JPEG, _EXIF = b"\xff\xd8", b"Exif\0\0"
_SHORT = 3  # type of a value of EXIF
_SCAN, _APP1 = 0xDA, 0xE1  # markers


class Lighter(NamedTuple):
    """A file without what was left out, and what is known of that.

    `info` is what Pillow would have told of it: a profile, None for one that can't be used.
    """

    data: bytes
    info: Mapping[str, bytes | None] = {}
    lost_exif: bool = False


def lighter(data: bytes) -> Lighter | None:
    """Leave out of a file what its pixels can do without; None where there is nothing to leave out."""
    made = None
    if data.startswith(_PNG):
        made = _without_texts(data)
    elif data.startswith(_JPEG):
        made = Lighter(_JPEG + b"".join(_segments_but_exif(data)), lost_exif=True)
    return None if made is None or made.data == data else made


def _without_texts(png: bytes) -> Lighter:
    parts, info = [_PNG], dict[str, bytes | None]()
    for name, chunk in _chunks(png):
        if name == _PROFILE:
            info["icc_profile"] = _unpacked(chunk[8:-4])
        elif name not in _TEXTS:
            parts.append(chunk)
    return Lighter(b"".join(parts), info)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give each chunk with its name; the last is what is left, however much that is."""
    at = len(_PNG)
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


def _segments_but_exif(jpeg: bytes) -> Iterator[bytes]:
    """Give the segments before the first scan, those of EXIF with the orientation alone, and the rest."""
    at = len(_JPEG)
    while len(jpeg) - at >= 4 and jpeg[at] == 0xFF and jpeg[at + 1] != _SCAN:
        end = at + 2 + struct.unpack_from(">H", jpeg, at + 2)[0]
        if jpeg[at + 1] == _APP1 and jpeg.startswith(_EXIF, at + 4):
            yield _turn_alone(jpeg[at + 4 + len(_EXIF) : end])
        else:
            yield jpeg[at:end]
        at = end
    yield jpeg[at:]


def _turn_alone(block: bytes) -> bytes:
    """Make a segment of EXIF that holds the orientation alone; nothing where the block tells none."""
    order = "<" if block.startswith(b"II") else ">"
    at = int.from_bytes(block[4:8], "little" if order == "<" else "big")
    for entry in entries_at(block, at, order):
        if entry[:3] == (ORIENTATION, _SHORT, 1):
            head = block[:4] + struct.pack(f"{order}IHHHIII", 8, 1, *entry, 0)
            return b"\xff\xe1" + struct.pack(">H", 2 + len(_EXIF) + len(head)) + _EXIF + head
    return b""
