"""How coarsely a file holds its pixels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from alphacut.image import decode
from alphacut.noise import NONE, Noise, noise_of
from tests.helpers import noise
from tests.numerics import held


def jpeg(image: Image.Image, **options: object) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", **options)
    return written.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@held(
    "noise.noise_of",
    against="step^2 / 12 of each coefficient",
    over="qualities of JPEG",
    within="1e-6 of its variance",
)
def test_variance_is_that_of_rounding_to_the_table_s_steps() -> None:
    tables = [[12] * 64, [24] * 64]
    found = noise_of(opened(jpeg(Image.new("RGB", (16, 16)), qtables=tables)))
    assert found.luma == pytest.approx(12**2 / 12 / 255**2)
    assert found.chroma == pytest.approx(24**2 / 12 / 255**2)


def test_it_is_what_rounding_does_to_pixels() -> None:
    """Grey noise, all steps alike: every coefficient errs evenly, but for what is cut at 0 and 255."""
    step = 16
    grey = np.random.default_rng(3).normal(128, 30, (256, 256)).clip(0, 255).astype(np.uint8)
    written = opened(jpeg(Image.fromarray(grey), qtables=[[step] * 64]))
    errors = (np.asarray(written).astype(float) - grey) / 255
    assert np.var(errors) == pytest.approx(noise_of(written).luma, rel=0.1)


def test_the_nine_lowest_frequencies_count_and_no_other() -> None:
    table = [200] * 64
    for index, at in enumerate((0, 1, 2, 8, 9, 10, 16, 17, 18)):
        table[at] = index + 1
    found = noise_of(opened(jpeg(Image.new("L", (16, 16)), qtables=[table])))
    assert found.luma == pytest.approx((1 + 4 + 9 + 16 + 25 + 36 + 49 + 64 + 81) / 9 / 12 / 255**2)


def test_the_coarser_the_more() -> None:
    photo = Image.fromarray(noise(40, 30))
    found = [decode(jpeg(photo, quality=quality)).noise for quality in (50, 75, 90, 100)]
    assert [each.luma for each in found] == sorted((each.luma for each in found), reverse=True)
    assert [each.chroma for each in found] == sorted((each.chroma for each in found), reverse=True)
    assert found[0].chroma > found[0].luma


def test_a_grey_jpeg_has_no_chroma_to_err() -> None:
    found = decode(jpeg(Image.new("L", (9, 9)), quality=60)).noise
    assert found.luma > 0
    assert found.chroma == 0


def test_cmyk_says_nothing() -> None:
    assert noise_of(opened(jpeg(Image.new("CMYK", (9, 9))))) == NONE


def test_a_jpeg_of_red_green_and_blue_says_nothing() -> None:
    data = jpeg(Image.fromarray(noise(9, 9)), quality=60, keep_rgb=True)
    assert noise_of(opened(data)) == NONE
    marker = data.index(b"Adobe")
    without_marker = data[: marker - 4] + data[marker + 12 :]
    assert opened(without_marker).info.get("adobe") is None
    assert noise_of(opened(without_marker)) == NONE


def test_files_without_loss_have_none() -> None:
    written = io.BytesIO()
    Image.fromarray(noise(9, 7)).save(written, "PNG")
    assert decode(written.getvalue()).noise == NONE == Noise()


def test_a_part_of_a_photo_is_as_coarse_as_the_whole() -> None:
    photo = decode(jpeg(Image.fromarray(noise(40, 30)), quality=70))
    assert photo.part((3, 4, 20, 20)).noise == photo.noise != NONE
