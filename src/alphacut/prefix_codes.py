"""Prefix codes of lossless WebP, and the bits that they are read from. Source: RFC 9649, 3.7.2.1."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MOST_BITS = 15
"""That a symbol may have."""

_MOST_OF_CODE = 40_000  # bits that a code takes, and more: it has 2,328 lengths, of 14 bits each
_WINDOW = 16_384  # bytes that are laid out at once
_LEAST_END = 64  # bits that libwebp has of any stream, zeros if need be
_ORDER = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)  # of the lengths of lengths
_REPEATED = {16: (3, 2), 17: (3, 3), 18: (11, 7)}  # least times, and bits that tell how many more
_USUAL = b"\x08"  # what is repeated where nothing was before


class Bits:
    """The bits of a stream, each byte's lowest first; beyond the end they are zeros.

    Attributes
    ----------
    at : int
        Which is next.
    end : int
        How many there are.
    """

    def __init__(self, data: memoryview, at: int = 0) -> None:
        self._data = data
        self.at, self.end = at, max(8 * len(data), _LEAST_END)
        self._from, self._ahead = 0, b""

    def read(self, count: int) -> int:
        """Read a number of at most 16 bits."""
        first, shift = divmod(self.at, 8)
        self.at += count
        return int.from_bytes(self._data[first : first + 3], "little") >> shift & (1 << count) - 1

    def ahead(self) -> tuple[bytes, int]:
        """Return the 8 bits from each place on, as far as a code may reach, and where `at` is among them."""
        at = self.at - self._from
        if at + _MOST_OF_CODE > len(self._ahead):
            self._from, at = self.at - self.at % 8, self.at % 8
            values = self._bytes(_WINDOW + 1).astype(np.uint16)
            pairs = values[:-1] | values[1:] << np.uint16(8)
            self._ahead = (pairs[:, None] >> np.arange(8, dtype=np.uint16)).astype(np.uint8).tobytes()
        return self._ahead, at

    def words(self, count: int) -> npt.NDArray[np.uint32]:
        """Return for so many places, from `at` on, the 25 bits from there on; 7 more say nothing."""
        values = self._bytes(count // 8 + 5)
        at_bytes = np.ndarray((len(values) - 3,), "<u4", values.tobytes(), strides=(1,))
        words = at_bytes[:, None] >> np.arange(8, dtype=np.uint32)
        return words.ravel()[self.at % 8 :][:count]

    def check(self) -> None:
        """Raise ValueError where more was read than there is."""
        if self.at > self.end:
            raise ValueError("the bits of this WebP end early")

    def _bytes(self, count: int) -> npt.NDArray[np.uint8]:
        """Return the bytes from that of `at` on."""
        return np.frombuffer(bytes(self._data[self.at // 8 :][:count]).ljust(count, b"\0"), np.uint8)


class Code(NamedTuple):
    """A code's symbols, and their numbers of bits, by the `bits` that come next: of one symbol none."""

    symbols: npt.NDArray[np.intp]
    lengths: npt.NDArray[np.uint8]
    bits: int

    @property
    def only(self) -> int | None:
        """The symbol where there is one."""
        return None if self.bits else int(self.symbols[0])


def code_of(lengths: bytearray) -> Code:
    """Lay a code out that was read."""
    each = np.frombuffer(lengths, np.uint8).astype(np.intp)
    order = np.argsort(each, kind="stable")[np.count_nonzero(each == 0) :]
    if len(order) == 1:
        return Code(order, np.zeros(1, np.uint8), 0)
    bits = int(each.max())
    symbols = np.repeat(order, 1 << (bits - each[order]))[_mirrored(bits)]
    return Code(symbols, each[symbols].astype(np.uint8), bits)


@lru_cache
def _mirrored(bits: int) -> npt.NDArray[np.intp]:
    """Return each number of so many bits with these in reverse: codes are told from their highest bit on."""
    numbers = np.zeros(1, np.intp)
    for _ in range(bits):
        numbers = np.concatenate([2 * numbers, 2 * numbers + 1])
    return numbers


