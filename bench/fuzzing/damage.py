"""Damage to bytes, whatever they are; bench/fuzzing/formats.py knows what they mean."""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random

NUMBERS = (0, 1, 2, 3, 4, 7, 8, 16, 17, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 1 << 24, 1 << 30)
"""Where widths, counts and offsets overflow, are empty or odd; and the greatest of 31 and 32 bits."""
EDGES = (*NUMBERS, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
_LAYOUTS = {1: "B", 2: "H", 4: "I"}

_Change = Callable[[bytearray, Random], None]


def damaged(data: bytes, dice: Random, times: int = 1) -> bytes:
    """Damage bytes in so many ways, one after the other."""
    made = bytearray(data)
    for _ in range(times):
        dice.choice(_CHANGES if made else _GROWING)(made, dice)
    return bytes(made)


def with_number(data: bytes, at: int, size: int, order: str, dice: Random) -> bytes:
    """Put a number that is at an edge, or near to what is there, into a field of 1, 2 or 4 bytes."""
    layout = order + _LAYOUTS[size]
    if not 0 <= at <= len(data) - size:
        return data
    made = bytearray(data)
    (before,) = struct.unpack_from(layout, made, at)
    near = before + dice.choice((-1, 1, 2, 8, 256))
    number = near if dice.random() < 0.4 else dice.choice(EDGES)
    struct.pack_into(layout, made, at, number & ((1 << 8 * size) - 1))
    return bytes(made)


def spliced(one: bytes, other: bytes, dice: Random) -> bytes:
    """Let one file go on as another."""
    at = dice.randint(0, len(one))
    return one[:at] + other[dice.randint(0, len(other)) if dice.random() < 0.5 else min(at, len(other)) :]


def _flip(data: bytearray, dice: Random) -> None:
    for _ in range(dice.choice((1, 1, 2, 8))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def _set(data: bytearray, dice: Random) -> None:
    data[dice.randrange(len(data))] = dice.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, dice.randrange(256)))


def _set_number(data: bytearray, dice: Random) -> None:
    at, size = dice.randrange(len(data)), dice.choice((2, 4))
    data[:] = with_number(bytes(data), at, size, dice.choice("<>"), dice)


def _insert(data: bytearray, dice: Random) -> None:
    at = dice.randint(0, len(data))
    data[at:at] = dice.randbytes(dice.choice((1, 2, 4, 64)))


def _remove(data: bytearray, dice: Random) -> None:
    at = dice.randrange(len(data))
    del data[at : at + dice.choice((1, 2, 4, 16, 256))]


def _repeat(data: bytearray, dice: Random) -> None:
    at = dice.randrange(len(data))
    data[at:at] = data[at : at + dice.choice((1, 4, 16, 128))] * dice.choice((1, 2, 16))


def _level(data: bytearray, dice: Random) -> None:
    at = dice.randrange(len(data))
    count = min(dice.choice((2, 4, 16, 128)), len(data) - at)
    data[at : at + count] = bytes([dice.choice((0, 0xFF))]) * count


def _cut(data: bytearray, dice: Random) -> None:
    del data[dice.randrange(len(data)) :]


_GROWING: tuple[_Change, ...] = (_insert,)
_CHANGES: tuple[_Change, ...] = (
    _flip, _flip, _set, _set, _set_number, _set_number, _insert, _remove, _repeat, _level, _cut,
)  # fmt: skip
