"""Filters, layers and matting against their definitions in float64, and the symmetries they must have."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from alphacut import foreground
from alphacut.edges import Guide, follow, settle
from alphacut.edits import Stroke
from alphacut.export import with_edges
from alphacut.feather import REACH, feather, gain, shifted
from alphacut.finish import Finish, Frame, Shadow
from alphacut.foreground import clean, estimate
from alphacut.guided import fit, window_means, window_sums
from alphacut.layers import separate
from alphacut.matting import MattingLaplacian, solve
from alphacut.shadow import cast, shadow_sheet
from alphacut.strokes import coverage
from alphacut.tiles import near_edges
from alphacut.touchup import Hint, refine
from tests import oracles
from tests.helpers import Bytes8, Floats, array, noise, pixels_of
from tests.numerics import held

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(1, 12)
FLIPS = st.sampled_from([(1, 1), (-1, 1), (1, -1), (-1, -1)])
EPSILON = 1e-3


def units(width: int, height: int, seed: int) -> Floats:
    return noise(width, height, 1, seed).astype(np.float32) / np.float32(255)


def patchy(width: int, height: int, seed: int, grain: int = 5) -> Bytes8:
    """Alpha of flat regions, 0 and 255, with hard and soft edges."""
    small = np.random.default_rng(seed).choice(
        np.array([0, 0, 255, 255, 90], np.uint8), (-(-height // grain), -(-width // grain))
    )
    return np.repeat(np.repeat(small, grain, 0), grain, 1)[:height, :width].copy()


# ---- windows -----------------------------------------------------------------------------------------


@held(
    "guided.window_sums (radius beyond the picture)",
    "guided.window_means (radius beyond the picture)",
    against="sums window by window in float64",
    over="size from 1 x 1, radius 1 to 60",
    within="0.03",
)
@given(SIDES, SIDES, st.integers(1, 60), SEEDS)
def test_windows_may_be_wider_than_the_picture(width: int, height: int, radius: int, seed: int) -> None:
    plane = units(width, height, seed)
    sums, ones = (oracles.window_sums(each, radius) for each in (plane, np.ones_like(plane)))
    np.testing.assert_allclose(window_sums(plane[None], radius)[0], sums, atol=1e-4)
    np.testing.assert_allclose(window_means(plane, radius), sums / ones, atol=4e-5)


@held(
    "guided.fit (turned, and of other alpha)",
    against="itself, as it is linear in alpha and knows no direction",
    over="size, radius, flips, a alpha + b",
    within="0.5",
)
@given(
    width=SIDES,
    height=SIDES,
    radius=st.integers(1, 9),
    seed=SEEDS,
    flip=FLIPS,
    times=st.floats(-0.5, 0.5),
    plus=st.floats(0, 0.5),
)
def test_models_turn_with_the_picture_and_follow_alpha(
    *, width: int, height: int, radius: int, seed: int, flip: tuple[int, int], times: float, plus: float
) -> None:
    guide, alpha, weights = (
        noise(width, height, 3, seed),
        units(width, height, seed + 1),
        units(width, height, 7),
    )
    weights += np.float32(0.05)
    model = np.stack(fit(guide, alpha, weights, radius, EPSILON * 10).planes())
    turn = (slice(None, None, flip[0]), slice(None, None, flip[1]))
    turned = fit(guide[turn].copy(), alpha[turn].copy(), weights[turn].copy(), radius, EPSILON * 10)
    np.testing.assert_allclose(np.stack(turned.planes())[(slice(None), *turn)], model, atol=2e-3)
    other = fit(guide, np.float32(times) * alpha + np.float32(plus), weights, radius, EPSILON * 10)
    expected = (
        np.float32(times) * model + np.float32(plus) * np.array([0, 0, 0, 1], np.float32)[:, None, None]
    )
    np.testing.assert_allclose(np.stack(other.planes()), expected, atol=2e-3)


# ---- matting -----------------------------------------------------------------------------------------


@held(
    "matting.MattingLaplacian (any size)",
    against="the matrix of Levin et al., equation 12, in float64",
    over="size from 1 x 1, radius 1 to 8",
    within="0.05",
)
@settings(max_examples=settings().max_examples // 2)
@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 8), SEEDS)
def test_the_laplacian_is_the_matrix_whatever_the_size(
    width: int, height: int, radius: int, seed: int
) -> None:
    guide, alpha = noise(width, height, 3, seed), units(width, height, seed + 1)
    matrix = oracles.matting_laplacian(guide, radius, EPSILON) / (2 * radius + 1) ** 2
    laplacian = MattingLaplacian(guide, radius, EPSILON)
    expected = (matrix @ alpha.ravel()).reshape(alpha.shape)
    np.testing.assert_allclose(laplacian(alpha), expected, atol=2e-4)
    np.testing.assert_allclose(laplacian(np.ones_like(alpha)), 0, atol=1e-4)


@held(
    "matting.solve",
    against="the linear system solved in float64",
    over="size from 1 x 1, radius, what is trusted",
    within="0.5",
)
@settings(max_examples=settings().max_examples // 2)
@given(st.integers(1, 7), st.integers(1, 7), st.integers(1, 3), SEEDS, st.floats(0, 1))
def test_solving_is_solving_the_system(width: int, height: int, radius: int, seed: int, share: float) -> None:
    guide, alpha = noise(width, height, 3, seed), units(width, height, seed + 1)
    known = np.random.default_rng(seed).random(alpha.shape) < share
    trust = np.where(known, 5, 0.05).astype(np.float32)
    matrix = oracles.matting_laplacian(guide, radius, EPSILON) / (2 * radius + 1) ** 2
    system = matrix + np.diag(trust.ravel().astype(np.float64))
    expected = np.linalg.solve(system, trust.ravel() * alpha.ravel()).reshape(alpha.shape)
    found = solve(MattingLaplacian(guide, radius, EPSILON), alpha, trust, rounds=200)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def ridges(
    guide: Bytes8, alpha: NDArray[Any], weights: NDArray[Any], radius: int, epsilon: float
) -> oracles.Floats:
    """Slopes and offset at each pixel: weighted ridge regressions of windows, averaged; (h, w, 4)."""
    colours, models = guide / 255.0, np.empty((*alpha.shape, 4))
    for place in np.ndindex(*alpha.shape):
        part = oracles.window(place[0], place[1], radius)
        share = weights[part].ravel().astype(np.float64) / weights[part].sum(dtype=np.float64)
        inner, values = colours[part].reshape(-1, 3), alpha[part].ravel().astype(np.float64)
        centred, level = inner - share @ inner, share @ values
        covariance = (share[:, None] * centred).T @ centred + epsilon * np.eye(3)
        slopes = np.linalg.solve(covariance, (share * (values - level)) @ centred)
        models[place] = *slopes, level - slopes @ (share @ inner)
    means = [
        models[oracles.window(place[0], place[1], radius)].mean((0, 1)) for place in np.ndindex(*alpha.shape)
    ]
    return np.reshape(means, models.shape)


@held(
    "touchup.refine",
    against="the linear system and ridge regressions in float64, stretched",
    over="photo, alpha, stroke",
    within="3",
    why="conjugate gradients in float32 end near the solution, which is stretched by 1.1 and rounded",
)
@settings(max_examples=settings().max_examples // 8)
@given(SEEDS, st.floats(2, 10), st.floats(2, 8), st.floats(1, 4), st.floats(0.1, 1))
def test_a_hint_is_the_solution_of_the_system(
    seed: int, x: float, y: float, radius: float, opacity: float
) -> None:
    hint = Hint(radius=1, epsilon=1e-2, rounds=200, fit=(1, 1e-2), room=50)
    pixels, alpha = noise(13, 10, 3, seed), patchy(13, 10, seed, 4)
    stroke = Stroke(points=((x, y, radius),), opacity=opacity)
    patch = refine(Image.fromarray(pixels), Image.fromarray(alpha), stroke, hint)
    covered = np.zeros(alpha.shape)
    for (left, top, right, bottom), share in coverage(stroke, (13, 10)):
        covered[top:bottom, left:right] = share
    known = alpha / 255
    trust = np.where(covered > 0, 0, hint.trust * np.abs(2 * known - 1)) + hint.guess
    matrix = oracles.matting_laplacian(pixels, 1, hint.epsilon) / 9 + np.diag(trust.ravel())
    found = np.linalg.solve(matrix, (trust * known).ravel()).reshape(alpha.shape).clip(0, 1)
    models = ridges(pixels, found, np.ones_like(found), *hint.fit)
    fitted = (models[..., :3] * (pixels / 255)).sum(-1) + models[..., 3]
    wanted = 255 * ((fitted - hint.ends) / (1 - 2 * hint.ends)).clip(0, 1)
    part = np.s_[patch.top : patch.top + patch.height, patch.left : patch.left + patch.width]
    made = pixels_of(patch.data).astype(np.float64)
    assert np.abs(made[..., 1] - 255 * covered[part]).max() <= 0.51
    assert np.abs(made[..., 0] - wanted[part])[made[..., 1] > 0].max(initial=0) <= 3


# ---- edges -------------------------------------------------------------------------------------------


@held(
    "edges.follow",
    against="ridge regressions of all windows, enlarged and mixed in float64",
    over="photo, map, sizes",
    within="2",
    why="the enlarged map, the fitted alpha and what is mixed of both are each rounded to a level",
)
@settings(max_examples=settings().max_examples // 4)
@given(st.integers(2, 9), st.integers(2, 9), st.integers(2, 5), SEEDS)
def test_edges_follow_the_fitted_model(width: int, height: int, times: int, seed: int) -> None:
    guide = Guide(radius=2, epsilon=0.01)
    levels, seen = settle(noise(width, height, 1, seed), guide.ends), noise(width, height, 3, seed + 1)
    size = times * width, times * height
    photo = np.asarray(Image.fromarray(seen).resize(size, Image.Resampling.BICUBIC))
    alpha = Image.fromarray(levels).resize(size, Image.Resampling.BILINEAR)
    before = array(alpha).astype(np.float64)
    follow(Image.fromarray(photo), alpha, levels, seen, guide)
    small = levels.astype(np.float32) / np.float32(255)
    weights = np.maximum(np.abs(2 * small - 1), np.float32(guide.least))
    models = oracles.resized(ridges(seen, small, weights, guide.radius, guide.epsilon), size, "bilinear")
    fitted = (photo * models[..., :3]).sum(-1) + 255 * models[..., 3]
    share = np.minimum(1, np.minimum(before, 255 - before) / guide.ramp)
    expected = before + share * (fitted.clip(0, 255) - before)
    assert np.abs(array(alpha) - expected).max() <= 2.01


@held(
    "feather.feather",
    "feather.shifted",
    "feather.gain",
    "export.with_edges",
    against="three boxes blurred in float64 over the whole picture, without tiles",
    over="alpha with hard and soft edges, size, softness, shift in and out",
    within="12 (shift), 5 (softness)",
    why="Pillow rounds six times to bytes, 3 levels in all, of which a shift makes up to 3.15 times as much",
)
@settings(max_examples=settings().max_examples // 4)
@given(st.integers(1, 70), st.integers(1, 40), SEEDS, st.floats(0, 1), st.floats(-1, 1))
def test_edges_are_moved_and_softened_by_the_definition(
    width: int, height: int, seed: int, softness: float, shift: float
) -> None:
    """Sizes are small, so the reach is that of a photo of 1,000 pixels here."""
    alpha = patchy(width, height, seed)
    scale = 1000 / max(width, height)
    softness, shift = (
        min(1.0, softness * scale) if softness > 0.05 else 0.0,
        shift if abs(shift) > 0.05 else 0.0,
    )
    sigma = abs(shift) * REACH * max(width, height)
    moved = alpha.astype(np.float64)
    if shift:
        blurred, steep = oracles.three_boxes(alpha, sigma), gain(shift)
        foot = steep * blurred if shift > 0 else 255 - steep * (255 - blurred)
        moved = np.maximum(moved, foot.clip(0, 255)) if shift > 0 else np.minimum(moved, foot.clip(0, 255))
        direct = array(shifted(Image.fromarray(alpha), sigma, shift))
        assert np.abs(direct - moved).max() <= 12
    made = array(feather(Image.fromarray(alpha), 0, shift))
    assert np.abs(made - moved).max() <= 12
    soft = array(feather(Image.fromarray(alpha), softness, 0))
    blur = softness * REACH * max(width, height)
    assert np.abs(soft - (oracles.three_boxes(alpha, blur) if blur else alpha)).max() <= 5
    own = noise(width, height, 1, seed + 1)
    bounded = with_edges(Image.fromarray(alpha), Finish(shift=shift), Image.fromarray(own))
    np.testing.assert_array_equal(array(bounded), np.minimum(made, own) if shift else alpha)


@held(
    "tiles.near_edges",
    against="least and greatest level of every window of the reach",
    over="size, alpha, reach",
    within="0: none is left out",
)
@given(st.integers(1, 90), st.integers(1, 60), SEEDS, st.integers(1, 20), st.integers(1, 40))
def test_all_that_is_near_an_edge_is_covered(
    width: int, height: int, seed: int, reach: int, grain: int
) -> None:
    alpha = patchy(width, height, seed, grain)
    covered = np.zeros(alpha.shape, int)
    for left, top, right, bottom in near_edges(Image.fromarray(alpha), reach):
        covered[top:bottom, left:right] += 1
    assert covered.max(initial=0) <= 1
    edged = np.pad(alpha, reach, mode="edge")
    least, most = (
        choose(np.lib.stride_tricks.sliding_window_view(edged, (2 * reach + 1,) * 2), axis=(2, 3))
        for choose in (np.min, np.max)
    )
    assert (covered[least != most] == 1).all()


# ---- shadow ------------------------------------------------------------------------------------------


@held(
    "shadow.shadow_sheet",
    "shadow.cast",
    "sampling.blur_for",
    "sampling.step_for",
    "sampling.Sheet.bounds",
    against="a Gaussian of alpha in float64, moved",
    over="alpha, blur 0 and 0.8 to 8 pixels, way in whole pixels, opacity",
    within="10",
    why="three boxes stand for a Gaussian, on a copy that is reduced and enlarged again, in bytes",
)
@settings(max_examples=settings().max_examples // 4)
@given(SEEDS, st.just(0.0) | st.floats(0.02, 0.2), st.integers(-9, 9), st.integers(-9, 9), st.floats(0.1, 1))
def test_a_shadow_is_alpha_blurred_and_moved(
    seed: int, blur: float, dx: int, dy: int, opacity: float
) -> None:
    width, height, unit = 60, 50, 40
    alpha = np.zeros((height, width), np.uint8)
    alpha[8:38, 5:45] = patchy(40, 30, seed, 10)
    shadow = Shadow(opacity=opacity, blur=blur, dx=dx / unit, dy=dy / unit)
    frame = Frame(left=0, top=0, right=width, bottom=height, width=width, height=height)
    made = array(cast(shadow_sheet(Image.fromarray(alpha), shadow, (5, 8, 45, 38)), frame))
    room = 40
    plane = np.pad(alpha.astype(np.float64), room)
    soft = oracles.gaussian(plane, blur * unit) if blur * unit > 0.1 else plane
    expected = opacity * soft[room - dy : room - dy + height, room - dx : room - dx + width]
    assert np.abs(made - expected).max() <= 10


# ---- layers ------------------------------------------------------------------------------------------


@held(
    "layers.separate",
    against="the same rounds pixel by pixel in float64",
    over="size from 1 x 1, odd and even, alpha also 0 and 1",
    within="0.5",
)
@settings(max_examples=settings().max_examples // 4)
@given(st.integers(1, 9), st.integers(1, 9), SEEDS, st.booleans())
def test_layers_are_those_of_the_definition(width: int, height: int, seed: int, is_hard: bool) -> None:
    image = noise(width, height, 3, seed) / 255
    alpha = (patchy(width, height, seed, 2) if is_hard else noise(width, height, 1, seed + 1)) / 255
    planes = np.ascontiguousarray(image.transpose(2, 0, 1), np.float32)
    found = separate(planes, alpha.astype(np.float32), (2, 3, 4))
    expected = oracles.separated(image, alpha, (2, 3, 4))
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.transpose(1, 2, 0), theirs, atol=0.5 / 255)


def blended(pixels: Bytes8, alpha: Bytes8, step: int) -> oracles.Floats:
    """One step from the layers of a reduced photo towards what it shows, as `estimate` says; not rounded.

    Where the layers say that nothing of the old background is seen, the photo stays as it is.
    """
    small, share = (oracles.reduced(each, step) / 255 for each in (pixels, alpha))
    front, back = separate(
        np.ascontiguousarray(small.transpose(2, 0, 1), np.float32), share.astype(np.float32)
    )
    if (255 * share * np.abs(front - small.transpose(2, 0, 1))).max() < foreground._UNSEEN:
        return pixels.astype(np.float64)
    towards = (front + share * (front - back)).transpose(1, 2, 0)
    height, width = alpha.shape
    towards = np.stack(
        [
            oracles.resampled(
                oracles.resampled(plane.T, width, "bilinear", 0, width / step).T,
                height,
                "bilinear",
                0,
                height / step,
            )
            for plane in np.moveaxis(towards, -1, 0)
        ],
        axis=-1,
    )
    part = alpha[..., None] / 255
    return np.asarray((part * pixels + (1 - part) * 255 * towards).clip(0, 255))


@held(
    "foreground.estimate",
    "foreground.clean",
    against="the blend in float64, layers of the reduced photo enlarged",
    over="photo, alpha, size, reduction",
    within="6, as far as alpha shows it",
    why="what reaches beyond bytes is kept in steps of up to 3 levels, or let go beside opaque pixels",
)
@settings(max_examples=settings().max_examples // 4)
@given(st.integers(1, 40), st.integers(1, 30), SEEDS, st.integers(1, 4))
def test_colours_are_the_blend(width: int, height: int, seed: int, step: int) -> None:
    colours = Image.fromarray(noise(5, 4, 3, seed) // 2 + 64)
    pixels = np.asarray(colours.resize((width, height), Image.Resampling.BICUBIC))
    alpha = np.asarray(
        Image.fromarray(patchy(8, 6, seed, 2)).resize((width, height), Image.Resampling.BILINEAR)
    )
    pixel_count = -(-width * height // step**2)
    step = math.ceil(math.sqrt(width * height / pixel_count))
    made = array(estimate(Image.fromarray(pixels.copy()), Image.fromarray(alpha), reduced_to=pixel_count))
    soft = ((alpha > 0) & (alpha < 255))[..., None]
    shown = np.where(soft, np.abs(made - blended(pixels, alpha, step)), 0) * (alpha / 255)[..., None]
    assert shown.max() <= 6
    np.testing.assert_array_equal(made[alpha == 255], pixels[alpha == 255])
    own = np.where(noise(width, height, 1, seed + 2) < 128, 255, 40).astype(np.uint8)
    cleaned = Image.fromarray(pixels.copy())
    clean(cleaned, Image.fromarray(alpha), Image.fromarray(own))
    everywhere = estimate(Image.fromarray(pixels.copy()), Image.fromarray(alpha))
    expected = np.where((own == 255)[..., None], array(everywhere), pixels)
    np.testing.assert_array_equal(array(cleaned), expected)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (17, 16)], ids=str)
@pytest.mark.parametrize("level", [0, 1, 127, 254, 255])
def test_one_colour_stays_at_every_alpha(size: tuple[int, int], level: int) -> None:
    for colour in (0, 1, 128, 254, 255):
        pixels = np.full((size[1], size[0], 3), colour, np.uint8)
        alpha: NDArray[np.uint8] = np.full(size[::-1], level, np.uint8)
        made = array(estimate(Image.fromarray(pixels.copy()), Image.fromarray(alpha)))
        np.testing.assert_array_equal(made, pixels)
