"""Edges softened and moved: only near edges, by how much, and never the other way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from alphacut.feather import REACH, feather
from tests.helpers import Bytes8, array, noise


def step(width: int = 900, height: int = 40, at: int = 450) -> Image.Image:
    """Nothing left of `at`, the subject from there on."""
    levels = np.zeros((height, width), np.uint8)
    levels[:, at:] = 255
    return Image.fromarray(levels)


def blob(seed: int, width: int, height: int) -> Image.Image:
    """Flat regions with soft and hard edges."""
    rough = Image.fromarray(noise(max(1, width // 40), max(1, height // 40), 1, seed))
    grown = rough.resize((width, height), Image.Resampling.BICUBIC)
    return grown.point([min(255, max(0, 12 * (level - 120))) for level in range(256)])


def extreme(levels: Bytes8, reach: int, choose: np.ufunc) -> Bytes8:
    """Least or greatest level within `reach` pixels, along both directions."""
    for axis in (0, 1):
        found, edged = levels, np.pad(levels, reach, mode="edge")
        for distance in range(-reach, reach + 1):
            found = choose(found, np.roll(edged, distance, axis)[reach:-reach, reach:-reach])
        levels = found
    return levels


def crossing(levels: Bytes8) -> float:
    """Where a rising row passes 127.5."""
    row = levels[levels.shape[0] // 2].astype(float)
    at = int(np.argmax(row >= 127.5))
    return float(at + 0.5 - (row[at] - 127.5) / (row[at] - row[at - 1]))


def test_without_settings_alpha_stays_what_it_is() -> None:
    alpha = blob(1, 300, 200)
    np.testing.assert_array_equal(array(feather(alpha, 0, 0)), array(alpha))


@pytest.mark.parametrize("shift", [-1, -0.5, 0.5, 1])
def test_a_straight_edge_moves_by_the_shift(shift: float) -> None:
    moved = crossing(array(feather(step(), 0, shift)))
    assert moved == pytest.approx(450 - shift * REACH * 900, abs=0.35)


@pytest.mark.parametrize("softness", [0.3, 1])
def test_a_straight_edge_becomes_a_gaussians_integral_in_its_place(softness: float) -> None:
    levels = array(feather(step(), softness, 0))
    sigma = softness * REACH * 900
    x = np.arange(900) + 0.5 - 450
    wanted = [255 * 0.5 * (1 + math.erf(place / sigma / math.sqrt(2))) for place in x]
    assert np.abs(levels[20] - np.array(wanted)).max() < 6


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1), st.floats(-1, 1))
def test_what_is_far_from_edges_is_untouched_and_a_shift_never_goes_back(
    seed: int, softness: float, shift: float
) -> None:
    alpha = blob(seed, 330, 210)
    before = array(alpha)
    moved = array(feather(alpha, 0, shift)).astype(int)
    assert (moved >= before).all() if shift > 0 else (moved <= before).all()
    after = array(feather(alpha, softness, shift))
    reach = 2 * math.ceil(3 * REACH * 330 + 3) + 1
    flat = extreme(before, reach, np.minimum) == extreme(before, reach, np.maximum)
    np.testing.assert_array_equal(after[flat], before[flat])


def test_tiles_leave_no_seams() -> None:
    alpha = blob(5, 1300, 700)
    whole = alpha.filter(ImageFilter.GaussianBlur(REACH * 1300))
    difference = np.abs(array(feather(alpha, 1, 0)).astype(int) - array(whole))
    assert difference.max() <= 1


def test_small_shifts_change_little() -> None:
    alpha = blob(2, 600, 400)
    difference = np.abs(array(feather(alpha, 0, 0.01)).astype(int) - array(alpha))
    assert difference.max() < 30


def test_edges_between_blocks_are_found() -> None:
    """A hard edge at a multiple of the search's grain has no soft pixel and no mixed block."""
    levels = array(feather(step(at=448), 0.5, 0))
    assert 0 < levels[20, 447] < 255
