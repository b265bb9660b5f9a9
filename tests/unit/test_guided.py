"""The weighted guided filter, against weighted least squares solved window by window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from alphacut.guided import LinearModel, fit, window_means, window_sums
from alphacut.noise import Noise
from tests.helpers import noise
from tests.numerics import held

Floats = NDArray[np.float64]
SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(1, 9)
EPSILON = 1e-2
NOISE = Noise(luma=0.03, chroma=0.05)
# Samples with just these variances of Y', Cb and Cr, as R, G, B.
_YCBCR = np.sqrt([0.03, 0.05, 0.05]) * np.sqrt(3) * np.concatenate([np.eye(3), -np.eye(3)])
NOISE_OF_RGB = _YCBCR @ np.array([[1, 1, 1], [0, -0.344136, 1.772], [1.402, -0.714136, 0]])


def window(y: int, x: int, radius: int) -> tuple[slice, slice]:
    return slice(max(0, y - radius), y + radius + 1), slice(max(0, x - radius), x + radius + 1)


def ridge(guide: Floats, alpha: Floats, weights: Floats, epsilon: float) -> Floats:
    """Slopes and offset of one window, by weighted ridge regression."""
    share = weights.reshape(-1, 1) / weights.sum()
    colours, values = guide.reshape(-1, 3), alpha.reshape(-1, 1)
    mean, level = (share * colours).sum(0), (share * values).sum()
    centred = colours - mean
    covariance = (share * centred).T @ centred + epsilon * np.eye(3)
    slopes = np.linalg.solve(covariance, (share * centred * (values - level)).sum(0))
    return np.array([*slopes, level - slopes @ mean])


def fit_slowly(
    guide: Floats,
    alpha: Floats,
    weights: Floats,
    radius: int,
    epsilon: float,
    *,
    map_variance: float = np.inf,
) -> Floats:
    """Slopes, offset and what alpha itself counts at each pixel, shape (height, width, 5)."""
    height, width = alpha.shape
    of_window = np.empty((height, width, 5))
    for y, x in np.ndindex(height, width):
        part = window(y, x, radius)
        model = ridge(guide[part], alpha[part], weights[part], epsilon)
        variance = np.var(NOISE_OF_RGB @ model[:3])
        own = variance / (variance + map_variance)
        of_window[y, x] = *((1 - own) * model), own
    averaged = [of_window[window(y, x, radius)].mean((0, 1)) for y, x in np.ndindex(height, width)]
    return np.reshape(averaged, (height, width, 5))


def example(
    height: int, width: int, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    random = np.random.default_rng(seed)
    alpha, weights = random.random((2, height, width), np.float32)
    return noise(width, height, seed=seed), alpha, weights + np.float32(0.05)


def applied(model: LinearModel, guide: NDArray[np.uint8]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = (model.slopes * (guide.transpose(2, 0, 1) / np.float32(255))).sum(
        0
    ) + model.offset
    return result


@held(
    "guided.fit",
    against="weighted ridge regression, window by window in float64",
    over="size from 1 x 1, radius, weights",
    within="0.5",
)
@given(SIDES, SIDES, st.integers(1, 4), SEEDS)
def test_the_model_is_the_weighted_ridge_regression(height: int, width: int, radius: int, seed: int) -> None:
    guide, alpha, weights = example(height, width, seed)
    model = fit(guide, alpha, weights, radius, EPSILON)
    expected = fit_slowly(guide / 255.0, alpha.astype(float), weights.astype(float), radius, EPSILON)
    np.testing.assert_allclose(np.stack([*model.slopes, model.offset], -1), expected[..., :4], atol=2e-3)


@held(
    "guided.amplify",
    "guided.fit (of a coarse JPEG)",
    against="variance of samples of noise, window by window in float64",
    over="size from 1 x 1, radius, variance",
    within="1.3",
    why="float32, where slopes are steep",
)
@given(SIDES, SIDES, st.integers(1, 3), st.floats(1e-3, 1), SEEDS)
def test_a_model_counts_less_the_more_it_makes_of_noise(
    height: int, width: int, radius: int, map_variance: float, seed: int
) -> None:
    guide, alpha, weights = example(height, width, seed)
    model = fit(guide, alpha, weights, radius, EPSILON, noise=NOISE, map_variance=map_variance)
    expected = fit_slowly(
        guide / 255.0,
        alpha.astype(float),
        weights.astype(float),
        radius,
        EPSILON,
        map_variance=map_variance,
    )
    own = np.zeros_like(alpha) if model.own is None else model.own
    np.testing.assert_allclose(np.stack([*model.slopes, model.offset, own], -1), expected, atol=5e-3)


def test_noise_that_no_level_shows_costs_no_plane() -> None:
    guide, alpha, weights = example(20, 30, 4)
    without = fit(guide, alpha, weights, 3, EPSILON)
    assert fit(guide, alpha, weights, 3, EPSILON, noise=Noise(1e-9, 1e-9), map_variance=0.03).own is None
    assert fit(guide, alpha, weights, 3, EPSILON, noise=Noise(1, 1)).own is None
    assert without.own is None


@held(
    "guided.window_sums",
    against="sums window by window",
    over="size from 1 x 1, radius",
    within="0.03",
)
@given(SIDES, SIDES, st.integers(1, 12), SEEDS)
def test_sums_are_those_of_windows_cut_at_the_borders(
    height: int, width: int, radius: int, seed: int
) -> None:
    planes = np.random.default_rng(seed).random((2, height, width), np.float32)
    sums = window_sums(planes, radius)
    for y, x in np.ndindex(height, width):
        np.testing.assert_allclose(sums[:, y, x], planes[:, *window(y, x, radius)].sum((1, 2)), atol=1e-4)


@held(
    "guided.window_means",
    against="means window by window",
    over="size from 1 x 1, radius",
    within="0.01",
)
@given(SIDES, SIDES, st.integers(1, 12), SEEDS)
def test_means_are_those_of_windows_cut_at_the_borders(
    height: int, width: int, radius: int, seed: int
) -> None:
    plane = np.random.default_rng(seed).random((height, width), np.float32)
    expected = [plane[window(y, x, radius)].mean() for y, x in np.ndindex(height, width)]
    np.testing.assert_allclose(window_means(plane, radius).ravel(), expected, atol=1e-5)


@given(SIDES, SIDES, st.floats(0, 1, width=32), SEEDS)
def test_constant_alpha_stays_whatever_the_photo_shows(
    height: int, width: int, level: float, seed: int
) -> None:
    guide, _, weights = example(height, width, seed)
    model = fit(guide, np.full((height, width), level, np.float32), weights, 3, 1e-4)
    np.testing.assert_allclose(applied(model, guide), level, atol=2e-3)


@given(SIDES, SIDES, SEEDS)
def test_in_a_photo_of_one_colour_the_model_is_the_weighted_mean(height: int, width: int, seed: int) -> None:
    _, alpha, weights = example(height, width, seed)
    guide = np.full((height, width, 3), 90, np.uint8)
    model = fit(guide, alpha, weights, 20, 1e-4)
    np.testing.assert_allclose(applied(model, guide), np.average(alpha, weights=weights), atol=1e-3)


def test_alpha_that_is_linear_in_the_colours_comes_back() -> None:
    guide, _, weights = example(40, 30, 7)
    alpha = (guide[..., 0] * 0.2 + guide[..., 1] * 0.5 + guide[..., 2] * 0.1).astype(
        np.float32
    ) / 255 + np.float32(0.1)
    model = fit(guide, alpha, weights, 4, 1e-6)
    np.testing.assert_allclose(applied(model, guide), alpha, atol=2e-3)


def test_greys_are_fitted_as_well_as_colours() -> None:
    """Three equal channels: the system is singular but for epsilon, and float32 would be wrong by far."""
    random = np.random.default_rng(5)
    grey = random.integers(0, 256, (24, 31, 1), np.uint8)
    guide = np.repeat(grey, 3, axis=2)
    alpha = (grey[..., 0] / 255 * 0.8 + 0.1).astype(np.float32)
    weights = np.ones_like(alpha)
    model = fit(guide, alpha, weights, 2, 1e-5)
    expected = fit_slowly(guide / 255.0, alpha.astype(float), weights.astype(float), 2, 1e-5)
    result = (expected[..., :3] * (guide / 255.0)).sum(-1) + expected[..., 3]
    np.testing.assert_allclose(applied(model, guide), result, atol=4e-3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1)])
def test_extreme_shapes(shape: tuple[int, int]) -> None:
    guide, alpha, weights = example(*shape, seed=3)
    assert np.isfinite(applied(fit(guide, alpha, weights, 5, 1e-4), guide)).all()


def test_a_large_flat_photo_loses_no_digits_that_matter() -> None:
    """Sums of float32 over many pixels of nearly one colour: variances must not drown in rounding."""
    random = np.random.default_rng(1)
    guide = random.integers(249, 252, (300, 300, 3), np.uint8)
    alpha = np.full((300, 300), 0.7, np.float32)
    result = applied(fit(guide, alpha, np.ones_like(alpha), 7, 1e-4), guide)
    np.testing.assert_allclose(result, 0.7, atol=1e-3)
