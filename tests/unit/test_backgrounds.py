"""Backgrounds: pictures placed as CSS would, colours in the photo's profile, and a blur without a halo."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut import profiles
from alphacut.backgrounds import BLUR_REACH, blurred, in_profile, place, show
from alphacut.finish import Frame, PictureBackground
from alphacut.image import Photo
from tests import icc
from tests.helpers import Bytes8, array, icc_profile, needs_littlecms, noise, scene
from tests.numerics import held

SIDE = st.integers(1, 60)
SHARE = st.floats(0, 1)
RED_IN_DISPLAY_P3 = (234, 51, 35)  # sRGB's


def photo(pixels: Bytes8, profile: bytes | None = None) -> Photo:
    return Photo(Image.fromarray(pixels), None, "PNG", icc_profile=profile)


def whole(width: int, height: int) -> Frame:
    return Frame(left=0, top=0, right=width, bottom=height, width=width, height=height)


# ---- pictures ---------------------------------------------------------------------------------------


@given(st.tuples(SIDE, SIDE), st.tuples(SIDE, SIDE), st.builds(PictureBackground, x=SHARE, y=SHARE))
def test_cover_leaves_nothing_uncovered(
    size: tuple[int, int], wanted: tuple[int, int], how: PictureBackground
) -> None:
    made = place(Photo(Image.new("RGB", size, (99, 99, 99)), None, "PNG"), how, wanted)
    assert (made.size, made.mode) == (wanted, "RGB")
    assert made.getextrema() == ((99, 99),) * 3


def test_contain_shows_all_and_leaves_clear_bars_where_it_is_told_to() -> None:
    how = PictureBackground(fit="contain", x=0.5, y=1)
    made = array(place(photo(scene(20, 10)), how, (20, 30)))
    np.testing.assert_array_equal(made[20:, :, :3], scene(20, 10))
    assert (made[20:, :, 3] == 255).all()
    assert not made[:20].any()


def test_cover_shows_the_part_that_is_asked_for() -> None:
    made = [array(place(photo(scene(40, 10)), PictureBackground(x=x), (10, 10))) for x in (0, 0.5, 1)]
    for left, found in zip((0, 15, 30), made, strict=True):
        np.testing.assert_array_equal(found, scene(40, 10)[:, left : left + 10])


def test_a_picture_keeps_its_own_alpha() -> None:
    picture = replace(photo(scene(8, 8)), alpha=Image.new("L", (8, 8), 77))
    made = place(picture, PictureBackground(), (8, 8))
    assert made.mode == "RGBA"
    assert made.getchannel("A").getextrema() == (77, 77)


# ---- profiles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [None, icc_profile()])
def test_in_the_same_profile_nothing_changes(profile: bytes | None) -> None:
    picture = photo(noise(9, 9), profile)
    assert in_profile(picture, profile) == (picture, True)


@pytest.fixture
def without_littlecms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL._imagingcms", None)
    monkeypatch.delattr("PIL._imagingcms", raising=False)


@held(
    "backgrounds.in_profile",
    against="ICC.1: red of sRGB in Display P3, as LittleCMS gives it",
    over="there and back",
    within="1",
)
@pytest.mark.usefixtures("without_littlecms")
def test_other_profiles_are_converted_without_littlecms() -> None:
    alpha = Image.new("L", (4, 4), 99)
    red = replace(photo(np.full((4, 4, 3), (255, 0, 0), np.uint8)), alpha=alpha)
    converted, is_right = in_profile(red, profiles.display_p3())
    assert is_right
    assert (converted.icc_profile, converted.alpha) == (profiles.display_p3(), alpha)
    np.testing.assert_array_equal(array(converted.rgb), np.full((4, 4, 3), RED_IN_DISPLAY_P3))
    back, is_right = in_profile(converted, None)
    assert is_right
    assert np.abs(array(back.rgb).astype(int) - (255, 0, 0)).max() <= 1


@pytest.mark.usefixtures("without_littlecms")
@pytest.mark.parametrize("profile", [icc.rgb_with_tables(), icc_profile()], ids=["tables", "damaged"])
def test_without_littlecms_what_is_no_matrix_is_told_and_keeps_its_values(profile: bytes) -> None:
    picture = photo(noise(9, 9), profile)
    assert in_profile(picture, None) == (picture, False)
    assert in_profile(photo(noise(9, 9)), profile)[1] is False


@needs_littlecms
def test_littlecms_converts_what_has_tables() -> None:
    picture = photo(noise(9, 9), icc.rgb_with_tables())
    converted, is_right = in_profile(picture, None)
    assert is_right
    assert (array(converted.rgb) != array(picture.rgb)).any()


def test_a_picture_whose_own_colours_are_approximate_stays_so() -> None:
    picture = replace(photo(noise(9, 9)), managed="approximate")
    assert in_profile(picture, profiles.display_p3())[1] is False


# ---- the photo, blurred --------------------------------------------------------------------------------


def portrait(width: int = 600, height: int = 400) -> tuple[Image.Image, Image.Image]:
    """Mark a red disc on a background that goes from blue to green."""
    y, x = np.mgrid[:height, :width]
    across = x / (width - 1)
    pixels = np.stack([0 * across, 255 * across, 255 * (1 - across)], axis=-1)
    alpha = ((100.5 - np.hypot(x - width / 2, y - height / 2)).clip(0, 1) * 255).astype(np.uint8)
    share = alpha[..., None] / 255
    mixed = np.rint(share * (255, 0, 0) + (1 - share) * pixels).astype(np.uint8)
    return Image.fromarray(mixed), Image.fromarray(alpha)


@pytest.mark.parametrize("strength", [0.2, 0.5, 1])
def test_nothing_of_the_subject_is_in_the_blurred_background(strength: float) -> None:
    rgb, alpha = portrait()
    seen = array(show(blurred(rgb, alpha, strength), whole(600, 400)))
    assert seen[..., 0].max() <= 8  # the subject's red
    smooth = np.linspace(0, 255, 600)
    assert np.abs(seen[200, 60:540, 1] - smooth[60:540]).max() < 25


def test_it_is_blurred_by_the_strength() -> None:
    edge = np.zeros((300, 400, 3), np.uint8)
    edge[:, 200:] = 255
    seen = array(show(blurred(Image.fromarray(edge), Image.new("L", (400, 300)), 1), whole(400, 300)))
    row = seen[150, :, 0].astype(float)
    width = np.interp((0.1587 * 255, 0.8413 * 255), row, np.arange(400))
    assert (width[1] - width[0]) / 2 == pytest.approx(BLUR_REACH * 400, rel=0.06)


def test_at_strength_0_it_is_the_photo_around_the_subject() -> None:
    rgb, alpha = portrait()
    seen = array(show(blurred(rgb, alpha, 0), whole(600, 400)))
    np.testing.assert_array_equal(seen[:90], array(rgb)[:90])


def test_beyond_the_photo_its_edges_go_on() -> None:
    rgb = Image.fromarray(np.full((30, 40, 3), (10, 20, 30), np.uint8))
    sheet = blurred(rgb, Image.new("L", (40, 30)), 0.5)
    frames = [(-100.5, -20.0, 50.0, 50.0), (100.0, 100.0, 150.0, 120.0)]
    for left, top, right, bottom in frames:
        shown = show(sheet, Frame(left=left, top=top, right=right, bottom=bottom, width=70, height=35))
        assert shown.getextrema() == ((10, 10), (20, 20), (30, 30))
