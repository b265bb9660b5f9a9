"""Damage that knows a file's format: parts are changed, left out or brought from others.

Lengths, checksums and compressed data are made to fit again, so that what is behind the first check is
reached too.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Mapping
from random import Random

from alphacut.png import chunk
from bench.fuzzing.boxes import damaged_boxes
from bench.fuzzing.damage import EDGES, damaged, with_number
from bench.fuzzing.directories import damaged_icon, damaged_profile, damaged_tiff
from bench.fuzzing.parts import Part, changed, gif_parts, joined, jpeg_parts, png_parts, riff_parts

Damage = Callable[[bytes, bytes, Random], bytes]
"""From a file, another one to take parts from, and dice, to the damaged file."""
_Rework = Callable[[bytes, Random], bytes]

_PNG = b"\x89PNG\r\n\x1a\n"
_MOST = 1 << 20  # bytes that are inflated to be damaged


def damaged_file(kind: str, data: bytes, donor: bytes, dice: Random) -> bytes:
    """Damage a file as its format allows; where it can't be taken apart, its bytes."""
    try:
        return _BY_KIND[kind](data, donor, dice)
    except (KeyError, IndexError, ValueError, struct.error, zlib.error):  # it has been damaged before
        return damaged(data, dice)


def _png(data: bytes, donor: bytes, dice: Random) -> bytes:
    parts = changed(png_parts(data), png_parts(donor), dice, _IN_PNG)
    return _PNG + b"".join(chunk(name[:4].ljust(4, b"x"), body) for name, body in parts)


def _jpeg(data: bytes, donor: bytes, dice: Random) -> bytes:
    return joined(changed(jpeg_parts(data), jpeg_parts(donor), dice, _IN_JPEG), _segment)


def _segment(part: Part) -> bytes:
    if part.name in {b"scan", b"rest"}:
        return part.body
    if not part.body and part.name in {b"\xd8", b"\xd9"}:
        return b"\xff" + part.name
    return b"\xff" + part.name[:1] + struct.pack(">H", min(len(part.body) + 2, 65535)) + part.body


def _webp(data: bytes, donor: bytes, dice: Random) -> bytes:
    parts = changed(riff_parts(data), riff_parts(donor), dice, _IN_WEBP)
    body = b"WEBP" + joined(parts, _riff_chunk)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff_chunk(part: Part) -> bytes:
    padding = bytes(len(part.body) % 2)
    return part.name[:4].ljust(4) + struct.pack("<I", len(part.body)) + part.body + padding


def _gif(data: bytes, donor: bytes, dice: Random) -> bytes:
    return joined(changed(gif_parts(data), gif_parts(donor), dice, {}), lambda part: part.body)


def _tiff(data: bytes, _donor: bytes, dice: Random) -> bytes:
    return damaged_tiff(data, dice)


def _boxes(data: bytes, donor: bytes, dice: Random) -> bytes:
    return damaged_boxes(data, donor, dice)


def _icon(data: bytes, _donor: bytes, dice: Random) -> bytes:
    return damaged_icon(data, dice)


def _fields(fields: tuple[tuple[int, int], ...], order: str = "<") -> Damage:
    """Damage one of the fields of a header that always lies at the same place: offset and size of each."""

    def damage(data: bytes, _donor: bytes, dice: Random) -> bytes:
        at, size = dice.choice(fields)
        return with_number(data, at, size, order, dice)

    return damage


def _words(data: bytes, _donor: bytes, dice: Random) -> bytes:
    """Damage one of the numbers that a header of text holds."""
    found = list(re.finditer(rb"-?\d+(\.\d+)?", data[:64]))
    if not found:
        return damaged(data, dice)
    word = dice.choice(found)
    other = dice.choice((b"%d" % dice.choice(EDGES), b"-1", b"1e9", b"nan", b"inf", b"", b"9" * 30, b"#"))
    return data[: word.start()] + other + data[word.end() :]


def _inflated(body: bytes, dice: Random) -> bytes:
    plain = zlib.decompressobj().decompress(body, _MOST)
    return zlib.compress(damaged(plain, dice), 1)


def _profile_chunk(body: bytes, dice: Random) -> bytes:
    name, packed = body.split(b"\0", 1)
    profile = zlib.decompressobj().decompress(packed[1:], _MOST)
    return name + b"\0\0" + zlib.compress(damaged_profile(profile, dice), 1)


def _text_chunk(body: bytes, dice: Random) -> bytes:
    name, packed = body.split(b"\0", 1)
    return name + b"\0" + packed[:1] + _inflated(packed[1:], dice)


def _header_chunk(body: bytes, dice: Random) -> bytes:
    at, size = dice.choice(((0, 4), (4, 4), (8, 1), (9, 1), (10, 1), (11, 1), (12, 1)))
    return with_number(body, at, size, ">", dice)


def _after(mark: bytes, rework: _Rework) -> _Rework:
    """Rework what stands behind a mark, which stays."""

    def keep_mark(body: bytes, dice: Random) -> bytes:
        if not body.startswith(mark):
            return damaged(body, dice)
        return mark + rework(body[len(mark) :], dice)

    return keep_mark


def _frame_header(body: bytes, dice: Random) -> bytes:
    at, size = dice.choice(((0, 1), (1, 2), (3, 2), (5, 1), *((at, 1) for at in range(6, 18))))
    return with_number(body, at, size, ">", dice)


def _canvas_header(body: bytes, dice: Random) -> bytes:
    return with_number(body, dice.choice((0, 4, 5, 6, 7, 8, 9)), 1, "<", dice)


_IN_PNG: Mapping[bytes, _Rework] = {
    b"IHDR": _header_chunk, b"IDAT": _inflated, b"iCCP": _profile_chunk, b"zTXt": _text_chunk,
    b"eXIf": damaged_tiff,
}  # fmt: skip
_IN_JPEG: Mapping[bytes, _Rework] = {
    b"\xe1": _after(b"Exif\0\0", damaged_tiff), b"\xe2": _after(b"ICC_PROFILE\0\1\1", damaged_profile),
    b"\xc0": _frame_header, b"\xc1": _frame_header, b"\xc2": _frame_header,
}  # fmt: skip
_IN_WEBP: Mapping[bytes, _Rework] = {b"EXIF": damaged_tiff, b"ICCP": damaged_profile, b"VP8X": _canvas_header}
_BY_KIND: Mapping[str, Damage] = {
    "PNG": _png, "JPEG": _jpeg, "WebP": _webp, "GIF": _gif, "TIFF": _tiff, "ICO": _icon, "AVIF": _boxes,
    "BMP": _fields(
        ((2, 4), (10, 4), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2), (30, 4), (34, 4), (38, 4), (46, 4),
         (50, 4), (54, 4), (58, 4), (62, 4), (66, 4))
    ),
    "TGA": _fields(
        ((0, 1), (1, 1), (2, 1), (3, 2), (5, 2), (7, 1), (8, 2), (10, 2), (12, 2), (14, 2), (16, 1), (17, 1))
    ),
    "PPM": _words,
}  # fmt: skip
KINDS = tuple(sorted(_BY_KIND))
"""Formats that are fuzzed, named as `alphacut.sniff` names them; TGA has no signature."""
