"""From the network's map to alpha, against the formulas written down again here."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.errors import SessionError
from alphacut.mask import alpha_of, quantise, unit_map
from alphacut.recipe import IMGLY, REMBG, Recipe
from tests.helpers import Floats, array, noise, spec

UNIT = st.floats(0, 1, width=32)
ANY = st.floats(-(2.0**100), 2.0**100, width=32)
STRETCHED = Recipe(stretch=True)


def row(*values: float) -> Floats:
    return np.array([[values]], np.float32).reshape(1, 1, 1, -1)


# ---- levels ----------------------------------------------------------------------------------------


@given(st.lists(UNIT, min_size=1))
def test_levels_are_the_nearest_ones(values: list[float]) -> None:
    levels = quantise(row(*values))[0, 0, 0].astype(float)
    assert np.abs(levels - 255 * np.array(values)).max() <= 0.5 + 1e-4


@given(st.lists(UNIT, min_size=1))
def test_truncated_levels_are_those_below(values: list[float]) -> None:
    levels = quantise(row(*values), truncate=True)[0, 0, 0].astype(float)
    below = 255 * np.array(values) - levels
    assert below.min() >= -1e-4
    assert below.max() < 1


@given(st.integers(0, 255))
def test_every_level_survives_the_way_to_floats_and_back(level: int) -> None:
    assert quantise(row(level / 255)).item() == level


@given(st.lists(UNIT, min_size=2), st.booleans())
def test_levels_keep_the_order_of_the_values(values: list[float], truncate: bool) -> None:
    levels = quantise(row(*sorted(values)), truncate=truncate).astype(int)
    assert (np.diff(levels) >= 0).all()


# ---- the map ---------------------------------------------------------------------------------------


@given(st.lists(ANY, min_size=1))
def test_alpha_outside_the_unit_range_is_cut_off_and_inside_untouched(values: list[float]) -> None:
    assert unit_map(row(*values), spec())[0].tolist() == [min(max(value, 0), 1) for value in values]


@given(st.lists(st.floats(-(2.0**126), 2.0**126, width=32), min_size=1))
def test_logits_go_through_the_sigmoid_and_never_overflow(values: list[float]) -> None:
    with np.errstate(over="raise", invalid="raise"):
        made = unit_map(row(*values), spec(output="logits"))
    expected = [1 / (1 + math.exp(-value)) if value > -700 else 0 for value in values]
    np.testing.assert_allclose(made[0], expected, rtol=0, atol=1e-6)
    assert made.dtype == np.float32


def test_the_sigmoid_is_one_half_at_zero() -> None:
    assert unit_map(row(0), spec(output="logits")).item() == 0.5


@given(st.lists(st.integers(-1000, 1000), min_size=2, unique=True))
def test_stretching_takes_the_least_to_0_and_the_greatest_to_1(values: list[int]) -> None:
    made = unit_map(row(*values), spec(), STRETCHED)[0]
    expected = (np.array(values) - min(values)) / (max(values) - min(values))
    np.testing.assert_allclose(made, expected, atol=1e-6)
    assert (made.min(), made.max()) == (0, 1)


@given(UNIT)
def test_a_map_of_one_value_stretches_to_nothing_instead_of_dividing_by_0(value: float) -> None:
    assert not unit_map(row(value, value), spec(), STRETCHED).any()


@pytest.mark.parametrize("shape", [(6, 8), (1, 6, 8), (1, 1, 6, 8)])
def test_maps_may_have_leading_ones(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).random((6, 8), np.float32)
    np.testing.assert_array_equal(unit_map(values.reshape(shape), spec()), values)


@pytest.mark.parametrize("shape", [(48,), (1, 2, 6, 8), (2, 1, 6, 8), (), (1, 1, 0, 0), (1, 1, 0, 8)])
def test_what_is_not_one_map_is_an_error_that_tells_the_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(SessionError, match="tiny") as caught:
        unit_map(np.zeros(shape, np.float32), spec())
    assert str(shape) in caught.value.message


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("output", ["alpha", "logits"])
def test_numbers_that_are_not_finite_are_an_error_and_no_alpha(value: float, output: str) -> None:
    with pytest.raises(SessionError, match="finite"):
        alpha_of(row(0.5, value), spec(output=output), (2, 1))


# ---- alpha -----------------------------------------------------------------------------------------


def test_alpha_at_the_maps_size_is_the_maps_levels() -> None:
    values = np.random.default_rng(1).random((1, 1, 6, 8), np.float32)
    alpha = alpha_of(values, spec(), (8, 6))
    assert alpha.mode == "L"
    np.testing.assert_array_equal(array(alpha), np.rint(values[0, 0] * 255))


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (640, 480), (5, 9)])
@pytest.mark.parametrize("recipe", [Recipe(), IMGLY], ids=["default", "imgly"])
def test_alpha_has_the_photos_size_and_a_constant_map_stays_constant(
    size: tuple[int, int], recipe: Recipe
) -> None:
    alpha = alpha_of(np.full((1, 1, 6, 8), 0.4, np.float32), spec(), size, recipe=recipe)
    assert alpha.size == size
    assert alpha.getextrema() == (102, 102)


def test_rembgs_ringing_filter_stays_within_a_byte() -> None:
    values = np.zeros((1, 1, 8, 8), np.float32)
    values[..., 4:] = 1
    alpha = array(alpha_of(values, spec(), (100, 100), recipe=REMBG))
    assert alpha[:, :20].max() < 60
    assert alpha[:, -20:].min() > 200


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_a_greater_map_gives_nowhere_less_alpha(seed: int, width: int, height: int) -> None:
    random = np.random.default_rng(seed)
    less = random.random((1, 1, 6, 8), np.float32)
    more = less + random.random(less.shape, np.float32) * (1 - less)
    first, second = (array(alpha_of(values, spec(), (width, height))) for values in (less, more))
    assert (second >= first).all()


@given(st.integers(0, 2**32 - 1))
def test_existing_alpha_is_multiplied_in(seed: int) -> None:
    values = np.random.default_rng(seed).random((1, 1, 6, 8), np.float32)
    existing = noise(8, 6, 1, seed)
    alpha = array(alpha_of(values, spec(), (8, 6), Image.fromarray(existing))).astype(float)
    lost = np.rint(values[0, 0] * 255).astype(float) * existing / 255 - alpha
    assert lost.min() >= 0  # a fraction of a level may be dropped, none added
    assert lost.max() < 1


def test_existing_alpha_alone_remains_where_the_map_is_full_and_0_stays_0() -> None:
    existing = Image.fromarray(noise(8, 6, 1))
    full = alpha_of(np.ones((1, 1, 6, 8), np.float32), spec(), (8, 6), existing)
    none = alpha_of(np.zeros((1, 1, 6, 8), np.float32), spec(), (8, 6), existing)
    np.testing.assert_array_equal(array(full), array(existing))
    assert none.getextrema() == (0, 0)


def test_the_networks_output_is_not_changed() -> None:
    values = np.random.default_rng(0).normal(size=(1, 1, 6, 8)).astype(np.float32)
    before = values.copy()
    alpha_of(values, spec(output="logits"), (20, 10), recipe=REMBG)
    np.testing.assert_array_equal(values, before)
