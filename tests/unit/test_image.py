"""What `decode` makes of good photos of every kind, and of files that are none."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from alphacut import image as image_module
from alphacut import plugins
from alphacut.errors import (
    READABLE_FORMATS,
    AlphacutError,
    EmptyFileError,
    ImageError,
    ImageTooLargeError,
    NotAnImageError,
    OutOfMemoryError,
    TruncatedImageError,
    UnsupportedFormatError,
    ZeroSizeImageError,
)
from alphacut.image import MAX_PIXELS, Photo, decode
from alphacut.output import Output
from tests.helpers import (
    Bytes8,
    array,
    file_of,
    icc_profile,
    needs_avif,
    noise,
    pixels_of,
    png_of,
    scene,
    with_jpeg_size,
)
from tests.swollen import directory, tiff

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # about damage, which is what is tested

WIDTH, HEIGHT = 7, 5

# How a viewer must turn stored rows to see the photo upright, written down from the EXIF 2.3 table.
UPRIGHT: dict[int, Callable[[Bytes8], Bytes8]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored[::-1].swapaxes(0, 1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: stored[:, ::-1].swapaxes(0, 1),
}


def exif(orientation: int) -> bytes:
    made = Image.Exif()
    made[0x0112] = orientation
    return made.tobytes()


# ---- orientation -----------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize(
    ("image_format", "options"),
    [("PNG", {}), ("JPEG", {"quality": 95}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})],
)
def test_photos_are_turned_upright_to_the_pixel(
    image_format: str, options: dict[str, Any], orientation: int
) -> None:
    stored = pixels_of(file_of(scene(WIDTH, HEIGHT), image_format, **options))
    photo = decode(file_of(scene(WIDTH, HEIGHT), image_format, exif=exif(orientation), **options))
    np.testing.assert_array_equal(array(photo.rgb), UPRIGHT[orientation](stored))
    assert photo.size == ((WIDTH, HEIGHT) if orientation < 5 else (HEIGHT, WIDTH))


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_alpha_is_turned_with_the_colours(orientation: int) -> None:
    stored = noise(WIDTH, HEIGHT, 4)
    photo = decode(file_of(stored, exif=exif(orientation)))
    np.testing.assert_array_equal(array(photo.rgb), UPRIGHT[orientation](stored)[..., :3])
    np.testing.assert_array_equal(array(photo.alpha), UPRIGHT[orientation](stored)[..., 3])


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_turns_nothing(orientation: int) -> None:
    photo = decode(file_of(scene(WIDTH, HEIGHT), exif=exif(orientation)))
    np.testing.assert_array_equal(array(photo.rgb), scene(WIDTH, HEIGHT))


@given(st.binary(max_size=60))
def test_damaged_exif_does_not_keep_a_photo_from_being_read(damage: bytes) -> None:
    photo = decode(file_of(scene(WIDTH, HEIGHT), exif=b"Exif\0\0II*\0\x08\0\0\0" + damage))
    assert sorted(photo.size) == sorted((WIDTH, HEIGHT))


# ---- kinds of pixels -------------------------------------------------------------------------------


@pytest.mark.parametrize("image_format", ["PNG", "BMP", "TIFF", "PPM", "TGA", "ICO", "WEBP"])
def test_lossless_formats_give_the_pixels_that_were_saved(image_format: str) -> None:
    pixels = scene(32, 16)
    special: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True}, "ICO": {"sizes": [(32, 16)]}}
    options = special.get(image_format, {})
    photo = decode(file_of(pixels, image_format, **options))
    np.testing.assert_array_equal(array(photo.rgb), pixels)
    assert photo.format == image_format


def test_jpeg_pixels_are_those_that_pillow_decodes() -> None:
    data = file_of(scene(50, 40), "JPEG", quality=80)
    photo = decode(data)
    np.testing.assert_array_equal(array(photo.rgb), pixels_of(data))
    assert (photo.alpha, photo.format, photo.frames) == (None, "JPEG", 1)


@pytest.mark.parametrize("image_format", ["PNG", "TIFF", "TGA", "WEBP"])
def test_alpha_comes_apart_from_the_colours_and_neither_changes(image_format: str) -> None:
    pixels = noise(9, 6, 4)
    options = {"lossless": True, "exact": True} if image_format == "WEBP" else {}
    photo = decode(file_of(pixels, image_format, **options))
    assert photo.rgb.mode == "RGB"
    np.testing.assert_array_equal(array(photo.rgb), pixels[..., :3])
    np.testing.assert_array_equal(array(photo.alpha), pixels[..., 3])


def palette_image() -> tuple[Image.Image, Bytes8]:
    colours = noise(16, 1, 3, seed=3)[0]
    indices = noise(WIDTH, HEIGHT, 1, seed=4) % 16
    image = Image.fromarray(indices).convert("P")
    image.putpalette(colours.tobytes())
    image.putdata(indices.ravel().tolist())
    return image, colours[indices]


def test_palettes_become_their_colours() -> None:
    image, expected = palette_image()
    photo = decode(file_of(image))
    np.testing.assert_array_equal(array(photo.rgb), expected)
    assert photo.alpha is None


def test_palettes_with_an_alpha_each_keep_every_alpha() -> None:
    image, expected = palette_image()
    alphas = bytes(range(0, 256, 17))
    photo = decode(file_of(image, transparency=alphas))
    np.testing.assert_array_equal(array(photo.rgb), expected)
    np.testing.assert_array_equal(array(photo.alpha), np.frombuffer(alphas, np.uint8)[array(image)])


def test_palettes_with_one_transparent_entry_hide_it_alone() -> None:
    image, _ = palette_image()
    photo = decode(file_of(image, "GIF", transparency=3))
    np.testing.assert_array_equal(array(photo.alpha), np.where(array(image) == 3, 0, 255))


def test_a_colour_key_becomes_transparency() -> None:
    pixels = scene(WIDTH, HEIGHT)
    key = tuple(int(level) for level in pixels[2, 3])
    photo = decode(file_of(pixels, transparency=key))
    np.testing.assert_array_equal(array(photo.rgb), pixels)
    expected = np.full((HEIGHT, WIDTH), 255)
    expected[2, 3] = 0
    np.testing.assert_array_equal(array(photo.alpha), expected)


def test_a_grey_key_becomes_transparency() -> None:
    pixels = noise(WIDTH, HEIGHT, 1) // 16 * 16
    photo = decode(file_of(pixels, transparency=int(pixels[1, 1])))
    np.testing.assert_array_equal(array(photo.alpha), np.where(pixels == pixels[1, 1], 0, 255))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_a_key_of_grey_of_few_bits_is_compared_on_their_scale(depth: int) -> None:
    levels = range(2**depth)
    bits = "".join(f"{level:0{depth}b}" for level in levels)
    row = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    photo = decode(png_of(len(levels), 1, depth, 0, [row], (b"tRNS", struct.pack(">H", 1))))
    assert array(photo.alpha)[0].tolist() == [0 if level == 1 else 255 for level in levels]


def test_alpha_that_hides_nothing_is_none() -> None:
    opaque = np.dstack([scene(WIDTH, HEIGHT), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    assert decode(file_of(opaque)).alpha is None
    opaque[1, 2, 3] = 254
    assert array(decode(file_of(opaque)).alpha)[1, 2] == 254


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_grey_of_few_bits_spans_black_to_white(depth: int) -> None:
    top = 2**depth - 1
    rows = [bytes([int(f"{0:0{depth}b}{top:0{depth}b}".ljust(8, "0"), 2)])]
    photo = decode(png_of(2, 1, depth, 0, rows))
    assert array(photo.rgb).tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_grey_becomes_three_equal_channels() -> None:
    pixels = noise(WIDTH, HEIGHT, 1)
    np.testing.assert_array_equal(array(decode(file_of(pixels)).rgb), np.stack([pixels] * 3, -1))


def test_grey_with_alpha_keeps_both() -> None:
    pixels = noise(WIDTH, HEIGHT, 2)
    photo = decode(file_of(Image.fromarray(pixels, "LA")))
    np.testing.assert_array_equal(array(photo.rgb), np.stack([pixels[..., 0]] * 3, -1))
    np.testing.assert_array_equal(array(photo.alpha), pixels[..., 1])


@pytest.mark.parametrize("image_format", ["PNG", "TIFF", "BMP", "PPM"])
def test_bilevel_becomes_black_and_white(image_format: str) -> None:
    bits = noise(WIDTH, HEIGHT, 1) > 127
    photo = decode(file_of(Image.fromarray(bits), image_format))
    np.testing.assert_array_equal(array(photo.rgb), np.stack([bits * np.uint8(255)] * 3, -1))


INKS = {
    (0, 0, 0, 0): (255, 255, 255),
    (255, 0, 0, 0): (0, 255, 255),
    (0, 255, 0, 0): (255, 0, 255),
    (0, 0, 255, 0): (255, 255, 0),
    (0, 0, 0, 255): (0, 0, 0),
    (128, 0, 0, 128): (63, 127, 127),
}


@pytest.mark.parametrize(("ink", "colour"), INKS.items())
@pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
def test_cmyk_inks_become_the_colours_they_print(
    image_format: str, ink: tuple[int, ...], colour: tuple[int, ...]
) -> None:
    data = file_of(Image.new("CMYK", (16, 16), ink), image_format)
    assert image_format != "JPEG" or b"Adobe" in data  # that marker says that the inks are stored inverted
    pixels = array(decode(data).rgb).reshape(-1, 3).astype(int)
    assert np.abs(pixels - colour).max() <= 2


# ---- more than 8 bits ------------------------------------------------------------------------------

LEVELS_16 = (0, 1, 255, 256, 257, 511, 512, 32767, 32768, 65279, 65280, 65535)


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=20))
@example(list(LEVELS_16))
def test_16_bit_grey_is_scaled_not_clipped(levels: list[int]) -> None:
    photo = decode(png_of(len(levels), 1, 16, 0, [struct.pack(f">{len(levels)}H", *levels)]))
    assert array(photo.rgb)[0].tolist() == [[level // 256] * 3 for level in levels]


@given(st.lists(st.integers(0, 65535), min_size=3, max_size=24))
@example(list(LEVELS_16))
def test_16_bit_colours_are_scaled_not_clipped(levels: list[int]) -> None:
    levels = levels[: len(levels) // 3 * 3]
    photo = decode(png_of(len(levels) // 3, 1, 16, 2, [struct.pack(f">{len(levels)}H", *levels)]))
    assert array(photo.rgb).ravel().tolist() == [level // 256 for level in levels]


def test_16_bit_colours_with_alpha_keep_both() -> None:
    photo = decode(png_of(2, 1, 16, 6, [struct.pack(">8H", 65535, 256, 0, 65535, 512, 513, 514, 256)]))
    assert array(photo.rgb).tolist() == [[[255, 1, 0], [2, 2, 2]]]
    assert array(photo.alpha).tolist() == [[255, 1]]


def test_16_bit_grey_with_alpha_keeps_both() -> None:
    photo = decode(png_of(2, 1, 16, 4, [struct.pack(">4H", 65535, 65535, 512, 256)]))
    assert array(photo.rgb).tolist() == [[[255] * 3, [2] * 3]]
    assert array(photo.alpha).tolist() == [[255, 1]]


def test_16_bit_grey_keys_compare_all_16_bits() -> None:
    photo = decode(png_of(3, 1, 16, 0, [struct.pack(">3H", 256, 257, 0)], (b"tRNS", struct.pack(">H", 257))))
    assert array(photo.alpha).tolist() == [[255, 0, 255]]


@pytest.mark.parametrize("asked", [8, 16])
def test_16_bit_colour_keys_compare_all_16_bits(asked: int) -> None:
    colours = [(256, 512, 769), (256, 512, 768), (257, 512, 769), (256, 768, 769), (512, 512, 769)]
    row = b"".join(struct.pack(">3H", *colour) for colour in colours)
    data = png_of(len(colours), 1, 16, 2, [row], (b"tRNS", struct.pack(">3H", *colours[0])))
    assert array(decode(data, Output(depth=asked)).alpha).tolist() == [[0, 255, 255, 255, 255]]


def grey_tiff(
    samples: bytes, width: int, bits: int, *, photometric: int = 1, channels: int = 1, sample_format: int = 1
) -> bytes:
    """Write a TIFF of one row byte by byte: Pillow can't write every kind."""
    tags = [
        (256, 1, width), (257, 1, 1), (258, channels, bits * 0x10001 if channels == 2 else bits), (259, 1, 1),
        (262, 1, photometric), (273, 1, 8), (277, 1, channels), (278, 1, 1), (279, 1, len(samples)),
        (339, 1, sample_format),
    ]  # fmt: skip
    samples += bytes(len(samples) % 2)
    table = b"".join(struct.pack("<HHII", tag, 3, count, value) for tag, count, value in tags)
    head = struct.pack("<2sHI", b"II", 42, 8 + len(samples))
    return head + samples + struct.pack("<H", len(tags)) + table + bytes(4)


