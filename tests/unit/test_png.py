"""PNG made in strips: the same pixels as Pillow's, whatever the size, and one checksum from those of all."""

from __future__ import annotations

import io
import itertools
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from alphacut.encode import encode_png
from alphacut.png import StripError, chunk, combine_adler32, encode_alone, encode_in_strips, strips
from tests.helpers import Bytes8, icc_profile, noise, pixels_of, png_chunks, run
from tests.numerics import held
from tests.strips import Deflater, rgba

SIZES = [(1, 1), (1, 3000), (30_000, 1), (1, 30_000), (3000, 1), (7, 5), (513, 300), (65_537, 2), (400, 400)]


def encoded(pixels: Bytes8, lanes: int = 2, profile: bytes | None = None) -> bytes:
    return run(encode_in_strips(rgba(pixels), profile, Deflater(lanes)))


@given(st.binary(), st.binary())
def test_two_checksums_make_that_of_both(first: bytes, second: bytes) -> None:
    combined = combine_adler32(zlib.adler32(first), zlib.adler32(second), len(second))
    assert combined == zlib.adler32(first + second)


def test_checksums_of_long_texts_are_combined_too() -> None:
    """Where the length is beyond the modulus, and the sums are as high as they get."""
    first, second = b"\xff" * 200_000, b"\xff" * 131_043
    combined = combine_adler32(zlib.adler32(first), zlib.adler32(second), len(second))
    assert combined == zlib.adler32(first + second)
    assert combine_adler32(1, zlib.adler32(second), len(second)) == zlib.adler32(second)
    assert combine_adler32(zlib.adler32(first), zlib.adler32(b""), 0) == zlib.adler32(first)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pixels_of_any_size_come_back(size: tuple[int, int]) -> None:
    pixels = noise(*size, 4)
    np.testing.assert_array_equal(pixels_of(encoded(pixels)), pixels)


@held(
    "png.encode_in_strips",
    "png.chunk",
    against="the pixels, as Pillow reads them",
    over="size, lanes",
    within="0",
)
@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_the_number_of_lanes_changes_no_pixel(width: int, height: int, lanes: int, seed: int) -> None:
    pixels = noise(width, height, 4, seed)
    np.testing.assert_array_equal(pixels_of(encoded(pixels, lanes)), pixels)


@given(st.integers(1, 70_000), st.integers(1, 70_000), st.integers(0, 16))
def test_strips_follow_each_other_from_the_first_row_to_the_last(width: int, height: int, lanes: int) -> None:
    cut = strips((width, height), lanes)
    assert cut[0][0] == 0
    assert cut[-1][1] == height
    assert all(bottom == top for (_, bottom), (top, _) in itertools.pairwise(cut))
    assert all(top < bottom for top, bottom in cut)


def test_large_photos_give_each_lane_several_strips_and_small_ones_are_not_cut_up() -> None:
    assert len(strips((4000, 3000), 8)) >= 4 * 8
    assert len(strips((200, 300), 8)) == 1


def test_the_file_is_what_pillow_would_write_but_for_how_the_stream_is_cut() -> None:
    data = encoded(noise(300, 700, 4), profile=icc_profile())
    kinds = png_chunks(data)
    assert kinds[:3] == [b"IHDR", b"iCCP", b"IDAT"]
    assert kinds[-1] == b"IEND"
    assert set(kinds) == {b"IHDR", b"iCCP", b"IDAT", b"IEND"}
    twin = encode_png(rgba(noise(300, 700, 4)), icc_profile())
    assert data[:33] == twin[:33]  # signature and header
    with Image.open(io.BytesIO(data)) as ours, Image.open(io.BytesIO(twin)) as theirs:
        assert ours.info == theirs.info
        assert ours.mode == theirs.mode == "RGBA"
        ours.verify()
    assert b"iCCP" not in png_chunks(encoded(noise(9, 9, 4)))


def test_a_wrong_checksum_would_be_noticed() -> None:
    """Pillow's decoder does not look at it: zlib does."""
    data = encoded(noise(300, 700, 4))
    stream, at = b"", 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert data[at : at + 12 + length] == chunk(kind, body)
        stream += body if kind == b"IDAT" else b""
        at += 12 + length
    assert len(zlib.decompress(stream)) == 700 * (1 + 4 * 300)
    with pytest.raises(zlib.error):
        zlib.decompress(stream[:-4] + bytes(4))


def test_what_waits_is_bounded_and_the_lanes_are_kept_busy() -> None:
    deflater = Deflater(3)
    run(encode_in_strips(rgba(noise(1000, 3000, 4)), None, deflater))
    assert deflater.begun == len(strips((1000, 3000), 3)) > 6
    assert deflater.most == 6


@pytest.mark.parametrize("error", [StripError("no"), MemoryError()], ids=str)
def test_a_failure_ends_it(error: Exception) -> None:
    deflater = Deflater(2, fails_at=2, error=error)
    with pytest.raises(type(error)):
        run(encode_in_strips(rgba(noise(1000, 3000, 4)), None, deflater))
    assert deflater.awaited == 3
    assert deflater.begun < len(strips((1000, 3000), 2))


def test_the_twin_is_pillows() -> None:
    pixels = noise(20, 10, 4)
    assert run(encode_alone(rgba(pixels), icc_profile())) == encode_png(rgba(pixels), icc_profile())


def test_no_copy_of_the_whole_photo_is_made() -> None:
    """Rows are read strip by strip: what a deflater is given is a small part of the photo."""
    deflater = Deflater(2)
    run(encode_in_strips(rgba(np.zeros((3000, 4000, 4), np.uint8)), None, deflater))
    assert deflater.most_bytes <= 4 * ((1 << 19) + 4000)
