"""The streams of lossless WebP up to their pixels: whether all their prefix codes are such.

Besides those of the picture itself, streams hold small images, of which transforms and the codes of blocks
have an entry each; these are passed over to get at what follows. That takes time by the bits that are there,
besides which the groups of codes have a limit. Source: RFC 9649, 3.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from alphacut.errors import UnsupportedFormatError
from alphacut.prefix_codes import MOST_BITS, Bits, Code, code_of, read_lengths

MOST_GROUPS = 10_000
"""Groups of codes of a picture that is read; libwebp writes 2,600 at most, and a file could have 65,536."""

_SIGNATURE = 0x2F
_HEADER = 40  # bits
_INDEXED, _WITHOUT_IMAGE = 3, 2  # transforms: colours of a palette, and green subtracted
_LITERALS, _LENGTHS, _DISTANCES = 256, 24, 40  # symbols
_CACHED = _LITERALS + _LENGTHS  # the first symbol of the cache
_MOST_CACHE = 11  # bits
_MOST_OF_PIXEL = 64  # bits, and more
_WINDOW = 1 << 14  # bits that are looked at together

Size = tuple[int, int]
Words = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.intp]


def check_lossless(chunk: memoryview) -> None:
    """Look at the body of a chunk `VP8L`.

    Raises
    ------
    ValueError
        A prefix code is none, or what comes before the pixels is damaged or cut off in another way.
    UnsupportedFormatError
        There are more than `MOST_GROUPS`.
    """
    head = int.from_bytes(chunk[:5], "little")
    if len(chunk) < 5 or head & 0xFF != _SIGNATURE or head >> 37:
        raise ValueError("no header of lossless WebP")
    _check_stream(Bits(chunk, _HEADER), (1 + (head >> 8 & 0x3FFF), 1 + (head >> 22 & 0x3FFF)))


def check_alpha(chunk: memoryview, size: Size) -> None:
    """Look at the body of a chunk `ALPH` for a picture of that size, as `check_lossless` does.

    What is not compressed has no codes.
    """
    if len(chunk) and chunk[0] & 3 == 1 and 0 not in size:
        _check_stream(Bits(chunk[1:]), size)


def _check_stream(bits: Bits, size: Size) -> None:
    seen = set[int]()
    while bits.read(1):
        kind = bits.read(2)
        if kind in seen:
            raise ValueError("a transform is there twice")
        seen.add(kind)
        size = _pass_transform(bits, kind, size)
    cache = _read_cache(bits)
    groups = 1
    if bits.read(1):
        groups += _pass_image(bits, _blocks(bits, size), is_read=True)
    if groups > MOST_GROUPS:
        raise UnsupportedFormatError(f"WebP files of more than {MOST_GROUPS:,} groups can't be read here.")
    for _ in range(groups):
        _read_group(bits, cache)


def _pass_transform(bits: Bits, kind: int, size: Size) -> Size:
    """Return the size that is left of the picture: where colours are few, a pixel holds several."""
    if kind == _INDEXED:
        colours = 1 + bits.read(8)
        _pass_image(bits, (colours, 1))
        packed = 3 if colours <= 2 else 2 if colours <= 4 else 1 if colours <= 16 else 0
        return _shrunk(size[0], packed), size[1]
    if kind != _WITHOUT_IMAGE:
        _pass_image(bits, _blocks(bits, size))
    return size


def _blocks(bits: Bits, size: Size) -> Size:
    """Read how large blocks are, and return how many there are."""
    shift = 2 + bits.read(3)
    return _shrunk(size[0], shift), _shrunk(size[1], shift)


def _shrunk(side: int, shift: int) -> int:
    return side + (1 << shift) - 1 >> shift


def _read_cache(bits: Bits) -> int:
    """Read how many colours the cache holds."""
    if not bits.read(1):
        return 0
    wide = bits.read(4)
    if not 1 <= wide <= _MOST_CACHE:
        raise ValueError("no size of a cache of colours")
    return 1 << wide


def _read_group(bits: Bits, cache: int) -> list[bytearray]:
    """Read the codes of green, lengths and cache; red; blue; alpha; distances."""
    sizes = (_CACHED + cache, _LITERALS, _LITERALS, _LITERALS, _DISTANCES)
    return [read_lengths(bits, size) for size in sizes]


def _pass_image(bits: Bits, size: Size, *, is_read: bool = False) -> int:
    """Pass over an image, and return the greatest number in its red and green bytes if it `is_read`.

    That is one which is written out: others come from the cache and from pixels before, or are 0.
    """
    codes = [code_of(lengths) for lengths in _read_group(bits, _read_cache(bits))]
    green, *others = (code.only for code in codes[:4])
    if green is not None and green >= _LITERALS:
        if green < _CACHED:
            raise ValueError("pixels repeat what is not there")
        return 0
    if green is not None and None not in others:
        return (others[0] or 0) << 8 | green
    return _pass_pixels(bits, codes, size[0] * size[1], is_read=is_read)


def _pass_pixels(bits: Bits, codes: list[Code], left: int, *, is_read: bool) -> int:
    """Pass over so many pixels that have bits: looked at are all places where one might begin, together."""
    greatest, copies = 0, codes[0].symbols.max() >= _LITERALS
    while left > 0:
        count = min(_WINDOW, left * _MOST_OF_PIXEL)
        words = bits.words(count + _MOST_OF_PIXEL)
        steps = _steps(words, count, codes)
        places = _chain(steps)[:left]
        if copies:
            reached = np.cumsum(_runs(words, places, codes))
            places = places[: 1 + np.searchsorted(reached, left)]
            left -= int(reached[len(places) - 1])
        else:
            left -= len(places)
        if is_read:
            greatest = max(greatest, int(_numbers(words, places, codes).max()))
        bits.at += int(places[-1]) + steps[places[-1]]
        bits.check()
    if left < 0:
        raise ValueError("more pixels than there are")
    return greatest


def _steps(words: Words, count: int, codes: list[Code]) -> bytes:
    """Return for so many places the bits of a pixel that would begin there."""
    places = np.arange(count)
    own = _values(codes[0], words[:count])
    steps = after = codes[0].lengths[own]
    for code in codes[1:4]:
        if code.bits:
            steps = steps + code.lengths[_values(code, words[places + steps])]
    if codes[0].symbols.max() >= _LITERALS:
        green = codes[0].symbols[own]
        steps = np.where(green < _LITERALS, steps, after)
        copies = np.flatnonzero((green >= _LITERALS) & (green < _CACHED))
        ends = _copied(words, green[copies], copies + after[copies], codes[4])[1]
        steps[copies] = ends - copies
    return steps.tobytes()


def _chain(steps: bytes) -> Numbers:
    """Follow the steps from one pixel to the next."""
    places, at, end = list[int](), 0, len(steps)
    while at < end:
        places.append(at)
        at += steps[at]
    return np.array(places, np.intp)


def _runs(words: Words, places: Numbers, codes: list[Code]) -> Numbers:
    """Return how many pixels that is which begins at each place."""
    green, after = _symbols(codes[0], words, places)
    runs = np.ones(len(places), np.intp)
    copies = np.flatnonzero((green >= _LITERALS) & (green < _CACHED))
    runs[copies], _ = _copied(words, green[copies], after[copies], codes[4])
    return runs


def _numbers(words: Words, places: Numbers, codes: list[Code]) -> Numbers:
    """Return red and green together of each pixel that is written out, 0 of others."""
    green, after = _symbols(codes[0], words, places)
    red, _ = _symbols(codes[1], words, after)
    return np.where(green < _LITERALS, red << 8 | green, 0)


def _copied(words: Words, symbols: Numbers, places: Numbers, distances: Code) -> tuple[Numbers, Numbers]:
    """Read how many pixels are copied, and return also where that ends."""
    lengths, after = _extended(symbols - _LITERALS, words, places)
    far, after = _symbols(distances, words, after)
    return lengths, _extended(far, words, after)[1]


def _symbols(code: Code, words: Words, places: Numbers) -> tuple[Numbers, Numbers]:
    """Read a symbol at each place, and return also where it ends."""
    values = _values(code, words[places])
    return code.symbols[values], places + code.lengths[values]


def _values(code: Code, words: Words) -> Words:
    """Return of the next bits as many as tell a symbol."""
    return words & np.uint32((1 << code.bits) - 1)


def _extended(symbols: Numbers, words: Words, places: Numbers) -> tuple[Numbers, Numbers]:
    """Read the numbers that symbols of lengths and distances stand for, whose lower bits come after them."""
    more = np.where(symbols < 4, 0, symbols - 2 >> 1)
    upper = np.where(symbols < 4, symbols, 2 + (symbols & 1) << more)
    lower = words[places].astype(np.intp) & (1 << more) - 1
    return upper + lower + 1, places + more


assert 4 * MOST_BITS < _MOST_OF_PIXEL
