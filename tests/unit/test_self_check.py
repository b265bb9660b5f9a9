"""The picture by which a device is checked and the answer to it, against a second, slower formulation."""

from __future__ import annotations

import json
import re
import subprocess
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphacut.self_check import GRID, TILE, stretched, summary, tile
from alphacut.store.node import node_command
from tests.helpers import ROOT, Bytes8, noise
from tests.numerics import NODE, held

SIDES = st.integers(1, 70)
MODULE = ROOT / "web" / "worker" / "self-check.js"
SCRIPT = MODULE.read_text("utf-8")


def slow_summary(levels: Bytes8) -> list[list[int]]:
    """Cell by cell and pixel by pixel, in fractions."""
    height, width = levels.shape

    def bounds(cell: int, side: int) -> range:
        first, end = (int(Fraction(edge * side, GRID)) for edge in (cell, cell + 1))
        return range(first, end if end > first else first + 1)

    def mean(i: int, j: int) -> int:
        pixels = [int(levels[y, x]) for y in bounds(i, height) for x in bounds(j, width)]
        return int(Fraction(sum(pixels), len(pixels)))

    return [[mean(i, j) for j in range(GRID)] for i in range(GRID)]


# ---- the picture -----------------------------------------------------------------------------------


def test_the_tile_is_a_disc_with_a_stem_on_a_darker_ground() -> None:
    made = tile()
    assert made.shape == (TILE, TILE, 3)
    assert made.dtype == np.uint8
    for y in range(TILE):
        for x in range(TILE):
            on_disc = (x - 15) ** 2 + (y - 12) ** 2 <= 8**2
            on_stem = 13 <= x <= 17 and 20 <= y <= 27
            subject = [235 - 3 * x, 190 - 4 * y + 2 * x, 40 + 2 * y]
            expected = subject if on_disc or on_stem else [40 + 2 * y, 60 + 2 * y, 90 + x]
            assert made[y, x].tolist() == expected, (x, y)
            assert min(expected) >= 0
            assert max(expected) <= 255  # nothing wraps round


def test_turned_mirrored_or_with_other_channels_it_is_another_picture() -> None:
    """So that a device that confuses axes or channels is found out."""
    made = tile().astype(int)
    others = [made[::-1], made[:, ::-1], made.swapaxes(0, 1), made[..., ::-1], made[..., [1, 0, 2]]]
    assert all(np.abs(made - other).mean() > 5 for other in others)


@given(SIDES, SIDES)
def test_it_is_stretched_by_repeating_pixels(width: int, height: int) -> None:
    made, small = stretched(width, height), tile()
    assert made.shape == (1, height, width, 3)
    assert made.dtype == np.uint8
    assert made.flags.c_contiguous  # sessions ask for that
    for y in range(height):
        for x in range(width):
            source = small[int(Fraction(y * TILE, height)), int(Fraction(x * TILE, width))]
            assert made[0, y, x].tolist() == source.tolist()


def test_at_its_own_size_it_is_the_tile_and_at_twice_that_each_pixel_is_four() -> None:
    np.testing.assert_array_equal(stretched(TILE, TILE)[0], tile())
    np.testing.assert_array_equal(
        stretched(2 * TILE, 2 * TILE)[0], tile().repeat(2, axis=0).repeat(2, axis=1)
    )


# ---- the answer ------------------------------------------------------------------------------------


@settings(deadline=None)  # the second formulation is slow
@given(SIDES, SIDES, st.integers(0, 2**32 - 1))
def test_the_summary_is_the_mean_of_each_cell_rounded_down(width: int, height: int, seed: int) -> None:
    levels = noise(width, height, channels=1, seed=seed)
    made = summary(levels)
    assert made.shape == (GRID, GRID)
    assert made.dtype == np.uint8
    assert made.tolist() == slow_summary(levels)


@pytest.mark.parametrize("size", [(GRID, GRID), (320, 320), (1024, 1024), (37, 1), (1, 1), (5, 100)])
@pytest.mark.parametrize("level", [0, 1, 128, 255])
def test_what_a_broken_device_gives_stays_flat(size: tuple[int, int], level: int) -> None:
    """NaN becomes one level or another when it is cast; sums of many bright pixels must not wrap round."""
    made = summary(np.full((size[1], size[0]), level, np.uint8))
    assert (made == level).all()


def test_maps_as_small_as_the_grid_are_their_own_summary() -> None:
    levels = noise(GRID, GRID, channels=1)
    np.testing.assert_array_equal(summary(levels), levels)


def test_width_and_height_are_not_mixed_up() -> None:
    levels = np.zeros((3 * GRID, 2 * GRID), np.uint8)
    levels[:3] = 160  # the first row of cells
    assert summary(levels)[0].tolist() == [160] * GRID
    assert not summary(levels)[1:].any()


