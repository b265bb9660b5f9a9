"""Pictures put together, against Porter and Duff's "over" in floats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from alphacut.finish import (
    EMPTY,
    Background,
    BlurBackground,
    Canvas,
    ColourBackground,
    Crop,
    Finish,
    Frame,
    PictureBackground,
    Shadow,
)
from alphacut.framing import subject_box
from alphacut.image import Photo
from alphacut.profiles import display_p3
from alphacut.render import Setting, render, set_up
from alphacut.shadow import cast
from tests import icc
from tests.helpers import Bytes8, array, noise
from tests.numerics import held

Floats64 = NDArray[np.float64]
WIDTH, HEIGHT = 40, 30


def cutout_of(seed: int) -> Image.Image:
    """Random colours and alpha, 0 in the outermost pixels."""
    pixels = noise(WIDTH, HEIGHT, 4, seed)
    inner = np.zeros((HEIGHT, WIDTH), bool)
    inner[5:-5, 8:-6] = True
    pixels[~inner] = 0
    pixels[10:14, 12:20, 3] = 255
    return Image.fromarray(pixels)


def setting_of(cutout: Image.Image, finish: Finish, picture: Photo | None = None) -> Setting:
    alpha = cutout.getchannel("A")
    rgb = cutout.convert("RGB")
    return set_up(finish, rgb, alpha, subject_box(alpha), picture=picture, profile=None)


def over(upper: Floats64, lower: Floats64) -> Floats64:
    """Lay premultiplied RGBA, 0 to 1, over another."""
    return upper + lower * (1 - upper[..., 3:])


def premultiplied(pixels: Bytes8) -> Floats64:
    made = pixels.astype(float) / 255
    made[..., :3] *= made[..., 3:]
    return made


def assert_is(made: Image.Image, wanted: Floats64, levels: float = 1.01) -> None:
    """Alpha within so many levels, and colours likewise as far as alpha shows them."""
    found = premultiplied(array(made))
    assert np.abs(found - wanted).max() * 255 <= levels


def placed(pixels: Floats64, frame: Frame) -> Floats64:
    """Cut a frame of whole pixels out of an endless plane."""
    plane = np.zeros((400, 400, 4))
    plane[100 : 100 + HEIGHT, 100 : 100 + WIDTH] = pixels
    left, top = round(frame.left), round(frame.top)
    return plane[100 + top : 100 + top + frame.height, 100 + left : 100 + left + frame.width]


BACKGROUNDS: st.SearchStrategy[Background | None] = st.one_of(
    st.none(), st.builds(lambda c: ColourBackground(colour=c), st.tuples(*(st.integers(0, 255),) * 3))
)
OFFSETS = st.floats(-0.5, 0.5)
SHADOWS = st.one_of(
    st.none(),
    st.builds(Shadow, opacity=st.floats(0.1, 1), blur=st.floats(0, 0.3), dx=OFFSETS, dy=OFFSETS),
)
ASPECTS = st.sampled_from([None, (1, 1), (16, 9)])
CROPS = st.one_of(st.none(), st.builds(Crop, margin=st.floats(0, 1), aspect=ASPECTS))


@held(
    "render.render",
    "render.set_up",
    against="Porter and Duff's over in float64",
    over="background, shadow, crop",
    within="1.01, premultiplied",
    why="each layer is rounded when it is laid on",
)
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 99), BACKGROUNDS, SHADOWS, CROPS)
def test_the_picture_is_cutout_over_shadow_over_background(
    seed: int, background: Background | None, shadow: Shadow | None, crop: Crop | None
) -> None:
    cutout = cutout_of(seed)
    setting = setting_of(cutout, Finish(background=background, shadow=shadow, crop=crop))
    frame = setting.frame
    wanted = np.zeros((frame.height, frame.width, 4))
    if isinstance(background, ColourBackground):
        wanted[:] = np.array([*background.colour, 255]) / 255
    if setting.shadow is not None:
        shade = np.zeros_like(wanted)
        shade[..., 3] = array(cast(setting.shadow, frame)) / 255
        wanted = over(shade, wanted)
    wanted = over(placed(premultiplied(array(cutout)), frame), wanted)
    assert_is(render(cutout.copy(), setting), wanted, 1.6 if shadow else 1.01)  # bytes between the layers


def test_with_nothing_to_do_the_cutout_is_returned_itself() -> None:
    cutout = cutout_of(0)
    assert render(cutout, setting_of(cutout, EMPTY)) is cutout


def test_an_opaque_background_is_opaque_everywhere() -> None:
    cutout = cutout_of(1)
    for background in (ColourBackground(colour=(1, 2, 3)), BlurBackground(strength=0.4)):
        made = render(cutout.copy(), setting_of(cutout, Finish(background=background, shadow=Shadow())))
        assert made.getchannel("A").getextrema() == (255, 255)


@pytest.mark.parametrize(
    ("profile", "red", "notes"),
    [
        (None, (255, 0, 0), ()),
        (display_p3(), (234, 51, 35), ()),
        (icc.rgb_with_tables(), (255, 0, 0), ("background-colour",)),
    ],
    ids=["sRGB", "Display P3", "tables"],
)
def test_a_background_colour_is_srgbs_in_the_photos_profile(
    profile: bytes | None, red: tuple[int, int, int], notes: tuple[str, ...]
) -> None:
    cutout = cutout_of(0)
    finish = Finish(background=ColourBackground(colour=(255, 0, 0)))
    alpha = cutout.getchannel("A")
    setting = set_up(finish, cutout.convert("RGB"), alpha, None, picture=None, profile=profile)
    assert render(cutout, setting).getpixel((0, 0)) == (*red, 255)
    assert setting.notes == notes


def test_a_transparent_picture_lies_between_shadow_and_nothing() -> None:
    cutout = cutout_of(2)
    picture = Photo(Image.fromarray(noise(WIDTH, HEIGHT)), Image.fromarray(noise(WIDTH, HEIGHT, 1, 5)), "PNG")
    made = render(cutout.copy(), setting_of(cutout, Finish(background=PictureBackground()), picture))
    lower = np.dstack([noise(WIDTH, HEIGHT), noise(WIDTH, HEIGHT, 1, 5)])
    assert_is(made, over(premultiplied(array(cutout)), premultiplied(lower)))


def test_where_nothing_is_colours_are_zero() -> None:
    cutout = cutout_of(3)
    made = array(render(cutout, setting_of(cutout, Finish(crop=Crop(margin=1), shadow=Shadow(blur=0.01)))))
    assert not made[made[..., 3] == 0].any()


@pytest.mark.parametrize("size", [100, 200, 500])
def test_a_canvas_keeps_flat_colours_and_puts_the_subject_in_the_middle(size: int) -> None:
    cutout = np.zeros((300, 400, 4), np.uint8)
    cutout[100:200, 50:250] = (200, 100, 50, 255)
    image = Image.fromarray(cutout)
    made = array(render(image, setting_of(image, Finish(crop=Canvas(width=size, height=size, fill=0.8)))))
    rows, columns = np.nonzero(made[..., 3] > 127)
    assert made.shape == (size, size, 4)
    assert (columns.min(), columns.max() + 1) == (0.1 * size, 0.9 * size)
    assert (rows.min(), rows.max() + 1) == (0.3 * size, 0.7 * size)
    assert (made[made[..., 3] == 255][:, :3] == (200, 100, 50)).all()


def test_what_is_limited_is_told() -> None:
    cutout = cutout_of(4)
    assert setting_of(cutout, Finish(crop=Canvas(width=2000, height=2000))).notes == ("enlargement-limited",)
    empty = Image.new("RGBA", (30, 20))
    assert setting_of(empty, Finish(crop=Crop(), shadow=Shadow())).notes == ("no-subject",)
    assert setting_of(empty, Finish(crop=Crop(), shadow=Shadow())).shadow is None


@held(
    "render.Setting.low",
    against="slices of arrays",
    over="frames, backgrounds",
    within="0",
)
def test_lower_bytes_stay_with_whole_pixels_only() -> None:
    cutout, low = cutout_of(5), Image.fromarray(noise(WIDTH, HEIGHT))
    assert setting_of(cutout, EMPTY).low(low) is low
    cropped = setting_of(cutout, Finish(crop=Crop()))
    kept = cropped.low(low)
    assert kept is not None
    left, top, right, bottom = (
        int(getattr(cropped.frame, side)) for side in ("left", "top", "right", "bottom")
    )
    np.testing.assert_array_equal(array(kept), array(low)[top:bottom, left:right])
    assert setting_of(cutout, Finish(crop=Canvas(width=50, height=50))).low(low) is None
    assert setting_of(cutout, Finish(background=ColourBackground(colour=(0, 0, 0)))).low(low) is None
