"""Sizes are known before memory is taken for them, whatever a file holds."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.errors import ImageTooLargeError, OutOfMemoryError, TruncatedImageError
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


SMALL = png_of(8, 8, 8, 2, [bytes(24)] * 8)
LARGE = png_of(20_000, 20_000, 8, 2, [bytes(9)], MOVES)


NO_KIND = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 9, 9, 0, 0, 0))


def icon_at(*offsets: int, rest: bytes) -> bytes:
    """An icon whose pictures begin at those places of what follows its directory."""
    head = struct.pack("<HHH", 0, 1, len(offsets))
    start = len(head) + 16 * len(offsets)
    return head + b"".join(struct.pack("<8xII", len(rest), start + offset) for offset in offsets) + rest


BOMBS = {
    "animated PNG": png_of(20_000, 20_000, 8, 2, [bytes(9)], MOVES),
    "PNG that says its size twice": two_headers(),
    "icon of an animated PNG": icon_of(png_of(20_000, 20_000, 8, 2, [bytes(9)], MOVES)),
    "PNG whose pixels come first": LARGE[:8] + png_chunk(b"IDAT", b"") + LARGE[8:],
    "PNG whose first header is of no kind": SMALL[:8] + NO_KIND + png_chunk(b"IDAT", b"") + LARGE[8:],
    "icon with 1,000 other PNGs before it": icon_at(8000, rest=SMALL[:8] * 1000 + LARGE),
    "icon with 2,000 entries": icon_at(*[8] * 2000, len(SMALL) + 8, rest=bytes(8) + SMALL + LARGE),
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


def test_signatures_that_no_entry_leads_to_are_no_pictures() -> None:
    assert largest_size(icon_at(0, rest=SMALL + LARGE)) == (8, 8)


@pytest.mark.parametrize("entries", [1, 60_000])
def test_an_icon_has_no_more_chunks_than_can_be_looked_at(entries: int) -> None:
    """Each chain of empty chunks was walked once for each signature: minutes, of 12 MB."""
    signatures = SMALL[:8] * entries
    icon = icon_at(*range(0, len(signatures), 8), rest=signatures + png_chunk(b"teSt", b"") * 120_000)
    with pytest.raises(ValueError, match="chunks"):
        largest_size(icon)
    with pytest.raises(TruncatedImageError):
        decode(icon)


def test_a_frame_before_the_header_leads_nowhere() -> None:
    """Pillow would look for the next chunk four bytes too late."""
    with pytest.raises(TruncatedImageError):
        decode(SMALL[:8] + png_chunk(b"teSt", b"12345678") + png_chunk(b"fdAT", bytes(4)) + SMALL[8:])


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
