"""Brush strokes against a brute-force oracle, and the algebra of erasing and restoring."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from alphacut.edits import Brush, Kind, Stroke
from alphacut.strokes import bounds, coverage, draw, hardness_of, simplified
from tests.helpers import array, noise
from tests.numerics import held

WIDTH, HEIGHT = 90, 70
PLACE = st.floats(-30, 120)
POINTS = st.lists(st.tuples(PLACE, PLACE, st.floats(0.3, 40)), min_size=1, max_size=8).map(tuple)
STROKES = st.builds(Stroke, points=POINTS, hardness=st.floats(0, 1), opacity=st.floats(0, 1))
OPAQUE = st.builds(Stroke, points=POINTS, hardness=st.floats(0.3, 1))
few = settings(max_examples=40, deadline=None)


def oracle(stroke: Stroke, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.float64]:
    """Coverage as the module's docstring says it, pixel by pixel and segment by segment."""
    y, x = np.mgrid[:height, :width] + 0.5
    least = np.full((height, width), np.inf)
    points = stroke.points
    discs = [(point, point) for point in points]
    for (ax, ay, ar), (bx, by, br) in [*discs, *pairwise(points)]:
        squared = (bx - ax) ** 2 + (by - ay) ** 2
        along = np.ones_like(x)
        if squared:
            along = (((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / squared).clip(0, 1)
        distance = np.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay))
        least = np.minimum(least, distance / (ar + along * (br - ar)))
    hardness = min(stroke.hardness, max(0, 1 - 1 / max(radius for *_, radius in points)))
    u = ((least - hardness) / (1 - hardness)).clip(0, 1)
    return np.asarray(stroke.opacity * (1 - u * u * (3 - 2 * u)))


def covered(stroke: Stroke) -> NDArray[np.float64]:
    found = np.zeros((HEIGHT, WIDTH))
    seen = np.zeros((HEIGHT, WIDTH), int)
    for (left, top, right, bottom), share in coverage(stroke, (WIDTH, HEIGHT)):
        found[top:bottom, left:right] = share
        seen[top:bottom, left:right] += 1
    assert seen.max() <= 1, "tiles overlap"
    return found


def drawn(alpha: Image.Image, stroke: Stroke, kind: Kind = "erase") -> NDArray[np.uint8]:
    made = alpha.copy()
    draw(made, Brush(kind=kind, stroke=stroke))
    return array(made)


def grey(seed: int = 0) -> Image.Image:
    return Image.fromarray(noise(WIDTH, HEIGHT, 1, seed))


@held(
    "strokes.coverage",
    against="discs and segments, pixel by pixel in float64",
    over="points, radii, hardness, opacity",
    within="3.9",
    why="points that change a line by less than a 200th of its edge are left out",
)
@few
@given(STROKES)
@example(Stroke(points=((0, 0, 1),), hardness=0))  # one pixel is all of its tile
@example(Stroke(points=((0, 0, 1), (1, 0, 3), (1, 0, 3)), hardness=1))  # a disc beyond its segment
def test_coverage_is_the_oracles(stroke: Stroke) -> None:
    assert np.abs(covered(stroke) - oracle(stroke)).max() < 0.015  # what leaving points out may cost


@held(
    "strokes.draw",
    against="a (1 - c) and a (1 - c) + c of that",
    over="the same, alpha, both kinds",
    within="4.5",
    why="the same, and rounding",
)
@few
@given(STROKES, st.sampled_from(["erase", "restore"]))
def test_alpha_is_the_oracles(stroke: Stroke, kind: Kind) -> None:
    before, share = array(grey()).astype(float), oracle(stroke)
    wanted = before * (1 - share) + (255 * share if kind == "restore" else 0)
    assert np.abs(drawn(grey(), stroke, kind) - wanted).max() < 4.4


