"""Conversion between RGB spaces, against LittleCMS and against the arithmetic without any table."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from alphacut import profiles, rgb_spaces
from alphacut.output import Colour
from alphacut.rgb_spaces import RgbSpace, colour_in, convert, read_space
from tests import icc
from tests.helpers import Bytes8, array, needs_littlecms, noise, rgb_arrays
from tests.numerics import held

P3 = profiles.display_p3()
PROPHOTO = ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491))
PROFILES = {
    "sRGB": None,
    "Display P3": P3,
    "Adobe RGB": icc.rgb(icc.ADOBE_RGB, 2.2),
    "ProPhoto": icc.rgb(PROPHOTO, 1.8),
    "a scanner's": icc.rgb_of(icc.P3, icc.sampled(0, 4000, 11000, 21000, 34000, 49000, 65535)),
}
NAMES = st.sampled_from([*PROFILES])
GREYS = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(16, 16, 3)


def space(name: str) -> RgbSpace:
    found = read_space(PROFILES[name])
    assert found is not None
    return found


def converted(pixels: Bytes8, own: str, wanted: str) -> NDArray[np.int64]:
    return array(convert(Image.fromarray(pixels), space(own), space(wanted))).astype(int)


def colours() -> Bytes8:
    """Give colours of every kind: any, dark, grey, and the edges of the cube, where gamuts end."""
    pixels = noise(128, 512)
    pixels[:150] //= 8
    pixels[150:250] = np.where(pixels[150:250] < 128, 0, pixels[150:250])
    pixels[-64:] = pixels[-64:, :, :1]
    return pixels


def exact(pixels: Bytes8, own: RgbSpace, wanted: RgbSpace) -> NDArray[np.float64]:
    """Convert in float64, unrounded, the last curves gone back by a very fine table."""
    levels = np.moveaxis(pixels / 255, -1, 0)
    light = np.stack([curve(plane) for curve, plane in zip(own.curves, levels, strict=True)])
    light = np.einsum("ij,j...->i...", np.linalg.inv(wanted.matrix) @ own.matrix, light).clip(0, 1)
    fine = np.linspace(0, 1, 1_000_001) ** 2
    planes = [np.interp(plane, curve(fine), fine) for curve, plane in zip(wanted.curves, light, strict=True)]
    return 255 * np.stack(planes, axis=-1)


# ---- pictures ----------------------------------------------------------------------------------------


@held(
    "rgb_spaces.convert",
    "rgb_spaces.read_space",
    against="curves and matrices in float64, without tables",
    over="five spaces to each other, any colours",
    within="0.51: the nearest level",
)
@pytest.mark.parametrize("wanted", [*PROFILES])
@pytest.mark.parametrize("own", [*PROFILES])
def test_levels_are_the_nearest_ones_but_for_a_hundredth(own: str, wanted: str) -> None:
    pixels = colours()
    assert np.abs(converted(pixels, own, wanted) - exact(pixels, space(own), space(wanted))).max() < 0.51


@held(
    "rgb_spaces.convert (as others do)",
    against="LittleCMS",
    over="five spaces to each other, any colours",
    within="2",
    why="LittleCMS keeps light in 16 bits, too few where it is dark",
    only_here="Pillow in Pyodide has no LittleCMS",
)
@needs_littlecms
@pytest.mark.parametrize("wanted", [*PROFILES])
@pytest.mark.parametrize("own", [*PROFILES])
def test_littlecms_converts_alike(own: str, wanted: str) -> None:
    pixels = colours()
    ends = [
        ImageCms.createProfile("sRGB") if data is None else ImageCms.ImageCmsProfile(io.BytesIO(data))
        for data in (PROFILES[own], PROFILES[wanted])
    ]
    expected = ImageCms.profileToProfile(
        Image.fromarray(pixels), ends[0], ends[1], ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB",
        flags=ImageCms.Flags.NOOPTIMIZE,
    )  # fmt: skip
    apart = np.abs(converted(pixels, own, wanted) - array(expected))
    assert apart.max() <= 2
    assert (apart > 1).mean() < 0.005  # it keeps light in 16 bits, too few where it is dark
    assert (apart > 0).mean() < 0.05


@given(rgb_arrays())
@example(GREYS)
def test_what_goes_to_a_wider_space_comes_back(pixels: Bytes8) -> None:
    """By its light, for a dark channel has many levels where a bright one's rounding comes back into it."""
    light = space("sRGB").curves[0]
    back = converted(converted(pixels, "sRGB", "Display P3").astype(np.uint8), "Display P3", "sRGB")
    assert np.abs(light(back / 255) - light(pixels / 255)).max() < 0.01
    pale = pixels // 2 + 128
    back = converted(converted(pale, "sRGB", "Display P3").astype(np.uint8), "Display P3", "sRGB")
    assert np.abs(back - pale).max() <= 1


