"""Lossless WebP written bit by bit, to have prefix codes that no encoder writes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.helpers import file_of, scene

Lengths = Mapping[int, int]
"""How many bits each symbol has that is used."""

ONE: Lengths = {0: 1}
PAIR: Lengths = {0: 1, 1: 1}
EVEN: Lengths = dict.fromkeys(range(16), 4)
"""A code of lengths by which each of 0 to 15 takes 4 bits."""

SIZES = {"green": 280, "red": 256, "blue": 256, "alpha": 256, "distances": 40}
ORDER = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)


class Writer:
    """Bits that become bytes, each byte's lowest first."""

    def __init__(self) -> None:
        self._bits = list[int]()

    def put(self, value: int, count: int) -> None:
        """Write a number, its lowest bit first."""
        self._bits += [value >> place & 1 for place in range(count)]

    def data(self) -> bytes:
        """Return the bytes, the last one filled with zeros."""
        bits = self._bits + [0] * (-len(self._bits) % 8)
        return bytes(sum(bits[at + n] << n for n in range(8)) for at in range(0, len(bits), 8))


def write_code(out: Writer, lengths: Lengths, size: int, of_lengths: Lengths = EVEN) -> None:
    """Write a code by its lengths, one after the other; `of_lengths` is changed to be wrong alone."""
    out.put(0, 1)
    out.put(len(ORDER) - 4, 4)
    for token in ORDER:
        out.put(of_lengths.get(token, 0), 3)
    out.put(0, 1)
    for symbol in range(size):
        length = lengths.get(symbol, 0)
        out.put(int(f"{length:04b}"[::-1], 2), 4)


@dataclass
class Group:
    """Five codes; those that are not named have one symbol, which is 0."""

    codes: Mapping[str, Lengths] = field(default_factory=dict)
    of_lengths: Lengths = field(default_factory=lambda: EVEN)
    cache: int = 0

    def write(self, out: Writer) -> None:
        """Write the bit for a cache with its size, and the codes."""
        for name, size in SIZES.items():
            more = 1 << self.cache if name == "green" and self.cache else 0
            write_code(out, self.codes.get(name, ONE), size + more, self.of_lengths)

    @property
    def zeros(self) -> int:
        """How many bits the pixel has whose bits are zeros: a literal."""
        names = ("green", "red", "blue", "alpha")
        return sum(min(code.values()) for name in names if len(code := self.codes.get(name, ONE)) > 1)


def write_cache(out: Writer, bits: int) -> None:
    """Write of how many bits the numbers in the cache are."""
    out.put(int(bits > 0), 1)
    if bits:
        out.put(bits, 4)