@few
@given(STROKES)
def test_nothing_changes_outside_the_strokes_box(stroke: Stroke) -> None:
    box = bounds(stroke, (WIDTH, HEIGHT))
    outside = np.ones((HEIGHT, WIDTH), bool)
    if box:
        outside[box[1] : box[3], box[0] : box[2]] = False
    np.testing.assert_array_equal(drawn(grey(), stroke)[outside], array(grey())[outside])


@few
@given(OPAQUE, st.sampled_from(["erase", "restore"]))
def test_where_an_opaque_stroke_covers_fully_a_second_one_changes_nothing(stroke: Stroke, kind: Kind) -> None:
    once = drawn(grey(), stroke, kind)
    twice = drawn(Image.fromarray(once), stroke, kind)
    full = oracle(stroke) > 0.9999
    assert (once[full] == (255 if kind == "restore" else 0)).all()
    np.testing.assert_array_equal(twice[full], once[full])


@few
@given(STROKES)
def test_erasing_never_adds_and_restoring_never_takes(stroke: Stroke) -> None:
    assert (drawn(grey(), stroke) <= array(grey())).all()
    assert (drawn(grey(), stroke, "restore") >= array(grey())).all()


@few
@given(POINTS, st.floats(0, 1))
def test_a_line_drawn_back_and_forth_covers_no_more(
    points: tuple[tuple[float, float, float], ...], hardness: float
) -> None:
    there = Stroke(points=points, hardness=hardness, opacity=0.5)
    and_back = Stroke(points=points + points[::-1], hardness=hardness, opacity=0.5)
    assert np.abs(covered(there) - covered(and_back)).max() < 0.015


def test_the_last_stroke_wins() -> None:
    stroke = Stroke(points=((40, 40, 20),), hardness=1)
    erased = drawn(Image.fromarray(drawn(grey(), stroke, "restore")), stroke)
    restored = drawn(Image.fromarray(drawn(grey(), stroke)), stroke, "restore")
    assert (erased[40, 40], restored[40, 40]) == (0, 255)


def test_a_hard_edge_is_a_pixel_wide_and_half_covered_on_the_radius() -> None:
    stroke = Stroke(points=((45, 35, 20.25),), hardness=1)
    assert hardness_of(stroke) == pytest.approx(1 - 1 / 20.25)
    row = covered(stroke)[35]
    assert 1 <= ((row > 0) & (row < 1)).sum() <= 4


@pytest.mark.parametrize("place", [(-100, 10), (10, 900), (90.5, 35), (45, -1)])
def test_strokes_beside_the_image_are_nothing(place: tuple[float, float]) -> None:
    stroke = Stroke(points=((*place, 0.4),))
    assert bounds(stroke, (WIDTH, HEIGHT)) is None
    assert list(coverage(stroke, (WIDTH, HEIGHT))) == []


@given(st.lists(st.tuples(PLACE, PLACE, st.floats(1, 5)), min_size=1, max_size=40))
def test_points_that_are_left_out_lie_on_the_line(points: list[tuple[float, float, float]]) -> None:
    every = np.array(points)
    kept = simplified(every, 0.01)
    np.testing.assert_array_equal(kept[[0, -1]], every[[0, -1]])
    straight = np.linspace(every[0], every[0] + (10, 5, 1), 50)
    assert len(simplified(straight, 0.01)) == 2


def test_a_long_stroke_over_a_large_image_takes_little_memory() -> None:
    alpha = Image.new("L", (8000, 6000), 255)
    turns = np.linspace(0, 9, 200)
    points = zip(
        4000 + 90 * turns * np.cos(turns), 3000 + 70 * turns * np.sin(turns), 60 + turns, strict=True
    )
    stroke = Stroke(points=tuple((float(x), float(y), float(r)) for x, y, r in points), hardness=0.7)
    tracemalloc.start()
    draw(alpha, Brush(kind="erase", stroke=stroke))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000
    assert alpha.getextrema() == (0, 255)