@given(rgb_arrays(), NAMES)
def test_in_the_same_space_nothing_changes(pixels: Bytes8, name: str) -> None:
    np.testing.assert_array_equal(converted(pixels, name, name), pixels)


@given(NAMES, NAMES)
def test_greys_stay_grey_and_in_their_order(own: str, wanted: str) -> None:
    levels = converted(GREYS, own, wanted).reshape(-1, 3)
    assert np.ptp(levels, axis=1).max() <= 1
    assert (np.diff(levels, axis=0) >= 0).all()
    assert levels[[0, -1]].tolist() == [[0] * 3, [255] * 3]


@pytest.mark.parametrize("band", [1, 10, 1000])
def test_no_band_is_left_out_or_mixed_up(band: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rgb_spaces, "_BAND", band)
    pixels = noise(3, 20)
    whole = converted(pixels, "Display P3", "sRGB")
    rows = [converted(pixels[at : at + 1], "Display P3", "sRGB") for at in range(len(pixels))]
    np.testing.assert_array_equal(whole, np.concatenate(rows))


# ---- colours -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((255, 0, 0), (234, 51, 35)),  # as browsers and other programs have sRGB's corners in Display P3
        ((0, 255, 0), (117, 251, 76)),
        ((0, 0, 255), (0, 0, 245)),
        ((255, 255, 255), (255, 255, 255)),
        ((0, 0, 0), (0, 0, 0)),
    ],
)
def test_colours_in_display_p3(colour: Colour, expected: Colour) -> None:
    assert colour_in(colour, P3) == (expected, True)


@held(
    "rgb_spaces.colour_in",
    against="`rgb_spaces.convert`",
    over="colours, spaces",
    within="0",
)
@given(st.tuples(*[st.integers(0, 255)] * 3), NAMES)
def test_a_colour_is_converted_as_a_picture_of_it(colour: Colour, name: str) -> None:
    found, is_right = colour_in(colour, PROFILES[name])
    assert is_right
    assert list(found) == converted(np.array([[colour]], np.uint8), "sRGB", name)[0, 0].tolist()


# ---- profiles that are not read ------------------------------------------------------------------------

UNREADABLE = {
    "tables": icc.rgb_with_tables(),
    "grey": icc.grey(icc.curve(2.2)),
    "inks": icc.cmyk(),
    "cut off": icc.rgb()[:200],
    "no profile": b"nothing of use",
    "flat": icc.rgb(gamma=0),
    "falling": icc.rgb_of(icc.P3, icc.sampled(65535, 0)),
    "up and down": icc.rgb_of(icc.P3, icc.sampled(0, 50000, 40000, 65535)),
    "two primaries": icc.rgb((icc.P3[0], icc.P3[1], icc.P3[1])),
}


@pytest.mark.parametrize("profile", UNREADABLE.values(), ids=list(UNREADABLE))
def test_what_no_matrix_and_rising_curves_describe_is_not_read(profile: bytes) -> None:
    assert read_space(profile) is None
    assert colour_in((255, 0, 0), profile) == ((255, 0, 0), False)
    assert colour_in((255, 255, 255), profile) == ((255, 255, 255), True)


@settings(max_examples=300)
@given(NAMES.filter(lambda name: name != "sRGB"), st.integers(0, 700), st.binary(max_size=40))
def test_damaged_profiles_convert_or_are_not_read(name: str, at: int, damage: bytes) -> None:
    data = bytearray(PROFILES[name] or b"")
    data[at : at + len(damage)] = damage
    (red, green, blue), _ = colour_in((200, 30, 90), bytes(data))
    assert 0 <= min(red, green, blue) <= max(red, green, blue) <= 255
    if (damaged := read_space(bytes(data))) is not None:
        convert(Image.fromarray(GREYS), damaged, rgb_spaces.SRGB)
