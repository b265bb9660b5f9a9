"""From pixels to the network's input, against the formulas written down again here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from alphacut.image import Photo
from alphacut.preprocess import network_input, resize
from alphacut.recipe import DEFAULT, IMGLY, Filter
from tests.helpers import Bytes8, array, noise, rgb_arrays, scene, spec

EXTREME = [(1, 1), (1, 3000), (3000, 1), (2, 2), (320, 1)]


def photo(pixels: Bytes8, alpha: Bytes8 | None = None) -> Photo:
    return Photo(Image.fromarray(pixels), None if alpha is None else Image.fromarray(alpha), "PNG")


def triangle(samples: NDArray[Any], length: int) -> NDArray[np.float64]:
    """Resample the first axis with a triangle filter as wide as the step, but no narrower than one sample."""
    step = len(samples) / length
    support = max(step, 1.0)
    centres = (np.arange(length) + 0.5) * step
    distance = np.abs(np.arange(len(samples)) + 0.5 - centres[:, None])
    weights = np.clip(1 - distance / support, 0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.tensordot(weights, samples.astype(np.float64), axes=1)


def corner(samples: Bytes8, width: int, height: int) -> NDArray[np.float64]:
    """Interpolate at x * old / new between two neighbours each way, as a loop over pixels would."""
    old_height, old_width = samples.shape[:2]
    made = np.empty((height, width, *samples.shape[2:]))
    for y in range(height):
        for x in range(width):
            source_x, source_y = x * old_width / width, y * old_height / height
            left, top = math.floor(source_x), math.floor(source_y)
            right, bottom = min(left + 1, old_width - 1), min(top + 1, old_height - 1)
            part_x, part_y = source_x - left, source_y - top
            upper = samples[top, left] * (1 - part_x) + samples[top, right] * part_x
            lower = samples[bottom, left] * (1 - part_x) + samples[bottom, right] * part_x
            made[y, x] = upper * (1 - part_y) + lower * part_y
    return made


# ---- resize ----------------------------------------------------------------------------------------


@given(rgb_arrays(), st.integers(1, 24), st.integers(1, 24))
def test_bilinear_is_the_triangle_filter_to_one_level(pixels: Bytes8, width: int, height: int) -> None:
    width, height = (
        max(width, -(-pixels.shape[1] // 5)),
        max(height, -(-pixels.shape[0] // 5)),
    )  # no box before
    made = array(resize(Image.fromarray(pixels), (width, height), Filter.BILINEAR))
    across = triangle(pixels.swapaxes(0, 1), width).swapaxes(0, 1)
    assert np.abs(made - triangle(across, height)).max() <= 1.01  # two passes round to 1/2 each


@given(st.integers(48, 120), st.integers(48, 120), st.integers(0, 2**32 - 1))
def test_shrinking_by_a_box_first_hardly_changes_even_noise(width: int, height: int, seed: int) -> None:
    """Noise is the worst case: samples are 74 levels from their mean (root mean square)."""
    pixels = noise(width, height, 3, seed)
    made = array(resize(Image.fromarray(pixels), (8, 8), Filter.BILINEAR))
    assert np.abs(made - triangle(triangle(pixels.swapaxes(0, 1), 8).swapaxes(0, 1), 8)).mean() <= 4


@pytest.mark.parametrize("size", [(384, 288), (601, 449), (999, 751)])
def test_shrinking_by_a_box_first_changes_smooth_photos_by_no_level_more(size: tuple[int, int]) -> None:
    pixels = scene(*size)
    made = array(resize(Image.fromarray(pixels), (64, 48), Filter.BILINEAR))
    assert np.abs(made - triangle(triangle(pixels.swapaxes(0, 1), 64).swapaxes(0, 1), 48)).max() <= 1.5


@given(rgb_arrays(), st.integers(1, 24), st.integers(1, 24))
def test_corner_is_interpolation_from_the_top_left_rounded_down(
    pixels: Bytes8, width: int, height: int
) -> None:
    made = array(resize(Image.fromarray(pixels), (width, height), Filter.CORNER))
    if (height, width) == pixels.shape[:2]:
        np.testing.assert_array_equal(made, pixels)
    else:
        behind = corner(pixels, width, height) - made
        assert behind.min() >= -0.01
        assert behind.max() <= 1.01  # one whole level where the exact value is an integer


@given(st.sampled_from(list(Filter)), rgb_arrays())
def test_a_photo_of_the_size_wanted_is_left_as_it_is(how: Filter, pixels: Bytes8) -> None:
    image = Image.fromarray(pixels)
    assert resize(image, image.size, how) is image


@given(st.sampled_from(list(Filter)), st.sampled_from(EXTREME), st.integers(0, 255), st.integers(1, 400))
def test_one_colour_stays_that_colour_at_any_size(
    how: Filter, size: tuple[int, int], level: int, side: int
) -> None:
    made = resize(Image.new("L", size, level), (side, 7), how)
    assert made.getextrema() == (level, level)


@given(
    st.sampled_from([Filter.BILINEAR, Filter.CORNER]), rgb_arrays(), st.integers(1, 30), st.integers(1, 30)
)
def test_bilinear_filters_do_not_leave_the_photos_range(
    how: Filter, pixels: Bytes8, width: int, height: int
) -> None:
    made = array(resize(Image.fromarray(pixels), (width, height), how))
    assert made.shape == (height, width, 3)
    assert pixels.min() <= made.min() <= made.max() <= pixels.max()


@given(
    st.sampled_from([Filter.BILINEAR, Filter.CORNER]), rgb_arrays(), st.integers(1, 30), st.integers(0, 60)
)
def test_a_brighter_photo_is_nowhere_darker_after_resizing(
    how: Filter, pixels: Bytes8, side: int, more: int
) -> None:
    brighter = np.minimum(pixels.astype(int) + more, 255).astype(np.uint8)
    size = (side, 31 - side)
    dark, bright = (array(resize(Image.fromarray(p), size, how)) for p in (pixels, brighter))
    assert (bright >= dark).all()


def test_shrinking_by_default_does_not_alias() -> None:
    """One-pixel stripes have no detail left at an eighth of the size; imgly's way keeps a false one."""
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 255
    smooth = array(resize(Image.fromarray(stripes), (8, 8), DEFAULT.resampling.shrink))
    aliased = array(resize(Image.fromarray(stripes), (8, 8), IMGLY.resampling.shrink))
    assert np.abs(smooth - 127.5).max() <= 4
    assert (aliased == 255).all()