@pytest.mark.parametrize("asked", [8, 16])
def test_16_bit_grey_tiff_where_0_is_white_is_no_negative(asked: int) -> None:
    samples = struct.pack("<3H", 0, 0x1234, 65535)
    photo = decode(grey_tiff(samples, 3, 16, photometric=0), Output(depth=asked))
    assert array(photo.rgb)[0, :, 0].tolist() == [255, 0xED, 0]
    if asked == 16:
        assert array(photo.low)[0, :, 0].tolist() == [255, 0xCB, 0]


def test_12_bit_grey_tiff_spans_black_to_white() -> None:
    photo = decode(grey_tiff(bytes.fromhex("000 800 fff 001".replace(" ", "")), 4, 12), Output(depth=16))
    assert array(photo.rgb)[0, :, 0].tolist() == [0, 0x80, 255, 0]
    assert array(photo.low)[0, :, 0].tolist() == [0, 0x08, 255, 0x10]


def test_a_kind_of_tiff_that_pillow_lacks_is_not_called_damaged() -> None:
    with pytest.raises(UnsupportedFormatError):
        decode(grey_tiff(bytes(8), 2, 16, channels=2))


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I"])
def test_16_bit_grey_tiff_is_scaled_not_clipped(mode: str) -> None:
    levels = np.array([LEVELS_16], np.int32 if mode == "I" else ">u2" if mode == "I;16B" else "<u2")
    photo = decode(file_of(Image.frombytes(mode, (len(LEVELS_16), 1), levels.tobytes()), "TIFF"))
    assert array(photo.rgb)[0, :, 0].tolist() == [level // 256 for level in LEVELS_16]


def test_float_tiff_of_unit_range_spans_black_to_white() -> None:
    values = np.linspace(0, 1, 52, dtype=np.float32).reshape(1, -1)
    photo = decode(file_of(Image.fromarray(values), "TIFF"))
    np.testing.assert_array_equal(array(photo.rgb)[0, :, 0], np.arange(0, 256, 5))


def test_float_tiff_of_another_range_takes_its_maximum_for_white() -> None:
    values = np.array([[-3.0, 0.0, 500.0, 1000.0, np.nan, np.inf, -np.inf]], np.float32)
    photo = decode(file_of(Image.fromarray(values), "TIFF"))
    # What is not a number is nothing.
    assert array(photo.rgb)[0, :, 0].tolist() == [0, 0, 128, 255, 0, 255, 0]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -3e38])
