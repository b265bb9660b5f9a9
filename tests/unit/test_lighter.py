"""Texts, large profiles and EXIF that Pillow refuses keep no photo from being read."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import JpegImagePlugin

from alphacut.errors import TruncatedImageError
from alphacut.export import Source, export
from alphacut.image import decode
from alphacut.lighter import MOST_PROFILE, lighter
from tests import icc
from tests.helpers import array, file_of, pixels_of, png_chunk, run, scene
from tests.unit.test_pipeline import cut

PIXELS = scene(8, 6)
WHOLE = file_of(PIXELS)
BOMB = zlib.compress(bytes(80_000_000))
LARGE = icc.rgb() + bytes(2_000_000)


def with_chunk(name: bytes, body: bytes, *, behind: bool = False) -> bytes:
    at = len(WHOLE) - 12 if behind else 33
    return WHOLE[:at] + png_chunk(name, body) + WHOLE[at:]


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize(
    ("name", "head"), [(b"zTXt", b"Comment\0\0"), (b"iTXt", b"Title\0\1\0\0\0"), (b"iCCP", b"icc\0\0")]
)
def test_what_unpacks_to_gigabytes_is_passed_over(name: bytes, head: bytes, behind: bool) -> None:
    photo = decode(with_chunk(name, head + BOMB, behind=behind))
    assert (array(photo.rgb) == PIXELS).all()
    assert photo.icc_profile is None


def test_a_damaged_text_is_passed_over() -> None:
    data = with_chunk(b"tEXt", b"Title\0words").replace(b"words", b"wards")
    assert (array(decode(data).rgb) == PIXELS).all()


@pytest.mark.parametrize("source", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_a_large_profile_is_kept_and_its_cutout_can_be_gone_on_from(source: str) -> None:
    photo = file_of(PIXELS, source, icc_profile=LARGE)
    assert decode(photo).icc_profile == LARGE
    master = cut(photo).data
    assert decode(master).icc_profile == LARGE
    again = run(export(Source(photo=photo, master=master))).data
    assert (array(decode(again).rgb) == array(decode(master).rgb)).all()


def test_a_profile_of_more_than_is_allowed_is_none() -> None:
    data = with_chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(MOST_PROFILE + 1)))
    assert lighter(data) == (WHOLE, None)
    data = with_chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(MOST_PROFILE)))
    assert lighter(data) == (WHOLE, bytes(MOST_PROFILE))


def test_damage_elsewhere_stays_damage() -> None:
    data = with_chunk(b"tEXt", b"Title\0words")
    with pytest.raises(TruncatedImageError):
        decode(data[:-30])


EXIF = b"Exif\0\0II*\0\x08\0\0\0\1\0" + struct.pack("<HHII", 0x0112, 3, 100, 0xFFFFFFF0) + bytes(4)


def test_exif_that_points_too_far_for_webassembly_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    data = file_of(PIXELS, "JPEG", exif=EXIF, icc_profile=icc.rgb())
    plain = JpegImagePlugin.JpegImageFile._read_dpi_from_exif
    pixels = pixels_of(file_of(PIXELS, "JPEG"))  # Pillow in Pyodide can't open the other

    def overflowing(image: JpegImagePlugin.JpegImageFile) -> None:
        plain(image)
        if "exif" in image.info:
            raise OverflowError("Python int too large to convert to C long")

    monkeypatch.setattr("PIL.JpegImagePlugin.JpegImageFile._read_dpi_from_exif", overflowing)
    photo = decode(data)
    assert (array(photo.rgb) == pixels).all()
    assert photo.icc_profile == icc.rgb()


@pytest.mark.parametrize("end", [b"", b"\xff", b"\xff\xe1", b"\xff\xe1\0\0", b"\xff\xe1\xff\xff"])
def test_only_exif_is_left_out_of_a_jpeg_however_it_ends(end: bytes) -> None:
    head = file_of(PIXELS, "JPEG", icc_profile=icc.rgb())
    whole = head[:2] + b"\xff\xe1" + struct.pack(">H", len(EXIF) + 2) + EXIF
    assert lighter(whole + head[2:] + end) == (head + end, None)
    assert lighter(whole + end) == (head[:2] + end, None)


def test_files_without_texts_are_not_read_twice() -> None:
    assert lighter(WHOLE) is None
    assert lighter(file_of(PIXELS, "JPEG")) is None


@given(st.binary(max_size=60), st.integers(0, 2**32 - 1))
def test_whatever_the_lengths_say_it_ends(rest: bytes, length: int) -> None:
    lighter(WHOLE[:33] + struct.pack(">I", length) + rest)
    lighter(b"\xff\xd8\xff\xe1" + rest)
