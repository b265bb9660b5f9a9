"""Foreground colours: exact where they are known, near to the truth and to pymatting's where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from alphacut import foreground
from alphacut.foreground import FINE, estimate
from tests.helpers import Bytes8, array, needs_pymatting, noise, scene
from tests.numerics import held

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(1, 60)
BACKGROUNDS = [(255, 255, 255), (0, 0, 0), (0, 255, 0), (255, 0, 255), (128, 128, 128)]


def estimated(pixels: Bytes8, alpha: Bytes8, **options: int) -> Bytes8:
    return array(estimate(Image.fromarray(pixels.copy()), Image.fromarray(alpha), **options))


def mixed(foreground: Bytes8, alpha: Bytes8, background: Bytes8 | tuple[int, ...]) -> Bytes8:
    share = alpha[..., None] / 255
    blend = share * foreground + (1 - share) * np.asarray(background)
    return np.asarray(np.rint(blend), np.uint8)


def soft_disc(width: int, height: int, blur: float) -> Bytes8:
    y, x = np.mgrid[:height, :width]
    radius = min(width, height) / 3
    disc = np.where((x - width / 2) ** 2 + (y - height / 2) ** 2 < radius**2, 255, 0).astype(np.uint8)
    return array(Image.fromarray(disc).filter(ImageFilter.GaussianBlur(blur)))


def hairs(width: int, height: int, seed: int = 0) -> Bytes8:
    """A disc with thin rays that are soft all along."""
    random = np.random.default_rng(seed)
    alpha = Image.fromarray(soft_disc(width, height, 1)).resize((2 * width, 2 * height))
    rays = np.zeros((2 * height, 2 * width), np.uint8)
    for angle in random.uniform(0, 2 * np.pi, 60):
        steps = np.linspace(0, min(width, height) * 0.9, 2000)
        y, x = height + steps * np.sin(angle), width + steps * np.cos(angle)
        rays[y.astype(int), x.astype(int)] = 220
    both = np.maximum(array(alpha), rays)
    return array(Image.fromarray(both).resize((width, height), Image.Resampling.BOX))


def error(colours: Bytes8, truth: Bytes8, alpha: Bytes8) -> float:
    """Mean difference on any new background, in levels, over soft pixels."""
    soft = (alpha > 0) & (alpha < 255)
    return float((np.abs(colours.astype(float) - truth) * (alpha / 255)[..., None])[soft].mean())


# ---- for every picture -----------------------------------------------------------------------------


@given(SIDES, SIDES, SEEDS, st.sampled_from([(0, 255), (0, 128, 255), (1, 254), (0, 3, 250, 255)]))
def test_opaque_pixels_are_unchanged_and_the_photo_itself_is_returned(
    width: int, height: int, seed: int, levels: tuple[int, ...]
) -> None:
    pixels = noise(width, height, 3, seed)
    alpha = np.random.default_rng(seed).choice(np.array(levels, np.uint8), (height, width))
    photo = Image.fromarray(pixels.copy())
    result = estimate(photo, Image.fromarray(alpha))
    assert result is photo
    assert (result.mode, result.size) == ("RGB", (width, height))
    np.testing.assert_array_equal(array(result)[alpha == 255], pixels[alpha == 255])


@given(SEEDS, st.sampled_from(BACKGROUNDS))
def test_nearly_opaque_pixels_hardly_change(seed: int, colour: tuple[int, int, int]) -> None:
    pixels = mixed(noise(40, 30, 3, seed), noise(40, 30, 1, seed), colour)
    alpha = np.where(noise(40, 30, 1, seed) < 128, 0, 252).astype(np.uint8)
    change = np.abs(estimated(pixels, alpha).astype(int) - pixels)[alpha == 252]
    assert change.max() <= 6  # 3 of 255 parts of old background, at twice 255 levels


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("size", [(1, 1), (1, 30_000), (30_000, 1), (50, 40)])
def test_hard_alpha_changes_nothing(size: tuple[int, int], level: int) -> None:
    pixels = noise(*size)
    np.testing.assert_array_equal(estimated(pixels, np.full(size[::-1], level, np.uint8)), pixels)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 30_000), (30_000, 1), (700, 3)])
def test_extreme_shapes_and_soft_alpha_all_over(size: tuple[int, int]) -> None:
    pixels, alpha = noise(*size), noise(*size, 1)
    assert estimated(pixels, alpha).shape == pixels.shape


@given(SIDES, SIDES, SEEDS, st.tuples(*[st.integers(0, 255)] * 3))
def test_a_constant_photo_stays_as_it_is(
    width: int, height: int, seed: int, colour: tuple[int, int, int]
) -> None:
    pixels = np.broadcast_to(np.array(colour, np.uint8), (height, width, 3)).copy()
    alpha = noise(width, height, 1, seed)
    result = estimated(pixels, alpha)
    assert np.abs(result.astype(int) - pixels)[alpha > 0].max(initial=0) <= 1


@settings(max_examples=30)
@given(st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 3), st.integers(1, 6))
def test_one_colour_over_another_is_recovered(
    front: tuple[int, int, int], back: tuple[int, int, int], blur: int
) -> None:
    alpha = soft_disc(90, 70, blur)
    truth = np.broadcast_to(np.array(front, np.uint8), (70, 90, 3))
    pixels = mixed(truth, alpha, back)
    assert error(estimated(pixels, alpha), truth, alpha) <= 2 + 0.05 * error(pixels, truth, alpha)


@settings(max_examples=20)
@given(SEEDS)
def test_a_second_time_changes_little_more(seed: int) -> None:
    alpha = soft_disc(80, 60, 3)
    first = estimated(mixed(scene(80, 60), alpha, noise(80, 60, 3, seed)), alpha)
    second = estimated(first, alpha)
    assert error(second, first, alpha) < 4


@given(SEEDS)
def test_colours_stay_between_what_both_layers_show(seed: int) -> None:
    """No ringing: of a soft edge between two colours nothing lighter or darker is made."""
    front, back = np.sort(np.random.default_rng(seed).integers(0, 256, (2, 3)), axis=0).astype(np.uint8)
    alpha = soft_disc(80, 60, 2)
    pixels = mixed(np.broadcast_to(back, (60, 80, 3)), alpha, tuple(map(int, front)))
    result = estimated(pixels, alpha).astype(int)[alpha > 0]
    assert (result >= pixels.min(axis=(0, 1)).astype(int) - 3).all()
    assert (result <= pixels.max(axis=(0, 1)).astype(int) + 3).all()


# ---- at full size, in tiles ------------------------------------------------------------------------


@pytest.mark.parametrize("tile", [16, 48, 128])
def test_tiles_leave_no_trace(tile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    width, height = 640, 480
    alpha = hairs(width, height)
    back = array(Image.fromarray(noise(12, 9)).resize((width, height), Image.Resampling.BICUBIC))
    pixels = mixed(scene(width, height), alpha, back)
    whole, tiles = [(0, 0, width, height)], [
        (x, y, min(x + tile, width), min(y + tile, height))
        for y in range(0, height, tile)
        for x in range(0, width, tile)
    ]  # fmt: skip
    results = []
    for cut in (whole, tiles):
        monkeypatch.setattr(foreground, "boxes", lambda _, cut=cut: cut)
        results.append(estimated(pixels, alpha, reduced_to=20_000).astype(int))
    shown = np.abs(results[0] - results[1]) * (alpha / 255)[..., None]
    # Tiles choose their own sheets, whose steps are up to 3 levels apart, and let go of up to half a level.
    assert shown.max() <= 4
    assert (shown > 1).mean() < 0.005
    assert shown.mean() < 0.02


def test_white_before_black_becomes_white_though_the_blend_needs_more_than_white() -> None:
    alpha = soft_disc(300, 200, 5)
    pixels = mixed(np.full((200, 300, 3), 255, np.uint8), alpha, (0, 0, 0))
    assert estimated(pixels, alpha)[alpha > 60].min() > 235


@pytest.mark.parametrize("headroom", foreground._HEADROOMS)
def test_a_sheets_bytes_lead_back_to_the_levels(headroom: int) -> None:
    into, out_of = foreground._into(headroom), foreground._out_of(headroom)
    steps = (255 + 2 * headroom) / 255
    assert all(abs(out_of[into[level]] - level) <= steps / 2 + 0.5 for level in range(256))
    if not headroom:
        assert into == out_of == 3 * list(range(256))


# ---- near to the truth -----------------------------------------------------------------------------


def photo_of_hair() -> tuple[Bytes8, Bytes8, Bytes8]:
    """The photo, its alpha, and the colours that the hair really has."""
    width, height = 600, 450
    alpha = hairs(width, height)
    truth = scene(width, height)
    back = array(Image.fromarray(noise(12, 9)).resize((width, height), Image.Resampling.BICUBIC))
    return mixed(truth, alpha, back), alpha, truth


@pytest.mark.parametrize("reduced_to", [foreground.REDUCED_TO, FINE])
def test_hair_is_more_than_half_nearer_to_the_truth(reduced_to: int) -> None:
    pixels, alpha, truth = photo_of_hair()
    ours = estimated(pixels, alpha, reduced_to=reduced_to)
    assert error(ours, truth, alpha) < 0.45 * error(pixels, truth, alpha)


@held(
    "foreground.estimate (hair)",
    against="`pymatting.estimate_foreground_ml`, by the distance of both from the truth",
    over="what the photo is reduced to",
    within="1.25 times its distance; 2 times where the photo is reduced most",
    why="another method: equal to none, but near to the truth",
    only_here="pymatting needs numba, which Pyodide lacks",
)
@needs_pymatting
@pytest.mark.parametrize(("reduced_to", "times"), [(foreground.REDUCED_TO, 2), (FINE, 1.25)])
def test_hair_is_about_as_near_to_the_truth_as_pymattings(reduced_to: int, times: float) -> None:
    import pymatting

    pixels, alpha, truth = photo_of_hair()
    ours = estimated(pixels, alpha, reduced_to=reduced_to)
    theirs = np.rint(255 * pymatting.estimate_foreground_ml(pixels / 255, alpha / 255)).astype(np.uint8)
    assert error(ours, truth, alpha) < times * error(theirs, truth, alpha)


@pytest.mark.parametrize("colour", BACKGROUNDS)
def test_with_alpha_that_is_a_little_wrong_it_is_better_than_before_on_any_background(
    colour: tuple[int, int, int],
) -> None:
    width, height = 300, 220
    alpha, truth = soft_disc(width, height, 2), scene(width, height)
    wrong = soft_disc(width, height, 5)
    pixels = mixed(truth, alpha, (30, 90, 40))
    wanted = mixed(truth, alpha, colour).astype(float)
    band = (alpha > 0) & (alpha < 255)
    before, after = (
        np.abs(mixed(colours, wrong, colour) - wanted)[band].mean()
        for colours in (pixels, estimated(pixels, wrong))
    )
    assert after < before
