"""Pictures at other sizes, against the kernels summed up in float64."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from alphacut.backgrounds import BLUR_REACH, blurred, place, show
from alphacut.edges import DEFAULT as GUIDE
from alphacut.edges import settle
from alphacut.encode import encode_preview, encode_thumbnail
from alphacut.finish import Frame, PictureBackground
from alphacut.image import Photo
from alphacut.live import live_mask
from alphacut.mask import alpha_of
from alphacut.masking import apply_mask
from alphacut.preprocess import network_input, resize
from alphacut.recipe import PLAIN, Filter
from alphacut.sampling import BICUBIC, BILINEAR, HAMMING, Piece, sample, spread
from tests import oracles
from tests.helpers import Bytes8, FakeSession, array, file_of, noise, pixels_of, run, scene, spec
from tests.numerics import held

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(1, 14)
KINDS = {BILINEAR: "bilinear", HAMMING: "hamming", BICUBIC: "bicubic"}
ROUNDED_TWICE = "Pillow rounds to bytes after either way"


def smooth(width: int, height: int, seed: int, channels: int = 3) -> Bytes8:
    """Soft colours, enlarged from a few."""
    few = noise(3, 3, channels, seed)
    return np.asarray(Image.fromarray(few).resize((width, height), Image.Resampling.BICUBIC))


# ---- to the network and back -------------------------------------------------------------------------


@held(
    "preprocess.resize (bilinear, Lanczos)",
    against="the kernel in float64",
    over="size from 1 x 1, new size, up and to a fifth",
    within="1.4",
    why=ROUNDED_TWICE,
)
@given(
    width=SIDES,
    height=SIDES,
    wide=SIDES,
    high=SIDES,
    seed=SEEDS,
    how=st.sampled_from([(Filter.BILINEAR, "bilinear"), (Filter.LANCZOS, "lanczos")]),
)
def test_resizing_is_the_kernel(
    *, width: int, height: int, wide: int, high: int, seed: int, how: tuple[Filter, str]
) -> None:
    wide, high = max(wide, -(-width // 5)), max(high, -(-height // 5))  # no box before
    pixels = noise(width, height, 3, seed) // 2 + 64  # nothing rings beyond bytes between both ways
    made = array(resize(Image.fromarray(pixels), (wide, high), how[0]))
    assert np.abs(made - oracles.resized(pixels, (wide, high), how[1])).max() <= 1.4


@held(
    "preprocess.network_input",
    "live.live_mask",
    against="the photo over mid grey, resampled in float64",
    over="photo, its alpha, sizes",
    within="2",
    why=ROUNDED_TWICE + ", and alpha is laid on grey before",
)
@given(SIDES, SIDES, SEEDS)
def test_the_network_sees_the_photo_over_grey(width: int, height: int, seed: int) -> None:
    pixels = noise(width, height, 4, seed)
    photo = Photo(Image.fromarray(pixels[..., :3].copy()), Image.fromarray(pixels[..., 3].copy()), "PNG")
    seen = network_input(photo, spec(8, 6))[0]
    share = pixels[..., 3:] / 255
    flat = share * pixels[..., :3] + (1 - share) * 128
    across = oracles.resampled(flat.swapaxes(0, 1), 8, "bilinear").swapaxes(0, 1)
    assert np.abs(seen - oracles.resampled(across, 6, "bilinear")).max() <= 2
    session = FakeSession(noise(8, 6, 1, seed))
    opaque = np.dstack([pixels[..., :3], np.full((height, width), 255, np.uint8)])
    levels = run(live_mask(opaque, session, spec(8, 6)))
    np.testing.assert_array_equal(levels, settle(session.levels, GUIDE.ends))
    whole = Photo(photo.rgb, None, "PNG")
    np.testing.assert_array_equal(session.inputs[0], network_input(whole, spec(8, 6)))


@held(
    "masking.apply_mask",
    against="the mask resampled in float64; the photo's colours",
    over="photo, mask, sizes",
    within="1",
)
@settings(max_examples=settings().max_examples // 4)
@given(SIDES, SIDES, SIDES, SIDES, SEEDS)
def test_a_mask_is_put_on_at_the_photos_size(
    width: int, height: int, wide: int, high: int, seed: int
) -> None:
    pixels, mask = noise(width, height, 3, seed), noise(wide, high, 1, seed + 1)
    made = pixels_of(run(apply_mask(file_of(pixels), file_of(mask))).data)
    assert np.abs(made[..., 3] - oracles.resized(mask, (width, height), "bilinear")).max() <= 1.01
    np.testing.assert_array_equal(made[..., :3], np.where(made[..., 3:] == 0, 0, pixels))


@held(
    "mask.alpha_of (plain)",
    against="bilinear in float64",
    over="map from 1 x 1, photo's size",
    within="1.4",
    why=ROUNDED_TWICE,
)
@given(SIDES, SIDES, st.integers(1, 40), st.integers(1, 40), SEEDS)
def test_a_map_becomes_alpha_of_the_photos_size(
    width: int, height: int, wide: int, high: int, seed: int
) -> None:
    wide, high = max(wide, -(-width // 5)), max(high, -(-height // 5))  # no box before
    levels, photo = noise(width, height, 1, seed), Image.new("RGB", (wide, high))
    made = array(alpha_of(levels, photo, noise(width, height, 3, seed), PLAIN))
    assert np.abs(made - oracles.resized(levels, (wide, high), "bilinear")).max() <= 1.4


# ---- parts of pictures -------------------------------------------------------------------------------


def shown(pixels: Bytes8, bounds: tuple[float, ...], size: tuple[int, int], kind: str) -> oracles.Floats:
    """Show a part of an endless plane, which is 0 beyond the picture, in float64; premultiplied, 0 to 1."""
    room = 40
    plane = np.pad(oracles.premultiplied(pixels), ((room, room), (room, room), (0, 0)))
    across = oracles.resampled(plane.swapaxes(0, 1), size[0], kind, bounds[0] + room, bounds[2] + room)
    return oracles.resampled(across.swapaxes(0, 1), size[1], kind, bounds[1] + room, bounds[3] + room)


def reached(start: float, length: float, side: int, wanted: int) -> oracles.Floats:
    """Say of which pixels a part is the picture's: what is wholly beside it stays empty; 0 or 1."""
    edges = start + length / wanted * np.arange(wanted + 1)
    return np.asarray((edges[1:] > 1e-5) & (edges[:-1] < side - 1e-5), np.float64)


