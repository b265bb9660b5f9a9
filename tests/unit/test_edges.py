"""Alpha that follows the photo: where it must change, and where it must not."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from alphacut import edges
from alphacut.edges import DEFAULT, Guide, follow, settle
from alphacut.noise import NONE, Noise, noise_of
from tests.helpers import Bytes8, array, noise
from tests.numerics import held

SEEDS = st.integers(0, 2**32 - 1)


def followed(photo: Image.Image, levels: Bytes8, guide: Guide = DEFAULT, noise: Noise = NONE) -> Bytes8:
    levels = settle(levels, guide.ends)
    seen = photo.resize((levels.shape[1], levels.shape[0]), Image.Resampling.BILINEAR)
    alpha = Image.fromarray(levels).resize(photo.size, Image.Resampling.BILINEAR)
    follow(photo, alpha, levels, array(seen), guide, noise=noise)
    assert alpha.mode == "L"
    assert alpha.size == photo.size
    return array(alpha)


def plain(photo: Image.Image, levels: Bytes8) -> Bytes8:
    settled = Image.fromarray(settle(levels, Guide().ends))
    return array(settled.resize(photo.size, Image.Resampling.BILINEAR))


def disc(size: int, side: int) -> tuple[Image.Image, Bytes8, Bytes8]:
    """A photo of an orange disc on blue, its true alpha, and a soft map of it."""
    truth = Image.new("L", (4 * size, 4 * size))
    ImageDraw.Draw(truth).ellipse((size, size, 3 * size, 3 * size), fill=255)
    truth = truth.resize((size, size), Image.Resampling.BOX)
    photo = Image.composite(
        Image.new("RGB", (size, size), (230, 120, 20)), Image.new("RGB", (size, size), (20, 40, 160)), truth
    )
    rough = truth.resize((side, side), Image.Resampling.BILINEAR).filter(ImageFilter.GaussianBlur(2))
    return photo, array(truth), array(rough)


def error(alpha: Bytes8, truth: Bytes8) -> float:
    return float(np.abs(alpha.astype(float) - truth).mean())


def test_an_edge_that_the_photo_shows_takes_most_of_the_error_away() -> None:
    photo, truth, rough = disc(640, 64)
    assert error(followed(photo, rough), truth) < 0.4 * error(plain(photo, rough), truth)


@given(SEEDS, st.integers(1, 60), st.integers(1, 60))
def test_any_photo_and_any_map_give_a_whole_alpha(seed: int, width: int, height: int) -> None:
    followed(Image.fromarray(noise(width, height, seed=seed)), noise(9, 7, channels=1, seed=seed))


@given(SEEDS)
def test_flat_regions_are_exactly_0_and_255(seed: int) -> None:
    photo = Image.fromarray(noise(90, 60, seed=seed))
    levels = noise(12, 8, channels=1, seed=seed)
    before, after = plain(photo, levels), followed(photo, levels)
    for end in (0, 255):
        assert (after[before == end] == end).all()


@pytest.mark.parametrize("level", [0, 3, 128, 252, 255])
@given(SEEDS)
def test_a_constant_map_stays_constant_whatever_the_photo_shows(level: int, seed: int) -> None:
    photo = Image.fromarray(noise(50, 40, seed=seed))
    alpha = followed(photo, np.full((8, 8), level, np.uint8))
    expected = int(settle(np.full(1, level, np.uint8), Guide().ends)[0])
    np.testing.assert_allclose(alpha.astype(int), expected, atol=1)


@given(SEEDS)
def test_a_photo_of_one_colour_leaves_alpha_smooth_and_within_its_range(seed: int) -> None:
    levels = np.clip(noise(16, 16, channels=1, seed=seed), 60, 200)
    alpha = followed(Image.new("RGB", (64, 64), (70, 80, 90)), levels)
    settled = settle(levels, Guide().ends)
    assert settled.min() - 1 <= alpha.min()
    assert alpha.max() <= settled.max() + 1


def test_nothing_leaks_far_from_the_edge() -> None:
    """A striped background of the subject's own colour must stay out."""
    photo, truth, rough = disc(400, 100)
    striped = photo.copy()
    ImageDraw.Draw(striped).rectangle((0, 20, 399, 40), fill=(230, 120, 20))
    alpha = followed(striped, rough)
    assert alpha[:60].max() == 0
    assert alpha[190:210, 190:210].min() == 255
    assert error(alpha, truth) < error(plain(striped, rough), truth)


