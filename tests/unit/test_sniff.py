"""Formats are told by their first bytes, and nothing is decoded for it."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.errors import BROWSER_FORMATS, READABLE_FORMATS
from alphacut.sniff import Kind, has_zero_size, identify
from tests.helpers import file_of, noise

WRITABLE = {
    "JPEG": "JPEG",
    "PNG": "PNG",
    "WebP": "WEBP",
    "GIF": "GIF",
    "BMP": "BMP",
    "TIFF": "TIFF",
    "ICO": "ICO",
    "PPM": "PPM",
}


@pytest.mark.parametrize(("name", "plugin"), WRITABLE.items())
def test_what_pillow_writes_is_known_by_its_name_and_plugin(name: str, plugin: str) -> None:
    kind = identify(file_of(noise(16, 16), plugin))
    assert kind is not None
    assert (kind.name, kind.plugins) == (name, (plugin,))
    assert kind.readable


def test_the_formats_promised_to_people_are_those_that_are_known_and_tga_which_has_no_signature() -> None:
    assert set(READABLE_FORMATS) == {*WRITABLE, "TGA"}
    assert identify(file_of(noise(16, 16), "TGA")) is None


def test_big_endian_tiff_and_bitmaps_of_text_are_known() -> None:
    assert identify(b"MM\0*\0\0\0\x08") == Kind("TIFF", ("TIFF",))
    assert identify(b"P2\n2 2\n255\n") == Kind("PPM", ("PPM",))


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x1cftypavif", "AVIF"),
        (b"\0\0\0\x1cftypavis", "AVIF"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"\0\0\0\x18ftypmif1", "HEIC"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "AVIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1miafheic", "HEIC"),
        (b"\0\0\0\x18ftypisom", "Video"),
        (b"<svg xmlns='", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!-- drawing --><SVG ", "SVG"),
        (b"%PDF-1.4", "PDF"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\xff\x4f\xff\x51", "JPEG 2000"),
    ],
)
def test_formats_that_can_not_be_read_are_known_by_name(head: bytes, name: str) -> None:
    kind = identify(head)
    assert kind is not None
    assert kind.name == name
    assert kind.readable is (name == "AVIF")  # where Pillow was built with it
    assert kind.foreign is (name in BROWSER_FORMATS)
    assert bool(kind.mime) is kind.foreign


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"RIFF\0\0\0\0WAVE", b"hello", b"GIF88a", b"P7\n", b"\x89PNG\r\n"]
)
def test_near_misses_are_not_taken_for_a_format(data: bytes) -> None:
    assert identify(data) is None


@given(st.binary(max_size=64))
def test_any_bytes_can_be_asked_about(data: bytes) -> None:
    kind = identify(data)
    if kind is not None:
        assert has_zero_size(kind, data) in (False, True)


@given(st.integers(0, 3), st.integers(0, 3))
def test_a_size_is_zero_where_either_side_is(width: int, height: int) -> None:
    data = b"GIF89a" + struct.pack("<HH", width, height)
    assert has_zero_size(Kind("GIF", ("GIF",)), data) == (width * height == 0)


def test_a_header_cut_off_before_the_size_says_nothing_of_it() -> None:
    data = file_of(Image.new("RGB", (4, 4)))[:20]
    assert not has_zero_size(Kind("PNG", ("PNG",)), data)
