"""ICC profiles written by hand, small but whole: a colour engine reads them."""

from __future__ import annotations

import itertools
import struct

_COMMON = {b"cprt": b"text\0\0\0\0none\0"}
SRGB = ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
P3 = ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841))
ADOBE_RGB = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))


def profile(space: bytes, tags: dict[bytes, bytes], *, pcs: bytes = b"XYZ ", kind: bytes = b"mntr") -> bytes:
    tags = {b"desc": _description("Colours of a photo"), **_COMMON, b"wtpt": xyz(0.9642, 1.0, 0.8249), **tags}
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, tag in tags.items():
        table += name + struct.pack(">II", start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    head = bytearray(128)
    struct.pack_into(">I4xI4s4s4s", head, 0, start + len(body), 0x02400000, kind, space, pcs)
    head[36:40] = b"acsp"
    struct.pack_into(">3i", head, 68, 63190, 65536, 54061)
    return bytes(head) + struct.pack(">I", len(tags)) + table + body


def rgb(columns: tuple[tuple[float, float, float], ...] = P3, gamma: float = 2.2) -> bytes:
    return rgb_of(columns, curve(gamma))


def rgb_of(columns: tuple[tuple[float, float, float], ...], tone: bytes) -> bytes:
    return profile(b"RGB ", _rgb_tags(columns, tone))


def rgb_with_tables() -> bytes:
    """Tables that change nothing, and a matrix beside them, which they overrule."""
    straight = bytes(range(256))
    cube = bytes(255 * bit for corner in itertools.product((0, 1), repeat=3) for bit in corner)
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1\0\0\0\0" + bytes((3, 3, 2, 0)) + matrix + straight * 3 + cube + straight * 3
    return profile(b"RGB ", _rgb_tags(P3, curve(2.2)) | {b"A2B0": table}, pcs=b"XYZ ")


def _rgb_tags(columns: tuple[tuple[float, float, float], ...], tone: bytes) -> dict[bytes, bytes]:
    matrix = {name: xyz(*column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    return matrix | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), tone)


def grey(tone: bytes, pcs: bytes = b"XYZ ") -> bytes:
    return profile(b"GRAY", {b"kTRC": tone}, pcs=pcs)


def cmyk() -> bytes:
    """Inks that are no inks of this world, so that a naive conversion can't be taken for right."""
    lab = []
    for c, m, y, k in itertools.product((0, 1), repeat=4):
        lightness, a, b = (20, 0, 0) if k else (100 - 30 * c - 30 * m - 10 * y, 60 * c - 60 * m, 60 * y)
        lab += [round(lightness * 2.55), a + 128, b + 128]
    straight = bytes(range(256))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + matrix + straight * 4 + bytes(lab) + straight * 3
    return profile(b"CMYK", {b"A2B0": table}, pcs=b"Lab ", kind=b"prtr")


def xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in (x, y, z)))


def curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def parametric(kind: int, *values: float) -> bytes:
    numbers = struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + numbers


def sampled(*levels: int) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(f">I{len(levels)}H", len(levels), *levels)


def _description(words: str) -> bytes:
    text = words.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)
