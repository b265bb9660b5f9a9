"""What is kept of a photo's metadata if asked, and what never is."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from alphacut.image import decode
from alphacut.output import Output
from tests.helpers import file_of, needs_avif, pixels_of, scene
from tests.unit.test_pipeline import cut

KEEP = Output(metadata="keep")
SOURCES = ["JPEG", "PNG", "WEBP", "TIFF", pytest.param("AVIF", marks=needs_avif)]


def told() -> Image.Exif:
    """EXIF with something of everything."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112], exif[0x013B] = "a maker", "a camera", 6, "an artist"
    exif[0x8769] = {
        0x829A: 0.01, 0x9003: "2026:01:02 03:04:05", 0x927C: b"secret of the maker", 0xA002: 40, 0xA003: 30,
        0x9286: b"ASCII\0\0\0a comment",
    }  # fmt: skip
    exif[0x8825] = {1: "N", 2: (51.0, 28.0, 40.0), 3: "W", 4: (0.0, 0.0, 5.0)}
    return exif


def exif_of(data: bytes) -> Image.Exif:
    with Image.open(io.BytesIO(data)) as image:
        return image.getexif()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("wanted", ["png", "webp", "jpeg"])
def test_camera_time_author_and_place_are_kept_if_asked(source: str, wanted: Any) -> None:
    photo = file_of(scene(40, 30), source, exif=told().tobytes())
    data = cut(photo, output=Output(format=wanted, metadata="keep")).data
    kept = exif_of(data)
    assert (kept[0x010F], kept[0x0110], kept[0x013B]) == ("a maker", "a camera", "an artist")
    assert kept.get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
    assert kept.get_ifd(0x8825)[2] == (51.0, 28.0, 40.0)


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_that_would_turn_the_cutout_again_or_show_its_background_is_kept(source: str) -> None:
    data = cut(file_of(scene(40, 30), source, exif=told().tobytes()), output=KEEP).data
    kept = exif_of(data)
    assert pixels_of(data).shape == (40, 30, 4)  # upright
    assert 0x0112 not in kept
    assert not {0x927C, 0xA002, 0xA003} & set(kept.get_ifd(0x8769))
    assert b"secret" not in data
    # Of a TIFF, where its pixels lay and how they were stored.
    assert set(kept) <= {0x010F, 0x0110, 0x013B, 0x8769, 0x8825, 0x011A, 0x011B, 0x0128}


def test_thumbnails_are_never_kept() -> None:
    thumbnail = file_of(scene(16, 12), "JPEG")
    body = told().tobytes().removeprefix(b"Exif\0\0")
    assert body[:2] == b"MM"
    # IFD1 follows the main directory: its offset is the last word of that.
    at = 10 + 12 * int.from_bytes(body[8:10], "big")
    entries = [(0x0201, len(body) + 30), (0x0202, len(thumbnail))]
    directory = (
        b"\0\2" + b"".join(struct.pack(">HHII", tag, 4, 1, value) for tag, value in entries) + bytes(4)
    )
    made = body[:at] + struct.pack(">I", len(body)) + body[at + 4 :] + directory + thumbnail
    photo = file_of(scene(40, 30), "JPEG", exif=b"Exif\0\0" + made)
    assert thumbnail in photo
    data = cut(photo, output=KEEP).data
    assert exif_of(data)[0x010F] == "a maker"
    assert thumbnail not in data
    assert not exif_of(data).get_ifd(1)


@pytest.mark.parametrize("source", ["JPEG", "PNG", "TIFF"])
def test_without_being_asked_nothing_is_kept(source: str) -> None:
    photo = file_of(scene(40, 30), source, exif=told().tobytes())
    assert decode(photo).exif is None
    formats: list[Any] = ["png", "webp", "jpeg"]
    for wanted in formats:
        assert not exif_of(cut(photo, output=Output(format=wanted)).data)


def test_photos_that_tell_nothing_get_nothing() -> None:
    assert decode(file_of(scene(4, 4)), KEEP).exif is None
    assert cut(file_of(scene(8, 6)), output=KEEP).notes == ()


@pytest.mark.parametrize(("wanted", "lost"), [("png", False), ("webp", False), ("jpeg", True)])
def test_more_than_a_jpeg_holds_is_left_out_and_said(wanted: Any, lost: bool) -> None:
    exif = told()
    exif[0x010E] = "x" * 65_536
    cutout = cut(
        file_of(scene(40, 30), "PNG", exif=exif.tobytes()), output=Output(format=wanted, metadata="keep")
    )
    assert ("metadata-lost" in cutout.notes) == lost
    assert bool(exif_of(cutout.data)) != lost


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@given(st.integers(0, 200), st.binary(min_size=1, max_size=20))
@example(124, b"\x80")  # a directory that is said to be 2 GB away
def test_damaged_exif_is_kept_as_far_as_it_goes_and_breaks_nothing(at: int, damage: bytes) -> None:
    body = bytearray(told().tobytes())
    body[6 + at : 6 + at + len(damage)] = damage
    photo = decode(file_of(scene(4, 4), exif=bytes(body)), KEEP)
    assert photo.exif is None or photo.exif.startswith(b"Exif\0\0")
