"""Streams of lossless WebP whose prefix codes are none, or that end early, are refused; others are read."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest

from alphacut.errors import TruncatedImageError, UnsupportedFormatError
from alphacut.image import decode
from alphacut.prefix_codes import Bits, read_lengths
from alphacut.vp8l import MOST_GROUPS, check_alpha, check_lossless
from alphacut.webp import refuse_webp
from tests.helpers import array, file_of, scene
from tests.lossless import (
    EVEN,
    ORDER,
    PAIR,
    SIZES,
    Group,
    Lengths,
    Stream,
    Writer,
    chunk,
    chunks_of,
    extended,
    moving,
    overflowing,
    riff,
)  # fmt: skip

WRONG: dict[str, Lengths] = {
    "over-subscribed": {0: 1, 1: 1, 2: 1},
    "over-subscribed by a long one": {0: 1, 1: 1, 2: 15},
    "incomplete": {0: 1, 1: 2},
    "incomplete by a long one": {n: n + 1 for n in range(15)},
    "empty": {},
}
RIGHT: dict[str, Lengths] = {
    "of one symbol": {0: 1}, "of one symbol of many bits": {0: 15}, "of a last symbol": {39: 3},
    "of two": PAIR, "of three": {0: 1, 1: 2, 2: 2},
    "of all lengths": {**{n: n + 1 for n in range(15)}, 15: 15},
}  # fmt: skip
PARTS = ("groups", "later group", "predictor", "palette", "meta", "cached group")


def stream(part: str, group: Group) -> Stream:
    """A stream that has a group of codes in a certain place."""
    match part:
        case "predictor" | "palette" | "meta":
            return Stream(**{part: group})  # type: ignore[arg-type]
        case "later group":
            return Stream(groups=[Group(), group], meta=Group({"green": PAIR}), last=1)
        case "cached group":
            group.cache = 11
            return Stream(groups=[group], cache=11)
    return Stream(groups=[group])


def lossless(made: Stream) -> bytes:
    return riff(chunk(b"VP8L", made.lossless()))


def with_alpha(made: Stream, flags: int = 0x10) -> bytes:
    """A lossy picture whose alpha is that stream."""
    lossy = chunks_of(file_of(scene(*made.size), "WEBP", quality=50))
    return riff(extended(made.size, flags), chunk(b"ALPH", made.alpha()), chunk(b"VP8 ", lossy[b"VP8 "]))


def is_refused(webp: bytes) -> bool:
    with pytest.raises(ValueError, match="no prefix code"):
        refuse_webp(webp)
    with pytest.raises(TruncatedImageError) as caught:
        decode(webp)
    return "no prefix code" in str(caught.value.__cause__)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("code", SIZES)
def test_codes_that_are_none_are_damage_wherever_they_are(part: str, code: str) -> None:
    for name, lengths in WRONG.items():
        assert is_refused(lossless(stream(part, Group({code: lengths})))), name


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("code", SIZES)
def test_their_complete_twins_are_read(part: str, code: str) -> None:
    for name, lengths in RIGHT.items():
        if part == "meta" and code in {"red", "green"} and 39 in lengths:
            continue  # which would name another group
        assert decode(lossless(stream(part, Group({code: lengths})))).size == (8, 8), name


@pytest.mark.parametrize("code", SIZES)
def test_that_is_so_in_alpha_too(code: str) -> None:
    for name, lengths in WRONG.items():
        assert is_refused(with_alpha(Stream(groups=[Group({code: lengths})]))), name
        assert is_refused(with_alpha(stream("predictor", Group({code: lengths})))), name
    for name, lengths in RIGHT.items():
        assert decode(with_alpha(Stream(groups=[Group({code: lengths})]))).alpha is not None, name


def test_alpha_that_is_not_read_is_not_looked_at() -> None:
    assert decode(with_alpha(Stream(groups=[Group({"green": {}})]), flags=0)).alpha is None


@pytest.mark.parametrize("part", PARTS)
def test_codes_of_lengths_are_such_too(part: str) -> None:
    without, more = dict.fromkeys(range(15), 4), {**EVEN, 16: 7}
    for of_lengths in (without, more, {**EVEN, 17: 1}, {0: 1, 1: 2}, {}):
        assert is_refused(lossless(stream(part, Group(of_lengths=of_lengths))))
    assert decode(lossless(stream(part, Group(of_lengths=EVEN))))


def test_each_group_that_a_picture_of_groups_names_is_looked_at() -> None:
    meta = Group({"green": PAIR})
    assert decode(lossless(Stream(groups=[Group(), Group()], meta=meta, last=1))).size == (8, 8)
    for number in range(2):
        groups = [Group(), Group()]
        groups[number] = Group({"alpha": {0: 1, 1: 2}})
        assert is_refused(lossless(Stream(groups=groups, meta=meta, last=1)))


def test_codes_that_lie_behind_the_named_groups_are_pixels() -> None:
    wrong = Group({"alpha": {}})
    one = Group()  # all blocks are of the first group
    assert decode(lossless(Stream(groups=[Group(), wrong], meta=one))).size == (8, 8)


def test_the_first_frame_is_looked_at_and_no_other_is_decoded() -> None:
    good, wrong = (chunk(b"VP8L", Stream(groups=[Group({"red": code})]).lossless()) for code in (PAIR, {}))
    assert is_refused(moving((8, 8), wrong, good))
    photo = decode(moving((8, 8), good, wrong))
    assert (photo.size, photo.frames) == ((8, 8), 2)


def test_alpha_of_a_frame_is_looked_at_whatever_the_header_says() -> None:
    made = Stream(groups=[Group({"blue": {0: 1, 1: 2}})])
    lossy = chunks_of(file_of(scene(*made.size), "WEBP", quality=50))
    frame = chunk(b"ALPH", made.alpha()) + chunk(b"VP8 ", lossy[b"VP8 "])
    for flags in (0x02, 0x12):
        webp = bytearray(moving(made.size, frame))
        webp[20] = flags
        assert is_refused(bytes(webp))


@pytest.mark.parametrize("part", PARTS)
def test_a_stream_that_ends_early_is_damage(part: str) -> None:
    whole = stream(part, Group({"red": PAIR}))
    body = whole.lossless()
    for end in range(5, len(body), 7):
        cut = riff(chunk(b"VP8L", body[:end]))
        with suppress(ValueError):  # of whatever words, and nothing else
            refuse_webp(cut)
    before_pixels = len(body) - 40 * 8
    for end in range(5, before_pixels, 5):
        with pytest.raises(ValueError, match=r"early|no prefix"):
            check_lossless(memoryview(body[:end]))
    check_lossless(memoryview(body))


def test_alpha_that_ends_early_is_damage() -> None:
    body = Stream().alpha()
    for end in range(20, len(body) - 40 * 8, 5):
        with pytest.raises(ValueError, match=r"early|no prefix"):
            check_alpha(memoryview(body[:end]), (8, 8))
    check_alpha(memoryview(body), (8, 8))


def test_other_damage_of_streams_is_refused() -> None:
    good = Stream(predictor=Group()).lossless()
    for bad in (b"", b"\x2f", b"\x2e" + good[1:], good[:4] + bytes((good[4] | 0x40,)) + good[5:]):
        with pytest.raises(ValueError, match="header"):
            check_lossless(memoryview(bad))


def bits_of(*numbers: tuple[int, int]) -> bytes:
    """Numbers, each with how many bits it has, as a stream has them."""
    out = Writer()
    for number in numbers:
        out.put(*number)
    return out.data()


GREEN_TWICE = ((1, 1), (2, 2), (1, 1), (2, 2))
BEGINNINGS = {"twice": GREEN_TWICE, "cache": ((0, 1), (1, 1), (0, 4)), "cache ": ((0, 1), (1, 1), (12, 4))}


@pytest.mark.parametrize("words", BEGINNINGS)
def test_transforms_come_once_and_caches_have_a_size(words: str) -> None:
    head = Stream().lossless()[:5]
    with pytest.raises(ValueError, match=words.strip()):
        check_lossless(memoryview(head + bits_of(*BEGINNINGS[words]) + bytes(400)))


def coded(token: int, *count: tuple[int, int]) -> Bits:
    """A code whose lengths are told by one token, which takes no bits."""
    lengths = [(int(place == token), 3) for place in ORDER]
    return Bits(memoryview(bits_of((0, 1), (15, 4), *lengths, *(count or ((0, 1),)))))


def test_a_token_that_is_alone_takes_no_bits() -> None:
    assert read_lengths(coded(8), 256) == bytes((8,)) * 256
    for token in (0, 7, 17, 18):
        with pytest.raises(ValueError, match=r"no prefix|more symbols"):
            read_lengths(coded(token), 256)


def test_there_are_no_more_lengths_than_symbols() -> None:
    assert read_lengths(coded(3, (1, 1), (1, 3), (6, 4)), 40) == bytes((3,)) * 8
    with pytest.raises(ValueError, match="more lengths"):
        read_lengths(coded(3, (1, 1), (2, 3), (39, 6)), 40)
    with pytest.raises(ValueError, match="more symbols"):
        read_lengths(coded(18), 40)


def test_codes_whose_tables_would_overflow_are_refused() -> None:
    """CVE-2023-4863, as it is used: four codes that are good, and fill their tables, and a fifth one."""
    attack = overflowing()
    assert is_refused(lossless(Stream(groups=[attack])))
    harmless = {**attack.codes, "distances": PAIR}
    assert decode(lossless(Stream(groups=[Group(harmless)]))).size == (8, 8)


def test_more_groups_than_any_encoder_writes_are_refused_before_they_are_read() -> None:
    def naming(number: int) -> Stream:
        return Stream(meta=Group({"red": {number >> 8: 1}, "green": {number & 0xFF: 1}}))

    assert is_refused(lossless(naming(MOST_GROUPS - 1)))  # most of which are not there
    with pytest.raises(UnsupportedFormatError, match="10,000 groups"):
        decode(lossless(naming(MOST_GROUPS)))


def test_pictures_are_what_the_bits_say() -> None:
    """So that the bits which are written here are those that libwebp reads."""
    photo = decode(lossless(Stream(groups=[Group({"green": {7: 1, 9: 1}, "red": {200: 1}})])))
    assert np.array_equal(np.unique(array(photo.rgb).reshape(-1, 3), axis=0), [[200, 7, 0]])