@pytest.mark.filterwarnings("error")
def test_float_tiff_of_extremes_alone_is_read(value: float) -> None:
    photo = decode(file_of(Image.fromarray(np.full((2, 2), value, np.float32)), "TIFF"))
    assert np.unique(array(photo.rgb)).tolist() == [255 if value > 0 else 0]


def test_float_tiff_where_0_is_white_is_no_negative() -> None:
    photo = decode(grey_tiff(struct.pack("<3f", 0, 0.2, 1), 3, 32, photometric=0, sample_format=3))
    assert array(photo.rgb)[0, :, 0].tolist() == [255, 204, 0]


@pytest.mark.parametrize(
    ("samples", "levels"),
    [
        ((0, 255, 65535, 32768), [0, 0, 255, 128]),  # 16 bits, as microscopes and the like write them
        ((0, 1 << 16, (1 << 20) - 1, 1 << 19), [0, 15 + 1, 255, 128]),
        ((0, 1 << 31, (1 << 32) - 1, 3 << 30), [0, 128, 255, 192]),
        ((0, 0xE0000000, 1 << 24, 1), [0, 224, 1, 0]),
    ],
)
def test_unsigned_32_bit_tiff_has_as_many_bits_as_its_greatest_sample_takes(
    samples: tuple[int, ...], levels: list[int]
) -> None:
    photo = decode(grey_tiff(struct.pack("<4I", *samples), 4, 32))
    assert array(photo.rgb)[0, :, 0].tolist() == levels


