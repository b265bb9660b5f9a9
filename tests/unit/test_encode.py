"""The files that leave: pixels unchanged, nothing told that the user did not choose to tell."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alphacut.encode import encode, encode_png, encode_preview, encode_thumbnail
from alphacut.output import Output
from alphacut.profiles import display_p3
from alphacut.rgb_spaces import SRGB, convert, read_space
from tests import icc
from tests.helpers import array, file_of, icc_profile, noise, pixels_of, png_chunks, scene
from tests.numerics import held


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_the_png_holds_every_pixel_even_under_alpha_0(width: int, height: int, seed: int) -> None:
    pixels = noise(width, height, 4, seed)
    pixels[::2, ::2, 3] = 0
    np.testing.assert_array_equal(pixels_of(encode_png(Image.fromarray(pixels))), pixels)


def test_the_png_holds_nothing_but_pixels() -> None:
    image = Image.fromarray(noise(8, 8, 4))
    exif = Image.Exif()
    exif[0x010E] = "a description"
    image.info = {
        "comment": b"secret",
        "exif": exif.tobytes(),
        "dpi": (72, 72),
        "transparency": 3,
        "gamma": 0.4,
    }
    assert png_chunks(encode_png(image)) == [b"IHDR", b"IDAT", b"IEND"]


def test_only_the_profile_that_is_given_is_embedded() -> None:
    image = Image.fromarray(noise(8, 8, 4))
    image.info["icc_profile"] = icc_profile(b"GRAY")
    assert b"iCCP" not in png_chunks(encode_png(image.copy()))
    with_profile = encode_png(image, icc_profile())
    assert png_chunks(with_profile) == [b"IHDR", b"iCCP", b"IDAT", b"IEND"]
    with Image.open(io.BytesIO(with_profile)) as read:
        assert read.info["icc_profile"] == icc_profile()


def test_long_runs_of_nothing_take_next_to_no_room() -> None:
    empty = np.zeros((1000, 1000, 4), np.uint8)
    assert len(encode_png(Image.fromarray(empty))) < 25_000


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((100, 50), (100, 50)),
        ((1280, 5), (1280, 5)),
        ((2560, 1280), (1280, 640)),
        ((1000, 3000), (427, 1280)),
        ((1, 3000), (1, 1280)),
        ((3000, 1), (1280, 1)),
        ((1281, 1), (1280, 1)),
    ],
)
def test_previews_keep_proportions_and_are_never_enlarged(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    height, width, _ = pixels_of(encode_preview(Image.fromarray(scene(*size)))).shape
    assert (width, height) == expected


def test_previews_look_like_the_photo() -> None:
    preview = pixels_of(encode_preview(Image.fromarray(scene(200, 150)), side=100))
    assert np.abs(preview.astype(int) - scene(100, 75)).mean() < 3


def test_previews_hold_no_metadata_and_leave_the_photo_alone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description"
    with Image.open(io.BytesIO(file_of(scene(64, 64), "TIFF", exif=exif))) as photo:
        data = encode_preview(photo)
        np.testing.assert_array_equal(np.asarray(photo), scene(64, 64))
    assert b"Exif" not in data
    assert b"a description" not in data


# ---- other files -----------------------------------------------------------------------------------


def subject(width: int = 40, height: int = 30) -> Image.Image:
    """A cutout as they are: smooth colours, nothing at all on the left, and every alpha between."""
    pixels = np.dstack([scene(width, height), np.zeros((height, width), np.uint8)])
    pixels[..., 3] = np.clip(np.linspace(-100, 355, width), 0, 255)
    pixels[pixels[..., 3] == 0] = 0
    return Image.fromarray(pixels)


@pytest.mark.parametrize("effort", ["fast", "small"])
@pytest.mark.parametrize(
    "wishes", [{"format": "png"}, {"format": "webp", "lossless": True}], ids=["png", "webp"]
)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_lossless_files_hold_every_pixel(
    wishes: dict[str, Any], effort: Any, width: int, height: int, seed: int
) -> None:
    pixels = noise(width, height, 4, seed)
    made = encode(Image.fromarray(pixels), Output(effort=effort, **wishes))
    with Image.open(io.BytesIO(made)) as image:
        np.testing.assert_array_equal(np.asarray(image.convert("RGBA")), pixels)


@pytest.mark.parametrize("effort", ["fast", "small"])
def test_lossy_webp_keeps_alpha_to_the_level_and_colours_about(effort: Any) -> None:
    cutout = subject(160, 120)
    made = pixels_of(encode(cutout.copy(), Output(format="webp", effort=effort))).astype(float)
    ours = np.asarray(cutout).astype(float)
    np.testing.assert_array_equal(made[..., 3], ours[..., 3])
    on_white = [255 - (255 - picture[..., :3]) * picture[..., 3:] / 255 for picture in (made, ours)]
    assert np.abs(on_white[0] - on_white[1]).mean() < 1.5


@pytest.mark.parametrize("wishes", [{"format": "webp"}, {"format": "jpeg"}], ids=["webp", "jpeg"])
def test_quality_costs_bytes(wishes: dict[str, Any]) -> None:
    image = Image.fromarray(np.dstack([noise(64, 64), np.full((64, 64), 255, np.uint8)]))
    sizes = [len(encode(image.copy(), Output(quality=quality, **wishes))) for quality in (30, 60, 90, 100)]
    assert sizes == sorted(set(sizes))
    assert len(encode(image.copy(), Output(**wishes))) == sizes[2]


@pytest.mark.parametrize(
    "wishes",
    [{"format": "png"}, {"format": "webp"}, {"format": "webp", "lossless": True}, {"format": "jpeg"}],
    ids=str,
)
def test_small_is_smaller(wishes: dict[str, Any]) -> None:
    rough = np.array(subject(320, 240))
    rough[..., :3] = rough[..., :3] // 8 * 8 + noise(8, 240).repeat(40, axis=1) // 64
    sizes = [
        len(encode(Image.fromarray(rough), Output(effort=effort, **wishes))) for effort in ("fast", "small")
    ]
    assert sizes[1] < sizes[0]


def test_large_photos_are_compressed_less_so_that_the_time_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    levels: list[object] = []
    monkeypatch.setattr(
        Image.Image, "save", lambda *_, **options: levels.append(options.get("compress_level"))
    )
    for size in ((4000, 4000), (4001, 4000)):
        encode(Image.new("RGBA", size), Output(effort="small"))
    assert levels == [None, 6, None, 4]


@pytest.mark.parametrize("background", [(255, 255, 255), (0, 0, 0), (12, 200, 77)])
def test_a_background_is_mixed_by_straight_alpha_and_rounded(background: tuple[int, int, int]) -> None:
    pixels = np.zeros((256, 256, 4), np.uint8)  # every colour level under every alpha
    pixels[..., :3], pixels[..., 3] = np.arange(256)[:, None, None], np.arange(256)
    part = pixels[..., 3:] / 255
    exact = pixels[..., :3] * part + np.array(background) * (1 - part)
    for kind in ("png", "webp"):
        wishes: dict[str, Any] = {"lossless": True} if kind == "webp" else {}
        output = Output(format=kind, background=background, **wishes)
        made = pixels_of(encode(Image.fromarray(pixels), output))
        assert made.shape == (256, 256, 3)
        assert np.abs(made - exact).max() <= 0.5001


def test_a_jpeg_lies_on_white_or_the_background_that_is_asked_for() -> None:
    empty = Image.new("RGBA", (16, 16))
    assert (pixels_of(encode(empty.copy(), Output(format="jpeg"))) == 255).all()
    made = pixels_of(encode(empty, Output(format="jpeg", background=(200, 30, 60), quality=100)))
    assert np.abs(made.astype(int) - (200, 30, 60)).max() <= 2


@pytest.mark.parametrize(("kind", "within"), [("png", 0), ("webp", 3), ("jpeg", 2)])
def test_a_background_is_srgbs_whatever_the_photos_profile(kind: Any, within: int) -> None:
    """As the page shows it, which has it of CSS."""
    for profile, red in ((None, (255, 0, 0)), (display_p3(), (234, 51, 35))):
        for output, expected in (
            (Output(format=kind, background=(255, 0, 0), quality=None if kind == "png" else 100), red),
            (Output(format=kind, background=(255, 255, 255)), (255, 255, 255)),
        ):
            empty = Image.new("RGBA", (16, 16))
            made = pixels_of(encode(empty, output, icc_profile=profile))
            assert np.abs(made.astype(int) - expected).max() <= within


@pytest.mark.parametrize("profile", [None, icc.rgb()])
def test_a_thumbnail_has_the_colours_profile(profile: bytes | None) -> None:
    with Image.open(io.BytesIO(encode_thumbnail(subject(), 16, icc_profile=profile))) as read:
        assert read.info.get("icc_profile") == profile


def test_premultiplied_colours_are_rounded_and_alpha_stays() -> None:
    pixels = np.zeros((256, 256, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = np.arange(256)[:, None, None], np.arange(256)
    made = pixels_of(encode(Image.fromarray(pixels), Output(premultiplied=True)))
    assert np.abs(made[..., :3] - pixels[..., :3] * (pixels[..., 3:] / 255)).max() <= 0.5001
    np.testing.assert_array_equal(made[..., 3], pixels[..., 3])


@pytest.mark.parametrize("wishes", [{}, {"lossless": True}, {"effort": "small"}], ids=str)
def test_premultiplied_webp_is_black_where_nothing_is(wishes: dict[str, Any]) -> None:
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, 35:] = (240, 200, 160, 255)  # within a block of 16 pixels, which is where colours were changed
    made = pixels_of(encode(Image.fromarray(pixels), Output(format="webp", premultiplied=True, **wishes)))
    assert not made[:, :35, 3].any()
    assert made[:, :33, :3].max() <= 8  # but for the ringing of what loses


@pytest.mark.parametrize("effort", ["fast", "small"])
def test_a_mask_is_alpha_alone_without_profile(effort: Any) -> None:
    pixels = noise(9, 7, 4)
    made = encode(Image.fromarray(pixels), Output(format="mask-png", effort=effort), icc_profile=icc.rgb())
    np.testing.assert_array_equal(pixels_of(made), pixels[..., 3])
    assert png_chunks(made) == [b"IHDR", b"IDAT", b"IEND"]


def test_pixels_are_rgba_row_by_row_or_alpha_alone() -> None:
    pixels = noise(9, 7, 4)
    image = Image.fromarray(pixels)
    assert encode(image.copy(), Output(format="rgba8")) == pixels.tobytes()
    assert encode(image, Output(format="alpha8")) == pixels[..., 3].tobytes()


@held(
    "encode.encode",
    against="`rgb_spaces.convert`",
    over="profiles",
    within="0",
)
def test_pixels_are_in_srgb_where_the_profile_can_be_read() -> None:
    pixels = noise(9, 7, 4)
    pixels[0, 0] = (0, 0, 0, 0)
    made = encode(Image.fromarray(pixels), Output(format="rgba8"), icc_profile=display_p3())
    found = np.frombuffer(made, np.uint8).reshape(pixels.shape)
    wide = read_space(display_p3())
    assert wide is not None
    expected = array(convert(Image.fromarray(pixels[..., :3]), wide, SRGB))
    np.testing.assert_array_equal(found[..., :3], expected)
    np.testing.assert_array_equal(found[..., 3], pixels[..., 3])
    assert not found[0, 0].any()
    unread = encode(Image.fromarray(pixels), Output(format="rgba8"), icc_profile=b"damaged")
    assert unread == pixels.tobytes()


@pytest.mark.parametrize(
    ("kind", "wishes"),
    [
        *((kind, wish) for kind in ("png", "webp", "jpeg") for wish in ({}, {"background": (0, 0, 0)})),
        *((kind, {"premultiplied": True}) for kind in ("png", "webp")),  # a JPEG has no alpha
    ],
    ids=str,
)
def test_profile_and_exif_are_embedded_and_nothing_else(kind: Any, wishes: dict[str, Any]) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    image = subject()
    image.info = {"comment": b"secret", "xmp": b"secret", "icc_profile": icc.rgb(icc.SRGB), "dpi": (7, 7)}
    made = encode(image, Output(format=kind, **wishes), icc_profile=icc.rgb(), exif=exif.tobytes())
    with Image.open(io.BytesIO(made)) as read:
        assert read.info["icc_profile"] == icc.rgb()
        assert dict(read.getexif()) == {0x010F: "a maker"}
    assert b"secret" not in made
    image = subject()
    image.info = {"icc_profile": icc.rgb(), "exif": exif.tobytes()}
    plain = encode(image, Output(format=kind, **wishes))
    with Image.open(io.BytesIO(plain)) as read:
        assert "icc_profile" not in read.info
        assert not read.getexif()


def test_small_is_never_larger_not_even_of_grain() -> None:
    grainy = np.array(subject(320, 240))
    grainy[..., :3] += noise(320, 240) // 32
    options: list[dict[str, Any]] = [{}, {"compress_type": 3}]
    default, by_runs = (len(file_of(grainy, **way)) for way in options)
    assert by_runs < default  # of this, run lengths alone make less
    assert len(encode(Image.fromarray(grainy), Output(effort="small"))) <= by_runs