def test_levels_are_not_changed_and_need_not_be_contiguous() -> None:
    levels = noise(40, 30, channels=1)
    before = levels.copy()
    np.testing.assert_array_equal(summary(levels.T), summary(np.ascontiguousarray(levels.T)))
    np.testing.assert_array_equal(levels, before)


def test_noise_and_flat_maps_are_far_from_any_subject() -> None:
    """The worker lets 8 levels of difference on average pass."""
    subject = stretched(320, 320)[0, :, :, 0]
    answer = summary(np.where(subject > 130, 255, 0).astype(np.uint8)).astype(int)
    tolerance = re.search(r"const TOLERANCE = (\d+);", SCRIPT)
    assert tolerance is not None
    wrong = [noise(320, 320, channels=1), *(np.full((320, 320), level, np.uint8) for level in (0, 128, 255))]
    for levels in wrong:
        assert np.abs(summary(levels) - answer).mean() > 2 * int(tolerance[1])


# ---- the worker's side of it -----------------------------------------------------------------------


def test_the_worker_knows_the_same_sizes() -> None:
    sizes = re.search(r"const TILE = (\d+),.* GRID = (\d+);", SCRIPT)
    assert sizes is not None
    assert (int(sizes[1]), int(sizes[2])) == (TILE, GRID)


RUN_IN_NODE = """
const { selfCheck, isFlat } = await import(process.argv[1]);
const { check, inputShape, levels, shape } = JSON.parse(process.argv[2]);
const seen = { releases: 0 };
const session = {
  inputShape,
  run: async (pixels) => {
    seen.pixels = [...pixels];
    return { levels: Uint8Array.from(levels), shape, release: () => { seen.releases += 1; } };
  },
};
seen.error = await selfCheck(session, Uint8Array.from(check)).then(() => "", (error) => error.message);
seen.flat = isFlat(Uint8Array.from(levels));
console.log(JSON.stringify(seen));
"""


def check_in_worker(levels: Bytes8, answer: Bytes8, width: int, height: int) -> dict[str, object]:
    """Run the worker's check on a device that gives those levels."""
    facts = {
        "check": [*tile().tobytes(), *answer.tobytes()],
        "inputShape": [1, height, width, 3],
        "levels": levels.ravel().tolist(),
        "shape": [1, 1, *levels.shape],
    }
    command = [*node_command(), "--input-type=module", "-e", RUN_IN_NODE, MODULE.as_uri(), json.dumps(facts)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return dict(json.loads(done.stdout))


@held(
    "worker/self-check.js selfCheck",
    "worker/self-check.js answerOf",
    against="`self_check.stretched`, `self_check.summary`",
    over="sizes",
    within="0",
    only_here=NODE,
)
@pytest.mark.parametrize(("size", "map_size"), [((45, 70), (45, 70)), ((20, 33), (11, 50))])
def test_the_worker_sends_the_same_picture_and_sums_up_the_same_way(
    size: tuple[int, int], map_size: tuple[int, int]
) -> None:
    levels = noise(*map_size, channels=1, seed=2) // 8
    levels[:, map_size[0] // 2 :] += 200
    answer = summary(levels)
    seen = check_in_worker(levels, answer, *size)
    assert seen["pixels"] == stretched(*size).ravel().tolist()
    assert (seen["error"], seen["releases"], seen["flat"]) == ("", 1, False)
    # 9 levels of difference in every cell is the first whole number that is too much.
    lower, upper = (np.where(answer > 127, answer.astype(int) - n, answer + n) for n in (8, 9))
    assert check_in_worker(levels, np.asarray(lower, np.uint8), *size)["error"] == ""
    assert "9 of 255" in str(check_in_worker(levels, np.asarray(upper, np.uint8), *size)["error"])


@held(
    "worker/self-check.js isFlat",
    against="the spread of levels",
    over="maps",
    within="0",
    only_here=NODE,
)
def test_the_worker_knows_a_flat_map() -> None:
    flat = np.full((20, 20), 7, np.uint8)
    seen = check_in_worker(flat, summary(flat), 8, 8)
    assert seen["flat"] is True


def test_a_faint_answer_is_told_from_a_flat_one() -> None:
    """Nothing but zeros is never near enough, however little of a subject the answer shows."""
    levels = np.zeros((64, 64), np.uint8)
    levels[16:48, 16:48] = 12
    answer = summary(levels)
    assert check_in_worker(levels, answer, 64, 64)["error"] == ""
    assert "wrong" in str(check_in_worker(np.zeros_like(levels), answer, 64, 64)["error"])
