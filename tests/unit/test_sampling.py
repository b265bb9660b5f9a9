"""Parts of a picture at another size, beyond its edges too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.sampling import BICUBIC, BILINEAR, sample, spread
from tests.helpers import array, noise, scene

OFFSETS = st.integers(-40, 40)


@given(OFFSETS, OFFSETS, st.integers(1, 60), st.integers(1, 60))
def test_whole_pixels_are_copied_and_placed(left: int, top: int, width: int, height: int) -> None:
    picture = noise(30, 20)
    bounds = (left, top, left + width, top + height)
    piece = sample(Image.fromarray(picture), bounds, (width, height), resample=BICUBIC, fade=True)
    wanted = np.zeros((200, 200, 3), np.uint8)
    wanted[100:120, 100:130] = picture
    wanted = wanted[100 + top : 100 + top + height, 100 + left : 100 + left + width]
    made = Image.new("RGB", (width, height))
    if piece is None:
        assert not wanted.any()
    else:
        made.paste(piece.image, piece.at)
    np.testing.assert_array_equal(array(made), wanted)


def test_the_whole_picture_is_not_copied() -> None:
    picture = Image.fromarray(noise(30, 20))
    piece = sample(picture, (0, 0, 30, 20), (30, 20), resample=BICUBIC, fade=True)
    assert piece is not None
    assert piece.image is picture


@pytest.mark.parametrize("size", [(120, 80), (15, 10), (7, 9)])
def test_a_part_is_shown_as_pillow_resizes_it(size: tuple[int, int]) -> None:
    picture = Image.fromarray(scene(60, 40))
    box = (10.5, 4.25, 40.5, 30.0)
    piece = sample(picture, box, size, resample=BILINEAR, fade=True)
    assert piece is not None
    assert piece.at == (0, 0)
    difference = array(piece.image).astype(int) - array(picture.resize(size, BILINEAR, box))
    assert np.abs(difference).max() <= 3  # shrunk in two steps


def test_beyond_the_picture_nothing_is_mixed_in_or_all_fades() -> None:
    picture = Image.new("L", (10, 10), 200)
    bounds = (-5.3, -5.3, 15.3, 15.3)
    kept = sample(picture, bounds, (103, 103), resample=BILINEAR, fade=False)
    faded = sample(picture, bounds, (103, 103), resample=BILINEAR, fade=True)
    assert kept is not None
    assert faded is not None
    assert kept.image.getextrema() == (200, 200)
    assert faded.image.size[0] - kept.image.size[0] in {0, 1, 2}
    assert array(faded.image)[25, 25] == 200
    assert array(faded.image)[0, 25] < 200


def test_transparent_colours_are_not_mixed_in() -> None:
    picture = np.zeros((20, 20, 4), np.uint8)
    picture[:, 10:] = (250, 100, 50, 255)
    picture[:, :10] = (0, 255, 255, 0)
    piece = sample(Image.fromarray(picture), (0, 0, 20, 20), (9, 9), resample=BILINEAR, fade=True)
    assert piece is not None
    found = array(piece.image)
    half = found[found[..., 3] > 30]
    assert np.abs(half[:, :3].astype(int) - (250, 100, 50)).max() <= 4


@pytest.mark.parametrize("bounds", [(30, 0, 40, 10), (-20, 0, 0, 10), (0, 20, 10, 30)])
def test_beside_the_picture_there_is_nothing(bounds: tuple[float, float, float, float]) -> None:
    picture = Image.fromarray(noise(30, 20))
    assert sample(picture, bounds, (10, 10), resample=BILINEAR, fade=True) is None
    assert sample(picture, bounds, (20, 20), resample=BILINEAR, fade=False) is None


def test_spread_repeats_the_edges() -> None:
    piece = sample(Image.fromarray(noise(3, 2)), (-2, -1, 5, 4), (7, 5), resample=BILINEAR, fade=False)
    assert piece is not None
    np.testing.assert_array_equal(
        array(spread(piece, (7, 5))), np.pad(noise(3, 2), [(1, 2), (2, 2), (0, 0)], mode="edge")
    )
