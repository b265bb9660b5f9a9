"""16 bits a colour, in and out: every bit of what is opaque, and files that others read."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from alphacut.encode import encode
from alphacut.errors import AlphacutError
from alphacut.image import decode
from alphacut.output import Output
from alphacut.profiles import display_p3
from tests import icc
from tests.helpers import array, file_of, noise, png_chunks, png_of, scene
from tests.numerics import held

Words = NDArray[np.uint16]
DEEP = Output(depth=16)


def words(width: int, height: int, channels: int, seed: int = 0) -> Words:
    made = np.random.default_rng(seed).integers(0, 65536, (height, width, channels))
    return np.asarray(made, np.uint16)


def deep_png(levels: Words) -> bytes:
    height, width, channels = levels.shape
    rows = [row.astype(">u2").tobytes() for row in levels]
    return png_of(width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], rows)


def deep_tiff(levels: Words, order: str) -> bytes:
    """Write an uncompressed TIFF of 16-bit RGB or RGBA: Pillow can't."""
    height, width, channels = levels.shape
    pixels = levels.astype(f"{order}u2").tobytes()
    tags = [
        (256, 4, [width]), (257, 4, [height]), (258, 3, [16] * channels), (259, 3, [1]), (262, 3, [2]),
        (273, 4, [8]), (277, 3, [channels]), (278, 4, [height]), (279, 4, [len(pixels)]), (284, 3, [1]),
        *([(338, 3, [2])] if channels == 4 else []),
    ]  # fmt: skip
    start = 8 + len(pixels) + len(pixels) % 2
    after, table = start + 6 + 12 * len(tags), b""
    extra = b""
    for tag, kind, values in tags:
        body = struct.pack(f"{order}{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(body) > 4:
            extra, body = extra + body, struct.pack(f"{order}I", after + len(extra))
        table += struct.pack(f"{order}HHI", tag, kind, len(values)) + body.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", start)
    return (
        head + pixels.ljust(start - 8, b"\0")
        + struct.pack(f"{order}H", len(tags)) + table + bytes(4) + extra
    )  # fmt: skip


def read_deep(data: bytes) -> Words:
    """Read a 16-bit PNG byte by byte: the filters of its rows undone, its checksums verified."""
    at, pixels, header = 8, b"", b""
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(name + body)
        pixels += body if name == b"IDAT" else b""
        header = body if name == b"IHDR" else header
        at += 12 + length
    width, height, depth, kind = struct.unpack_from(">IIBB", header)
    assert depth == 16
    channels = {0: 1, 2: 3, 6: 4}[kind]
    step, stride = 2 * channels, 2 * channels * width
    raw = np.frombuffer(zlib.decompress(pixels), np.uint8).reshape(height, 1 + stride)
    rows, above = np.empty((height, stride), np.uint8), np.zeros(stride, np.uint8)
    for index, (filter_, *_) in enumerate(raw):
        row = raw[index, 1:].copy()
        if filter_ == 1:
            for x in range(step, stride):
                row[x] = (int(row[x]) + int(row[x - step])) & 255
        else:
            assert filter_ == 2
            row += above
        rows[index] = above = row
    return rows.view(">u2").reshape(height, width, channels).astype(np.uint16)


def cutout(data: bytes, alpha: int = 255) -> bytes:
    photo = decode(data, DEEP)
    image = photo.rgb.copy()
    image.putalpha(alpha)
    return encode(image, DEEP, low=photo.low, icc_profile=photo.icc_profile)


@held(
    "deep.read_low_bytes",
    "deep.encode_deep_png",
    against="the samples themselves",
    over="size from 1 x 1, channels",
    within="0 of 65535",
)
@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from([3, 4]), st.integers(0, 99))
def test_every_bit_of_a_colour_comes_through(width: int, height: int, channels: int, seed: int) -> None:
    levels = words(width, height, channels, seed)
    np.testing.assert_array_equal(read_deep(cutout(deep_png(levels)))[..., :3], levels[..., :3])


@pytest.mark.parametrize("channels", [1, 2])
def test_every_bit_of_grey_comes_through(channels: int) -> None:
    levels = words(9, 7, channels)
    expected = np.repeat(levels[..., :1], 3, axis=-1)
    np.testing.assert_array_equal(read_deep(cutout(deep_png(levels)))[..., :3], expected)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [3, 4])
def test_every_bit_of_a_tiff_comes_through(order: str, channels: int) -> None:
    levels = words(9, 7, channels)
    data = deep_tiff(levels, order)
    np.testing.assert_array_equal(array(decode(data).rgb), levels[..., :3] >> 8)
    np.testing.assert_array_equal(read_deep(cutout(data))[..., :3], levels[..., :3])


def test_a_turned_photo_keeps_its_bits_where_they_belong() -> None:
    levels = words(9, 7, 3)
    exif = Image.Exif()
    exif[0x0112] = 6
    body = exif.tobytes().removeprefix(b"Exif\0\0")
    rows = [row.astype(">u2").tobytes() for row in levels]
    turned = png_of(9, 7, 16, 2, rows, (b"eXIf", body))
    np.testing.assert_array_equal(read_deep(cutout(turned))[..., :3], np.rot90(levels, -1))


