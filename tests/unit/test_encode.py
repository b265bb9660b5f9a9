"""The files that leave: pixels unchanged, nothing told that the user did not choose to tell."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.encode import encode_png, encode_preview
from tests.helpers import file_of, icc_profile, noise, pixels_of, png_chunks, scene


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_the_png_holds_every_pixel_even_under_alpha_0(width: int, height: int, seed: int) -> None:
    pixels = noise(width, height, 4, seed)
    pixels[::2, ::2, 3] = 0
    np.testing.assert_array_equal(pixels_of(encode_png(Image.fromarray(pixels))), pixels)


def test_the_png_holds_nothing_but_pixels() -> None:
    image = Image.fromarray(noise(8, 8, 4))
    exif = Image.Exif()
    exif[0x010E] = "a description"
    image.info = {
        "comment": b"secret",
        "exif": exif.tobytes(),
        "dpi": (72, 72),
        "transparency": 3,
        "gamma": 0.4,
    }
    assert png_chunks(encode_png(image)) == [b"IHDR", b"IDAT", b"IEND"]


def test_only_the_profile_that_is_given_is_embedded() -> None:
    image = Image.fromarray(noise(8, 8, 4))
    image.info["icc_profile"] = icc_profile(b"GRAY")
    assert b"iCCP" not in png_chunks(encode_png(image.copy()))
    with_profile = encode_png(image, icc_profile())
    assert png_chunks(with_profile) == [b"IHDR", b"iCCP", b"IDAT", b"IEND"]
    with Image.open(io.BytesIO(with_profile)) as read:
        assert read.info["icc_profile"] == icc_profile()


def test_long_runs_of_nothing_take_next_to_no_room() -> None:
    empty = np.zeros((1000, 1000, 4), np.uint8)
    assert len(encode_png(Image.fromarray(empty))) < 25_000


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((100, 50), (100, 50)),
        ((1280, 5), (1280, 5)),
        ((2560, 1280), (1280, 640)),
        ((1000, 3000), (427, 1280)),
        ((1, 3000), (1, 1280)),
        ((3000, 1), (1280, 1)),
        ((1281, 1), (1280, 1)),
    ],
)
def test_previews_keep_proportions_and_are_never_enlarged(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    height, width, _ = pixels_of(encode_preview(Image.fromarray(scene(*size)))).shape
    assert (width, height) == expected


def test_previews_look_like_the_photo() -> None:
    preview = pixels_of(encode_preview(Image.fromarray(scene(200, 150)), side=100))
    assert np.abs(preview.astype(int) - scene(100, 75)).mean() < 3


def test_previews_hold_no_metadata_and_leave_the_photo_alone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description"
    with Image.open(io.BytesIO(file_of(scene(64, 64), "TIFF", exif=exif))) as photo:
        data = encode_preview(photo)
        np.testing.assert_array_equal(np.asarray(photo), scene(64, 64))
    assert b"Exif" not in data
    assert b"a description" not in data
