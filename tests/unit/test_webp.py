"""No WebP that libwebp reads is refused for its prefix codes."""

from __future__ import annotations

import io
import struct
from functools import cache
from random import Random
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, WebPImagePlugin, features

from alphacut.errors import AlphacutError, TruncatedImageError
from alphacut.image import decode
from alphacut.vp8l import check_alpha
from alphacut.webp import refuse_webp
from tests.helpers import file_of, noise, scene
from tests.lossless import Writer, chunk, chunks_of, extended, riff

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

MENDED = (1, 3, 2)
needs_mended = pytest.mark.skipif(
    tuple(int(part) for part in (features.version("webp") or "0").split(".")) < MENDED,
    reason="what is refused must not be given to this libwebp",
)


@st.composite
def pictures(draw: st.DrawFn, most: int = 200) -> Image.Image:
    """Few colours and many, smooth and rough, flat, see-through in parts."""
    width, height = draw(st.integers(1, most)), draw(st.integers(1, most))
    smooth, rough = scene(width, height), noise(width, height, seed=draw(st.integers(0, 99)))
    kinds = [
        smooth, rough, rough // 64, smooth // 2 + rough // 16, smooth // 64 * 64, np.full_like(smooth, 9),
        np.repeat(smooth[..., :1], 3, axis=2), np.where(smooth[..., :1] > 128, rough // 16, smooth),
    ]  # fmt: skip
    image = Image.fromarray(kinds[draw(st.integers(0, len(kinds) - 1))])
    if draw(st.booleans()):
        image = image.quantize(draw(st.integers(1, 256))).convert("RGB")
    if draw(st.booleans()):
        image.putalpha(Image.fromarray(draw(st.sampled_from([smooth, rough, rough // 128 * 255]))[..., 1]))
    return image


OPTIONS = st.fixed_dictionaries(
    {"lossless": st.booleans(), "exact": st.booleans(), "method": st.integers(0, 6)},
    optional={"quality": st.integers(0, 100), "alpha_quality": st.integers(0, 100)},
)


@given(pictures(), OPTIONS)
def test_whatever_pillow_writes_is_read(image: Image.Image, options: dict[str, Any]) -> None:
    data = file_of(image, "WEBP", **options)
    refuse_webp(data)
    assert decode(data).size == image.size


@given(st.lists(pictures(64), min_size=2, max_size=4), OPTIONS, st.booleans())
def test_animations_are_read(frames: list[Image.Image], options: dict[str, Any], mixed: bool) -> None:
    size = frames[0].size
    first, *others = (frame.resize(size) for frame in frames)
    refuse_webp(file_of(first, "WEBP", save_all=True, append_images=others, allow_mixed=mixed, **options))


@pytest.mark.parametrize("shade", [(0, 0, 0, 0), (1, 2, 3, 4), (255, 255, 255, 255)])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (16383, 1), (700, 500)])
def test_flat_pictures_of_all_shapes_are_read(shade: tuple[int, ...], size: tuple[int, int]) -> None:
    """Many of them have fewer bytes than libwebp looks at together."""
    for options in ({"lossless": True, "exact": True}, {"quality": 20}):
        data = file_of(Image.new("RGBA", size, shade), "WEBP", **options)
        refuse_webp(data)
        assert decode(data).size == size


def test_a_picture_of_many_groups_and_blocks_is_read() -> None:
    """Each tile has colours of its own, so that groups of codes are worth their bits."""
    rough = noise(1000, 700)
    tiles = [np.roll(rough // 2**n, n, axis=2) for n in range(1, 8)]
    which = np.random.default_rng(3).integers(0, len(tiles), (7, 10), np.intp).repeat(100, 0).repeat(100, 1)
    image = np.choose(which[..., None], tiles).astype(np.uint8)
    for method in (0, 4):
        data = file_of(image, "WEBP", lossless=True, method=method, quality=90)
        refuse_webp(data)
        assert np.array_equal(np.asarray(decode(data).rgb), image)


def damaged(dice: Random, data: bytes) -> bytes:
    """Turn some bits, most of them where codes are."""
    made = bytearray(data)
    end = min(len(made), dice.choice([60, 200, 100_000]))
    for _ in range(dice.choice([1, 1, 2, 5])):
        made[dice.randrange(min(30, end - 1), end)] ^= 1 << dice.randrange(8)
    return bytes(made)


@cache
def sources() -> list[bytes]:
    smooth, rough = scene(40, 30), noise(40, 30)
    few, soft = rough // 64 * 64, np.dstack([smooth, rough[..., :1]])
    files = [
        file_of(pixels, "WEBP", lossless=True, method=method)
        for pixels in (smooth, rough // 32, few, soft, scene(300, 200))
        for method in (0, 4, 6)
    ]
    files += [file_of(soft, "WEBP", quality=60, alpha_quality=quality) for quality in (0, 70, 100)]
    files.append(file_of(np.dstack([smooth, few[..., :1]]), "WEBP", quality=60))
    others = [Image.fromarray(few), Image.fromarray(rough // 32)]
    return [*files, file_of(smooth, "WEBP", lossless=True, save_all=True, append_images=others)]


@needs_mended
@pytest.mark.parametrize("number", range(len(sources())))
def test_of_damaged_files_none_is_refused_that_libwebp_reads(number: int) -> None:
    dice, source, read = Random(number), sources()[number], 0
    for _ in range(400):
        data = damaged(dice, source)
        try:
            with Image.open(io.BytesIO(data), formats=("WEBP",)) as image:
                image.load()
        except (OSError, EOFError, Image.DecompressionBombError):
            continue
        read += 1
        refuse_webp(data)
    assert read, "nothing was compared"


@given(st.integers(0, len(sources()) - 1), st.randoms(use_true_random=False))
def test_damage_is_refused_with_a_code(number: int, dice: Random) -> None:
    data = damaged(dice, sources()[number])
    for made in (data, data[: dice.randrange(len(data))]):
        try:
            decode(made)
        except AlphacutError as error:
            assert error.code != "internal"


@pytest.mark.parametrize("number", range(0, len(sources()), 4))
def test_a_file_that_is_cut_off_is_damage(number: int) -> None:
    data = sources()[number]
    for end in range(30, len(data) - 1, 1 + len(data) // 150):
        with pytest.raises(TruncatedImageError):
            decode(data[:end])


def test_a_chunk_that_is_cut_off_is_damage() -> None:
    whole = chunks_of(file_of(noise(40, 30) // 32, "WEBP", lossless=True))[b"VP8L"]
    for end in range(5, len(whole) - 2, 3):
        with pytest.raises(TruncatedImageError):
            decode(riff(chunk(b"VP8L", whole[:end])))


def test_only_the_first_frame_is_ever_decoded() -> None:
    """Others are not looked at by `refuse_webp`."""
    data = file_of(scene(8, 8), "WEBP", save_all=True, append_images=[Image.new("RGB", (8, 8))])
    given_out = WebPImagePlugin.WebPImageFile._get_next
    with mock.patch.object(
        WebPImagePlugin.WebPImageFile, "_get_next", autospec=True, side_effect=given_out
    ) as asked:
        assert decode(data).frames == 2
    assert asked.call_count == 1


def test_what_lies_beside_the_picture_is_passed_over() -> None:
    body = chunks_of(file_of(scene(8, 8), "WEBP", lossless=True))[b"VP8L"]
    data = riff(extended((8, 8), 0), chunk(b"none", b"VP8L!"), chunk(b"VP8L", body), chunk(b"VP8L", b"?"))
    refuse_webp(data)
    for end in range(12, 40):
        refuse_webp(data[:end])  # libwebp says so
    refuse_webp(data[:4] + struct.pack("<I", 20) + data[8:])


def test_the_bits_that_libwebp_has_of_short_streams_are_zeros() -> None:
    """Of the last code here, which has one symbol, three zeros are left out."""
    out = Writer()
    for number in ((0, 1), (1, 1), (1, 4), (0, 1), *4 * ((1, 4),), (1, 1)):
        out.put(*number)
    body = b"\1" + out.data()
    assert len(body) == 4
    check_alpha(memoryview(body), (1, 1))