def test_photos_of_8_bits_fill_the_range() -> None:
    pixels = noise(9, 7)
    assert decode(file_of(pixels), DEEP).low is None
    np.testing.assert_array_equal(read_deep(cutout(file_of(pixels)))[..., :3], pixels.astype(int) * 257)


def test_lower_bytes_are_read_only_if_they_are_asked_for() -> None:
    assert decode(deep_png(words(4, 4, 3))).low is None
    assert decode(deep_png(words(4, 4, 3)), DEEP).low is not None


def test_colours_under_partial_alpha_are_the_cutouts_own() -> None:
    """They may have been estimated: the photo's lower bytes have nothing to do with them."""
    found = read_deep(cutout(deep_png(words(9, 7, 3)), alpha=100))
    assert (found[..., :3] % 257 == 0).all()
    assert (found[..., 3] == 100 * 257).all()


def test_colours_that_a_profile_changed_have_no_lower_bytes() -> None:
    levels = words(5, 4, 1)
    rows = [row.astype(">u2").tobytes() for row in levels]
    profile = b"x\0\0" + zlib.compress(icc.grey(icc.curve(1.0)))
    assert decode(png_of(5, 4, 16, 0, rows, (b"iCCP", profile)), DEEP).low is None


@pytest.mark.parametrize("background", [(0, 0, 0), (255, 255, 255), (10, 200, 99)])
def test_on_a_background_16_bits_are_mixed_and_rounded(background: tuple[int, int, int]) -> None:
    pixels = noise(16, 16, 4)
    found = read_deep(encode(Image.fromarray(pixels), Output(depth=16, background=background)))
    part = pixels[..., 3:] / 255
    exact = 257 * (pixels[..., :3] * part + np.array(background) * (1 - part))
    assert found.shape[2] == 3
    assert np.abs(found - exact).max() <= 0.51


def test_a_background_of_16_bits_is_srgbs_whatever_the_photos_profile() -> None:
    empty = Image.new("RGBA", (2, 2))
    found = read_deep(encode(empty, Output(depth=16, background=(255, 0, 0)), icc_profile=display_p3()))
    assert found[1, 1].tolist() == [257 * level for level in (234, 51, 35)]


def test_premultiplied_16_bits_are_rounded() -> None:
    pixels = noise(16, 16, 4)
    found = read_deep(encode(Image.fromarray(pixels), Output(depth=16, premultiplied=True)))
    assert np.abs(found[..., :3] - 257.0 * pixels[..., :3] * (pixels[..., 3:] / 255)).max() <= 0.51
    np.testing.assert_array_equal(found[..., 3], pixels[..., 3].astype(int) * 257)


def test_a_deep_mask_is_grey() -> None:
    pixels = noise(16, 16, 4)
    found = read_deep(encode(Image.fromarray(pixels), Output(format="mask-png", depth=16)))
    np.testing.assert_array_equal(found[..., 0], pixels[..., 3].astype(int) * 257)


@pytest.mark.parametrize("effort", ["fast", "small"])
def test_tall_photos_are_encoded_in_bands_that_fit_together(effort: Any) -> None:
    levels = words(3, 200, 3)
    photo = decode(deep_png(levels), DEEP)
    photo.rgb.putalpha(255)
    data = encode(photo.rgb, Output(depth=16, effort=effort), low=photo.low)
    np.testing.assert_array_equal(read_deep(data)[..., :3], levels)


def test_smooth_photos_get_smaller_by_filters_and_effort() -> None:
    image = Image.fromarray(scene(200, 150))
    image.putalpha(255)
    fast, small = (len(encode(image, Output(depth=16, effort=effort))) for effort in ("fast", "small"))
    assert small < fast < 200 * 150 * 8 / 2


def test_profile_and_metadata_are_embedded_where_others_find_them() -> None:
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    data = encode(Image.fromarray(noise(4, 4, 4)), DEEP, icc_profile=icc.rgb(), exif=exif.tobytes())
    assert list(dict.fromkeys(png_chunks(data))) == [b"IHDR", b"iCCP", b"eXIf", b"IDAT", b"IEND"]
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["icc_profile"] == icc.rgb()
        assert image.getexif()[0x010F] == "a maker"


SAMPLES = {
    "rgb": deep_png(words(6, 5, 3)), "rgba": deep_png(words(6, 5, 4)), "grey": deep_png(words(6, 5, 1)),
    "grey with alpha": deep_png(words(6, 5, 2)), "tiff": deep_tiff(words(6, 5, 3), "<"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_damage_gives_a_photo_or_an_error_of_ours(name: str, data: st.DataObject) -> None:
    damaged = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 5))):
        # Not in the header's size: huge images only take time.
        damaged[data.draw(st.integers(24, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        photo = decode(bytes(damaged[: data.draw(st.integers(30, len(damaged)))]), DEEP)
    except AlphacutError:
        return
    assert photo.low is None or (photo.low.mode, photo.low.size) == ("RGB", photo.size)
