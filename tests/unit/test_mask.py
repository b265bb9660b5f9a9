"""From the network's map to alpha at the photo's size, against the formulas written down again here."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.edges import DEFAULT as GUIDE
from alphacut.edges import follow, settle
from alphacut.mask import Alpha, alpha_of, placed, times
from alphacut.recipe import DEFAULT, PLAIN, Filter, Recipe, Resampling
from tests.helpers import Bytes8, array, noise
from tests.numerics import held

SEEDS = st.integers(0, 2**32 - 1)


def enlarged(levels: Bytes8, size: tuple[int, int], how: Filter = Filter.BILINEAR) -> Alpha:
    recipe = Recipe(resampling=Resampling(grow=how), edges=None, colours=False)
    return alpha_of(levels, Image.new("RGB", size), np.zeros((6, 8, 3), np.uint8), recipe)


def levels_of(seed: int) -> Bytes8:
    return noise(8, 6, channels=1, seed=seed)


@given(SEEDS)
def test_alpha_at_the_maps_size_is_the_map(seed: int) -> None:
    alpha = enlarged(levels_of(seed), (8, 6))
    assert alpha.mode == "L"
    np.testing.assert_array_equal(array(alpha), levels_of(seed))


@held(
    "mask.alpha_of",
    against="the map's own level",
    over="level, size, each way of resampling",
    within="1",
)
@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (640, 480), (5, 9)])
@pytest.mark.parametrize("how", list(Filter))
def test_alpha_has_the_photos_size_and_a_constant_map_stays_constant(
    size: tuple[int, int], how: Filter
) -> None:
    alpha = enlarged(np.full((6, 8), 102, np.uint8), size, how)
    assert alpha.size == size
    assert alpha.getextrema() == (102, 102)


@pytest.mark.parametrize("how", list(Filter))
def test_width_and_height_are_not_mixed_up(how: Filter) -> None:
    levels = np.zeros((6, 8), np.uint8)
    levels[:, 4:] = 255  # right half subject
    alpha = array(enlarged(levels, (80, 60), how))
    assert alpha.shape == (60, 80)
    assert alpha[:, :20].max() < 60
    assert alpha[:, -20:].min() > 200


def test_rembgs_ringing_filter_stays_within_a_byte() -> None:
    values = np.zeros((8, 8), np.uint8)
    values[:, 4:] = 255
    alpha = array(enlarged(values, (100, 100), Filter.LANCZOS))
    assert alpha[:, :20].max() < 60
    assert alpha[:, -20:].min() > 200


@given(SEEDS, st.integers(1, 40), st.integers(1, 40))
def test_a_greater_map_gives_nowhere_less_alpha(seed: int, width: int, height: int) -> None:
    less = levels_of(seed)
    more = np.maximum(less, levels_of(seed + 1))
    first, second = (array(enlarged(levels, (width, height))) for levels in (less, more))
    assert (second >= first).all()


@given(SEEDS)
def test_existing_alpha_is_multiplied_in(seed: int) -> None:
    existing = noise(8, 6, 1, seed + 1)
    alpha = array(times(Image.fromarray(levels_of(seed)), Image.fromarray(existing))).astype(float)
    assert np.abs(levels_of(seed).astype(float) * existing / 255 - alpha).max() <= 0.5
    assert (alpha <= np.minimum(levels_of(seed), existing)).all()


def test_existing_alpha_alone_remains_where_the_map_is_full_and_0_stays_0() -> None:
    existing = Image.fromarray(noise(8, 6, 1))
    full = times(Image.new("L", (8, 6), 255), existing)
    none = times(Image.new("L", (8, 6)), existing)
    np.testing.assert_array_equal(array(full), array(existing))
    assert none.getextrema() == (0, 0)


@pytest.mark.parametrize("how", list(Filter))
def test_the_networks_map_is_not_changed(how: Filter) -> None:
    levels = levels_of(0)
    times(enlarged(levels, (20, 10), how), Image.fromarray(noise(20, 10, 1)))
    np.testing.assert_array_equal(levels, levels_of(0))


def test_without_existing_alpha_it_stays_as_it_is() -> None:
    alpha = Image.fromarray(noise(8, 6, 1))
    assert times(alpha, None) is alpha


def test_edges_are_followed_by_default_on_the_settled_map() -> None:
    photo, levels = Image.fromarray(noise(40, 30)), noise(8, 6, 1)
    seen = array(photo.resize((8, 6)))
    expected = enlarged(settle(levels, GUIDE.ends), (40, 30))
    follow(photo, expected, settle(levels, GUIDE.ends), seen, GUIDE)
    followed = array(alpha_of(levels, photo, seen, DEFAULT))
    np.testing.assert_array_equal(followed, array(expected))
    assert (followed != array(alpha_of(levels, photo, seen, PLAIN))).any()


def test_the_map_is_not_changed_where_it_has_the_photos_size() -> None:
    photo, levels = Image.fromarray(noise(8, 6)), noise(8, 6, 1)
    before = levels.copy()
    alpha_of(levels, photo, array(photo), DEFAULT)
    np.testing.assert_array_equal(levels, before)


def test_the_alpha_of_a_part_is_put_where_the_part_was() -> None:
    part = Image.fromarray(noise(8, 6, 1))
    whole = array(placed(part, (5, 7, 13, 13), (30, 20))).copy()
    np.testing.assert_array_equal(whole[7:13, 5:13], array(part))
    whole[7:13, 5:13] = 0
    assert not whole.any()
