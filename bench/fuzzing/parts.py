"""Files as lists of parts (chunks, segments, blocks), and changes to such lists."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import NamedTuple

from bench.fuzzing.damage import damaged

_LONE = {0x01, *range(0xD0, 0xDA)}  # JPEG's markers without a length


class Part(NamedTuple):
    """A part of a file, without what is made anew of it: length and checksum."""

    name: bytes
    body: bytes


def changed(
    parts: Sequence[Part],
    others: Sequence[Part],
    dice: Random,
    rework: Mapping[bytes, Callable[[bytes, Random], bytes]],
) -> list[Part]:
    """Change one part, or where it stands; `rework` damages those that have a form of their own."""
    made = list(parts)
    at = dice.randrange(len(made))
    match dice.choice(("damage",) * 9 + ("drop", "double", "move", "bring", "bring", "empty", "rename")):
        case "damage":
            name, body = made[at]
            well = name in rework and dice.random() < 0.8
            made[at] = Part(name, rework[name](body, dice) if well else damaged(body, dice))
        case "drop":
            del made[at]
        case "double":
            made.insert(at, made[at])
        case "move":
            made.insert(dice.randint(0, len(made) - 1), made.pop(at))
        case "bring":
            made.insert(at, dice.choice(others))
        case "empty":
            made[at] = Part(made[at].name, b"")
        case "rename":
            made[at] = Part(damaged(made[at].name, dice), made[at].body)
    return made


def joined(parts: Sequence[Part], write: Callable[[Part], bytes]) -> bytes:
    """Put parts together again."""
    return b"".join(write(part) for part in parts)


def png_parts(data: bytes) -> list[Part]:
    """Chunks, as far as there are some."""
    parts: list[Part] = []
    at = 8
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        parts.append(Part(name, data[at + 8 : at + 8 + length]))
        at += length + 12
    return parts


def riff_parts(data: bytes) -> list[Part]:
    """Chunks of the one list that a WebP file is."""
    parts: list[Part] = []
    at = 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        parts.append(Part(name, data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return parts


def jpeg_parts(data: bytes) -> list[Part]:
    """Segments by their marker's second byte; "scan" is entropy-coded data, "rest" what is no segment."""
    parts: list[Part] = []
    at = 0
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            return [*parts, Part(b"rest", data[at:])]
        marker = data[at + 1 : at + 2]
        at += 2
        if marker[0] in _LONE:
            parts.append(Part(marker, b""))
            continue
        (length,) = struct.unpack_from(">H", data, at)
        parts.append(Part(marker, data[at + 2 : at + length]))
        at += length
        if marker == b"\xda":
            end = _end_of_scan(data, at)
            parts.append(Part(b"scan", data[at:end]))
            at = end
    return parts


def _end_of_scan(data: bytes, at: int) -> int:
    while (at := data.find(b"\xff", at)) >= 0:
        if at + 1 < len(data) and data[at + 1] not in {0x00, 0xFF, *range(0xD0, 0xD8)}:
            return at
        at += 1
    return len(data)


def gif_parts(data: bytes) -> list[Part]:
    """Header with its colours, then blocks, each as it is written; the name is its first byte."""
    at = 13 + _colours(data[10])
    parts = [Part(b"head", data[:at])]
    while at < len(data):
        begin, kind = at, data[at]
        if kind == 0x21:
            at = _end_of_blocks(data, at + 2)
        elif kind == 0x2C and at + 10 <= len(data):
            at = _end_of_blocks(data, at + 11 + _colours(data[at + 9]))
        else:
            at = len(data)
        parts.append(Part(data[begin : begin + 1], data[begin:at]))
    return parts


def _colours(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _end_of_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