@given(SEEDS)
def test_turning_photo_and_map_turns_alpha(seed: int) -> None:
    photo, levels = noise(48, 32, seed=seed), noise(12, 8, channels=1, seed=seed)
    upright = followed(Image.fromarray(photo), levels)
    turned = followed(Image.fromarray(photo[:, ::-1].copy()), levels[:, ::-1].copy())
    np.testing.assert_allclose(turned[:, ::-1].astype(int), upright, atol=1)


def test_tiles_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    photo, _, rough = disc(500, 50)
    in_tiles = followed(photo, rough)
    monkeypatch.setattr("alphacut.edges.boxes", lambda alpha: [(0, 0, *alpha.size)])
    np.testing.assert_allclose(in_tiles.astype(int), followed(photo, rough), atol=1)


# ---- maps as crisp as the photo --------------------------------------------------------------------

ALWAYS = replace(DEFAULT, crisp=-2, soft=-1)
"""The fitted alpha counts wholly even where the map is as fine as the photo."""


def levels_with(unsure: float, seed: int, size: tuple[int, int] = (64, 48)) -> Bytes8:
    """Levels of which each pixel is unsure by chance: 0 and 255 are sure, 127 isn't."""
    random = np.random.default_rng(seed)
    sure = random.choice(np.array([0, 255], np.uint8), size[::-1])
    return np.where(random.random(size[::-1]) < unsure, np.uint8(127), sure).astype(np.uint8)


@held(
    "edges.follow (crisp maps)",
    against="mean doubt of windows, pixel by pixel",
    over="maps, how much of them is unsure",
    within="2",
    why="share, fitted alpha and their mixture are each rounded",
)
@given(SEEDS, st.floats(0, 0.6))
def test_the_share_is_that_of_the_window_s_unsureness(seed: int, unsure: float) -> None:
    """Between the plain and the wholly fitted alpha, window by window as the definition says."""
    levels = levels_with(unsure, seed)
    photo = Image.fromarray(noise(64, 48, seed=seed))
    before, fitted, after = plain(photo, levels), followed(photo, levels, ALWAYS), followed(photo, levels)
    doubt = 1 - np.abs(2 * (before / 255) - 1)
    means = np.array([
        [doubt[max(0, y - 5) : y + 6, max(0, x - 5) : x + 6].mean() for x in range(64)] for y in range(48)
    ])  # fmt: skip
    trust = np.clip((means - DEFAULT.crisp) / (DEFAULT.soft - DEFAULT.crisp), 0, 1)
    expected = before + trust * (fitted.astype(float) - before)
    np.testing.assert_allclose(after, expected, atol=2)


@given(SEEDS)
def test_a_crisp_map_of_the_photo_s_size_stays_as_it_is(seed: int) -> None:
    random = np.random.default_rng(seed)
    levels = np.zeros((90, 120), np.uint8)
    top, left = random.integers(10, 40, 2)
    levels[top : top + 40, left : left + 50] = 255
    levels[top, left : left + 50] = 60  # one soft row, as antialiasing leaves it
    photo = Image.fromarray(noise(120, 90, seed=seed))
    assert (followed(photo, levels) == plain(photo, levels)).all()
    assert (followed(photo, levels, ALWAYS) != plain(photo, levels)).any()


@given(SEEDS, st.floats(0, 0.5), st.floats(1, 3), st.floats(1, 3))
def test_the_finer_the_photo_the_more_the_fitted_alpha_counts(
    seed: int, unsure: float, one: float, other: float
) -> None:
    small = levels_with(unsure, seed, (20, 16)).astype(np.float32) / np.float32(255)
    coarse, fine = (share_of(small, fineness) for fineness in sorted((one, other)))
    assert (coarse <= fine).all()
    assert (share_of(small, 2) == 255).all()


