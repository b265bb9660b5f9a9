"""Sizes are known before memory is taken for them, whatever a file holds."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.errors import ImageTooLargeError, OutOfMemoryError
from alphacut.headers import largest_size
from alphacut.image import decode
from tests.helpers import file_of, png_chunk, png_of, scene
from tests.swollen import icon_of

MOVES = (b"acTL", struct.pack(">II", 2, 0))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}), ("WEBP", {}), ("WEBP", {"lossless": True}),
        ("WEBP", {"save_all": True, "append_images": [Image.new("RGB", (37, 21))]}),
        ("ICO", {"sizes": [(37, 21)]}),
    ],
)  # fmt: skip
def test_sizes_are_those_that_pillow_reads(kind: str, options: dict[str, Any]) -> None:
    assert largest_size(file_of(scene(37, 21), kind, **options)) == (37, 21)


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "BMP", "TIFF"])
def test_other_formats_are_left_to_pillow_which_looks_first(kind: str) -> None:
    assert largest_size(file_of(Image.new("L", (37, 21)), kind)) == (0, 0)


def two_headers() -> bytes:
    large = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0) + b"x")
    data = png_of(8, 8, 8, 2, [bytes(24)] * 8, MOVES)
    return data[:33] + large + data[33:]


def canvas(width: int, height: int) -> bytes:
    data = bytearray(file_of(Image.new("RGBA", (8, 8)), "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"))
    assert data[12:16] == b"VP8X"
    data[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


BOMBS = {
    "animated PNG": png_of(20_000, 20_000, 8, 2, [bytes(9)], MOVES),
    "PNG that says its size twice": two_headers(),
    "icon of an animated PNG": icon_of(png_of(20_000, 20_000, 8, 2, [bytes(9)], MOVES)),
    "WebP": canvas(16_000, 16_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_too_large_is_refused_before_pillow_sees_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_pillow(*_: object, **__: object) -> None:
        raise AssertionError("Pillow was asked")

    monkeypatch.setattr("PIL.Image.open", no_pillow)
    with pytest.raises(ImageTooLargeError):
        decode(BOMBS[name])


def test_memory_that_runs_out_while_a_header_is_read_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("PIL.Image.open", no_memory)
    with pytest.raises(OutOfMemoryError):
        decode(file_of(scene(4, 4)))


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X", b"RIFF", b"\0\0\1\0"]),
    st.binary(max_size=80),
)
def test_headers_of_nonsense_have_some_size(signature: bytes, rest: bytes) -> None:
    assert min(largest_size(signature + rest)) >= 0
    assert min(largest_size(b"\0\0\1\0" + signature + rest)) >= 0
