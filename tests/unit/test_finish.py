"""What a finish may ask for: read as web/shared/protocol.js types it; nonsense is refused in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from alphacut.errors import BadOptionsError
from alphacut.finish import (
    EMPTY,
    BlurBackground,
    Canvas,
    ColourBackground,
    Crop,
    Finish,
    Frame,
    PictureBackground,
    Shadow,
)

FRAME = {"left": -1.5, "top": 0, "right": 10, "bottom": 20.5, "width": 5, "height": 6}


@pytest.mark.parametrize(
    ("table", "finish"),
    [
        ({}, EMPTY),
        ({"background": None, "crop": None, "softness": None}, EMPTY),
        (
            {"background": {"kind": "colour", "colour": "#ff8000"}},
            Finish(background=ColourBackground(colour=(255, 128, 0))),
        ),
        (
            {"background": {"kind": "picture", "fit": "contain", "x": 0, "y": 1}},
            Finish(background=PictureBackground(fit="contain", x=0, y=1)),
        ),
        ({"background": {"kind": "picture"}}, Finish(background=PictureBackground())),
        (
            {"background": {"kind": "blur", "strength": 1}},
            Finish(background=BlurBackground(strength=1)),
        ),
        ({"crop": {"margin": 0.1, "aspect": [4, 5]}}, Finish(crop=Crop(margin=0.1, aspect=(4, 5)))),
        ({"crop": {"margin": 0, "aspect": None}}, Finish(crop=Crop())),
        (
            {"crop": {"kind": "canvas", "width": 2000, "height": 1000, "fill": 0.5}},
            Finish(crop=Canvas(width=2000, height=1000, fill=0.5)),
        ),
        ({"frame": FRAME}, Finish(frame=Frame(**FRAME))),  # type: ignore[arg-type]
        ({"shadow": {"opacity": 1, "dx": -1}}, Finish(shadow=Shadow(opacity=1, dx=-1))),
        ({"softness": 1, "shift": -0.5}, Finish(softness=1, shift=-0.5)),
    ],
)
def test_a_finish_is_read_as_the_page_writes_it(table: dict[str, Any], finish: Finish) -> None:
    assert Finish.from_table(table) == finish


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([], "a finish is told by an object"),
        ({"glow": 1}, "a finish has no glow"),
        ({"background": "#fff"}, "a background is of kind"),
        ({"background": {"kind": "video"}}, "a background is of kind"),
        ({"background": {"kind": "colour"}}, "#rrggbb"),
        ({"background": {"kind": "colour", "colour": "red"}}, "#rrggbb"),
        ({"background": {"kind": "colour", "colour": "#ffffff", "x": 1}}, "has no x"),
        ({"background": {"kind": "picture", "fit": "stretch"}}, "cover or contain"),
        ({"background": {"kind": "picture", "x": 2}}, "x is a number from 0 to 1"),
        ({"background": {"kind": "blur", "strength": float("nan")}}, "strength is a number"),
        ({"crop": {"margin": -0.1}}, "margin is a number from 0 to 1"),
        ({"crop": {"aspect": [1]}}, "a width and a height"),
        ({"crop": {"aspect": [0, 1]}}, "above 0"),
        ({"crop": {"aspect": [1000, 1]}}, "at most 100 to 1"),
        ({"crop": {"aspect": ["1", "1"]}}, "a width and a height"),
        ({"crop": {"kind": "canvas", "width": 10}}, "a canvas lacks fill, height"),
        ({"crop": {"kind": "canvas", "width": 10.5, "height": 10}}, "width is a whole number"),
        ({"crop": {"kind": "canvas", "width": 0, "height": 10}}, "width is a whole number"),
        ({"crop": {"kind": "canvas", "width": 10, "height": 10, "fill": 0}}, "fill is a number from 0.01"),
        ({"frame": {**FRAME, "right": -2}}, "less than its right"),
        ({"frame": {**FRAME, "width": True}}, "width is a whole number"),
        ({"frame": {**FRAME, "left": "0"}}, "left is a number"),
        ({"frame": {"left": 0}}, "a frame lacks"),
        ({"shadow": {"opacity": 2}}, "opacity is a number from 0 to 1"),
        ({"shadow": 1}, "told by an object"),
        ({"softness": True}, "softness is a number from 0 to 1"),
        ({"shift": 1.5}, "shift is a number from -1 to 1"),
    ],
)
def test_nonsense_is_refused_in_plain_words(table: Any, words: str) -> None:
    with pytest.raises(BadOptionsError) as refused:
        Finish.from_table(table)
    assert words in refused.value.message
    assert refused.value.message.endswith(".")
