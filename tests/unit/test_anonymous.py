"""Profiles tell what colours mean, and not whose display it was."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import ImageCms

from alphacut import rgb_spaces
from alphacut.anonymous import name_of, without_device
from alphacut.image import decode
from alphacut.profiles import display_p3
from tests import icc
from tests.helpers import array, file_of, needs_littlecms, scene

SECRET = b"SERIAL-4711"
DISPLAY = {b"mmod": b"mmod\0\0\0\0" + SECRET, b"vcgt": b"vcgt" + SECRET, b"dscm": b"text\0\0\0\0" + SECRET}
STANDARD = {
    b"dmnd": icc._description("IEC http://www.iec.ch"),
    b"dmdd": icc._description("IEC 61966-2.1 sRGB"),
}
COLOURS = icc._rgb_tags(icc.P3, icc.curve(2.2))


def of_a_display(*, v4: bool = False, named: str = "Color LCD", told: dict[bytes, bytes] = DISPLAY) -> bytes:
    tags = {b"desc": icc._description(named), **COLOURS, **told}
    made = bytearray(icc.profile(b"RGB ", tags))
    made[8] = 4 if v4 else 2
    made[48:56] = b"DELL" + SECRET[:4]
    made[80:84] = SECRET[-4:]
    return bytes(made)


@pytest.mark.parametrize("v4", [False, True])
def test_a_displays_profile_keeps_its_colours_and_loses_its_name(v4: bool) -> None:
    profile = of_a_display(v4=v4)
    made = without_device(profile)
    assert SECRET in profile
    assert not [word for word in (SECRET, SECRET[:4], SECRET[-4:], b"DELL", b"Color LCD") if word in made]
    assert name_of(made) == "Colours of a photo"
    before, after = rgb_spaces.read_space(profile), rgb_spaces.read_space(made)
    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(before.matrix, after.matrix)
    assert without_device(made) == made
    assert int.from_bytes(made[:4], "big") == len(made)


@needs_littlecms
@pytest.mark.parametrize("v4", [False, True])
def test_a_colour_engine_reads_what_is_left(v4: bool) -> None:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(without_device(of_a_display(v4=v4))))
    assert ImageCms.getProfileName(profile).strip() == "Colours of a photo"
    assert ImageCms.getProfileCopyright(profile).strip() == "none"


@pytest.mark.parametrize(
    "profile",
    [
        display_p3(),
        icc.rgb(),
        of_a_display(named="sRGB IEC61966-2.1", told=STANDARD),  # HP's names a maker, the standard's own
        icc.cmyk(),
        icc.grey(icc.curve(2.2)),
        b"",
        icc.rgb()[:130],
    ],
    ids=range(7),
)
def test_what_tells_of_no_device_stays_byte_for_byte(profile: bytes) -> None:
    assert without_device(profile) == profile


@pytest.mark.parametrize("name", [*DISPLAY, b"meta", b"MHC2", b"ndin", b"targ", b"dmnd", b"dmdd"])
def test_a_known_name_covers_nothing_that_a_device_is_told_by(name: bytes) -> None:
    told = {name: icc._description(SECRET.decode())}
    made = without_device(of_a_display(named="sRGB", told=told))
    assert SECRET not in made
    assert name_of(made) == "sRGB"
    assert without_device(made) == made


def test_a_name_that_is_not_known_may_be_a_displays() -> None:
    tags = {b"desc": icc._description("DELL U2720Q SN 8J4KX13"), **COLOURS}
    made = without_device(icc.profile(b"RGB ", tags))
    assert b"8J4KX13" not in made
    assert name_of(made) == "Colours of a photo"
    assert rgb_spaces.read_space(made) is not None


def test_what_follows_a_hundred_tags_is_left_out() -> None:
    many = {b"%04d" % number: b"text\0\0\0\0" for number in range(100)}
    profile = icc.profile(b"RGB ", {**COLOURS, **many, b"mmod": b"mmod\0\0\0\0" + SECRET})
    made = without_device(profile)
    assert SECRET not in made
    assert len(made) < len(profile)


def test_tables_are_kept_as_well() -> None:
    made = bytearray(icc.rgb_with_tables())
    made[52:56] = b"U241"
    assert without_device(bytes(made)).count(b"mft1") == 1


def test_photos_get_the_profile_without_the_device() -> None:
    photo = decode(file_of(scene(8, 6), icc_profile=of_a_display()))
    assert photo.icc_profile == without_device(of_a_display())
    np.testing.assert_array_equal(array(photo.rgb), scene(8, 6))


@pytest.mark.parametrize("at", range(0, 300, 7))
def test_damage_breaks_nothing(at: int) -> None:
    damaged = bytearray(of_a_display())
    damaged[at : at + 4] = b"\xff\xff\xff\xff"
    assert isinstance(without_device(bytes(damaged)), bytes)
