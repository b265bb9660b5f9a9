"""Colours of every space become RGB as LittleCMS has them, or are said to be approximate."""

from __future__ import annotations

import io
import itertools
import struct
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from alphacut import colours, profiles
from alphacut.image import decode
from tests import icc
from tests.helpers import Bytes8, array, file_of, needs_littlecms, noise, scene
from tests.numerics import held


def by_littlecms(image: Image.Image, profile: bytes) -> Bytes8:
    """The oracle: relative colorimetric, black point left where it is."""
    source, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    made = ImageCms.profileToProfile(image, source, srgb, intent, "RGB", flags=ImageCms.Flags.NOOPTIMIZE)
    assert made is not None
    return np.asarray(made)


def without_adobe_marker(jpeg: bytes) -> bytes:
    start = jpeg.index(b"\xff\xee")
    (length,) = struct.unpack_from(">H", jpeg, start + 2)
    return jpeg[:start] + jpeg[start + 2 + length :]


def inks(*ink: int) -> Image.Image:
    return Image.new("CMYK", (16, 16), tuple(ink))


# ---- grey ------------------------------------------------------------------------------------------

TONES = {
    "gamma 1": icc.curve(1.0),
    "gamma 1.8": icc.curve(1.8),
    "gamma 2.2": icc.curve(2.2),
    "identity": b"curv\0\0\0\0\0\0\0\0",
    "dot gain": icc.sampled(0, 4000, 11000, 21000, 34000, 49000, 65535),
    "para 0": icc.parametric(0, 2.4),
    "para 1": icc.parametric(1, 2.0, 0.9, 0.1),
    "para 2": icc.parametric(2, 2.0, 0.8, 0.1, 0.19),
    "flat para 1": icc.parametric(1, 2.0, 1.25, -0.25),
    "flat para 2": icc.parametric(2, 2.0, 1.125, -0.225, 0.19),
    "para 3": icc.parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
    "para 4": icc.parametric(4, 2.0, 0.85, 0.1, 1.0, 0.1, 0.0975, 0.0317),
}


@held(
    "profiles.grey_levels",
    against="LittleCMS",
    over="curves of every kind, both connection spaces, all levels",
    within="1",
    only_here="Pillow in Pyodide has no LittleCMS",
)
@needs_littlecms
@pytest.mark.parametrize("tone", TONES.values(), ids=list(TONES))
@pytest.mark.parametrize("pcs", [b"XYZ ", b"Lab "])
def test_grey_profiles_are_applied_as_littlecms_does(tone: bytes, pcs: bytes) -> None:
    profile = icc.grey(tone, pcs)
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    photo = decode(file_of(ramp, icc_profile=profile))
    expected = by_littlecms(ramp, profile)
    difference = np.abs(array(photo.rgb).astype(int) - expected)
    assert difference.max() <= 1
    assert (photo.icc_profile, photo.managed) == (None, "exact")


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "TIFF"])
def test_grey_profiles_are_applied_whatever_the_file(image_format: str) -> None:
    grey = Image.new("L", (16, 16), 128)
    photo = decode(file_of(grey, image_format, icc_profile=icc.grey(icc.curve(1.0))))
    assert abs(int(array(photo.rgb)[8, 8, 0]) - 188) <= 1


def test_alpha_and_16_bits_of_grey_photos_with_a_profile_are_kept() -> None:
    profile = icc.grey(icc.curve(1.0))
    with_alpha = Image.fromarray(np.full((4, 4, 2), (128, 77), np.uint8), "LA")
    photo = decode(file_of(with_alpha, icc_profile=profile))
    assert array(photo.rgb)[0, 0].tolist() == [188] * 3
    assert array(photo.alpha)[0, 0] == 77
    deep = decode(file_of(Image.new("I;16", (4, 4), 0x8000), icc_profile=profile))
    assert array(deep.rgb)[0, 0].tolist() == [188] * 3


def test_a_grey_profile_that_can_not_be_read_is_said_to_be_approximate() -> None:
    photo = decode(file_of(Image.new("L", (4, 4), 99), icc_profile=icc.grey(b"nothing of use")))
    assert array(photo.rgb)[0, 0].tolist() == [99] * 3
    assert (photo.icc_profile, photo.managed) == (None, "approximate")


