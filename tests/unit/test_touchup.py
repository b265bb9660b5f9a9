"""Edits in their order; the hint brush: finer edges under the stroke, nothing outside, no holes inside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from alphacut.edits import Brush, Patch, Stroke
from alphacut.errors import BadOptionsError
from alphacut.strokes import coverage, draw
from alphacut.touchup import apply_edits, refine
from tests.helpers import array, file_of, noise

SIZE = WIDTH, HEIGHT = 420, 300


def hair() -> tuple[Image.Image, Image.Image, Image.Image]:
    """Draw strands before a bright wall: the photo, true alpha, and a mask that knows the head alone."""
    random = np.random.default_rng(7)
    fine = Image.new("L", (4 * WIDTH, 4 * HEIGHT))
    pen = ImageDraw.Draw(fine)
    pen.ellipse((560, 620, 1120, 1180), fill=255)
    for _ in range(260):
        angle, length = random.uniform(-np.pi, 0), random.uniform(40, 330)
        x, y = 840 + 270 * np.cos(angle), 900 + 270 * np.sin(angle)
        bent = angle + random.normal(0, 0.4)
        pen.line((x, y, x + length * np.cos(bent), y + length * np.sin(bent)), fill=255, width=5)
    true = fine.resize(SIZE, Image.Resampling.BOX)
    share = array(true)[..., None] / 255
    dark, wall = np.array((70, 45, 30)), np.array((150, 170, 185))
    shades = random.normal(0, 8, (HEIGHT, WIDTH, 1))
    pixels = share * (dark + shades) + (1 - share) * wall + random.normal(0, 2, (HEIGHT, WIDTH, 3))
    photo = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    head = Image.new("L", SIZE)
    ImageDraw.Draw(head).ellipse((140, 155, 280, 295), fill=255)
    return photo, true, head.filter(ImageFilter.GaussianBlur(3))


def around_the_head() -> Stroke:
    turns = np.linspace(-np.pi, 0, 20)
    places = 210 + 105 * np.cos(turns), 225 + 105 * np.sin(turns)
    return Stroke(
        points=tuple((float(x), float(y), 42.0) for x, y in zip(*places, strict=True)), hardness=0.8
    )


def under(stroke: Stroke) -> NDArray[np.bool_]:
    found = np.zeros((HEIGHT, WIDTH), bool)
    for (left, top, right, bottom), covered in coverage(stroke, SIZE):
        found[top:bottom, left:right] = np.asarray(covered) > 0
    return found


def test_strands_that_the_mask_lacks_are_found_under_the_stroke() -> None:
    photo, true, mask = hair()
    stroke = around_the_head()
    refined = apply_edits(mask, [refine(photo, mask, stroke)])
    before, after = (
        np.abs(array(alpha).astype(float) - array(true))[under(stroke)].mean() for alpha in (mask, refined)
    )
    assert before > 25
    assert after < 0.4 * before


def test_nothing_changes_where_the_stroke_is_not() -> None:
    photo, _, mask = hair()
    stroke = around_the_head()
    refined = apply_edits(mask, [refine(photo, mask, stroke)])
    outside = ~under(stroke)
    np.testing.assert_array_equal(array(refined)[outside], array(mask)[outside])


def test_on_another_alpha_nothing_changes_either_where_the_stroke_is_not() -> None:
    """The network may have been run again since, on another subject."""
    photo, _, mask = hair()
    stroke = around_the_head()
    other = Image.fromarray(noise(*SIZE, 1))
    refined = apply_edits(other, [refine(photo, mask, stroke)])
    outside = ~under(stroke)
    np.testing.assert_array_equal(array(refined)[outside], array(other)[outside])
    assert (array(refined) != array(other))[under(stroke)].mean() > 0.5


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("radius", [3, 30, 400])
def test_inside_flat_regions_there_are_no_holes_whatever_the_colours_are(level: int, radius: float) -> None:
    photo, mask = Image.fromarray(noise(*SIZE)), Image.new("L", SIZE, level)
    patch = refine(photo, mask, Stroke(points=((200, 150, radius), (250, 100, radius))))
    assert apply_edits(mask, [patch]).getextrema() == (level, level)


def test_a_stroke_without_opacity_changes_nothing() -> None:
    photo, _, mask = hair()
    patch = refine(photo, mask, replace(around_the_head(), opacity=0))
    np.testing.assert_array_equal(array(apply_edits(mask, [patch])), array(mask))


@pytest.mark.parametrize("place", [(0, 0), (419, 299), (-20, 150)])
def test_strokes_at_the_photos_border_are_cut_there(place: tuple[float, float]) -> None:
    photo, _, mask = hair()
    patch = refine(photo, mask, Stroke(points=((*place, 30),)))
    assert patch.left + patch.width <= WIDTH
    assert patch.top + patch.height <= HEIGHT


def test_a_stroke_beside_the_photo_is_refused() -> None:
    photo, _, mask = hair()
    with pytest.raises(BadOptionsError, match="does not lie on the photo"):
        refine(photo, mask, Stroke(points=((-100, 0, 10),)))


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 3)])
def test_tiny_photos_are_refined_too(size: tuple[int, int]) -> None:
    patch = refine(Image.fromarray(noise(*size)), Image.new("L", size, 128), Stroke(points=((1, 1, 5),)))
    assert (patch.width, patch.height) == (min(size[0], 6), min(size[1], 6))


def test_edits_are_made_in_their_order_and_the_original_stays() -> None:
    alpha = Image.fromarray(noise(60, 40, 1))
    stroke = Stroke(points=((20, 20, 10),), hardness=1)
    levels = noise(12, 8, 1, 5)
    patch = Patch(left=15, top=16, width=12, height=8, data=file_of(levels))
    made = array(apply_edits(alpha, [Brush(kind="erase", stroke=stroke), patch]))
    np.testing.assert_array_equal(made[16:24, 15:27], levels)
    assert made[13, 20] == 0
    drawn = alpha.copy()
    draw(drawn, Brush(kind="erase", stroke=stroke))
    np.testing.assert_array_equal(made[:16], array(drawn)[:16])
    np.testing.assert_array_equal(array(alpha), noise(60, 40, 1))


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        (Patch(left=55, top=0, width=12, height=8, data=file_of(noise(12, 8, 1))), "beyond the photo"),
        (Patch(left=0, top=0, width=13, height=8, data=file_of(noise(12, 8, 1))), "another size"),
        (Patch(left=0, top=0, width=12, height=8, data=b"nothing"), "not a picture"),
        (Patch(left=0, top=0, width=12, height=8, data=b""), "not a picture"),
    ],
)
def test_patches_that_do_not_fit_are_refused(patch: Patch, words: str) -> None:
    with pytest.raises(BadOptionsError, match=words):
        apply_edits(Image.new("L", (60, 40)), [patch])