def test_signed_32_bit_tiff_is_black_below_0() -> None:
    data = grey_tiff(struct.pack("<4i", -1, 0, 1 << 30, (1 << 31) - 1), 4, 32, sample_format=2)
    assert array(decode(data).rgb)[0, :, 0].tolist() == [0, 0, 128, 255]


@pytest.mark.parametrize(("bits", "sample_format"), [(64, 3), (16, 3)])
def test_kinds_of_float_tiff_that_pillow_lacks_are_told(bits: int, sample_format: int) -> None:
    with pytest.raises(UnsupportedFormatError):
        decode(grey_tiff(bytes(8), 1, bits, sample_format=sample_format))


# ---- profiles, frames ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "image_format", "space", "kept"),
    [
        ("RGB", "JPEG", b"RGB ", True),
        ("RGB", "PNG", b"RGB ", True),
        ("RGBA", "PNG", b"RGB ", True),
        ("P", "PNG", b"RGB ", True),
        ("RGB", "WEBP", b"RGB ", True),
        ("RGB", "TIFF", b"RGB ", True),
        ("L", "JPEG", b"GRAY", False),
        ("L", "PNG", b"RGB ", True),
        ("CMYK", "JPEG", b"CMYK", False),
        ("CMYK", "TIFF", b"CMYK", False),
        ("RGB", "PNG", b"GRAY", False),
    ],
)
def test_profiles_are_kept_where_they_still_fit(
    mode: str, image_format: str, space: bytes, kept: bool
) -> None:
    profile = icc_profile(space)
    photo = decode(file_of(Image.fromarray(scene(8, 8)).convert(mode), image_format, icc_profile=profile))
    assert photo.icc_profile == (profile if kept else None)


