"""Maps enlarged by parts: as near to what is right as Pillow's enlarging of the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.enlarge import enlarge
from alphacut.tiles import BLOCK, boxes
from tests.helpers import Bytes8, Floats
from tests.numerics import held


def enlarged(levels: Bytes8, size: tuple[int, int]) -> Bytes8:
    image, tiles = enlarge(levels, size)
    assert (image.mode, image.size) == ("L", size)
    assert tiles == boxes(image)
    return np.asarray(image)


def true(levels: Bytes8, size: tuple[int, int]) -> Floats:
    """Bilinear, centres aligned, edges repeated, nothing rounded."""
    values = levels.astype(np.float64)
    for axis, length in ((0, size[1]), (1, size[0])):
        places = (np.arange(length) + 0.5) * levels.shape[axis] / length - 0.5
        places = places.clip(0, levels.shape[axis] - 1)
        first = places.astype(int)
        share = (places - first).reshape(-1, *[1] * (1 - axis))
        second = np.minimum(first + 1, levels.shape[axis] - 1)
        values = values.take(first, axis) * (1 - share) + values.take(second, axis) * share
    return values.astype(np.float32)


@st.composite
def maps(draw: st.DrawFn) -> Bytes8:
    """Maps like a network's: regions of 0 and 255, and some levels between."""
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = random.choice(
        np.array([0, 255, draw(st.integers(0, 255))], np.uint8), (height, width), p=[0.6, 0.3, 0.1]
    )
    grain = draw(st.integers(1, 20))
    return np.repeat(np.repeat(levels, grain, 0), grain, 1)[:height, :width]


@held(
    "enlarge.enlarge",
    against="bilinear in float64",
    over="maps, size to 300 pixels more each way",
    within="1.01",
    why="half a level is lost along each side, and float32",
)
@given(maps(), st.integers(0, 300), st.integers(0, 300))
def test_within_a_level_of_what_is_right_and_exact_where_it_is_flat(
    levels: Bytes8, wider: int, higher: int
) -> None:
    size = levels.shape[1] + wider, levels.shape[0] + higher
    made, right = enlarged(levels, size), true(levels, size)
    assert np.abs(made - right).max() <= 1.01
    np.testing.assert_array_equal(made[right == 0], 0)
    np.testing.assert_array_equal(made[right == 255], 255)


@pytest.mark.parametrize("size", [(2000, 1500), (2016, 1512), (1033, 1024), (1501, 1025)], ids=str)
@pytest.mark.parametrize("side", [320, 1024])
def test_differs_from_pillow_in_rounding_alone(side: int, size: tuple[int, int]) -> None:
    y, x = np.mgrid[:side, :side] / side
    levels = np.clip(600 * (0.3 - np.hypot(x - 0.5, y - 0.4)) + 128, 0, 255).astype(np.uint8)
    made = enlarged(levels, size).astype(np.int16)
    pillows = np.asarray(Image.fromarray(levels).resize(size, Image.Resampling.BILINEAR)).astype(np.int16)
    assert np.abs(made - pillows).max() <= 2  # one for each side
    assert np.mean(made != pillows) < 0.02


def test_a_single_soft_pixel_is_found_wherever_it_is() -> None:
    for place in range(9):
        levels = np.zeros((3, 3), np.uint8)
        levels.flat[place] = 1
        size = (3 * BLOCK + 5, 5 * BLOCK + 7)
        np.testing.assert_array_equal(
            enlarged(levels, size), Image.fromarray(levels).resize(size, Image.Resampling.BILINEAR)
        )


@pytest.mark.parametrize("level", [0, 1, 254, 255])
@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (33, 17)], ids=str)
def test_flat_maps_stay_flat(level: int, size: tuple[int, int]) -> None:
    np.testing.assert_array_equal(enlarged(np.full((1, 1), level, np.uint8), size), level)
