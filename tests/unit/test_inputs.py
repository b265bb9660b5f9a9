"""Pictures and arrays become the same photos as files do, and stay what they were."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.errors import (
    BadOptionsError,
    ImageTooLargeError,
    TruncatedImageError,
    UnsupportedFormatError,
    ZeroSizeImageError,
)
from alphacut.image import MAX_PIXELS, Photo, decode
from alphacut.inputs import photo_of
from tests.helpers import array, file_of, icc_profile, noise, png_of, scene

SCENE = Image.fromarray(scene(13, 9))


def assert_same(found: Photo, wanted: Photo) -> None:
    np.testing.assert_array_equal(array(found.rgb), array(wanted.rgb))
    assert (found.alpha is None) == (wanted.alpha is None)
    if wanted.alpha is not None:
        np.testing.assert_array_equal(array(found.alpha), array(wanted.alpha))
    assert (found.icc_profile, found.managed, found.noise) == (
        wanted.icc_profile, wanted.managed, wanted.noise,
    )  # fmt: skip


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def oriented(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return file_of(SCENE, "JPEG", exif=exif, quality=60)


FILES = {
    "RGB": file_of(SCENE),
    "RGBA": file_of(Image.fromarray(noise(13, 9, 4))),
    "L": file_of(SCENE.convert("L")),
    "LA": file_of(Image.fromarray(noise(13, 9, 4)).convert("LA")),
    "1": file_of(SCENE.convert("1")),
    "P": file_of(SCENE.quantize(16)),
    "P with a key": file_of(SCENE.quantize(16), transparency=3),
    "RGB with a key": file_of(SCENE, transparency=SCENE.getpixel((4, 4))),
    "grey of 2 bits with a key": png_of(4, 1, 2, 0, [b"\x1b"], (b"tRNS", b"\0\2")),
    "I;16": file_of(Image.fromarray(np.arange(117, dtype=np.uint16).reshape(9, 13) * 555)),
    "F": file_of(Image.fromarray(np.linspace(0, 1, 117, dtype=np.float32).reshape(9, 13)), "TIFF"),
    "I": file_of(Image.fromarray(np.arange(117, dtype=np.int32).reshape(9, 13) * 500), "TIFF"),
    "CMYK JPEG": file_of(SCENE.convert("CMYK"), "JPEG"),
    "CMYK TIFF": file_of(SCENE.convert("CMYK"), "TIFF"),
    "LAB": file_of(SCENE.convert("RGB").convert("YCbCr").convert("RGB"), "TIFF"),
    "JPEG, coarse": file_of(SCENE, "JPEG", quality=20),
    "GIF": file_of(SCENE.quantize(8), "GIF", transparency=1),
    "a profile": file_of(SCENE, icc_profile=icc_profile()),
    **{f"turned {way}": oriented(way) for way in range(1, 9)},
}


@pytest.mark.parametrize("name", FILES)
def test_what_pillow_has_opened_is_the_photo_of_its_file(name: str) -> None:
    assert_same(photo_of(opened(FILES[name])), decode(FILES[name]))


# Pillow forgets how levels were stored when it has read them.
@pytest.mark.parametrize("name", [name for name in FILES if "2 bits" not in name])
def test_what_pillow_has_read_is_the_photo_of_its_file(name: str) -> None:
    image = opened(FILES[name])
    image.load()
    assert_same(photo_of(image), decode(FILES[name]))


def test_a_key_of_16_bit_colours_makes_its_pixels_transparent() -> None:
    row = b"\x12\x34\x56\x78\x9a\xbc" + b"\x34\x12\x78\x56\xbc\x9a"
    image = opened(png_of(2, 1, 16, 2, [row], (b"tRNS", row[:6])))
    assert array(photo_of(image).alpha).tolist() == [[0, 255]]


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "I", "F"]
)
def test_pictures_of_every_mode_can_be_given(mode: str) -> None:
    made = _in_mode(Image.fromarray(noise(6, 5, 4)), mode)
    photo = photo_of(made)
    assert (photo.rgb.mode, photo.size) == ("RGB", (6, 5))
    assert (photo.alpha is not None) == (mode in {"LA", "La", "PA", "RGBA", "RGBa"})


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    if mode == "PA":
        made = image.convert("RGB").quantize(8)
        made.putalpha(image.getchannel("A"))
        assert made.mode == mode
        return made
    if mode in {"La", "RGBa"}:
        return image.convert(mode.upper()).convert(mode)
    return image.convert("RGB" if mode in {"YCbCr", "HSV", "CMYK", "P"} else "RGBA").convert(mode)


def test_premultiplied_colours_are_given_back_their_full_strength() -> None:
    straight = Image.new("RGBA", (1, 1), (200, 100, 50, 128))
    photo = photo_of(straight.convert("RGBa"))
    assert np.abs(array(photo.rgb)[0, 0].astype(int) - (200, 100, 50)).max() <= 1
    assert array(photo.alpha).tolist() == [[128]]


def test_grey_of_16_bits_is_taken_by_its_upper_byte() -> None:
    levels = np.array([[0, 255, 256, 65535]], np.uint16)
    assert array(photo_of(Image.fromarray(levels)).rgb)[0, :, 0].tolist() == [0, 0, 1, 255]


@given(st.sampled_from([1, 3, 4]), st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_arrays_are_the_photos_of_their_files(channels: int, width: int, height: int, seed: int) -> None:
    pixels = noise(width, height, channels, seed)
    assert_same(photo_of(pixels), decode(file_of(pixels)))


def test_arrays_need_not_be_contiguous() -> None:
    pixels = noise(8, 6, 4)[::-1, ::2, :3]
    np.testing.assert_array_equal(array(photo_of(pixels).rgb), pixels)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_an_array_is_not_shared(channels: int) -> None:
    pixels = noise(8, 6, channels)
    before = pixels.copy()
    photo = photo_of(pixels)
    photo.rgb.paste((1, 2, 3), (0, 0, 8, 6))
    if photo.alpha is not None:
        photo.alpha.paste(7, (0, 0, 8, 6))
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "CMYK"])
def test_a_picture_is_not_shared(mode: str) -> None:
    image = SCENE.convert(mode)
    image.info["note"] = "mine"
    before = image.copy()
    photo = photo_of(image)
    photo.rgb.putalpha(5)
    photo.rgb.paste((0, 0, 0, 0), (0, 0, 13, 9))
    assert (image.mode, image.info, image.tobytes()) == (before.mode, before.info, before.tobytes())


@pytest.mark.parametrize("name", ["grey of 2 bits with a key", "P with a key"])
def test_a_picture_keeps_its_key(name: str) -> None:
    image = opened(FILES[name])
    before = dict(image.info)
    photo_of(image)
    assert image.info == before


@pytest.mark.parametrize(
    "wrong",
    [
        "photo.jpg",
        None,
        [[0]],
        noise(4, 4).astype(np.float32),
        noise(4, 4, 1)[..., None],
        np.zeros((2, 2, 2), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((2, 2), bool),
    ],
    ids=lambda wrong: type(wrong).__name__,
)
def test_what_is_no_photo_is_refused(wrong: Any) -> None:
    with pytest.raises(BadOptionsError, match="photo") as caught:
        photo_of(wrong)
    assert caught.value.hint


@pytest.mark.parametrize("shape", [(0, 4), (4, 0, 3), (0, 0, 4)])
def test_a_photo_without_pixels_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ZeroSizeImageError):
        photo_of(np.zeros(shape, np.uint8))


def test_a_photo_of_too_many_pixels_is_refused_before_it_is_converted() -> None:
    with pytest.raises(ImageTooLargeError):
        photo_of(Image.new("1", (MAX_PIXELS // 1000 + 1, 1000)))


def test_a_file_that_was_closed_or_cut_off_is_an_image_error() -> None:
    with opened(FILES["RGB"]) as closed:
        pass
    for image in (closed, opened(file_of(noise(64, 64))[:2000])):
        with pytest.raises(TruncatedImageError):
            photo_of(image)


def test_a_mode_that_can_not_be_converted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Image.Image:
        raise ValueError("conversion not supported")

    odd = Image.new("YCbCr", (1, 1))
    monkeypatch.setattr(odd, "convert", refuse)
    with pytest.raises(UnsupportedFormatError):
        photo_of(odd)
