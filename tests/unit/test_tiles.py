"""Tiles hold every soft pixel, don't overlap, and hold little else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.tiles import BLOCK, Box, boxes
from tests.helpers import Bytes8

SIDES = st.integers(1, 900)


def blobs(width: int, height: int, seed: int, count: int = 6) -> Bytes8:
    """Alpha of 0 and 255 with a few soft rectangles and single soft pixels."""
    random = np.random.default_rng(seed)
    alpha = np.where(random.random((height, width)) < 0.5, 0, 255).astype(np.uint8)
    for _ in range(count):
        x, y = random.integers(0, width), random.integers(0, height)
        size = int(random.choice([1, 1, 40]))
        alpha[y : y + size, x : x + size] = random.integers(1, 255)
    return alpha


def covered(shape: tuple[int, ...], found: list[Box]) -> Bytes8:
    """How many boxes hold each pixel."""
    count = np.zeros(shape, np.uint8)
    for left, top, right, bottom in found:
        assert 0 <= left < right <= shape[1]
        assert 0 <= top < bottom <= shape[0]
        count[top:bottom, left:right] += 1
    return count


@given(SIDES, SIDES, st.integers(0, 2**32 - 1))
def test_every_soft_pixel_is_in_just_one_box(width: int, height: int, seed: int) -> None:
    alpha = blobs(width, height, seed)
    count = covered(alpha.shape, boxes(Image.fromarray(alpha)))
    assert count.max() <= 1
    assert count[(alpha > 0) & (alpha < 255)].min() == 1


@given(SIDES, SIDES, st.integers(0, 2**32 - 1), st.integers(0, 50))
def test_with_a_margin_its_neighbours_are_in_a_box_too(
    width: int, height: int, seed: int, margin: int
) -> None:
    alpha = blobs(width, height, seed, count=2)
    count = covered(alpha.shape, boxes(Image.fromarray(alpha), margin=margin))
    for y, x in np.argwhere((alpha > 0) & (alpha < 255)):
        around = np.s_[max(y - margin, 0) : y + margin + 1, max(x - margin, 0) : x + margin + 1]
        assert count[around].min() >= 1


@pytest.mark.parametrize("level", [1, 127, 254])
@pytest.mark.parametrize("place", [(0, 0), (15, 15), (16, 31), (99, 49)])
def test_one_soft_pixel_is_found_and_costs_one_block(level: int, place: tuple[int, int]) -> None:
    alpha = Image.new("L", (100, 50), 255)
    alpha.putpixel(place, level)
    ((left, top, right, bottom),) = boxes(alpha)
    assert left <= place[0] < right
    assert top <= place[1] < bottom
    assert (right - left) <= BLOCK
    assert (bottom - top) <= BLOCK


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("size", [(1, 1), (1, 30_000), (30_000, 1), (300, 200)])
def test_nothing_soft_needs_no_box(level: int, size: tuple[int, int]) -> None:
    assert boxes(Image.new("L", size, level)) == []


def test_a_soft_image_is_cut_into_tiles_of_a_limited_size() -> None:
    found = boxes(Image.new("L", (2000, 1000), 128))
    assert (covered((1000, 2000), found) == 1).all()
    assert all(right - left <= 512 and bottom - top <= 128 for left, top, right, bottom in found)


def test_two_far_spots_do_not_share_a_box() -> None:
    alpha = Image.new("L", (400, 16), 0)
    for x in (0, 399):
        alpha.putpixel((x, 0), 9)
    assert [box[0] for box in boxes(alpha)] == [0, 384]