# ---- the whole input -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", list(Filter))
@pytest.mark.parametrize("size", [*EXTREME, (8, 6), (50, 40)])
def test_the_input_is_what_sessions_take_whatever_the_photos_proportions(
    size: tuple[int, int], how: Filter
) -> None:
    made = network_input(photo(noise(*size)), spec(), how)
    assert made.shape == (1, 6, 8, 3)
    assert made.dtype == np.uint8
    assert made.flags.c_contiguous  # or it could not be lent to JavaScript


@given(rgb_arrays(), st.sampled_from(list(Filter)))
def test_the_input_is_the_photo_resampled(pixels: Bytes8, how: Filter) -> None:
    expected = array(resize(Image.fromarray(pixels), (8, 6), how))
    np.testing.assert_array_equal(network_input(photo(pixels), spec(), how)[0], expected)


@given(st.integers(0, 2**32 - 1))
def test_a_photo_of_the_networks_size_is_taken_pixel_by_pixel(seed: int) -> None:
    pixels = noise(8, 6, 3, seed)
    np.testing.assert_array_equal(network_input(photo(pixels), spec())[0], pixels)


def test_width_and_height_are_not_mixed_up() -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, 30:] = 255  # right half white
    made = network_input(photo(pixels), spec())
    assert (made[0, :, :3] < 3).all()
    assert (made[0, :, 5:] > 252).all()


def test_transparency_is_seen_over_mid_grey() -> None:
    pixels, alpha = noise(8, 6, 3, 1), noise(8, 6, 1, 2)
    made = network_input(photo(pixels, alpha), spec())
    share = alpha[..., None] / 255
    expected = pixels * share + 128 * (1 - share)
    assert np.abs(made[0] - expected).max() <= 1


def test_what_was_under_full_transparency_is_not_seen() -> None:
    alpha = np.where(np.arange(48).reshape(6, 8) % 2, 255, 0).astype(np.uint8)
    pixels = scene(8, 6)
    other = np.where(alpha[..., None] == 0, 255 - pixels, pixels)
    assert (pixels != other).any()
    np.testing.assert_array_equal(
        network_input(photo(pixels, alpha), spec()), network_input(photo(other, alpha), spec())
    )


def test_the_photo_is_not_changed() -> None:
    pixels, alpha = noise(9, 7, 3, 1), noise(9, 7, 1, 2)
    given_photo = photo(pixels, alpha)
    network_input(given_photo, spec())
    np.testing.assert_array_equal(array(given_photo.rgb), pixels)
    np.testing.assert_array_equal(array(given_photo.alpha), alpha)
