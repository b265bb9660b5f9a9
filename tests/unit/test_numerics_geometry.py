"""Boxes, frames, tiles, strips and turns, against exact fractions or counting pixel by pixel."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from alphacut.edits import Brush, Stroke
from alphacut.errors import BadOptionsError, BadRegionError
from alphacut.finish import Canvas, Crop, Finish, Frame
from alphacut.framing import MOST_ENLARGED, frame_of, subject_box
from alphacut.image import MAX_PIXELS, Photo, check_pixels
from alphacut.png import combine_adler32, strips
from alphacut.region import CONTEXT, MARGIN, around, crop_around, read_region
from alphacut.self_check import GRID, TILE, stretched, summary, tile
from alphacut.strokes import bounds, coverage, hardness_of, simplified
from alphacut.tiles import BLOCK, boxes, boxes_of, soft_blocks
from alphacut.touchup import apply_edits
from alphacut.upright import turned_upright
from tests.helpers import Bytes8, array, noise
from tests.numerics import held

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(1, 60)
EXACT = "0"


# ---- where the subject is ----------------------------------------------------------------------------


@held(
    "region.around",
    "region.crop_around",
    "region.read_region",
    "region.Crop.alpha",
    "image.Photo.part",
    against="exact fractions, and slices of arrays",
    over="size, region, also beyond the photo",
    within="1 pixel",
    why="a sum of floats may lie on either side of a whole number",
)
@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    left=st.floats(-50, 300),
    top=st.floats(-50, 300),
    across=st.floats(0.5, 300),
    down=st.floats(0.5, 300),
)
def test_regions_are_widened_and_kept_within_the_photo(
    *, width: int, height: int, left: float, top: float, across: float, down: float
) -> None:
    region = (left, top, left + across, top + down)
    size = (width, height)
    cut = [max(Fraction(0), Fraction(edge)) for edge in region[:2]]
    cut += [min(Fraction(limit), Fraction(edge)) for limit, edge in zip(size, region[2:], strict=True)]
    least = min(cut[2] - cut[0], cut[3] - cut[1])
    assume(abs(least - 1) > 1e-9)  # on which side of 1 a difference of floats lies says nothing
    if least < 1:
        with pytest.raises(BadRegionError):
            around(region, size)
        return
    room = [Fraction(MARGIN) * (cut[2] - cut[0]), Fraction(MARGIN) * (cut[3] - cut[1])]
    exact = (cut[0] - room[0], cut[1] - room[1], cut[2] + room[0], cut[3] + room[1])
    kept = around(region, size)
    outwards = [math.floor(exact[0]), math.floor(exact[1]), math.ceil(exact[2]), math.ceil(exact[3])]
    limits = [*(max(0, edge) for edge in outwards[:2]), min(width, outwards[2]), min(height, outwards[3])]
    assert np.abs(np.subtract(kept, limits)).max() <= 1
    crop = crop_around(region, size)
    assert crop.kept == kept
    seen = crop.seen
    assert 0 <= seen[0] <= kept[0] < kept[2] <= seen[2] <= width
    assert 0 <= seen[1] <= kept[1] < kept[3] <= seen[3] <= height
    inner = around(region, size, 0)
    side = (1 + 2 * CONTEXT) * max(inner[2] - inner[0], inner[3] - inner[1])
    for length, limit in ((seen[2] - seen[0], width), (seen[3] - seen[1], height)):
        assert min(limit, side) - 1e-6 <= length <= min(limit, side + 2)
    pixels = noise(width, height, 3)
    photo = Photo(Image.fromarray(pixels), Image.fromarray(pixels[..., 0].copy()), "PNG")
    part = photo.part(seen)
    np.testing.assert_array_equal(array(part.rgb), pixels[seen[1] : seen[3], seen[0] : seen[2]])
    assert part.alpha is not None
    of_kept = array(crop.alpha(part.alpha))
    np.testing.assert_array_equal(of_kept, pixels[kept[1] : kept[3], kept[0] : kept[2], 0])
    whole = [round(Fraction(edge)) for edge in region]
    if whole[0] < whole[2] and whole[1] < whole[3]:
        assert read_region(region) == tuple(whole)


@held(
    "framing.subject_box",
    "framing.frame_of",
    "finish.Frame.scale",
    against="exact fractions; counting pixel by pixel",
    over="subject, margin, aspect, canvas, its fill",
    within="0.5 pixels: whole ones",
)
@given(
    left=st.integers(0, 40),
    top=st.integers(0, 40),
    width=SIDES,
    height=SIDES,
    margin=st.floats(0, 1),
    aspect=st.sampled_from([None, (1, 1), (16, 9), (2, 3), (1, 30)]),
    fill=st.floats(0.01, 1),
)
def test_frames_hold_the_subject_and_its_margin(
    *,
    left: int,
    top: int,
    width: int,
    height: int,
    margin: float,
    aspect: tuple[int, int] | None,
    fill: float,
) -> None:
    alpha = np.zeros((130, 130), np.uint8)
    alpha[top : top + height, left : left + width] = 128
    alpha[-1, -1] = 127
    subject = subject_box(Image.fromarray(alpha))
    assert subject == (left, top, left + width, top + height)
    room = Fraction(margin) * max(width, height)
    across, down = width + 2 * room, height + 2 * room
    if aspect is not None:
        ratio = Fraction(*aspect)
        across, down = max(across, down * ratio), max(down, across / ratio)
    frame = frame_of(Finish(crop=Crop(margin=margin, aspect=aspect)), subject, (130, 130)).frame
    assert abs(frame.width - across) <= Fraction(1, 2) + Fraction(1, 10**6) or frame.width == 1
    assert abs(frame.height - down) <= Fraction(1, 2) + Fraction(1, 10**6) or frame.height == 1
    assert abs(frame.left + frame.right - 2 * left - width) <= 1 + 1e-9
    assert abs(frame.top + frame.bottom - 2 * top - height) <= 1 + 1e-9
    assert frame.scale == pytest.approx((1, 1))
    framing = frame_of(Finish(crop=Canvas(width=300, height=200, fill=fill)), subject, (130, 130))
    wanted = Fraction(fill) * min(Fraction(300, width), Fraction(200, height))
    scale = min(wanted, Fraction(MOST_ENLARGED))
    assert framing.limited == (wanted > MOST_ENLARGED) or float(wanted) == pytest.approx(MOST_ENLARGED)
    assert framing.frame.scale == pytest.approx((float(scale), float(scale)))
    assert framing.frame.left + framing.frame.right == pytest.approx(2 * left + width)
    own = Frame(left=1.5, top=2, right=9, bottom=7, width=15, height=20)
    assert own.scale == pytest.approx((2, 4))


# ---- tiles and strips --------------------------------------------------------------------------------


@held(
    "tiles.boxes",
    "tiles.boxes_of",
    "tiles.soft_blocks",
    against="looking at every pixel",
    over="size from 1 x 1, alpha, margin",
    within=EXACT,
)
@given(st.integers(1, 150), st.integers(1, 100), SEEDS, st.integers(0, 9), st.floats(0, 0.02))
def test_every_soft_pixel_is_in_a_box(width: int, height: int, seed: int, margin: int, share: float) -> None:
    random = np.random.default_rng(seed)
    alpha = np.where(random.random((height, width)) < 0.5, 0, 255).astype(np.uint8)
    soft = random.random((height, width)) < share
    alpha[soft] = random.integers(1, 255, int(soft.sum()))
    image = Image.fromarray(alpha)
    found = soft_blocks(image)
    for row, column in np.ndindex(*found.shape):
        block = soft[BLOCK * row : BLOCK * (row + 1), BLOCK * column : BLOCK * (column + 1)]
        assert found[row, column] == block.any()
    assert boxes(image, margin=margin) == boxes_of(found, image.size, margin=margin)
    times = np.zeros(alpha.shape, int)
    for left, top, right, bottom in boxes(image):
        times[top:bottom, left:right] += 1
    assert times.max() <= 1
    assert (times[soft] == 1).all()
    near = np.zeros(alpha.shape, bool)
    for y, x in np.argwhere(soft):
        near[max(0, y - margin) : y + margin + 1, max(0, x - margin) : x + margin + 1] = True
    covered = np.zeros(alpha.shape, bool)
    for left, top, right, bottom in boxes(image, margin=margin):
        covered[top:bottom, left:right] = True
    assert (covered | ~near).all()


@held(
    "png.strips",
    "png.combine_adler32",
    "image.check_pixels",
    against="rows counted one by one; zlib's own checksum",
    over="size to 100,000 pixels a side, lanes, texts",
    within=EXACT,
)
@given(st.integers(1, 100_000), st.integers(1, 3000), st.integers(0, 64), st.binary(), st.binary())
def test_strips_cover_all_rows_once(width: int, height: int, lanes: int, one: bytes, other: bytes) -> None:
    import zlib

    found = strips((width, height), lanes)
    assert [row for top, bottom in found for row in range(top, bottom)] == list(range(height))
    both = combine_adler32(zlib.adler32(one), zlib.adler32(other), len(other))
    assert both == zlib.adler32(one + other)
    check_pixels((width, min(height, MAX_PIXELS // width)))


# ---- turns -------------------------------------------------------------------------------------------

TURNS: dict[int, Callable[[Bytes8], Bytes8]] = {
    1: lambda pixels: pixels, 2: np.fliplr, 3: lambda pixels: np.rot90(pixels, 2), 4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1), 6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1), 8: np.rot90,
}  # fmt: skip


@held(
    "upright.turned_upright",
    against="NumPy's flips and turns, by TIFF 6.0's eight orientations",
    over="every orientation, sizes",
    within=EXACT,
)
@given(st.sampled_from([*TURNS, 0, 9]), st.integers(1, 9), st.integers(1, 9), SEEDS)
def test_photos_are_turned_upright(orientation: int, width: int, height: int, seed: int) -> None:
    pixels = noise(width, height, 3, seed)
    image = Image.fromarray(pixels)
    image.getexif()[274] = orientation
    made = array(turned_upright(image)(image))
    np.testing.assert_array_equal(made, TURNS.get(orientation, TURNS[1])(pixels))


# ---- strokes -----------------------------------------------------------------------------------------

PLACE = st.floats(-20, 60)
POINTS = st.lists(st.tuples(PLACE, PLACE, st.floats(0.3, 20)), min_size=1, max_size=6).map(tuple)


@held(
    "strokes.bounds",
    "strokes.hardness_of",
    "strokes.simplified",
    "touchup.apply_edits",
    against="discs and lines, number by number",
    over="points, radius, hardness",
    within=EXACT + "; 0.5 of alpha",
)
@given(POINTS, st.floats(0, 1), st.floats(0, 1), SEEDS)
def test_strokes_lie_where_their_discs_lie(
    points: tuple[tuple[float, float, float], ...], hardness: float, opacity: float, seed: int
) -> None:
    size = (40, 30)
    stroke = Stroke(points=points, hardness=hardness, opacity=opacity)
    left, top = math.floor(min(x - r for x, _, r in points)), math.floor(min(y - r for _, y, r in points))
    right, bottom = math.ceil(max(x + r for x, _, r in points)), math.ceil(max(y + r for _, y, r in points))
    box = (max(0, left), max(0, top), min(40, right), min(30, bottom))
    assert bounds(stroke, size) == (box if box[0] < box[2] and box[1] < box[3] else None)
    widest = max(radius for *_, radius in points)
    assert hardness_of(stroke) == min(hardness, max(0, 1 - 1 / widest))
    assert simplified(np.array(points), -1).tolist() == [list(point) for point in points]
    alpha = noise(*size, 1, seed)
    covered = np.zeros((30, 40))
    for tile_box, share in coverage(stroke, size):
        covered[tile_box[1] : tile_box[3], tile_box[0] : tile_box[2]] = share
    made = array(apply_edits(Image.fromarray(alpha), [Brush(kind="restore", stroke=stroke)]))
    assert np.abs(made - (alpha + covered * (255 - alpha.astype(np.float64)))).max() <= 0.501


@pytest.mark.parametrize("shift", [0, 1e-9, 0.25, 0.5, 1])
def test_a_disc_is_the_same_wherever_whole_pixels_move_it(shift: float) -> None:
    small = np.zeros((60, 60))
    for (left, top, right, bottom), share in coverage(Stroke(points=((20 + shift, 20, 9),)), (60, 60)):
        small[top:bottom, left:right] = share
    large = np.zeros((60, 60))
    for (left, top, right, bottom), share in coverage(Stroke(points=((27 + shift, 31, 9),)), (60, 60)):
        large[top:bottom, left:right] = share
    np.testing.assert_allclose(large[11:, 7:], small[:-11, :-7], atol=1e-5)


# ---- self-check --------------------------------------------------------------------------------------


@held(
    "self_check.tile",
    "self_check.stretched",
    "self_check.summary",
    against="exact fractions, pixel by pixel",
    over="sizes from 1 x 1 to above the grid's, levels",
    within=EXACT,
)
@given(SIDES, SIDES, SEEDS)
def test_the_known_picture_and_its_answer(width: int, height: int, seed: int) -> None:
    small, made = tile(), stretched(width, height)[0]
    for y, x in np.ndindex(height, width):
        place = math.floor(Fraction(y * TILE, height)), math.floor(Fraction(x * TILE, width))
        assert (made[y, x] == small[place]).all()
    levels = noise(width, height, 1, seed)
    cells = summary(levels)
    for i, j in np.ndindex(GRID, GRID):
        rows, columns = (
            range(start := math.floor(Fraction(at * side, GRID)), max(start + 1, (at + 1) * side // GRID))
            for at, side in ((i, height), (j, width))
        )
        inside = [int(levels[y, x]) for y in rows for x in columns]
        assert cells[i, j] == sum(inside) // len(inside)


def test_an_empty_region_is_refused() -> None:
    for sides in ((1, 1, 1, 2), (0.4, 0, 0.5, 9), (3, 0, 2, 9)):
        with pytest.raises(BadOptionsError):
            read_region(sides)