def test_grey_in_an_rgb_profile_keeps_it() -> None:
    photo = decode(file_of(Image.new("L", (4, 4), 99), "JPEG", icc_profile=icc.rgb()))
    assert (photo.icc_profile, photo.managed) == (icc.rgb(), "exact")


@settings(max_examples=300)
@given(st.sampled_from([*TONES.values()]), st.integers(0, 400), st.binary(max_size=40))
@example(icc.curve(2.2), 318, b"\0\0\x80\0\0\0")  # as many levels as no list of them can hold
def test_damaged_grey_profiles_give_levels_or_nothing(tone: bytes, at: int, damage: bytes) -> None:
    profile = bytearray(icc.grey(tone))
    profile[at : at + len(damage)] = damage
    levels = profiles.grey_levels(bytes(profile))
    assert levels is None or (levels.shape == (256,) and levels.dtype == np.uint8)


# ---- print -----------------------------------------------------------------------------------------


@needs_littlecms
@pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
def test_inks_are_converted_by_their_profile_where_littlecms_is_there(image_format: str) -> None:
    image = inks(200, 30, 60, 0)
    photo = decode(file_of(image, image_format, icc_profile=icc.cmyk()))
    expected = np.asarray(
        ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(icc.cmyk())), ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    )  # fmt: skip
    assert np.abs(array(photo.rgb).astype(int) - expected).max() <= 3
    assert (photo.icc_profile, photo.managed) == (None, "exact")


@pytest.fixture
def without_littlecms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL._imagingcms", None)
    monkeypatch.delattr("PIL._imagingcms", raising=False)


@pytest.mark.usefixtures("without_littlecms")
@pytest.mark.parametrize(("image_format", "managed"), [("JPEG", "by-browser"), ("TIFF", "approximate")])
def test_without_it_the_browser_is_asked_for_what_it_reads(image_format: str, managed: str) -> None:
    photo = decode(file_of(inks(255, 0, 0, 0), image_format, icc_profile=icc.cmyk()))
    assert photo.managed == managed
    assert np.abs(array(photo.rgb)[8, 8].astype(int) - (0, 255, 255)).max() <= 2  # naively meanwhile


@pytest.mark.usefixtures("without_littlecms")
def test_the_browser_is_not_asked_for_inks_that_it_would_take_for_their_inverse() -> None:
    jpeg = without_adobe_marker(file_of(inks(255, 0, 0, 0), "JPEG", icc_profile=icc.cmyk()))
    assert decode(jpeg).managed == "approximate"


def test_a_print_profile_that_is_damaged_is_not_fatal() -> None:
    photo = decode(file_of(inks(255, 0, 0, 0), "JPEG", icc_profile=icc.cmyk()[:300]))
    assert photo.managed == "by-browser"


@pytest.mark.parametrize("ink", [(255, 0, 0, 0), (0, 0, 0, 255), (0, 0, 0, 0), (10, 100, 200, 30)])
def test_inks_are_inverted_where_adobes_marker_says_so_and_nowhere_else(ink: tuple[int, ...]) -> None:
    with_marker = file_of(inks(*ink), "JPEG", quality=100)
    # The stored samples of the one are the other's inverse, so that both print the same.
    inverse = without_adobe_marker(file_of(inks(*(255 - level for level in ink)), "JPEG", quality=100))
    ours, theirs = decode(with_marker), decode(inverse)
    assert np.abs(array(ours.rgb).astype(int) - array(theirs.rgb)).max() <= 3
    assert ours.managed == theirs.managed == "approximate"


def test_inks_in_the_photographic_encoding_are_converted_too() -> None:
    """YCCK: Adobe's transform 2, which Pillow does not write, made by changing the marker."""
    grey = inks(128, 128, 128, 0)
    jpeg = bytearray(file_of(grey, "JPEG", quality=100, subsampling=0))
    marker = jpeg.index(b"Adobe")
    jpeg[marker + 11] = 2
    photo = decode(bytes(jpeg))  # (Y, Cb, Cr) = (127, 127, 127) of the inverse: near grey
    assert np.abs(array(photo.rgb)[8, 8].astype(int) - 127).max() <= 3


