"""The region that the user gives."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphacut.errors import BadRegionError
from alphacut.region import around

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
