"""What can be asked for, and what contradicts itself."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphacut.browser.options import read_options
from alphacut.errors import BadOptionsError
from alphacut.output import Output
from tests.helpers import file_of, scene
from tests.unit.test_pipeline import cut

GOOD: list[dict[str, Any]] = [
    {},
    {"format": "webp", "quality": 1},
    {"format": "webp", "lossless": True, "effort": "small"},
    {"format": "jpeg", "quality": 100, "background": (1, 2, 3)},
    {"format": "png", "depth": 16, "metadata": "keep"},
    {"format": "png", "background": (0, 0, 0)},
    {"format": "mask-png", "depth": 16},
    {"premultiplied": True},
    {"format": "rgba8"},
    {"format": "alpha8"},
]
BAD: list[dict[str, Any]] = [
    {"format": "bmp"},
    {"format": ["png"]},
    {"effort": "best"},
    {"metadata": "all"},
    {"depth": 12},
    {"depth": "16"},
    {"depth": True},
    {"depth": 16, "format": "webp"},
    {"depth": 16, "format": "jpeg"},
    {"quality": 0, "format": "jpeg"},
    {"quality": 101, "format": "jpeg"},
    {"quality": 90.5, "format": "jpeg"},
    {"quality": True, "format": "jpeg"},
    {"quality": 90},
    {"quality": 90, "format": "mask-png"},
    {"quality": 90, "format": "webp", "lossless": True},
    {"lossless": True},
    {"lossless": 1, "format": "webp"},
    {"lossless": True, "format": "jpeg"},
    {"premultiplied": True, "format": "jpeg"},
    {"premultiplied": True, "background": (0, 0, 0)},
    {"premultiplied": True, "format": "mask-png"},
    {"background": (0, 0, 0), "format": "mask-png"},
    {"background": (0, 0, 256)},
    {"background": (0, 0)},
    {"background": "#000000"},
    {"metadata": "keep", "format": "mask-png"},
    *(
        {"format": pixels, **wish}
        for pixels in ("rgba8", "alpha8")
        for wish in (
            {"depth": 16},
            {"quality": 90},
            {"lossless": True},
            {"premultiplied": True},
            {"background": (0, 0, 0)},
            {"metadata": "keep"},
        )
    ),
]


@pytest.mark.parametrize("wishes", GOOD, ids=str)
def test_wishes_that_go_together_are_taken(wishes: dict[str, Any]) -> None:
    made = Output(**wishes)
    assert made.type.startswith("image/")
    assert made.has_alpha is (made.format in {"png", "webp"} and made.background is None)


@pytest.mark.parametrize("wishes", BAD, ids=str)
def test_wishes_that_contradict_each_other_are_refused(wishes: dict[str, Any]) -> None:
    with pytest.raises(BadOptionsError, match="can't be made") as caught:
        Output(**wishes)
    assert caught.value.code == "bad-options"


def test_what_is_not_said_is_a_fast_png_with_alpha_and_no_metadata() -> None:
    made = Output()
    assert (made.type, made.has_alpha, made.depth, made.metadata) == ("image/png", True, 8, "none")
    assert Output(format="jpeg").paper == (255, 255, 255)
    assert Output(format="jpeg").chosen_quality == 90


@pytest.mark.parametrize(("kind", "side"), [("webp", 16_383), ("jpeg", 65_500)])
def test_sizes_that_a_format_does_not_hold_are_refused_before_the_network_runs(kind: Any, side: int) -> None:
    Output(format=kind).check_size((side, 1))
    for size in ((side + 1, 1), (1, side + 1)):
        with pytest.raises(BadOptionsError, match=str(side)) as caught:
            Output(format=kind).check_size(size)
        assert "PNG" in caught.value.hint
        assert f"this picture would be {size[0]} by {size[1]}" in caught.value.message
    Output().check_size((10**6, 1))


def test_the_pipeline_checks_the_size() -> None:
    with pytest.raises(BadOptionsError, match="16383"):
        cut(file_of(scene(16_384, 1)), output=Output(format="webp"))


# ---- as requests say it ----------------------------------------------------------------------------


def read(**options: Any) -> dict[str, Any]:
    return read_options(json.dumps(options))


def test_requests_without_wishes_leave_every_default() -> None:
    assert read() == {}
    assert read(output=None, region=None) == {}
    assert read(output={}) == {"output": Output()}


def test_backgrounds_are_written_as_in_style_sheets() -> None:
    made = read(output={"format": "jpeg", "background": "#1080fF", "quality": None})
    assert made == {"output": Output(format="jpeg", background=(16, 128, 255))}


@pytest.mark.parametrize("background", ["red", "#fff", "#12345g", "#1234567", " #123456", 5, [1, 2, 3]])
def test_other_ways_to_write_a_background_are_refused(background: object) -> None:
    with pytest.raises(BadOptionsError, match="#rrggbb"):
        read(output={"background": background})


def test_what_is_kept_is_one_of_two() -> None:
    assert read(keep="background") == {"keep": "background"}
    assert read(keep="subject", region=None) == {"keep": "subject"}


def test_regions_are_whole_pixels() -> None:
    region = {"left": 0.4, "top": 1, "right": 10.6, "bottom": 20}
    assert read(region=region) == {"region": (0, 1, 11, 20)}


@pytest.mark.parametrize(
    "options",
    [
        {"size": 5},
        {"keep": "foreground"},
        {"keep": ["subject"]},
        {"output": {"colour": 1}},
        {"output": "png"},
        {"output": [1]},
        {"region": {}},
        {"region": [1, 2, 3, 4]},
        {"region": {"left": 1, "top": 0, "right": 1, "bottom": 5}},
        {"region": {"left": 0, "top": 9, "right": 1, "bottom": 5}},
        {"region": {"left": "0", "top": 0, "right": 1, "bottom": 5}},
        {"region": {"left": None, "top": 0, "right": 1, "bottom": 5}},
        {"region": {"left": float("nan"), "top": 0, "right": 1, "bottom": 5}},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_with_its_code(options: dict[str, Any]) -> None:
    with pytest.raises(BadOptionsError):
        read(**options)


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-300, 70000) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
names = st.sampled_from(
    ["format", "effort", "quality", "lossless", "background", "premultiplied", "depth", "metadata"]
)


@given(st.dictionaries(names, anything, max_size=4), anything)
def test_nothing_but_an_error_of_ours_comes_of_nonsense(output: dict[str, Any], region: Any) -> None:
    with contextlib.suppress(BadOptionsError):
        read(output=output, region=region)
