"""What edits may be: strokes and patches as the page writes them; nonsense is refused in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from alphacut.edits import Brush, Patch, Stroke, read_edits
from alphacut.errors import BadOptionsError

STROKE = {"points": [1, 2, 3.5, 4, 5, 6], "hardness": 0.5, "opacity": 1}
PATCH = {"kind": "patch", "left": 1, "top": 2, "width": 3, "height": 4, "data": 0}


def test_edits_are_read_in_their_order() -> None:
    stroke = Stroke(points=((1, 2, 3.5), (4, 5, 6)), hardness=0.5, opacity=1)
    assert read_edits([{"kind": "erase", **STROKE}, PATCH, {"kind": "restore", **STROKE}], [b"png"]) == (
        Brush(kind="erase", stroke=stroke),
        Patch(left=1, top=2, width=3, height=4, data=b"png"),
        Brush(kind="restore", stroke=stroke),
    )


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ("erase", "of kind erase, restore or patch"),
        ({"kind": "smudge", **STROKE}, "of kind erase, restore or patch"),
        ({"kind": "erase", "hardness": 1, "opacity": 1}, "a list of x, y and radius"),
        ({"kind": "erase", **STROKE, "points": [1, 2]}, "a list of x, y and radius"),
        ({"kind": "erase", **STROKE, "points": []}, "1 to 100000 points"),
        ({"kind": "erase", **STROKE, "points": [1, 2, 0]}, "a radius above 0"),
        ({"kind": "erase", **STROKE, "points": [1, None, 1]}, "a radius above 0"),
        ({"kind": "erase", **STROKE, "points": [1, 2e7, 1]}, "near the photo"),
        ({"kind": "erase", **STROKE, "hardness": 2}, "hardness is a number from 0 to 1"),
        ({"kind": "erase", **STROKE, "opacity": "1"}, "opacity is a number from 0 to 1"),
        ({"kind": "erase", **STROKE, "colour": 1}, "has no colour"),
        ({**PATCH, "data": 1}, "has its data"),
        ({**PATCH, "data": -1}, "has its data"),
        ({**PATCH, "data": "x"}, "has its data"),
        ({**PATCH, "left": -1}, "left is a whole number"),
        ({**PATCH, "width": 0}, "width is a whole number"),
        ({**PATCH, "height": 1.5}, "height is a whole number"),
        ({"kind": "patch", "data": 0}, "a patch lacks height, left, top, width"),
    ],
)
def test_nonsense_is_refused_in_plain_words(edit: Any, words: str) -> None:
    with pytest.raises(BadOptionsError) as refused:
        read_edits([edit], [b"png"])
    assert words in refused.value.message


def test_edits_are_a_list() -> None:
    with pytest.raises(BadOptionsError, match="edits are a list"):
        read_edits({}, [])