@dataclass
class Stream:
    """A stream with a transform of blocks (`predictor`), a palette, an image of groups, and their codes.

    Each is left out that is None. Blocks have 4 pixels a side. The last pixel of the groups' image has the
    bits of `last`, which may be another group's; all others are of the first one.
    """

    size: tuple[int, int] = (8, 8)
    groups: Iterable[Group] = (Group(),)
    predictor: Group | None = None
    palette: Group | None = None
    meta: Group | None = None
    cache: int = 0
    last: int = 0

    def write(self, out: Writer) -> None:
        """Write what comes before the pixels, and many zeros for these."""
        width, height = self.size
        blocks = ((width + 3) // 4) * ((height + 3) // 4)
        if self.predictor:
            out.put(0b00_1, 3)
            out.put(0, 3)
            self._write_image(out, self.predictor, blocks)
        if self.palette:
            out.put(0b11_1, 3)
            out.put(40 - 1, 8)
            self._write_image(out, self.palette, 40)
        out.put(0, 1)
        write_cache(out, self.cache)
        out.put(int(self.meta is not None), 1)
        if self.meta:
            out.put(0, 3)
            self._write_image(out, self.meta, blocks, self.last)
        for group in self.groups:
            group.write(out)
        out.put(0, 40 * width * height)

    @staticmethod
    def _write_image(out: Writer, group: Group, pixels: int, last: int = 0) -> None:
        write_cache(out, group.cache)
        group.write(out)
        out.put(0, group.zeros * (pixels - 1))
        out.put(last, group.zeros)

    def lossless(self) -> bytes:
        """Return it as the body of a chunk VP8L."""
        out = Writer()
        out.put(0x2F, 8)
        for side in self.size:
            out.put(side - 1, 14)
        out.put(0, 4)
        self.write(out)
        return out.data()

    def alpha(self) -> bytes:
        """Return it as the body of a chunk ALPH."""
        out = Writer()
        out.put(1, 8)
        self.write(out)
        return out.data()


def chunk(name: bytes, body: bytes) -> bytes:
    """Write a chunk of RIFF."""
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    """Write a WebP of chunks."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def extended(size: tuple[int, int], flags: int) -> bytes:
    """Write the chunk VP8X."""
    width, height = ((side - 1).to_bytes(3, "little") for side in size)
    return chunk(b"VP8X", bytes((flags, 0, 0, 0)) + width + height)


def moving(size: tuple[int, int], *frames: bytes) -> bytes:
    """Write an animation, of whose frames the chunks are given."""
    told = b"".join((side - 1).to_bytes(3, "little") for side in size)
    return riff(
        extended(size, 0x02 | 0x10),
        chunk(b"ANIM", bytes(6)),
        *(chunk(b"ANMF", bytes(6) + told + bytes(4) + frame) for frame in frames),
    )


def chunks_of(webp: bytes) -> dict[bytes, bytes]:
    """Return the bodies of a file's chunks by their names."""
    found, at = dict[bytes, bytes](), 12
    while at + 8 <= len(webp):
        name, size = struct.unpack_from("<4sI", webp, at)
        found[name] = webp[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def counted(*counts: int) -> Lengths:
    """Make a code of so many symbols of 1 bit, of 2 bits, and so on."""
    each = [length for length, count in enumerate(counts, 1) for _ in range(count)]
    return dict(enumerate(each))


def overflowing() -> Group:
    """Make a group whose tables are larger than libwebp before 1.3.2 has room for (CVE-2023-4863).

    The tables of four codes are as large as a complete code's can be (654 and three times 630 entries), that
    of distances takes 534, for which there are 410: its code leaves most of its numbers unused.
    """
    largest = counted(1, 1, 0, 0, 0, 0, 0, 0, 87, 41, 57, 33, 33, 1, 2)
    return Group(
        {
            "green": counted(1, 1, 0, 0, 0, 0, 0, 0, 63, 89, 57, 33, 33, 1, 2),
            "red": largest,
            "blue": largest,
            "alpha": largest,
            "distances": counted(0, 1, 0, 0, 0, 1, 1, 0, 15, 6, 4, 7, 1, 1, 3),
        }
    )


def wrong_codes() -> Iterator[tuple[str, bytes]]:
    """Make files whose prefix codes are none: each of the five in several ways, and all that overflow."""
    for code in SIZES:
        for name, lengths in {"too many": {0: 1, 1: 1, 2: 1}, "too few": {0: 1, 1: 2}, "no": {}}.items():
            body = Stream(groups=[Group({code: lengths})]).lossless()
            yield f"WebP with {name} lengths of {code}", riff(chunk(b"VP8L", body))
    attack = Stream(groups=[overflowing()])
    size, body = attack.size, chunk(b"VP8L", attack.lossless())
    yield "WebP whose tables overflow", riff(body)
    yield "WebP whose first frame's tables overflow", moving(size, body)
    lossy = chunks_of(file_of(scene(*size), "WEBP"))
    parts = (chunk(b"ALPH", attack.alpha()), chunk(b"VP8 ", lossy[b"VP8 "]))
    yield "WebP whose alpha's tables overflow", riff(extended(size, 0x10), *parts)
