"""What a browser's decoder is asked, and what becomes of its answers. The browser is a stand-in here."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut import profiles
from alphacut.browser.entry import Application
from alphacut.errors import (
    ImageTooLargeError,
    OutOfMemoryError,
    TruncatedImageError,
    UnsupportedFormatError,
)
from alphacut.foreign import Decoded, Refused, read_photo
from alphacut.image import MAX_PIXELS, Photo, decode
from alphacut.isobmff import describe
from alphacut.output import Output
from tests import icc
from tests.fakes import Ffi, Host, TypedArray, from_entries
from tests.helpers import LuminanceSession, array, file_of, needs_avif, noise, run, scene, spec
from tests.unit.test_colours import without_littlecms as _without_littlecms
from tests.unit.test_pipeline import cut

without_littlecms = _without_littlecms

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)


class Browser:
    """A decoder that gives one answer and remembers what it was asked."""

    def __init__(self, answer: Decoded | Refused) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, mime: str, space: str) -> Decoded | Refused:
        self.asked.append((mime, space))
        return self.answer


def pixels(width: int = 8, height: int = 6, space: Any = "srgb") -> Decoded:
    return Decoded(Image.fromarray(noise(width, height, 4)), space)


def read(data: bytes, browser: Browser | None) -> Photo:
    return run(read_photo(data, Output(), browser))


def avif(**options: Any) -> bytes:
    return file_of(scene(64, 48), "AVIF", quality=100, subsampling="4:4:4", **options)


def test_formats_that_only_browsers_read_come_from_them() -> None:
    browser = Browser(pixels())
    photo = read(HEIC, browser)
    assert browser.asked == [("image/heic", "srgb")]
    np.testing.assert_array_equal(array(photo.rgb), noise(8, 6, 4)[..., :3])
    np.testing.assert_array_equal(array(photo.alpha), noise(8, 6, 4)[..., 3])
    assert (photo.format, photo.icc_profile, photo.frames) == ("HEIC", None, 1)


def test_opaque_photos_have_no_alpha() -> None:
    opaque = Decoded(Image.fromarray(noise(8, 6)).convert("RGBA"), "srgb")
    assert read(HEIC, Browser(opaque)).alpha is None


@needs_avif
@pytest.mark.parametrize(
    ("options", "space"),
    [
        ({}, "srgb"),
        ({"icc_profile": icc.rgb(icc.SRGB)}, "srgb"),
        ({"icc_profile": icc.rgb(icc.P3)}, "display-p3"),
        ({"icc_profile": icc.rgb(icc.ADOBE_RGB)}, "display-p3"),
    ],
)
def test_wide_photos_are_asked_for_in_display_p3(options: dict[str, Any], space: str) -> None:
    browser = Browser(pixels(space=space))
    photo = read(avif(**options), browser)
    assert browser.asked == [("image/avif", space)]
    assert photo.icc_profile == (profiles.display_p3() if space == "display-p3" else None)


@needs_avif
def test_a_browser_that_gives_srgb_instead_is_believed() -> None:
    assert read(avif(icc_profile=icc.rgb()), Browser(pixels(space="srgb"))).icc_profile is None


def with_primaries(number: int) -> bytes:
    data = bytearray(avif())
    at = data.index(b"colrnclx")
    data[at + 8 : at + 10] = number.to_bytes(2, "big")
    return bytes(data)


@needs_avif
@pytest.mark.parametrize(("number", "wide"), [(1, False), (2, False), (6, False), (9, True), (12, True)])
def test_spaces_that_are_named_by_number_are_known(number: int, wide: bool) -> None:
    assert describe(with_primaries(number)).is_wide is wide
    # Natively Pillow gives the pixels as they are, so the profile must say what they are.
    photo = decode(with_primaries(number))
    assert photo.icc_profile == (profiles.display_p3() if wide else None)


@needs_avif
def test_without_a_browser_pillow_reads_avif_if_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = read(avif(exif=exif), None)
    assert photo.size == (48, 64)
    assert np.abs(array(photo.rgb).astype(int) - np.rot90(scene(64, 48), -1)).max() <= 6
    monkeypatch.setattr("PIL.AvifImagePlugin.SUPPORTED", False)
    with pytest.raises(UnsupportedFormatError, match="AVIF"):
        read(avif(), None)


@needs_avif
def test_moving_avif_says_how_many_frames_it_holds() -> None:
    frames = [Image.fromarray(scene(64, 48)), Image.new("RGB", (64, 48))]
    data = file_of(frames[0], "AVIF", save_all=True, append_images=frames[1:] * 2, duration=50)
    assert describe(data).frames == 3
    assert read(data, Browser(pixels(64, 48))).frames == 3
    assert decode(data).frames == 3
    assert describe(avif()).frames == 1


@pytest.mark.parametrize(
    ("why", "error"),
    [
        ("unsupported", UnsupportedFormatError),
        ("damaged", TruncatedImageError),
        ("too-large", ImageTooLargeError),
        ("no-memory", OutOfMemoryError),
    ],
)
def test_what_a_browser_refuses_is_an_error_that_says_why(why: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        read(HEIC, Browser(Refused(why)))
    assert str(caught.value).endswith(".")


@pytest.mark.usefixtures("without_littlecms")
def test_print_photos_take_their_colours_from_the_browser() -> None:
    data = file_of(Image.new("CMYK", (8, 6), (255, 0, 0, 0)), "JPEG", icc_profile=icc.cmyk())
    browser = Browser(pixels())
    photo = read(data, browser)
    assert browser.asked == [("image/jpeg", "srgb")]
    np.testing.assert_array_equal(array(photo.rgb), noise(8, 6, 4)[..., :3])
    assert (photo.managed, photo.format, photo.alpha) == ("exact", "JPEG", None)


@pytest.mark.usefixtures("without_littlecms")
@pytest.mark.parametrize("answer", [Refused("damaged"), Refused("no-memory"), pixels(6, 8)])
def test_where_the_browser_fails_their_colours_are_approximate_and_that_is_said(
    answer: Decoded | Refused,
) -> None:
    data = file_of(Image.new("CMYK", (8, 6), (255, 0, 0, 0)), "JPEG", icc_profile=icc.cmyk())
    photo = read(data, Browser(answer))
    assert photo.managed == "approximate"
    assert np.abs(array(photo.rgb)[0, 0].astype(int) - (0, 255, 255)).max() <= 2
    assert "approximate-colours" in cut(data, decoder=Browser(answer)).notes


def test_the_browser_is_not_asked_for_what_pillow_reads_right() -> None:
    browser = Browser(Refused("damaged"))
    for data in (
        file_of(scene(8, 6), "JPEG"),
        file_of(scene(8, 6), icc_profile=icc.rgb()),
        file_of(scene(8, 6), "TGA"),
    ):
        read(data, browser)
    assert browser.asked == []


def test_metadata_that_a_browser_does_not_give_is_missed_aloud() -> None:
    keep = Output(metadata="keep")
    assert "metadata-lost" in cut(HEIC, decoder=Browser(pixels()), output=keep).notes
    assert "metadata-lost" not in cut(HEIC, decoder=Browser(pixels())).notes


@needs_avif
@given(st.binary(max_size=400), st.integers(0, 400))
def test_boxes_that_are_damaged_are_no_more_than_unknown(damage: bytes, at: int) -> None:
    data = bytearray(avif(icc_profile=icc.rgb()))
    data[at : at + len(damage)] = damage
    assert describe(bytes(data)).frames >= 1
    assert describe(damage).frames >= 1


# ---- over the bridge -------------------------------------------------------------------------------


def remove(data: bytes, reply: SimpleNamespace, options: dict[str, Any]) -> tuple[Any, list[Any]]:
    asked: list[Any] = []
    host = Host(LuminanceSession())

    async def answer(mime: str, space: str, limit: int) -> SimpleNamespace:
        asked.append((mime, space, limit))
        return reply

    host.decode = answer  # type: ignore[method-assign]
    photo = TypedArray(np.frombuffer(data, np.uint8))
    ffi = Ffi()
    call = Application(ffi, from_entries).remove(
        photo, json.dumps(spec().to_table()), host, json.dumps(options)
    )
    made = run(call)
    assert ffi.alive == 0
    return made, asked


def test_pixels_cross_the_bridge() -> None:
    colours = noise(8, 6, 4)
    colours[..., 3] = 255
    colours[:, 4:] = 255  # which the network takes for the subject
    reply = SimpleNamespace(data=TypedArray(colours.reshape(-1)), width=8, height=6, space="display-p3")
    made, asked = remove(HEIC, reply, {"output": {"format": "webp", "lossless": True}})
    assert asked == [("image/heic", "srgb", MAX_PIXELS)]
    assert (made.value.type, made.value.width, made.value.height) == ("image/webp", 8, 6)
    with Image.open(io.BytesIO(made.value.data.to_bytes())) as image:
        assert image.info["icc_profile"] == profiles.display_p3()
        seen = np.asarray(image)[..., 3] == 255
        assert seen.any()
        np.testing.assert_array_equal(np.asarray(image)[seen][:, :3], colours[seen][:, :3])


def test_refusals_cross_the_bridge() -> None:
    made, _ = remove(HEIC, SimpleNamespace(refused="unsupported"), {})
    assert made.error.code == "unsupported-format"
    assert "HEIC" in made.error.message


def test_wrong_wishes_cross_the_bridge() -> None:
    made, asked = remove(file_of(scene(4, 4)), SimpleNamespace(), {"output": {"depth": 3}})
    assert made.error.code == "bad-options"
    assert asked == []
