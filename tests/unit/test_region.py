"""The region that the user gives."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from alphacut.errors import BadRegionError
from alphacut.region import CONTEXT, around, crop_around
from tests.helpers import array, noise

EDGES = st.floats(-1000, 2000)


def test_the_margin_is_a_share_of_the_region_and_ends_at_the_border() -> None:
    assert around((100, 200, 300, 400), (1000, 1000)) == (80, 180, 320, 420)
    assert around((0, 0, 100, 50), (110, 1000)) == (0, 0, 110, 55)
    assert around((10.5, 10.5, 20.5, 20.5), (50, 50), margin=0) == (10, 10, 21, 21)


@given(st.tuples(EDGES, EDGES, EDGES, EDGES), st.integers(1, 1500), st.integers(1, 1500), st.floats(0, 1))
def test_what_comes_back_lies_on_the_photo_and_holds_the_regions_part_of_it(
    region: tuple[float, float, float, float], width: int, height: int, margin: float
) -> None:
    left, top, right, bottom = region
    try:
        box = around(region, (width, height), margin)
    except BadRegionError:
        assert min(right, width) - max(left, 0) < 1 or min(bottom, height) - max(top, 0) < 1
        return
    assert 0 <= box[0] <= max(left, 0) < min(right, width) <= box[2] <= width
    assert 0 <= box[1] <= max(top, 0) < min(bottom, height) <= box[3] <= height


@given(st.tuples(EDGES, EDGES, EDGES, EDGES), st.integers(1, 1500), st.integers(1, 1500))
@example((-675.0, 0.0, 12.0, 1.6), 735, 1)  # most of it lies beside the photo
def test_the_network_sees_a_square_that_holds_what_is_kept(
    region: tuple[float, float, float, float], width: int, height: int
) -> None:
    try:
        kept = around(region, (width, height))
    except BadRegionError:
        with pytest.raises(BadRegionError):
            crop_around(region, (width, height))
        return
    crop = crop_around(region, (width, height))
    left, top, right, bottom = crop.seen
    assert crop.kept == kept
    assert 0 <= left <= kept[0] < kept[2] <= right <= width
    assert 0 <= top <= kept[1] < kept[3] <= bottom <= height
    shown = around(region, (width, height), 0)
    side = (1 + 2 * CONTEXT) * max(shown[2] - shown[0], shown[3] - shown[1])
    assert min(side, width) <= right - left < side + 2
    assert min(side, height) <= bottom - top < side + 2


def test_at_the_border_the_square_moves_inwards() -> None:
    assert crop_around((0, 0, 100, 50), (1000, 300)).seen == (0, 0, 160, 160)
    assert crop_around((900, 250, 1000, 300), (1000, 300)).seen == (840, 140, 1000, 300)
    assert crop_around((900, 250, 1000, 300), (1000, 300)).kept == (890, 245, 1000, 300)


def test_what_is_kept_is_cut_out_of_what_was_seen() -> None:
    crop = crop_around((30, 40, 60, 50), (100, 80))
    photo = noise(100, 80, channels=1)
    seen, kept = (photo[box[1] : box[3], box[0] : box[2]] for box in (crop.seen, crop.kept))
    assert (array(crop.alpha(Image.fromarray(seen.copy()))) == kept).all()


@pytest.mark.parametrize(
    "region",
    [
        (10, 10, 10, 20),
        (20, 10, 10, 20),
        (100, 0, 200, 50),
        (-50, 0, 0, 50),
        (0, 0, math.nan, 5),
        (0, 0, math.inf, 5),
    ],
)
def test_a_region_without_pixels_is_an_error(region: tuple[float, float, float, float]) -> None:
    with pytest.raises(BadRegionError):
        around(region, (100, 100))