# ---- L*a*b* ----------------------------------------------------------------------------------------


@held(
    "colours.split (L*a*b*)",
    against="LittleCMS",
    over="a grid of colours",
    within="3",
    why="LittleCMS keeps L*a*b* in 16 bits of another scale; dark saturated colours are steep",
    only_here="Pillow in Pyodide has no LittleCMS",
)
@needs_littlecms
def test_lab_is_converted_as_littlecms_does() -> None:
    sides = [0, 20, 60, 196, 236]  # of a* and b*, as signed bytes
    values = [range(0, 256, 51), sides, sides]
    lab = np.array(list(itertools.product(*values)), np.uint8).reshape(6, -1, 3)
    image = Image.frombytes("LAB", (lab.shape[1], lab.shape[0]), lab.tobytes())
    lab_profile, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    intent, exactly = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.NOOPTIMIZE
    expected = ImageCms.profileToProfile(image, lab_profile, srgb, intent, "RGB", flags=exactly)
    ours = array(colours.split(image).rgb).astype(int)
    inside = ((np.asarray(expected) > 0) & (np.asarray(expected) < 255)).all(axis=-1)
    assert inside.sum() > 40
    assert np.abs(ours - np.asarray(expected))[inside].max() <= 3
    assert ours.min() >= 0


def test_lab_files_are_read_in_bands() -> None:
    photo = decode(file_of(Image.new("LAB", (3, 600), (128, 128, 128)), "TIFF"))
    assert (photo.size, photo.managed) == ((3, 600), "exact")
    assert np.ptp(array(photo.rgb), axis=(0, 1)).max() == 0
    assert abs(int(array(photo.rgb)[599, 0, 0]) - 119) <= 2


# ---- RGB with a profile ----------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [icc.P3, icc.ADOBE_RGB])
@pytest.mark.parametrize(("image_format", "options"), [("PNG", {}), ("WEBP", {"lossless": True})])
def test_wide_colours_keep_values_and_profile(columns: Any, image_format: str, options: Any) -> None:
    photo = decode(file_of(scene(9, 9), image_format, icc_profile=icc.rgb(columns), **options))
    np.testing.assert_array_equal(array(photo.rgb), scene(9, 9))
    assert photo.icc_profile == icc.rgb(columns)


def test_wide_profiles_are_told_from_narrow_ones() -> None:
    assert profiles.is_wide(icc.rgb(icc.P3))
    assert profiles.is_wide(icc.rgb(icc.ADOBE_RGB))
    assert not profiles.is_wide(icc.rgb(icc.SRGB))
    assert not profiles.is_wide(icc.grey(icc.curve(2.2)))
    assert profiles.is_wide(profiles.display_p3())


@held(
    "profiles.display_p3",
    against="SMPTE EG 432-1's matrix to sRGB, LittleCMS reading the profile",
    over="colours",
    within="1.5",
    why="LittleCMS rounds, and the matrix has four digits",
    only_here="Pillow in Pyodide has no LittleCMS",
)
@needs_littlecms
def test_our_display_p3_is_one_that_littlecms_reads_and_agrees_with() -> None:
    ours = profiles.display_p3()
    pixels = Image.fromarray(noise(8, 8) // 2 + 64)
    linear = np.asarray(pixels) / 255
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    # From P3 to sRGB, both under D65 (SMPTE EG 432-1, IEC 61966-2-1).
    matrix = [[1.2249, -0.2247, 0], [-0.0420, 1.0419, 0], [-0.0197, -0.0786, 1.0979]]
    expected = 255 * profiles.srgb_encoded(linear @ np.transpose(matrix))
    assert np.abs(by_littlecms(pixels, ours) - expected).max() <= 1.5
    assert ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(ours))).strip() == "Display P3"
    assert len(ours) < 600


@given(st.binary(max_size=300))
def test_what_is_no_profile_has_no_space_or_one_that_is_looked_at_no_further(data: bytes) -> None:
    profiles.space_of(data)
    profiles.is_wide(data)
    profiles.grey_levels(data)
    photo = decode(file_of(scene(4, 4), icc_profile=data))
    np.testing.assert_array_equal(array(photo.rgb), scene(4, 4))
