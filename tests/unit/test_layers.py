"""The layers of a small picture: what they are mixed to, and what is known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphacut.layers import separate
from tests.helpers import Floats

SIDES = st.integers(1, 24)
SEEDS = st.integers(0, 2**32 - 1)


def random_of(seed: int, *shape: int) -> Floats:
    return np.random.default_rng(seed).random(shape, np.float32)


def mixed(foreground: Floats, background: Floats, alpha: Floats) -> Floats:
    return alpha * foreground + (1 - alpha) * background


@given(SIDES, SIDES, SEEDS)
def test_layers_are_colours_and_what_they_are_mixed_from_is_unchanged(
    width: int, height: int, seed: int
) -> None:
    image, alpha = random_of(seed, 3, height, width), random_of(seed + 1, height, width)
    before = image.copy(), alpha.copy()
    for layer in separate(image, alpha):
        assert layer.shape == image.shape
        assert layer.dtype == np.float32
        assert layer.min() >= 0
        assert layer.max() <= 1
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(alpha, before[1])


@given(SIDES, SIDES, SEEDS)
def test_where_alpha_is_1_or_0_a_layer_is_the_picture(width: int, height: int, seed: int) -> None:
    image = random_of(seed, 3, height, width)
    alpha = np.rint(random_of(seed + 1, height, width))
    foreground, background = separate(image, alpha)
    np.testing.assert_allclose(mixed(foreground, background, alpha), image, atol=1e-5)


@given(SIDES, SIDES, SEEDS, SEEDS)
def test_a_constant_picture_has_constant_layers(width: int, height: int, seed: int, colour: int) -> None:
    image = np.broadcast_to(random_of(colour, 3, 1, 1), (3, height, width)).copy()
    for layer in separate(image, random_of(seed, height, width)):
        np.testing.assert_allclose(layer, image, atol=1e-4)


@given(SEEDS)
def test_layers_mix_to_a_smooth_picture_again(seed: int) -> None:
    ramp = np.linspace(0, 1, 40, dtype=np.float32)
    alpha = np.broadcast_to(ramp, (30, 40)).copy()
    colours = random_of(seed, 2, 3, 1, 1)
    image = mixed(colours[0], colours[1], alpha)
    foreground, background = separate(image, alpha)
    np.testing.assert_allclose(mixed(foreground, background, alpha), image, atol=0.02)


@pytest.mark.parametrize("axis", [1, 2])
def test_directions_are_equal(axis: int) -> None:
    image, alpha = random_of(1, 3, 16, 16), random_of(2, 16, 16)
    for layer, other in zip(
        separate(image, alpha), separate(np.flip(image, axis), np.flip(alpha, axis - 1)), strict=True
    ):
        np.testing.assert_allclose(np.flip(other, axis), layer, atol=1e-4)


def test_more_rounds_come_nearer_to_the_truth() -> None:
    alpha = np.clip(random_of(4, 1, 48) + np.linspace(-0.8, 0.8, 48, dtype=np.float32)[:, None], 0, 1)
    front, back = random_of(5, 2, 3, 1, 1)
    image = mixed(front, back, alpha)
    errors = [float((alpha * np.abs(separate(image, alpha, (n,))[0] - front)).mean()) for n in (0, 1, 4, 16)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.5 * errors[0]
