"""Arithmetic of levels, exhaustively where it can be: rounding, overflow, and what must come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut import colours, profiles
from alphacut.compose import cut_out, lay_on, premultiply
from alphacut.deep import deep_bands, grey_samples
from alphacut.edges import settle
from alphacut.image import Photo, is_opaque
from alphacut.keys import keyed, level_of_key
from alphacut.mask import placed, times
from alphacut.notes import notes_of_map, undecided
from alphacut.output import Output
from alphacut.scaling import quantise
from alphacut.strokes import blend, profile
from tests.helpers import array, noise
from tests.numerics import held

SEEDS = st.integers(0, 2**32 - 1)
LEVELS = np.arange(256)
ALL = np.stack(np.meshgrid(LEVELS, LEVELS), axis=-1)  # every colour with every alpha
COLOUR, ALPHA = ALL[..., 0], ALL[..., 1]


def all_pairs() -> Image.Image:
    """RGBA of every colour with every alpha, 256 x 256."""
    return Image.fromarray(np.stack([COLOUR, 255 - COLOUR, COLOUR, ALPHA], axis=-1).astype(np.uint8))


# ---- alpha and colours -------------------------------------------------------------------------------


@held(
    "compose.premultiply",
    "compose.lay_on",
    "compose.cut_out",
    "mask.times",
    against="c a / 255 + b (255 - a) / 255 in float64",
    over="every colour with every alpha, 6 backgrounds",
    within="0.5: the nearest level",
)
@pytest.mark.parametrize("background", [0, 1, 127, 128, 254, 255])
def test_mixing_by_alpha_gives_the_nearest_level(background: int) -> None:
    made = array(premultiply(all_pairs()))
    assert np.abs(made[..., 0] - COLOUR * ALPHA / 255).max() <= 0.5
    np.testing.assert_array_equal(made[..., 3], ALPHA)
    laid = array(lay_on(all_pairs(), (background,) * 3))
    assert np.abs(laid[..., 0] - (COLOUR * ALPHA + background * (255 - ALPHA)) / 255).max() <= 0.5
    first, second = (Image.fromarray(plane.astype(np.uint8)) for plane in (COLOUR, ALPHA))
    assert np.abs(array(times(first, second)) - COLOUR * ALPHA / 255).max() <= 0.5
    cut = array(cut_out(Photo(all_pairs().convert("RGB"), None, "PNG"), second))
    np.testing.assert_array_equal(cut[..., 0], np.where(ALPHA == 0, 0, COLOUR))
    np.testing.assert_array_equal(cut[..., 3], ALPHA)


@held(
    "mask.placed",
    against="an array of zeros, written into",
    over="sizes, box",
    within="0",
)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 5), st.integers(0, 5), SEEDS)
def test_a_part_is_placed_where_it_was(width: int, height: int, left: int, top: int, seed: int) -> None:
    part, whole = noise(width, height, 1, seed), np.zeros((20, 20), np.uint8)
    whole[top : top + height, left : left + width] = part
    box = (left, top, left + width, top + height)
    np.testing.assert_array_equal(array(placed(Image.fromarray(part), box, (20, 20))), whole)


@held(
    "strokes.blend",
    "strokes.profile",
    against="a (1 - c) + l c, and 1 - u u (3 - 2 u), in float64",
    over="every level, coverage 0 to 1, hardness",
    within="0.5: the nearest level",
)
@given(st.integers(0, 255), st.floats(0, 1, width=32), st.floats(0, 0.99))
def test_levels_move_by_the_share_that_is_covered(level: int, covered: float, hardness: float) -> None:
    alpha = Image.fromarray(LEVELS.astype(np.uint8)[None])
    blend(alpha, (0, 0, 256, 1), level, np.full((1, 256), covered, np.float32))
    assert np.abs(array(alpha)[0] - (LEVELS * (1 - covered) + level * covered)).max() <= 0.501
    distance = np.linspace(0, 2, 99, dtype=np.float32)
    u = ((distance.astype(np.float64) - hardness) / (1 - hardness)).clip(0, 1)
    tolerance = 1e-5 / (1 - hardness)
    np.testing.assert_allclose(profile(distance[None], hardness)[0], 1 - u * u * (3 - 2 * u), atol=tolerance)


# ---- maps --------------------------------------------------------------------------------------------


@held(
    "edges.settle",
    "scaling.quantise",
    against="the line from `ends` to 255 - `ends` in float64",
    over="every level, every `ends` from 0 to 127",
    within="0.5: the nearest level",
)
def test_levels_are_stretched_to_the_nearest() -> None:
    levels = LEVELS.astype(np.uint8)
    for ends in range(128):
        line = (255 * (LEVELS - ends) / (255 - 2 * ends)).clip(0, 255)
        assert np.abs(settle(levels, ends) - line).max() <= 0.5
    steps = np.linspace(0, 1, 5001, dtype=np.float32)
    assert np.abs(quantise(steps) - 255 * steps.astype(np.float64)).max() <= 0.5001
    np.testing.assert_array_equal(quantise((LEVELS / 255).astype(np.float32)), levels)


@held(
    "notes.undecided",
    "notes.notes_of_map",
    "image.is_opaque",
    against="counting pixel by pixel",
    over="maps of any levels",
    within="0",
)
@given(SEEDS, st.integers(0, 255), st.integers(0, 255))
def test_doubts_are_counted(seed: int, low: int, high: int) -> None:
    low, high = sorted((low, high))
    levels = np.random.default_rng(seed).integers(low, high + 1, (6, 7), np.uint8)
    may_be = [level for level in levels.ravel().tolist() if level > 25]
    share = sum(level < 230 for level in may_be) / len(may_be) if may_be else 0
    assert undecided(levels) == pytest.approx(share)
    least, greatest = int(levels.min()), int(levels.max())
    rules = [
        (greatest < 13, "empty-mask"), (least > 242, "full-mask"), (greatest - least <= 25, "flat-mask"),
        (share > 0.5, "undecided-mask"),
    ]  # fmt: skip
    assert list(notes_of_map(levels)) == [name for holds, name in rules if holds][:1]
    assert is_opaque(Image.fromarray(levels)) == all(level == 255 for level in levels.ravel().tolist())


# ---- 16 bits -----------------------------------------------------------------------------------------


@held(
    "deep.deep_bands",
    against="the same in float64, of 65535",
    over="every colour with every alpha, background, premultiplied",
    within="0.5 of 65535",
)
@pytest.mark.parametrize("background", [None, 0, 77, 255])
def test_sixteen_bits_are_mixed_to_the_nearest(background: int | None) -> None:
    low = noise(256, 256)
    output = Output(
        format="png", depth=16, background=None if background is None else (background,) * 3,
        premultiplied=background is None,
    )  # fmt: skip
    made = np.concatenate([*deep_bands(all_pairs(), Image.fromarray(low), output)]).astype(np.float64)
    words = np.where(ALPHA == 255, 256.0 * COLOUR + low[..., 0], 257.0 * COLOUR)
    expected = (words * ALPHA + 257.0 * (background or 0) * (255 - ALPHA)) / 255
    assert np.abs(made[..., 0] - expected).max() <= 0.5
    if background is None:
        np.testing.assert_array_equal(made[..., 3], 257 * ALPHA)


@held(
    "colours.split (16 bits, 32 bits, floats)",
    "deep.grey_samples",
    against="the sample's share of white",
    over="samples of 16 and 32 bits, floats with infinity and NaN",
    within="1",
)
@given(SEEDS, st.sampled_from(["I;16", "I", "F"]), st.floats(1e-3, 1e30))
def test_wide_samples_become_levels(seed: int, mode: str, white: float) -> None:
    random = np.random.default_rng(seed)
    if mode == "F":
        samples = (random.random((5, 6)) * white).astype(np.float32)
        samples[0, :3] = np.inf, -np.inf, np.nan
        greatest = max(1.0, float(samples[1:].max()), float(samples[0, 3:].max()))
        expected = 255 * samples.astype(np.float64) / greatest
        expected[0, :3] = 255, 0, 0
    else:
        top = 65536 if mode == "I;16" else int(random.integers(2, 2**31))
        samples = random.integers(0, top, (5, 6)).astype(np.uint16 if mode == "I;16" else np.int32)
        bits = max(16, int(samples.max()).bit_length())
        expected = 255 * samples.astype(np.float64) / (2**bits - 1)
    image = Image.fromarray(samples)
    assert image.mode == mode
    if mode != "F":
        np.testing.assert_array_equal(grey_samples(image), samples)
    rgb = colours.split(image).rgb
    assert np.abs(array(rgb) - expected[..., None]).max() <= 1


@held(
    "keys.keyed",
    "keys.level_of_key",
    against="comparing colours of 16 bits pixel by pixel; 255 / 3 and 255 / 15",
    over="colours, keys",
    within="0",
)
@given(SEEDS, st.integers(0, 65535))
def test_keys_are_the_one_colour(seed: int, key: int) -> None:
    random = np.random.default_rng(seed)
    pool = np.array([key, key ^ 1, key ^ 256, 0, 65535])
    words = random.choice(pool, (6, 5, 3))
    high, low = (Image.fromarray((words >> shift & 255).astype(np.uint8)) for shift in (8, 0))
    expected = np.where((words == key).all(axis=-1), 0, 255)
    np.testing.assert_array_equal(array(keyed(high, low, (key, key, key))), expected)
    for mode, most in (("L;2", 3), ("L;4", 15)):
        level = level_of_key(key & most, {mode})
        assert level is not None
        assert level * most == 255 * (key & most)


# ---- curves ------------------------------------------------------------------------------------------


def srgb(linear: float) -> float:
    """IEC 61966-2-1."""
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


@held(
    "profiles.srgb_encoded",
    "profiles.luminance",
    "profiles.curve",
    against="IEC 61966-2-1, CIE 15 and ICC.1, number by number",
    over="light 0 to 1, L* 0 to 100, gamma",
    within="1e-9 of 1",
)
@given(st.floats(0, 1), st.floats(0, 100), st.integers(64, 1024))
def test_curves_are_those_of_the_standards(light: float, lightness: float, gamma: int) -> None:
    assert profiles.srgb_encoded(np.array([light]))[0] == pytest.approx(srgb(light), abs=1e-9)
    cube = ((lightness + 16) / 116) ** 3
    expected = cube if lightness > 8 else lightness / (24389 / 27)
    assert profiles.luminance(np.array([lightness]))[0] == pytest.approx(expected, abs=1e-9)
    power = profiles.curve(b"curv" + bytes(4) + (1).to_bytes(4) + gamma.to_bytes(2))
    assert power(np.array([light]))[0] == pytest.approx(light ** (gamma / 256), abs=1e-9)
    table = profiles.curve(b"curv" + bytes(4) + (2).to_bytes(4) + (0).to_bytes(2) + (65535).to_bytes(2))
    assert table(np.array([light]))[0] == pytest.approx(light, abs=1e-9)
    p3 = profiles.curve(profiles.tag(profiles.display_p3(), b"rTRC"))
    assert srgb(float(p3(np.array([light]))[0])) == pytest.approx(light, abs=2e-4)


def test_colours_that_were_multiplied_by_alpha_come_back_as_far_as_alpha_shows_them() -> None:
    """`sampling.sample` goes this way: what is lost is half a level of what is seen."""
    pixels = np.asarray(all_pairs())
    back = array(Image.fromarray(pixels).convert("RGBa").convert("RGBA"))
    apart = np.abs(back[..., 0].astype(np.float64) - pixels[..., 0]) * pixels[..., 3] / 255
    assert apart[ALPHA > 0].max() <= 1
    np.testing.assert_array_equal(back[..., 3], ALPHA)
