"""web/shared/finish.js in Node.js against Python on random numbers: page and file can't differ."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import numpy as np
import pytest
from PIL import Image

from alphacut import backgrounds, feather
from alphacut.edits import Stroke
from alphacut.finish import Canvas, Crop, Finish, Fit, Frame, PictureBackground
from alphacut.framing import frame_of
from alphacut.image import Photo
from alphacut.store.node import node_command
from alphacut.strokes import coverage
from tests.helpers import ROOT
from tests.numerics import NODE, held

MODULE = ROOT / "web" / "shared" / "finish.js"
RUN_IN_NODE = """
const module = await import(process.argv[1]);
let text = "";
for await (const part of process.stdin) text += part;
console.log(JSON.stringify(JSON.parse(text).map(([name, ...values]) => module[name](...values))));
"""
CASES = 300
SIZE = (1200, 900)


def in_node(calls: list[list[Any]]) -> list[Any]:
    """Call functions of the module, each given as a name and its arguments."""
    command = [*node_command(), "--input-type=module", "-e", RUN_IN_NODE, MODULE.as_uri()]
    done = subprocess.run(
        command, input=json.dumps(calls), capture_output=True, text=True, check=True, timeout=60
    )
    return list(json.loads(done.stdout))


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(11)


def box(random: np.random.Generator) -> tuple[int, int, int, int]:
    left, top, width, height = random.integers((0, 0, 1, 1), (600, 400, 600, 500)).tolist()
    return left, top, left + width, top + height


def sides(found: tuple[float, float, float, float]) -> dict[str, float]:
    return dict(zip(("left", "top", "right", "bottom"), found, strict=True))


def finishes(random: np.random.Generator) -> tuple[dict[str, Any], Finish]:
    """Give a finish with a frame of some kind, as the page writes it and as Python reads it."""
    aspect = None if random.random() < 0.3 else random.integers(1, 30, 2).tolist()
    tables: list[dict[str, Any]] = [
        {},
        {"crop": {"margin": float(random.random()), "aspect": aspect}},
        {"crop": {"kind": "canvas", "width": int(random.integers(1, 4000)), "height": 1500,
                  "fill": float(random.uniform(0.01, 1))}},
        {"frame": {"left": -3.5, "top": 2, "right": 900.25, "bottom": 77, "width": 30, "height": 40}},
    ]  # fmt: skip
    table = tables[int(random.integers(len(tables)))]
    return table, Finish.from_table(table)


@held(
    "shared/finish.js frameOf",
    against="`framing.frame_of`",
    over="finishes, subjects",
    within="0",
    only_here=NODE,
)
def test_frames_are_the_same(random: np.random.Generator) -> None:
    cases = [(*finishes(random), box(random) if random.random() < 0.9 else None) for _ in range(CASES)]
    size = {"width": SIZE[0], "height": SIZE[1]}
    found = in_node([["frameOf", table, subject and sides(subject), size] for table, _, subject in cases])
    kinds = set()
    for (_, finish, subject), answer in zip(cases, found, strict=True):
        wanted = frame_of(finish, subject, SIZE)
        assert Frame(**answer["frame"]) == wanted.frame
        assert answer["limited"] == wanted.limited
        kinds.add(type(finish.crop))
    assert kinds == {type(None), Crop, Canvas}


@held(
    "shared/finish.js coverage",
    against="`strokes.coverage`",
    over="strokes",
    within="3.9",
    why="Python leaves points of a stroke out that change as much",
    only_here=NODE,
)
def test_strokes_cover_the_same(random: np.random.Generator) -> None:
    calls, wanted = [], []
    for _ in range(40):
        points = random.uniform((-20, -20, 0.5), (140, 110, 50), (int(random.integers(1, 9)), 3))
        hardness, opacity = random.random(2).tolist()
        table = {"points": points.ravel().tolist(), "hardness": hardness, "opacity": opacity}
        share = np.zeros((90, 120))
        for (left, top, right, bottom), covered in coverage(Stroke.from_table(table), (120, 90)):
            share[top:bottom, left:right] = covered
        for x, y in random.integers(0, (120, 90), (25, 2)).tolist():
            calls.append(["coverage", table, x + 0.5, y + 0.5])
            wanted.append(share[y, x])
    # Python leaves points out that change as much.
    assert np.abs(np.array(in_node(calls)) - wanted).max() < 0.015
    assert 0.1 < np.mean(wanted) < 0.9


@held(
    "shared/finish.js stroked",
    against="a (1 - c), a (1 - c) + c",
    over="both kinds",
    within="1e-6",
    only_here=NODE,
)
def test_strokes_do_the_same_to_alpha() -> None:
    assert in_node([["stroked", "erase", 0.8, 0.25], ["stroked", "restore", 0.8, 0.25]]) == pytest.approx(
        [0.6, 0.85]
    )


@held(
    "shared/finish.js edgesOf",
    "shared/finish.js shifted",
    against="`feather.shifted`, `feather.gain`",
    over="every level, shifts",
    within="0.51: the nearest level",
    only_here=NODE,
)
@pytest.mark.parametrize("shift", [-1, -0.6, -0.1, 0.05, 0.25, 1])
def test_edges_are_moved_the_same(shift: float) -> None:
    size = {"width": SIZE[0], "height": SIZE[1]}
    edges = in_node([["edgesOf", {"shift": shift, "softness": 0.3}, size]])[0]
    assert edges["sigma"] == pytest.approx(abs(shift) * feather.REACH * 1200)
    assert edges["softSigma"] == pytest.approx(0.3 * feather.REACH * 1200)
    assert edges["gain"] == pytest.approx(feather.gain(shift))
    levels = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    wanted = np.asarray(feather.shifted(levels, 0, shift))[0]  # sigma 0: alpha is what is blurred
    calls = [["shifted", level / 255, level / 255, edges] for level in range(256)]
    assert np.abs(255 * np.array(in_node(calls)) - wanted).max() <= 0.51


@held(
    "shared/finish.js backgroundBlur",
    "shared/finish.js shadowOf",
    against="the same shares in Python",
    over="lengths",
    within="1e-6",
    only_here=NODE,
)
def test_lengths_are_the_same() -> None:
    size = {"width": 900, "height": 1200}
    shadow = {"opacity": 0.5, "blur": 0.1, "dx": -0.2, "dy": 0.3}
    calls: list[list[Any]] = [["backgroundBlur", 0.4, size], ["shadowOf", shadow, sides((10, 20, 110, 420))]]
    blur, found = in_node(calls)
    assert blur == pytest.approx(0.4 * backgrounds.BLUR_REACH * 1200)
    assert found == pytest.approx({"opacity": 0.5, "sigma": 40, "dx": -80, "dy": 120})


@held(
    "shared/finish.js placeOf",
    against="`backgrounds.place`",
    over="pictures, fit, place",
    within="1 pixel",
    only_here=NODE,
)
@pytest.mark.parametrize("fit", ["cover", "contain"])
def test_pictures_are_placed_the_same(fit: Fit, random: np.random.Generator) -> None:
    for _ in range(5):
        picture, finished = random.integers(20, 200, (2, 2)).tolist()
        x, y = random.random(2).tolist()
        sizes = [{"width": size[0], "height": size[1]} for size in (picture, finished)]
        place = in_node([["placeOf", *sizes, {"fit": fit, "x": x, "y": y}]])[0]
        marked = Image.new("RGB", tuple(picture), (255, 255, 255))
        how = PictureBackground(fit=fit, x=x, y=y)
        made = backgrounds.place(Photo(marked, None, "PNG"), how, (finished[0], finished[1]))
        shown = made.getchannel(0).getbbox()
        assert shown is not None
        right, bottom = place["left"] + place["width"], place["top"] + place["height"]
        ends = max(0, place["left"]), max(0, place["top"]), min(finished[0], right), min(finished[1], bottom)
        assert np.abs(np.array(shown) - ends).max() <= 1
