"""Normalisation before and quantisation after a network, against the formulas written down again here."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alphacut.errors import SessionError
from alphacut.recipe import DEFAULT, IMGLY, REMBG, Scaling
from alphacut.scaling import ScaledSession, normalise, quantise, unit_map
from tests.helpers import MEAN, STD, Bytes8, Floats, noise, rgb_arrays, run, spec
from tests.numerics import held

SCALINGS = {"default": DEFAULT.scaling, "rembg": REMBG.scaling, "imgly": IMGLY.scaling}
STRETCHED = Scaling(stretch=True)
UNIT = st.floats(0, 1, width=32)
ANY = st.floats(-(2.0**100), 2.0**100, width=32)
GREYS = np.repeat(np.arange(256, dtype=np.uint8)[None, None, :, None], 3, axis=3)  # (1, 1, 256, 3)


def row(*values: float) -> Floats:
    return np.array([[values]], np.float32).reshape(1, 1, 1, -1)


# ---- normalise -------------------------------------------------------------------------------------


@held(
    "scaling.normalise",
    against="(rgb / 255 - mean) / std in float64",
    over="any pixels",
    within="0.01",
)
@given(rgb_arrays())
def test_normalising_is_the_published_formula(pixels: Bytes8) -> None:
    expected = (pixels / 255 - np.array(MEAN)) / np.array(STD)
    made = normalise(pixels[None], spec())
    np.testing.assert_allclose(made[0], expected.transpose(2, 0, 1), rtol=0, atol=2e-6)


@given(rgb_arrays())
def test_rembg_divides_by_the_brightest_sample_not_by_255(pixels: Bytes8) -> None:
    expected = (pixels / max(pixels.max(), 1e-6) - np.array(MEAN)) / np.array(STD)
    made = normalise(pixels[None], spec(), REMBG.scaling)
    np.testing.assert_allclose(made[0], expected.transpose(2, 0, 1), rtol=0, atol=2e-6)


@given(rgb_arrays())
def test_imgly_centres_at_128_whatever_the_model_says(pixels: Bytes8) -> None:
    made = normalise(pixels[None], spec(), IMGLY.scaling)
    np.testing.assert_allclose(made[0], (pixels.transpose(2, 0, 1) - 128.0) / 256, rtol=0, atol=1e-6)


@pytest.mark.parametrize("scaling", SCALINGS.values(), ids=list(SCALINGS))
def test_black_photos_give_finite_numbers(scaling: Scaling) -> None:
    made = normalise(np.zeros((1, 2, 2, 3), np.uint8), spec(), scaling)
    offset = 128 / 256 if scaling is IMGLY.scaling else np.array(MEAN) / STD
    np.testing.assert_allclose(made[0, :, 0, 0], -offset * np.ones(3), atol=1e-6)


def test_a_mean_of_0_and_std_of_1_give_the_unit_range() -> None:
    made = normalise(GREYS, spec(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)))
    assert made.min() == 0
    assert made.max() == 1
    np.testing.assert_allclose(made[0, 0, 0], np.arange(256) / 255, atol=1e-7)


@pytest.mark.parametrize("scaling", SCALINGS.values(), ids=list(SCALINGS))
def test_brighter_samples_give_greater_numbers_in_every_channel(scaling: Scaling) -> None:
    assert (np.diff(normalise(GREYS, spec(), scaling)[0, :, 0], axis=1) > 0).all()


def test_channels_stay_red_green_blue() -> None:
    pixels = np.full((1, 1, 1, 3), (10, 20, 30), np.uint8)
    made = normalise(pixels, spec(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)))
    np.testing.assert_allclose(made.ravel() * 255, [10, 20, 30], atol=1e-5)


@pytest.mark.parametrize("scaling", SCALINGS.values(), ids=list(SCALINGS))
def test_networks_get_planes_of_float32_in_order_and_the_pixels_stay(scaling: Scaling) -> None:
    pixels = noise(8, 6)[None]
    before = pixels.copy()
    made = normalise(pixels, spec(), scaling)
    assert made.shape == spec().shape == (1, 3, 6, 8)
    assert made.dtype == np.float32
    assert made.flags.c_contiguous
    np.testing.assert_array_equal(pixels, before)


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


@held(
    "scaling.unit_map",
    against="1 / (1 + exp(-x)) in float64",
    over="any numbers",
    within="0.01",
)
@given(st.lists(st.floats(-(2.0**126), 2.0**126, width=32), min_size=1))
def test_logits_go_through_the_sigmoid_and_never_overflow(values: list[float]) -> None:
    with np.errstate(over="raise", invalid="raise"):
        made = unit_map(row(*values), spec(output="logits"))
    expected = [1 / (1 + math.exp(-value)) if value > -700 else 0 for value in values]
    np.testing.assert_allclose(made[0], expected, rtol=0, atol=1e-6)
    assert made.dtype == np.float32


def test_the_sigmoid_is_one_half_at_zero() -> None:
    assert unit_map(row(0), spec(output="logits")).item() == 0.5


@pytest.mark.parametrize("told_by", ["scaling", "spec"])
@given(st.lists(st.integers(-1000, 1000), min_size=2, unique=True))
def test_stretching_takes_the_least_to_0_and_the_greatest_to_1(told_by: str, values: list[int]) -> None:
    described = spec(output="minmax") if told_by == "spec" else spec()
    made = unit_map(row(*values), described, STRETCHED if told_by == "scaling" else Scaling())[0]
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
@pytest.mark.parametrize("output", ["alpha", "logits", "minmax"])
def test_numbers_that_are_not_finite_are_an_error_and_no_alpha(value: float, output: str) -> None:
    session = ScaledSession(lambda _: row(0.5, value), spec(output=output))
    with pytest.raises(SessionError, match="finite"):
        run(session.run(noise(8, 6)[None]))


# ---- the session -----------------------------------------------------------------------------------


@held(
    "scaling.ScaledSession.run",
    against="its three steps one by one",
    over="pixels, recipes",
    within="0",
)
@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(SCALINGS)))
def test_a_session_is_normalisation_network_and_quantisation(seed: int, name: str) -> None:
    """The network is a mean of channels: what comes out can be told from the pixels alone."""
    pixels = noise(8, 6, seed=seed)
    seen: list[Floats] = []

    def network(planes: Floats) -> Floats:
        seen.append(planes)
        return np.asarray(planes.mean(axis=1, keepdims=True) / 4 + 0.5, np.float32)

    levels = run(ScaledSession(network, spec(), SCALINGS[name]).run(pixels[None]))
    means = seen[0][0].mean(axis=0, dtype=np.float64) / 4 + 0.5
    if name == "rembg":
        means = (means - means.min()) / (means.max() - means.min())
    exact = 255 * means.clip(0, 1)
    np.testing.assert_array_equal(seen[0], normalise(pixels[None], spec(), SCALINGS[name]))
    assert levels.dtype == np.uint8
    assert levels.shape == (6, 8)
    off = levels - exact if name == "default" else levels + 0.5 - exact  # rounded, or down
    assert np.abs(off).max() <= 0.5 + 1e-3


@given(st.integers(0, 2**32 - 1))
def test_the_networks_output_is_not_changed(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(1, 1, 6, 8)).astype(np.float32)
    assume(np.ptp(values) > 0)
    before = values.copy()
    run(ScaledSession(lambda _: values, spec(output="logits"), REMBG.scaling).run(noise(8, 6)[None]))
    np.testing.assert_array_equal(values, before)
