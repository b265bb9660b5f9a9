"""Trimaps that maps make, and matting from them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from bench.matting import Fine, Floats, closed_form, matted, trimap
from tests.helpers import Bytes8, array, noise


def disc(size: int = 96) -> tuple[Image.Image, Bytes8, Bytes8]:
    """A photo of an orange disc on blue, its true alpha, and a soft map of it."""
    truth = Image.new("L", (4 * size, 4 * size))
    ImageDraw.Draw(truth).ellipse((size, size, 3 * size, 3 * size), fill=255)
    truth = truth.resize((size, size), Image.Resampling.BOX)
    orange, blue = (Image.new("RGB", (size, size), colour) for colour in ((230, 120, 20), (20, 40, 160)))
    rough = truth.filter(ImageFilter.GaussianBlur(4))
    return Image.composite(orange, blue, truth), array(truth), array(rough)


@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.integers(0, 100))
def test_what_is_known_is_what_the_map_is_sure_of_and_far_from_the_rest(
    seed: int, band: int, sure: int
) -> None:
    levels = noise(16, 12, channels=1, seed=seed)
    levels[:, 8:] = 255 * (levels[:, 8:] > 20)
    known = trimap(levels, Fine(band=band, sure=sure))
    assert set(np.unique(known)) <= {0, 0.5, 1}
    assert (levels[known == 0] <= sure).all()
    assert (levels[known == 1] >= 255 - sure).all()
    for y, x in np.argwhere(known != 0.5):
        near = [
            levels[y + dy, x + dx]
            for dy in range(-band, band + 1)
            for dx in range(abs(dy) - band, band - abs(dy) + 1)
            if 0 <= y + dy < 12 and 0 <= x + dx < 16
        ]
        assert all(level <= sure or level >= 255 - sure for level in near)


def test_a_crisp_edge_has_a_band() -> None:
    levels = np.zeros((9, 20), np.uint8)
    levels[:, 10:] = 255
    known = trimap(levels, Fine(band=2))
    assert (known[4] == [*[0] * 7, *[0.5] * 5, *[1] * 8]).all()


def test_closed_form_matting_finds_an_edge_that_the_photo_shows() -> None:
    photo, truth, rough = disc()
    found = array(closed_form(rough, photo, array(photo)))
    assert found.shape == truth.shape
    assert np.abs(found.astype(int) - truth).mean() < 0.1 * np.abs(rough.astype(int) - truth).mean()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_map_that_is_sure_of_nothing_or_of_all_keeps_the_default_s_alpha(level: int) -> None:
    def never(colours: Floats, known: Floats) -> Floats:
        raise AssertionError

    photo = Image.fromarray(noise(30, 20))
    found = array(matted(np.full((8, 8), level, np.uint8), photo, array(photo), never, Fine()))
    np.testing.assert_allclose(found.astype(int), level, atol=1)