@held(
    "sampling.sample (it fades)",
    against="the kernel over an endless plane in float64",
    over="RGBA, part, also beside the picture, size",
    within="2, premultiplied",
    why=ROUNDED_TWICE + ", and colours are multiplied by alpha and divided again",
)
@settings(max_examples=settings().max_examples // 2)
@given(
    width=SIDES,
    height=SIDES,
    seed=SEEDS,
    left=st.floats(-9, 9),
    top=st.floats(-9, 9),
    across=st.floats(0.3, 30),
    down=st.floats(0.3, 30),
    wide=SIDES,
    high=SIDES,
    kind=st.sampled_from([BILINEAR, HAMMING]),
)
def test_a_part_fades_into_nothing(
    *,
    width: int,
    height: int,
    seed: int,
    left: float,
    top: float,
    across: float,
    down: float,
    wide: int,
    high: int,
    kind: Image.Resampling,
) -> None:
    across, down = min(across, 1.9 * wide), min(down, 1.9 * high)  # no box before
    pixels = noise(width, height, 4, seed)
    bounds = (left, top, left + across, top + down)
    piece = sample(Image.fromarray(pixels), bounds, (wide, high), resample=kind, fade=True)
    made = Image.new("RGBA", (wide, high))
    if piece is not None:
        made.paste(piece.image, piece.at)
    expected = shown(pixels, bounds, (wide, high), KINDS[kind])
    expected *= reached(left, across, width, wide)[:, None] * reached(top, down, height, high)[:, None, None]
    assert np.abs(oracles.premultiplied(array(made)) - expected).max() * 255 <= 2.01


@held(
    "sampling.sample (it ends)",
    "sampling.spread",
    against="the kernel over the picture alone in float64, its ends repeated",
    over="RGB, part, size",
    within="2",
    why=ROUNDED_TWICE,
)
@settings(max_examples=settings().max_examples // 2)
@given(
    width=SIDES,
    height=SIDES,
    seed=SEEDS,
    left=st.floats(-9, 9),
    top=st.floats(-9, 9),
    scale=st.floats(0.5, 2),
    wide=st.integers(1, 20),
    high=st.integers(1, 20),
)
def test_a_part_that_ends_is_the_pictures_alone(
    *, width: int, height: int, seed: int, left: float, top: float, scale: float, wide: int, high: int
) -> None:
    pixels = noise(width, height, 3, seed)
    bounds = (left, top, left + wide / scale, top + high / scale)
    piece = sample(Image.fromarray(pixels), bounds, (wide, high), resample=BILINEAR, fade=False)
    if piece is None:
        return
    (x, y), (across, down) = piece.at, piece.image.size
    part = (bounds[0] + x / scale, bounds[1] + y / scale)
    ends = part[0] + across / scale, part[1] + down / scale
    assert -1e-5 <= part[0] <= ends[0] <= width + 1e-5
    assert -1e-5 <= part[1] <= ends[1] <= height + 1e-5
    rows = oracles.resampled(pixels.swapaxes(0, 1), across, "bilinear", part[0], ends[0]).swapaxes(0, 1)
    expected = oracles.resampled(rows, down, "bilinear", part[1], ends[1])
    assert np.abs(array(piece.image) - expected).max() <= 2.01
    whole = array(spread(piece, (wide, high)))
    rows_of, columns_of = (
        np.arange(high).clip(y, y + down - 1) - y,
        np.arange(wide).clip(x, x + across - 1) - x,
    )
    np.testing.assert_array_equal(whole, array(piece.image)[rows_of[:, None], columns_of])


@pytest.mark.parametrize("scale", [3, 7, 40])
@held(
    "sampling.sample (much smaller)",
    against="the kernel over the picture in float64",
    over="smooth pictures at a third to a fortieth",
    within="2",
    why="shrunk by whole numbers before, to twice the size",
)
def test_much_smaller_pictures_are_right(scale: int) -> None:
    pixels = scene(320, 240)
    size = 320 // scale, 240 // scale
    bounds = (0.0, 0.0, float(scale * size[0]), float(scale * size[1]))
    piece = sample(Image.fromarray(pixels), bounds, size, resample=HAMMING, fade=False)
    assert piece is not None
    across = oracles.resampled(pixels.swapaxes(0, 1), size[0], "hamming", 0, bounds[2]).swapaxes(0, 1)
    assert np.abs(array(piece.image) - oracles.resampled(across, size[1], "hamming", 0, bounds[3])).max() <= 2


# ---- backgrounds -------------------------------------------------------------------------------------


@held(
    "backgrounds.place",
    against="the whole picture resampled in float64, where the page puts it",
    over="picture without black and white, fit, place, size",
    within="2",
    why=ROUNDED_TWICE,
)
@settings(max_examples=settings().max_examples // 2)
@given(
    width=st.integers(6, 20),
    height=st.integers(6, 20),
    wide=st.integers(6, 30),
    high=st.integers(6, 30),
    x=st.floats(0, 1),
    y=st.floats(0, 1),
    fit=st.sampled_from(["cover", "contain"]),
    seed=SEEDS,
)
def test_a_picture_is_placed_by_its_scale(
    *, width: int, height: int, wide: int, high: int, x: float, y: float, fit: Any, seed: int
) -> None:
    # Where the first pass goes beyond black or white, Pillow's second one parts from the oracle by up to 4.
    pixels = 64 + smooth(width, height, seed) // 2
    how = PictureBackground(fit=fit, x=x, y=y)
    made = place(Photo(Image.fromarray(pixels), None, "PNG"), how, (wide, high))
    scale = (max if fit == "cover" else min)(wide / width, high / height)
    left, top = (wide - width * scale) * x, (high - height * scale) * y
    whole = array(made.convert("RGBA"))
    columns = oracles.resampled(
        pixels.swapaxes(0, 1), wide, "bicubic", -left / scale, (wide - left) / scale
    ).swapaxes(0, 1)
    expected = oracles.resampled(columns, high, "bicubic", -top / scale, (high - top) / scale)
    # Pixels that the picture covers partly are left out, or repeat what is beside them.
    inside = np.zeros((high, wide), bool)
    ends = min(wide, left + width * scale) + 1e-6, min(high, top + height * scale) + 1e-6
    starts = max(0, left) - 1e-6, max(0, top) - 1e-6
    inside[math.ceil(starts[1]) : math.floor(ends[1]), math.ceil(starts[0]) : math.floor(ends[0])] = True
    assert (whole[..., 3][inside] == 255).all()
    assert np.abs(whole[..., :3] - expected.clip(0, 255))[inside].max(initial=0) <= 2.01
    if fit == "contain":
        assert not whole[..., 3][~inside].any()


@held(
    "backgrounds.blurred",
    "backgrounds.show",
    against="a Gaussian of the photo in float64",
    over="smooth photos without a subject, strength",
    within="3.5",
    why="three boxes stand for a Gaussian, on a copy that is reduced and enlarged again, in bytes",
)
@settings(max_examples=settings().max_examples // 8)
@given(SEEDS, st.floats(0, 1), st.integers(60, 120), st.integers(20, 60))
@example(0, 1.0, 77, 20)
def test_a_blurred_photo_is_a_gaussian_of_it(seed: int, strength: float, width: int, height: int) -> None:
    pixels = smooth(width, height, seed)
    sheet = blurred(Image.fromarray(pixels), Image.new("L", (width, height)), strength)
    frame = Frame(left=0, top=0, right=width, bottom=height, width=width, height=height)
    sigma = strength * BLUR_REACH * width
    expected = oracles.gaussian(pixels, sigma) if sigma > 0.05 else pixels
    assert np.abs(array(show(sheet, frame)) - expected).max() <= 3.5


# ---- for looking at ----------------------------------------------------------------------------------


@held(
    "encode.encode_preview",
    "encode.encode_thumbnail",
    against="a bicubic kernel in float64",
    over="smooth pictures, sides",
    within="16",
    why="JPEG and WebP are lossy",
)
@settings(max_examples=settings().max_examples // 8)
@given(st.integers(30, 90), st.integers(30, 90), st.integers(16, 60), SEEDS)
def test_small_copies_show_the_picture(width: int, height: int, side: int, seed: int) -> None:
    pixels = smooth(width, height, seed) // 4 + 96
    image = Image.fromarray(pixels)
    scale = min(1.0, side / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    expected = oracles.resized(pixels, size, "bicubic")
    opaque = image.convert("RGBA")
    for data in (encode_preview(image, side), encode_thumbnail(opaque, side)):
        with Image.open(io.BytesIO(data)) as small:
            assert small.size == size
            luma = array(small.convert("L")).astype(np.float64)
        assert np.abs(luma - expected @ (0.299, 0.587, 0.114)).max() <= 16


def test_a_piece_of_the_size_is_given_back() -> None:
    image = Image.new("L", (3, 2), 7)
    assert spread(Piece(image, (0, 0)), (3, 2)) is image