def read_lengths(bits: Bits, size: int) -> bytearray:
    """Read a code for so many symbols: how many bits each has, none for those that are not used.

    Symbols at the end may be left out.

    Raises
    ------
    ValueError
        No prefix code has these lengths: some bits would mean nothing, or more than one symbol. One that has
        a single symbol is good, whatever its length.
    """
    ahead, begin = bits.ahead()
    lengths, end = (_simple if ahead[begin] & 1 else _coded)(ahead, begin, size)
    bits.at += end - begin
    bits.check()
    _check_complete(lengths)
    return lengths


def _check_complete(lengths: bytearray) -> None:
    filled = used = 0
    for length in range(1, MOST_BITS + 1):
        count = lengths.count(length)
        filled += count << MOST_BITS - length
        used += count
    if filled != 1 << MOST_BITS and used != 1:
        raise ValueError("lengths that no prefix code has")


def _simple(ahead: bytes, at: int, size: int) -> tuple[bytearray, int]:
    """Read one or two symbols by their numbers, of which the first may have a single bit."""
    lengths = bytearray(256)
    has_second, is_wide = ahead[at] & 2, ahead[at] & 4
    at += 3
    lengths[ahead[at] if is_wide else ahead[at] & 1] = 1
    at += 8 if is_wide else 1
    if has_second:
        lengths[ahead[at]] = 1
        at += 8
    return lengths[:size], at


def _coded(ahead: bytes, at: int, size: int) -> tuple[bytearray, int]:
    """Read lengths that have a code of their own."""
    count, at = 4 + (ahead[at + 1] & 15), at + 5
    of_lengths = bytearray(len(_ORDER))
    for place in _ORDER[:count]:
        of_lengths[place] = ahead[at] & 7
        at += 3
    _check_complete(of_lengths)
    most, at = _most_tokens(ahead, at, size)
    if (only := _only(of_lengths)) is not None and only < 16:
        return bytearray((only,)) * most, at
    tokens, steps = _table(of_lengths)
    lengths = bytearray()
    for _ in range(most):
        value = ahead[at]
        token = tokens[value]
        at += steps[value]
        if token < 16:
            lengths.append(token)
        else:
            least, more = _REPEATED[token]
            times = least + (ahead[at] & (1 << more) - 1)
            at += more
            lengths += (_last(lengths) if token == 16 else b"\0") * times
        if len(lengths) >= size:
            break
    if len(lengths) > size:
        raise ValueError("lengths of more symbols than there are")
    return lengths, at


def _most_tokens(ahead: bytes, at: int, size: int) -> tuple[int, int]:
    """Read how many tokens there are; they end earlier once all symbols have their lengths."""
    if not ahead[at] & 1:
        return size, at + 1
    wide, at = 2 + 2 * (ahead[at] >> 1 & 7), at + 4
    most = 2 + ((ahead[at] | ahead[at + 8] << 8) & (1 << wide) - 1)
    if most > size:
        raise ValueError("more lengths than symbols")
    return most, at + wide


def _only(lengths: bytearray) -> int | None:
    """Return the token where there is one alone, which takes no bits."""
    used = len(lengths) - lengths.count(0)
    return next(token for token, length in enumerate(lengths) if length) if used == 1 else None


def _last(lengths: bytearray) -> bytes:
    return bytes(lengths.rstrip(b"\0")[-1:]) or _USUAL


def _table(lengths: bytearray) -> tuple[bytes, bytes]:
    """Lay the code of lengths out, by the next 8 bits: tokens, and the bits that each takes."""
    used = sorted(filter(lengths.__getitem__, range(len(lengths))), key=lengths.__getitem__)
    if len(used) == 1:
        return bytes(used) * 256, bytes(256)
    tokens = _MIRRORED.translate(b"".join([_TOKENS[token] * (256 >> lengths[token]) for token in used]))
    return tokens, tokens.translate(lengths.ljust(256, b"\0"))


_MIRRORED = bytes(_mirrored(8).tolist())
_TOKENS = [bytes((token,)) for token in range(len(_ORDER))]
