"""How often a JPEG goes over its picture is bounded."""

from __future__ import annotations

import pytest

from alphacut import scans
from alphacut.errors import UnsupportedFormatError
from alphacut.image import decode
from tests.helpers import array, file_of, scene
from tests.swollen import many_scans


def test_a_jpeg_of_more_scans_than_any_encoder_writes_is_refused_before_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_pixels(*_: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", no_pixels)
    with pytest.raises(UnsupportedFormatError, match="100 scans") as caught:
        decode(many_scans(64, scans.MOST + 1))
    assert "Export the photo as JPEG" in caught.value.hint


def test_as_many_as_are_allowed_are_read() -> None:
    assert (array(decode(many_scans(64, scans.MOST)).rgb) == 90).all()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}])
def test_scans_are_counted_as_they_are(options: dict[str, int]) -> None:
    data = file_of(scene(40, 30), "JPEG", **options)
    assert scans._count(data) == data.count(b"\xff\xda")
    scans.check_scans(data)


def test_what_a_segment_holds_or_follows_the_picture_is_no_scan() -> None:
    markers = b"\xff\xda\0\2" * 200
    data = file_of(scene(40, 30), "JPEG", exif=b"Exif\0\0" + markers) + markers
    assert scans._count(data) == 1
    assert decode(data).size == (40, 30)


@pytest.mark.parametrize(
    "tail", [b"\xff", b"\xff\xe1", b"\xff\xe1\xff", b"\xff\xe1\xff\xff", b"\xff\xe1\0\0"]
)
def test_a_file_that_ends_in_a_marker_is_counted(tail: bytes) -> None:
    assert scans._count(file_of(scene(40, 30), "JPEG")[:-2] + tail) == 1
