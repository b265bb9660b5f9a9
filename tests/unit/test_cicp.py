"""What a PNG says of its colours by numbers goes before its profile, where the numbers are known."""

from __future__ import annotations

import zlib

import pytest

from alphacut import profiles
from alphacut.image import decode
from alphacut.notes import notes_of_photo
from alphacut.output import Output
from tests import icc
from tests.helpers import array, file_of, png_of

SRGB, P3, PQ, HLG = (bytes((*numbers, 0, 1)) for numbers in ((1, 13), (12, 13), (9, 16), (9, 18)))
NARROW = bytes((12, 13, 0, 0))  # in the range of video
PROFILE = icc.rgb(icc.ADOBE_RGB)


def png(cicp: bytes | None, profile: bytes | None = None, *, colour_type: int = 2) -> bytes:
    chunks = [] if cicp is None else [(b"cICP", cicp)]
    if profile is not None:
        chunks.append((b"iCCP", b"x\0\0" + zlib.compress(profile)))
    return png_of(1, 1, 8, colour_type, [bytes((200, 100, 50)[: 1 if colour_type == 0 else 3])], *chunks)


@pytest.mark.parametrize(
    ("cicp", "profile", "kept"),
    [
        (None, PROFILE, PROFILE),
        (SRGB, None, None),
        (SRGB, PROFILE, None),
        (P3, None, profiles.display_p3()),
        (P3, PROFILE, profiles.display_p3()),
        (PQ, PROFILE, PROFILE),
        (b"\2\2\0\1", PROFILE, PROFILE),
        (b"\14", PROFILE, PROFILE),
    ],
)
def test_known_numbers_go_before_the_profile(
    cicp: bytes | None, profile: bytes | None, kept: bytes | None
) -> None:
    photo = decode(png(cicp, profile))
    assert array(photo.rgb)[0, 0].tolist() == [200, 100, 50]
    assert photo.icc_profile == kept
    assert list(notes_of_photo(photo, Output())) == []


@pytest.mark.parametrize("cicp", [PQ, HLG, NARROW])
def test_numbers_for_another_space_are_told_where_no_profile_helps(cicp: bytes) -> None:
    photo = decode(png(cicp))
    assert (photo.icc_profile, photo.managed) == (None, "unknown")
    assert list(notes_of_photo(photo, Output())) == ["unknown-colours"]


def test_grey_is_not_changed_by_a_profile_that_the_numbers_overrule() -> None:
    grey = icc.grey(icc.curve(1.0))
    assert array(decode(png(P3, grey, colour_type=0)).rgb)[0, 0].tolist() == [200] * 3
    assert array(decode(png(None, grey, colour_type=0)).rgb)[0, 0].tolist() != [200] * 3


def test_a_chunk_behind_the_pixels_or_in_another_format_counts_for_nothing() -> None:
    behind = png(None)
    end = behind.index(b"IEND") - 4
    chunk = png(P3)[33 : 33 + 16]
    assert chunk[4:8] == b"cICP"
    assert decode(behind[:end] + chunk + behind[end:]).icc_profile is None
    assert decode(file_of(array(decode(png(P3)).rgb), "WEBP", lossless=True)).icc_profile is None