def test_a_cut_off_profile_is_dropped() -> None:
    assert decode(file_of(scene(8, 8), icc_profile=icc_profile()[:100])).icc_profile is None


@pytest.mark.parametrize(
    ("image_format", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})]
)
def test_animations_give_their_first_frame_and_say_how_many_there_are(
    image_format: str, options: dict[str, Any]
) -> None:
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]
    first, *more = (Image.new("RGB", (6, 4), colour) for colour in colours)
    data = file_of(first, image_format, save_all=True, append_images=more, duration=100, **options)
    photo = decode(data)
    assert photo.frames == 3
    assert np.unique(array(photo.rgb).reshape(-1, 3), axis=0).tolist() == [[250, 0, 0]]


def test_the_second_picture_of_an_mpo_is_no_animation() -> None:
    first, second = Image.new("RGB", (16, 16), (200, 10, 10)), Image.new("RGB", (16, 16), (10, 10, 200))
    photo = decode(file_of(first, "MPO", save_all=True, append_images=[second]))
    assert photo.frames == 1
    assert np.abs(array(photo.rgb).astype(int) - (200, 10, 10)).max() <= 3


@pytest.mark.parametrize("orientation", [1, 6])
def test_counting_a_tiffs_pages_leaves_the_first_one_as_it_was(orientation: int) -> None:
    pages = [Image.fromarray(scene(WIDTH, HEIGHT)), Image.new("L", (30, 3))]
    data = file_of(pages[0], "TIFF", save_all=True, append_images=pages[1:], exif=exif(orientation))
    photo = decode(data)
    assert photo.frames == 2
    np.testing.assert_array_equal(array(photo.rgb), UPRIGHT[orientation](scene(WIDTH, HEIGHT)))


