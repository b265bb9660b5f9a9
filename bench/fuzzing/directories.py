"""Damage to what is found by offsets: directories of TIFF and EXIF, tags of profiles, entries of icons."""

from __future__ import annotations

import struct
from random import Random

from bench.fuzzing.damage import damaged, with_number

_POINTERS = {0x8769, 0x8825, 0xA005, 0x014A}  # EXIF, GPS, interoperability, sub-directories
_TAGS = (
    254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282, 284, 296, 305, 317, 320, 322, 323, 324,
    325, 330, 338, 339, 347, 529, 530, 532, 700, 33723, 34377, 34665, 34675, 34853, 37500, 37510,
)  # fmt: skip
_MOST_DIRECTORIES = 8
_CURVES = (b"curv", b"para", b"XYZ ", b"mft1", b"mft2", b"mAB ", b"desc", b"text")
_SPACES = (b"RGB ", b"GRAY", b"CMYK", b"Lab ", b"XYZ ", bytes(4))


def damaged_tiff(data: bytes, dice: Random) -> bytes:
    """Damage a field of a directory's entry, the entry as a whole, or what it points to."""
    order = "<" if data[:2] == b"II" else ">"
    entries = _entries(data, order)
    if not entries or dice.random() < 0.1:
        return damaged(data, dice)
    return dice.choice(_CHANGES)(data, dice.choice(entries), order, dice)


def _change_tag(data: bytes, at: int, order: str, dice: Random) -> bytes:
    return data[:at] + struct.pack(f"{order}H", dice.choice(_TAGS)) + data[at + 2 :]


def _change_type(data: bytes, at: int, order: str, dice: Random) -> bytes:
    return data[: at + 2] + struct.pack(f"{order}H", dice.randrange(20)) + data[at + 4 :]


def _change_count(data: bytes, at: int, order: str, dice: Random) -> bytes:
    return with_number(data, at + 4, 4, order, dice)


def _change_value(data: bytes, at: int, order: str, dice: Random) -> bytes:
    return with_number(data, at + 8, dice.choice((2, 4)), order, dice)


def _change_next(data: bytes, at: int, order: str, dice: Random) -> bytes:
    """Let a directory, if this entry is its last, go on in another, or in itself."""
    target = dice.choice((8, at, max(0, len(data) - 4)))
    return data[: at + 12] + struct.pack(f"{order}I", target) + data[at + 16 :]


def _damage_target(data: bytes, at: int, order: str, dice: Random) -> bytes:
    (target,) = struct.unpack_from(f"{order}I", data, at + 8)
    return data[:target] + damaged(data[target : target + 64], dice) + data[target + 64 :]


_CHANGES = (
    _change_tag, _change_type, _change_count, _change_value, _change_value, _change_value, _change_next,
    _damage_target, _damage_target,
)  # fmt: skip


def _entries(data: bytes, order: str) -> list[int]:
    """Where the entries of all directories begin that can be reached."""
    found: list[int] = []
    waiting = [struct.unpack_from(f"{order}I", data, 4)[0]]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_DIRECTORIES:
        begin = waiting.pop()
        if begin in seen or begin + 2 > len(data):
            continue
        seen.add(begin)
        (count,) = struct.unpack_from(f"{order}H", data, begin)
        places = [at for at in range(begin + 2, begin + 2 + 12 * count, 12) if at + 12 <= len(data)]
        found += places
        waiting += [
            struct.unpack_from(f"{order}I", data, at + 8)[0]
            for at in places
            if struct.unpack_from(f"{order}H", data, at)[0] in _POINTERS
        ]
        if begin + 6 + 12 * count <= len(data):
            waiting.append(struct.unpack_from(f"{order}I", data, begin + 2 + 12 * count)[0])
    return found


def damaged_profile(data: bytes, dice: Random) -> bytes:
    """Damage an ICC profile: its header, the table of its tags, or a tag."""
    count = struct.unpack_from(">I", data, 128)[0] if len(data) >= 132 else 0
    if not 0 < count < 100:
        return damaged(data, dice)
    at, chance = 132 + 12 * dice.randrange(count), dice.random()
    if chance < 0.1:
        return damaged(data[:128], dice) + data[128:]
    if chance < 0.2:
        return data[:16] + dice.choice(_SPACES) + data[20:]
    if chance < 0.5:
        return with_number(data, dice.choice((128, at + 4, at + 8)), 4, ">", dice)
    offset, length = struct.unpack_from(">II", data, at + 4)
    body = data[offset : offset + min(length, 4096)]
    made = dice.choice(_CURVES) + body[4:] if dice.random() < 0.3 else damaged(body, dice)
    return data[:offset] + made + data[offset + len(body) :]


def damaged_icon(data: bytes, dice: Random) -> bytes:
    """Damage an icon's entry, or the header of the picture that it points to."""
    (count,) = struct.unpack_from("<H", data, 4)
    at = 6 + 16 * dice.randrange(max(1, min(count, 20)))
    if dice.random() < 0.5:
        place, size = dice.choice(
            ((4, 2), (at, 1), (at + 1, 1), (at + 2, 1), (at + 6, 2), (at + 8, 4), (at + 12, 4))
        )
        return with_number(data, place, size, "<", dice)
    (target,) = struct.unpack_from("<I", data, at + 12)
    return data[:target] + damaged(data[target : target + 48], dice) + data[target + 48 :]
