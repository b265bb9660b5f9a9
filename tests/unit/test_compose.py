"""The cutout: straight alpha, the photo's own colours, nothing left under alpha 0."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.compose import cut_out
from alphacut.image import Photo
from tests.helpers import Bytes8, array, noise


def cut(pixels: Bytes8, alpha: Bytes8) -> Bytes8:
    photo = Photo(Image.fromarray(pixels), None, "PNG")
    return array(cut_out(photo, Image.fromarray(alpha)))


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_colours_are_the_photos_where_anything_is_seen_and_black_where_nothing_is(
    width: int, height: int, seed: int
) -> None:
    pixels = noise(width, height, 3, seed)
    alpha = np.where(noise(width, height, 1, seed + 1) < 100, 0, noise(width, height, 1, seed)).astype(
        np.uint8
    )
    cutout = cut(pixels, alpha)
    np.testing.assert_array_equal(cutout[..., 3], alpha)
    np.testing.assert_array_equal(cutout[alpha > 0][:, :3], pixels[alpha > 0])
    assert not cutout[alpha == 0].any()


def test_every_alpha_keeps_its_value_and_all_but_0_their_colour() -> None:
    alpha = np.arange(256, dtype=np.uint8).reshape(1, 256)
    cutout = cut(np.full((1, 256, 3), (200, 100, 50), np.uint8), alpha)
    assert cutout[0, 0].tolist() == [0, 0, 0, 0]
    assert cutout[0, 1:].tolist() == [[200, 100, 50, level] for level in range(1, 256)]


def test_a_photo_that_is_all_subject_is_unchanged_and_opaque() -> None:
    pixels = noise(9, 7)
    cutout = cut(pixels, np.full((7, 9), 255, np.uint8))
    np.testing.assert_array_equal(cutout, np.dstack([pixels, np.full((7, 9), 255)]))


def test_a_photo_without_subject_leaves_nothing() -> None:
    assert not cut(noise(9, 7), np.zeros((7, 9), np.uint8)).any()


def test_the_photos_pixels_are_taken_over_not_copied() -> None:
    rgb = Image.fromarray(noise(9, 7))
    assert cut_out(Photo(rgb, None, "PNG"), Image.new("L", (9, 7), 90)) is rgb