def test_damage_in_a_later_frame_does_not_matter_to_the_first() -> None:
    first, second = Image.new("RGB", (6, 4), (250, 0, 0)), Image.new("RGB", (6, 4), (0, 250, 0))
    one, two = (
        file_of(first, "GIF", save_all=True, append_images=[second] * more, duration=100) for more in (0, 1)
    )
    photo = decode(two[: len(one) + 1])
    assert np.unique(array(photo.rgb).reshape(-1, 3), axis=0).tolist() == [[250, 0, 0]]


# ---- files that can't be used ----------------------------------------------------------------------


def test_an_empty_file_is_called_empty() -> None:
    with pytest.raises(EmptyFileError, match="empty"):
        decode(b"")


@pytest.mark.parametrize(
    "data", [b"hello, I am text\n" * 40, b"\0" * 4000, b"PK\x03\x04" + b"x" * 200, b"<html>", b"P"]
)
def test_what_is_no_image_is_called_so_and_the_formats_are_named(data: bytes) -> None:
    with pytest.raises(NotAnImageError) as caught:
        decode(data)
    assert all(name in caught.value.hint for name in READABLE_FORMATS)


FOREIGN = {
    "HEIC": b"\0\0\0\x18ftypheic",
    "SVG": b"<?xml version='1.0'?>\n<svg xmlns=",
    "PDF": b"%PDF-1.7\n",
    "JPEG XL": b"\xff\x0a\xfa\x1f",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "Photoshop": b"8BPS\0\1",
    "Canon raw": b"\0\0\0\x18ftypcrx ",
    "Video": b"\0\0\0\x18ftypisom",
    "BigTIFF": b"II+\0\x08\0",
    "OpenEXR": b"\x76\x2f\x31\x01\2",
    "PostScript": b"%!PS-Adobe-3.0",
}


@pytest.mark.parametrize(("name", "signature"), FOREIGN.items())
def test_formats_that_are_known_but_not_read_are_named_beside_those_that_are(
    name: str, signature: bytes
) -> None:
    with pytest.raises(UnsupportedFormatError, match=name) as caught:
        decode(signature + bytes(200))
    assert caught.value.code == "unsupported-format"
    assert all(readable in caught.value.hint for readable in READABLE_FORMATS)


def png_header(width: int, height: int) -> bytes:
    return png_of(width, height, 8, 2, [bytes(7)])


def gif_header(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b";"


def bmp_header(width: int, height: int) -> bytes:
    return (
        b"BM"
        + struct.pack("<IHHIIiiHHIIiiII", 58, 0, 0, 54, 40, width, height, 1, 24, 0, 4, 0, 0, 0, 0)
        + bytes(4)
    )


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (0, 0)])
@pytest.mark.parametrize("header", [png_header, gif_header, bmp_header])
def test_images_without_pixels_are_called_so(
    header: Callable[[int, int], bytes], size: tuple[int, int]
) -> None:
    with pytest.raises(ZeroSizeImageError) as caught:
        decode(header(*size))
    assert caught.value.code == "zero-size-image"


