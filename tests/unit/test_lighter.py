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
from alphacut.notes import notes_of_photo
from alphacut.output import Output
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
    assert photo.managed == ("unknown" if name == b"iCCP" else "exact")


@pytest.mark.parametrize(
    "packed",
    [b"no zlib", b"\x78\x9c" + b"\xff" * 40, zlib.compress(bytes(MOST_PROFILE + 1))],
)
def test_colours_of_a_profile_that_can_not_be_used_are_told_to_be_unknown(packed: bytes) -> None:
    photo = decode(with_chunk(b"iCCP", b"icc\0\0" + packed))
    assert (photo.icc_profile, photo.managed) == (None, "unknown")
    assert list(notes_of_photo(photo, Output())) == ["unknown-colours"]


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
    assert lighter(data) == (WHOLE, {"icc_profile": None}, False)
    data = with_chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(MOST_PROFILE)))
    assert lighter(data) == (WHOLE, {"icc_profile": bytes(MOST_PROFILE)}, False)


def test_damage_elsewhere_stays_damage() -> None:
    data = with_chunk(b"tEXt", b"Title\0words")
    with pytest.raises(TruncatedImageError):
        decode(data[:-30])


EXIF = b"Exif\0\0II*\0\x08\0\0\0\1\0" + struct.pack("<HHII", 0x0112, 3, 100, 0xFFFFFFF0) + bytes(4)


@pytest.fixture
def overflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has Pillow fail on EXIF that is larger than a mere orientation, as Pyodide's does on `EXIF`."""
    plain = JpegImagePlugin.JpegImageFile._read_dpi_from_exif

    def overflowing(image: JpegImagePlugin.JpegImageFile) -> None:
        plain(image)
        if len(image.info.get("exif", b"")) > 6 + 8 + 2 + 12 + 4:
            raise OverflowError("Python int too large to convert to C long")

    monkeypatch.setattr("PIL.JpegImagePlugin.JpegImageFile._read_dpi_from_exif", overflowing)


@pytest.mark.usefixtures("overflow")
def test_exif_that_points_too_far_for_webassembly_is_passed_over() -> None:
    pixels = pixels_of(file_of(PIXELS, "JPEG"))  # Pillow in Pyodide can't open the other
    photo = decode(file_of(PIXELS, "JPEG", exif=EXIF + bytes(9), icc_profile=icc.rgb()))
    assert (array(photo.rgb) == pixels).all()
    assert photo.icc_profile == icc.rgb()


@pytest.mark.usefixtures("overflow")
@pytest.mark.parametrize("order", ["<", ">"])
def test_such_a_jpeg_is_turned_upright_and_its_loss_is_told(order: str) -> None:
    head = b"Exif\0\0" + (b"II*\0" if order == "<" else b"MM\0*")
    entries = (
        struct.pack(f"{order}HHI2H", 0x0112, 3, 1, 6, 0)
        + struct.pack(f"{order}HHII", 0x9286, 7, 100, 0xFFFFFFF0)
    )  # fmt: skip
    exif = head + struct.pack(f"{order}IH", 8, 2) + entries + bytes(4)
    photo = decode(file_of(PIXELS, "JPEG", exif=exif))
    assert photo.size == (6, 8)
    assert list(notes_of_photo(photo, Output(metadata="keep"))) == ["metadata-lost"]
    assert list(notes_of_photo(photo, Output())) == []


def test_pixels_that_are_cut_off_are_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + struct.pack("<HHI2H", 0x0112, 3, 1, 6, 0) + bytes(4)
    texts = with_chunk(b"tEXt", b"Title\0words")
    jpeg = file_of(scene(64, 64), "JPEG", exif=exif)
    at = texts.index(b"IDAT") + 8
    broken = texts[:at] + bytes(24) + texts[at + 24 :]
    monkeypatch.setattr("alphacut.image.lighter", None)  # not even asked
    for data in (jpeg[:-300], texts[:-30], broken):
        with pytest.raises(TruncatedImageError):
            decode(data)


@pytest.mark.parametrize("end", [b"", b"\xff", b"\xff\xe1", b"\xff\xe1\0\0", b"\xff\xe1\xff\xff"])
def test_only_exif_is_left_out_of_a_jpeg_however_it_ends(end: bytes) -> None:
    head = file_of(PIXELS, "JPEG", icc_profile=icc.rgb())
    whole = head[:2] + b"\xff\xe1" + struct.pack(">H", len(EXIF) + 2) + EXIF
    assert lighter(whole + head[2:] + end) == (head + end, {}, True)
    assert lighter(whole + end) == (head[:2] + end, {}, True)


def test_files_without_texts_are_not_read_twice() -> None:
    assert lighter(WHOLE) is None
    assert lighter(file_of(PIXELS, "JPEG")) is None


@given(st.binary(max_size=60), st.integers(0, 2**32 - 1))
def test_whatever_the_lengths_say_it_ends(rest: bytes, length: int) -> None:
    lighter(WHOLE[:33] + struct.pack(">I", length) + rest)
    lighter(b"\xff\xd8\xff\xe1" + rest)