def share_of(small: NDArray[np.float32], fineness: float) -> Bytes8:
    trust = edges._trust(small, fineness, DEFAULT)
    return np.full(small.shape, 255, np.uint8) if trust is None else array(trust)


def test_a_tile_that_keeps_its_alpha_is_not_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One long edge, crisp on the left and blurred on the right: only the right half costs anything."""
    rows, blur = np.arange(128)[:, None] - 63.5, np.where(np.arange(1024) < 600, 1.2, 80)
    levels = (127.5 + 255 * rows / blur).clip(0, 255).astype(np.uint8)
    photo = Image.fromarray(noise(1024, 128))
    fitted: list[int] = []
    real = edges._fitted

    def counted(part: Image.Image, enlarged: Image.Image, planes: list[Image.Image]) -> Image.Image:
        fitted.append(part.width)
        return real(part, enlarged, planes)

    monkeypatch.setattr(edges, "_fitted", counted)
    alpha = followed(photo, levels)
    assert (alpha[:, :512] == plain(photo, levels)[:, :512]).all()
    assert fitted == [512]


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
def test_extreme_sizes(size: tuple[int, int]) -> None:
    photo = Image.fromarray(noise(*size))
    assert followed(photo, noise(16, 16, channels=1)).shape == size[::-1]


@given(SEEDS, st.integers(0, 60))
def test_settling_keeps_order_and_reaches_both_ends(seed: int, ends: int) -> None:
    levels = np.sort(noise(16, 16, channels=1, seed=seed), axis=None)
    settled = settle(levels, ends)
    assert (np.diff(settled.astype(int)) >= 0).all()
    assert (settled[levels <= ends] == 0).all()
    assert (settled[levels >= 255 - ends] == 255).all()
    assert settle(np.array([128], np.uint8), ends)[0] in (128, 129)


# ---- coarse photos ---------------------------------------------------------------------------------


def coarse(photo: Image.Image, quality: int) -> Image.Image:
    written = io.BytesIO()
    photo.save(written, "JPEG", quality=quality, subsampling="4:2:0")
    return Image.open(written)


def steps(alpha: Bytes8) -> float:
    """How much steeper alpha is across the upright borders of blocks than inside them."""
    soft = (alpha > 0) & (alpha < 255)
    slope, column = np.abs(np.diff(alpha.astype(int), axis=1)), np.arange(1, alpha.shape[1]) % 8
    both, inside = soft[:, 1:] & soft[:, :-1], (column > 1) & (column < 7)
    return float(slope[both & (column == 0)].mean() / slope[both & inside].mean())


def test_blocks_of_a_coarse_jpeg_show_less_in_alpha() -> None:
    """Dark hair before a dark wall: where colours say little, slopes are steep."""
    hair, wall = (40, 38, 36), (40, 40, 44)
    share = np.clip((np.arange(200) - 90) / 20, 0, 1)[None, :, None]
    clean = hair * share + wall * (1 - share) + np.random.default_rng(2).normal(0, 1, (160, 200, 1))
    photo = coarse(Image.fromarray(clean.clip(0, 255).astype(np.uint8)), 60)
    levels = np.tile(np.rint(255 * np.clip((np.arange(100) - 35) / 30, 0, 1)).astype(np.uint8), (80, 1))
    noisy = followed(photo.convert("RGB"), levels, ALWAYS)
    weighed = followed(photo.convert("RGB"), levels, ALWAYS, noise_of(photo))
    assert steps(weighed) - 1 < 0.6 * (steps(noisy) - 1)


def test_a_photo_that_noise_hides_nothing_of_is_followed_as_before() -> None:
    photo, _, rough = disc(320, 64)
    np.testing.assert_array_equal(followed(photo, rough), followed(photo, rough, noise=Noise(1e-12, 1e-12)))


def test_a_photo_that_is_all_noise_leaves_the_map_as_it_is() -> None:
    photo, _, rough = disc(320, 64)
    apart = followed(photo, rough, noise=Noise(1e9, 1e9)).astype(int) - plain(photo, rough)
    assert np.abs(apart).max() <= 2  # of 255: both round
