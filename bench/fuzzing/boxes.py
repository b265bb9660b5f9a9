"""Damage to files of ISO boxes (ISO/IEC 14496-12), AVIF for one: sizes fit again, all the way up."""

from __future__ import annotations

import struct
from random import Random

from bench.fuzzing.damage import damaged, with_number
from bench.fuzzing.parts import Part, changed, joined

_CONTAINERS = {
    b"meta": 4, b"iinf": 6, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0,
    b"stbl": 0, b"dinf": 0, b"stsd": 8, b"iref": 4,
}  # fmt: skip
"""Boxes that hold boxes, and how many bytes come before these."""


def damaged_boxes(data: bytes, donor: bytes, dice: Random) -> bytes:
    """Damage a box somewhere in the tree; now and then its size is left wrong."""
    parts = box_parts(data)
    inner = [index for index, part in enumerate(parts) if part.name in _CONTAINERS]
    if inner and dice.random() < 0.8:
        at = dice.choice(inner)
        name, body = parts[at]
        before = _CONTAINERS[name]
        others = [part.body for part in box_parts(donor) if part.name == name]
        source = dice.choice(others)[before:] if others else donor
        parts[at] = Part(name, body[:before] + damaged_boxes(body[before:], source, dice))
    elif parts:
        parts = changed(parts, box_parts(donor) or parts, dice, {})
    else:
        return damaged(data, dice)
    made = joined(parts, _box)
    return with_number(made, 0, 4, ">", dice) if dice.random() < 0.02 else made


def box_parts(data: bytes) -> list[Part]:
    """Boxes of one level; the last takes what is left, as does one whose size is 0 or nonsense."""
    parts, at = [], 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        end = at + size if 8 <= size <= len(data) - at else len(data)
        parts.append(Part(name, data[at + 8 : end]))
        at = end
    return parts


def _box(part: Part) -> bytes:
    return struct.pack(">I", 8 + len(part.body)) + part.name[:4].ljust(4) + part.body