def test_a_jpeg_without_height_is_an_error_of_the_image() -> None:
    with pytest.raises(ImageError):
        decode(with_jpeg_size(file_of(scene(16, 16), "JPEG"), 16, 0))


@pytest.mark.parametrize("size", [(20_000, 10_000), (15_000, 10_000), (65_500, 65_500)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_headers_of_too_many_megapixels_are_refused_before_any_pixel_is_decoded(
    kind: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_pixels(*_: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", no_pixels)
    jpeg = file_of(scene(16, 16), "JPEG")
    data = {"PNG": png_header(*size), "JPEG": with_jpeg_size(jpeg, *size), "BMP": bmp_header(*size)}[kind]
    with pytest.raises(ImageTooLargeError, match="megapixels") as caught:
        decode(data)
    assert str(MAX_PIXELS // 1_000_000) in caught.value.message


@pytest.mark.parametrize(("size", "told"), [((12_830, 10_000), "128.3"), ((128_001, 1000), "128.1")])
def test_what_is_just_too_large_is_not_told_the_limit(size: tuple[int, int], told: str) -> None:
    with pytest.raises(ImageTooLargeError, match=rf"has {told} megapixels; at most 128 can"):
        decode(png_header(*size))


def test_the_limit_itself_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_module, "MAX_PIXELS", 12 * 10)
    assert decode(file_of(scene(12, 10))).size == (12, 10)
    with pytest.raises(ImageTooLargeError):
        decode(file_of(scene(11, 11)))


def test_running_out_of_memory_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", no_memory)
    with pytest.raises(OutOfMemoryError):
        decode(file_of(scene(4, 4)))


# ---- damage ----------------------------------------------------------------------------------------

SAMPLES: dict[str, bytes] = {
    "JPEG": file_of(scene(40, 30), "JPEG", exif=exif(6)),
    "progressive JPEG": file_of(scene(40, 30), "JPEG", progressive=True),
    "PNG": file_of(scene(20, 15), exif=exif(6), icc_profile=icc_profile()),
    "palette PNG": file_of(palette_image()[0], transparency=bytes(range(16))),
    "16-bit PNG": png_of(2, 1, 16, 0, [struct.pack(">2H", 1, 2)], (b"tRNS", b"\0\1"), (b"tEXt", b"Title\0x")),
    "GIF": file_of(palette_image()[0], "GIF", save_all=True, append_images=[palette_image()[0].rotate(90)]),
    "WebP": file_of(noise(20, 15, 4), "WEBP"),
    "TIFF": file_of(scene(12, 9), "TIFF"),
    "LZW TIFF": file_of(scene(12, 9), "TIFF", compression="tiff_lzw"),
    "BMP": file_of(scene(12, 9), "BMP"),
    "TGA": file_of(scene(12, 9), "TGA", compression="tga_rle"),
    "ICO": file_of(scene(16, 16), "ICO"),
    "PPM": file_of(scene(12, 9), "PPM"),
}


def decodes_or_says_why(data: bytes) -> Photo | None:
    """Anything but a photo or an AlphacutError fails the test."""
    try:
        photo = decode(data)
    except AlphacutError as error:
        assert error.message
        return None
    assert photo.rgb.mode == "RGB"
    assert photo.alpha is None or (photo.alpha.mode, photo.alpha.size) == ("L", photo.size)
    photo.rgb.getpixel((0, 0))
    return photo


@pytest.fixture
def few_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Damaged headers tell of huge images; decoding those would only take time."""
    monkeypatch.setattr(image_module, "MAX_PIXELS", 100_000)


@pytest.mark.parametrize("name", ["JPEG", "progressive JPEG", "PNG", "GIF", "WebP", "BMP", "LZW TIFF"])
def test_a_file_cut_off_anywhere_says_that_it_is_damaged(name: str) -> None:
    data = SAMPLES[name]
    read = 0
    for length in range(1, len(data)):
        try:
            decode(data[:length])
            read += 1
        except (TruncatedImageError, NotAnImageError) as error:
            assert isinstance(error, TruncatedImageError) or length < 16  # the signature itself was cut
    # What is missing at the very end (end markers, later frames) may not matter to the first picture.
    assert read < len(data) / 2


@pytest.mark.usefixtures("few_pixels")
@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_gives_a_photo_or_an_error_of_ours(name: str, data: st.DataObject) -> None:
    damaged = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(1, len(damaged))))
    decodes_or_says_why(bytes(damaged[:cut]))


@pytest.mark.usefixtures("few_pixels")
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([sample[:12] for sample in SAMPLES.values()] + [b""]), st.binary(max_size=200))
@example(b"\0\0\1\0\1\0\x10\x10", bytes(13) + b"\x80")  # an icon that is said to be 2 GB away
def test_any_bytes_after_a_signature_give_a_photo_or_an_error_of_ours(signature: bytes, rest: bytes) -> None:
    decodes_or_says_why(signature + rest)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_to_damage_are_whole(name: str) -> None:
    assert decodes_or_says_why(SAMPLES[name]) is not None


@needs_avif
def test_a_damaged_avif_is_called_damaged() -> None:
    data = file_of(scene(12, 9), "AVIF")
    with pytest.raises(TruncatedImageError):
        decode(data.replace(b"av01", b"av02"))
    at = data.index(b"mdat") + 4
    with pytest.raises(TruncatedImageError):
        decode(data[:at] + bytes(len(data) - at))


def test_indices_without_a_palette_are_called_damaged() -> None:
    with pytest.raises(TruncatedImageError):
        decode(png_of(2, 1, 8, 3, [b"\0\1"]))


@needs_avif
def test_frames_of_no_time_at_all_are_damage() -> None:
    data = file_of(scene(12, 9), "AVIF", save_all=True, append_images=[Image.fromarray(scene(12, 9))])
    at = data.index(b"mdhd") + 4 + 20  # the number of ticks a second, after two long dates
    assert struct.unpack_from(">I", data, at) != (0,)
    with pytest.raises(TruncatedImageError):
        decode(data[:at] + bytes(4) + data[at + 4 :])


def test_faxes_are_read_where_pillow_writes_to_all_memory_that_it_gives_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    diagonal = bytes.fromhex(
        "26aacad1941b2886521947001001"
    )  # Group 4, made by libtiff: Pyodide's must not write
    fields = {"tag_258": 1, "tag_259": 4, "tag_279": len(diagonal)}
    place = 8 + len(directory(8, 0, 16, 6, **fields))
    data = tiff(directory(8, 0, 16, 6, tag_273=place, **fields)) + diagonal
    monkeypatch.setattr(plugins, "WRITES_ALL", True)
    np.testing.assert_array_equal(array(decode(data).rgb)[..., 0], np.eye(6, 16) * 255)
    monkeypatch.setattr(plugins, "WRITES_ALL", False)
    with pytest.raises(UnsupportedFormatError, match="fax"):
        decode(data)


def test_exif_of_nonsense_is_not_kept_and_does_no_harm() -> None:
    entry = struct.pack("<HHIIII", 0x0131, 5, 1, 26, 0, 0) + struct.pack("<II", 1, 3)  # a program that is 1/3
    data = file_of(scene(8, 6), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\1\0" + entry)
    assert decode(data, Output(metadata="keep")).size == (8, 6)


def test_pillow_may_read_no_other_format_than_was_sniffed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    plain = Image.open

    def watched(stream: io.BytesIO, formats: tuple[str, ...]) -> Image.Image:
        asked.append(formats)
        return plain(stream, formats=formats)

    monkeypatch.setattr("PIL.Image.open", watched)
    decode(SAMPLES["PNG"])
    assert asked == [("PNG",)]
