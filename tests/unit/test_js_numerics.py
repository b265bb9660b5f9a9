"""The arithmetic of the page's and the worker's scripts, in Node.js, against Python and its oracles."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alphacut.edits import Stroke, read_edits
from alphacut.finish import Canvas, Finish
from alphacut.framing import frame_of
from alphacut.store.node import node_command
from alphacut.strokes import hardness_of, profile
from alphacut.touchup import apply_edits
from tests import oracles
from tests.helpers import ROOT, Bytes8, array, noise
from tests.numerics import NODE, held

HEAD = f"""
  import {{ text }} from "node:stream/consumers";
  const load = (name) => import({(ROOT / "web").as_uri()!r} + "/" + name + ".js");
  const given = JSON.parse(await text(process.stdin));
"""
SIZES = [(1, 1), (1, 40), (40, 1), (2, 3), (31, 17), (130, 9), (100, 110)]


def in_node(script: str, given: Any = None) -> Any:
    """Run a script that returns something; it finds `given`, and `load` imports a module of web/."""
    code = f"{HEAD} console.log(JSON.stringify(await (async () => {{ {script} }})()));"
    done = subprocess.run(
        [*node_command(), "--input-type=module", "-e", code],
        input=json.dumps(given), capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(5)


def patchy(width: int, height: int, seed: int) -> Bytes8:
    """Alpha with flat regions, hard and soft edges."""
    few = np.random.default_rng(seed).choice(np.array([0, 0, 255, 255, 90], np.uint8), (4, 5))
    grown = Image.fromarray(few).resize((width, height), Image.Resampling.BILINEAR)
    return array(grown.point([min(255, max(0, 3 * level - 255)) for level in range(256)]))


def packed(pixels: Bytes8) -> list[int]:
    """RGBA as the canvas has it, a word a pixel."""
    words: list[int] = np.ascontiguousarray(pixels).view("<u4").ravel().tolist()
    return words


def unpacked(words: list[int]) -> Bytes8:
    return np.array(words, "<u4").view(np.uint8).reshape(-1, 4)


# ---- strokes -----------------------------------------------------------------------------------------


@held(
    "shared/finish.js profile",
    "shared/finish.js hardnessOf",
    against="`strokes.profile`, `strokes.hardness_of`",
    over="distance, hardness, radii",
    within="0.01",
    only_here=NODE,
)
def test_profiles_are_the_same(random: np.random.Generator) -> None:
    cases = random.uniform((0, 0), (2, 0.99), (200, 2)).tolist()
    strokes = [
        {"points": random.uniform(0.1, 9, 3 * int(random.integers(1, 5))).tolist(), "hardness": hardness}
        for hardness in random.random(200).tolist()
    ]
    script = """
      const { profile, hardnessOf } = await load("shared/finish");
      const profiles = given.cases.map(([distance, hardness]) => profile(distance, hardness));
      return [profiles, given.strokes.map(hardnessOf)];
    """
    profiles, hardness = in_node(script, {"cases": cases, "strokes": strokes})
    wanted = [float(profile(np.full((1, 1), distance, np.float32), hard)[0, 0]) for distance, hard in cases]
    np.testing.assert_allclose(profiles, wanted, atol=2e-4)
    theirs = [hardness_of(Stroke.from_table({**stroke, "opacity": 1})) for stroke in strokes]
    np.testing.assert_allclose(hardness, theirs, atol=1e-12)


@held(
    "page/editor/mask.js Mask",
    "page/editor/mask.js keepBelow",
    "page/editor/strokes.js Covering (as the pen presses)",
    "shared/finish.js widestOf",
    against="`touchup.apply_edits`, and the photo's own alpha",
    over="strokes, several on each other, alpha",
    within="4",
    why="coverage is a table of bytes on the page, and Python leaves points of a stroke out",
    only_here=NODE,
)
def test_edits_do_the_same(random: np.random.Generator) -> None:
    cases, low, high = [], (-9, -9, 2), (99, 69, 25)
    for seed in range(12):
        tables: list[dict[str, Any]] = [
            {
                "kind": ["erase", "restore"][int(random.integers(2))],
                "points": random.uniform(low, high, (int(random.integers(1, 4)), 3)).ravel().tolist(),
                "hardness": float(random.random() * 0.9), "opacity": float(random.random()),
            }
            for _ in range(int(random.integers(1, 4)))
        ]  # fmt: skip
        cases.append((patchy(90, 60, seed), patchy(90, 60, seed + 50), tables))
    script = """
      const { Mask } = await load("page/editor/mask");
      const grid = { left: 0, top: 0, scale: 1, width: 90, height: 60 };
      return given.map(([base, most, edits]) => {
        const mask = new Mask(grid, Uint8Array.from(base), Uint8Array.from(most));
        mask.setEdits(edits);
        return [...mask.alpha];
      });
    """
    given = [(base.ravel().tolist(), most.ravel().tolist(), tables) for base, most, tables in cases]
    for (base, most, tables), alpha in zip(cases, in_node(script, given), strict=True):
        wanted = np.minimum(array(apply_edits(Image.fromarray(base), read_edits(tables, []))), most)
        assert np.abs(np.reshape(alpha, wanted.shape) - wanted.astype(int)).max() <= 4


UNDONE = """
  const { Mask } = await load("page/editor/mask"), [width, height] = [64, 48];
  const grid = { left: 0, top: 0, scale: 1, width, height };
  let seed = 7;
  const random = () => (seed = seed * 16807 % 2147483647) / 2147483647;
  const one = (many) => Math.floor(random() * many);
  const base = Uint8Array.from({ length: width * height }, () => [0, 100, 60][one(3)]);
  const most = base.map((level) => Math.max(level, [255, 120][one(2)]));
  const point = () => [random() * width, random() * height, 1 + random() * 9];
  const mask = new Mask(grid, base, most), wrong = { alpha: 0, rect: 0 };
  let edits = [], live = null;
  for (let turn = 0; turn < 300; turn++) {
    const before = mask.alpha.slice(), step = one(4);
    if (step === 0) {
      live ??= { kind: one(2) ? "erase" : "restore", points: [], hardness: random(), opacity: random() };
      live.points.push(...point(), ...point());
    } else {
      edits = step === 1 ? edits.slice(0, -1 - one(2)) : step === 2 && live ? [...edits, live] : edits;
      live = null;
    }
    const rect = step === 0 ? mask.draw(live) : mask.setEdits(edits);
    const isIn = (x, y) => rect && x >= rect.left && x < rect.right && y >= rect.top && y < rect.bottom;
    const anew = new Mask(grid, base, most);
    anew.setEdits(edits);
    mask.alpha.forEach((level, at) => {
      if (step !== 0 && level !== anew.alpha[at]) wrong.alpha++;
      if (level !== before[at] && !isIn(at % width, Math.floor(at / width))) wrong.rect++;
    });
  }
  return wrong;
"""


def test_what_was_drawn_and_undone_leaves_no_trace() -> None:
    """And what changes lies in the rectangle that is told, for nothing else is drawn anew."""
    assert in_node(UNDONE) == {"alpha": 0, "rect": 0}


# ---- blur and fill -----------------------------------------------------------------------------------


@held(
    "page/editor/blur.js blur",
    "page/editor/blur.js reachOf",
    against="three boxes in float64, edges repeated",
    over="size from 1 x 1, sigma 0.1 to 30, tiles, parts",
    within="0.51: the nearest level",
    only_here=NODE,
)
def test_blur_is_three_boxes(random: np.random.Generator) -> None:
    cases = [
        (width, height, float(sigma), patchy(width, height, int(random.integers(1000))))
        for width, height in SIZES for sigma in (0.1, 0.6, 1.7, 4.2, 30)
    ]  # fmt: skip
    script = """
      const { blur, reachOf } = await load("page/editor/blur");
      return given.map(([width, height, sigma, levels]) => {
        const source = Uint8Array.from(levels), bounds = { left: 0, top: 0, right: width, bottom: height };
        const [whole, parts] = [new Uint8Array(levels.length), new Uint8Array(levels.length)];
        blur(source, whole, width, { sigma, bounds, rect: bounds });
        const middle = Math.floor(width / 2);
        blur(source, parts, width, { sigma, bounds, rect: { ...bounds, right: middle } });
        blur(source, parts, width, { sigma, bounds, rect: { ...bounds, left: middle } });
        return [[...whole], [...parts], reachOf(sigma)];
      });
    """
    given = [(width, height, sigma, levels.ravel().tolist()) for width, height, sigma, levels in cases]
    for (width, height, sigma, levels), (whole, parts, reach) in zip(
        cases, in_node(script, given), strict=True
    ):
        wanted = oracles.three_boxes(levels, sigma)
        assert np.abs(np.reshape(whole, (height, width)) - wanted).max() <= 0.51
        assert np.abs(np.subtract(whole, parts)).max() <= 1
        assert reach == 3 * (int(oracles.box_radius(sigma)) + 1)


def filled(values: oracles.Floats) -> oracles.Floats:
    """Push and pull (Gortler et al. 1996): colours times weight, and weight, last; shape (h, w, 4)."""
    height, width = values.shape[:2]
    if height * width <= 1:
        return values
    half = np.zeros((-(-height // 2), -(-width // 2), 4))
    for y, x in np.ndindex(height, width):
        half[y // 2, x // 2] += values[y, x]
    half /= np.maximum(half[..., 3:], 1)
    half, made = filled(half), values.copy()
    for y, x in np.ndindex(height, width):
        rest = 1 - values[y, x, 3]
        if rest > 0:
            made[y, x, :3] += rest / max(half[y // 2, x // 2, 3], 1e-6) * half[y // 2, x // 2, :3]
            made[y, x, 3] = 1
    return made


@held(
    "page/editor/fill.js fill",
    against="push and pull in float64, pixel by pixel",
    over="size from 1 x 1, weights 0, 1 and between",
    within="0.05",
    only_here=NODE,
)
def test_filling_is_push_and_pull(random: np.random.Generator) -> None:
    cases = []
    for width, height in SIZES[:-1]:
        weights = random.random((height, width, 1)) * (random.random((height, width, 1)) < 0.3)
        weights = np.where(random.random((height, width, 1)) < 0.1, 1.0, weights)
        cases.append(np.concatenate([random.uniform(0, 255, (height, width, 3)) * weights, weights], axis=-1))
    script = """
      const { fill } = await load("page/editor/fill");
      return given.map(([width, height, values]) => {
        const level = { width, height, values: Float32Array.from(values) };
        fill(level);
        return [...level.values];
      });
    """
    given = [(case.shape[1], case.shape[0], case.ravel().tolist()) for case in cases]
    for case, made in zip(cases, in_node(script, given), strict=True):
        np.testing.assert_allclose(np.reshape(made, case.shape), filled(case), atol=0.05)


@held(
    "page/editor/layers.js withoutSubject",
    "page/editor/layers.js subjectColours",
    "page/editor/layers.js alphaOf",
    against="weights by the definition, then push and pull in float64",
    over="pixels, alpha, size",
    within="0.51: the nearest level",
    only_here=NODE,
)
def test_colours_go_on_where_there_are_none() -> None:
    width, height, step = 23, 14, 4
    pixels, alpha = noise(width, height, 4, 3), patchy(width, height, 8)
    pixels[..., 3] = 255
    script = """
      const { withoutSubject, subjectColours, alphaOf } = await load("page/editor/layers");
      const [pixels, alpha] = [Uint32Array.from(given.pixels), Uint8Array.from(given.alpha)];
      const behind = withoutSubject(pixels, alpha, { width: 23, height: 14 });
      return [[...behind], [...subjectColours(pixels, alpha, 23, 4)], [...alphaOf(pixels)]];
    """
    behind, colours, own = in_node(script, {"pixels": packed(pixels), "alpha": alpha.ravel().tolist()})
    assert own == [255] * (width * height)
    edged = np.pad(alpha, 1, mode="edge").astype(float)
    most = np.max(
        [edged[1:-1, 1:-1], edged[:-2, 1:-1], edged[2:, 1:-1], edged[1:-1, :-2], edged[1:-1, 2:]], axis=0
    )
    wanted = filled(weighed(pixels, np.maximum(0, 1 - 4 * most / 255)))
    np.testing.assert_allclose(np.reshape(behind, wanted.shape), wanted, atol=0.05)
    small = np.s_[::step, ::step]
    wanted = filled(weighed(pixels[small], (alpha[small] / 255) ** 4))
    assert np.abs(unpacked(colours)[:, :3] - wanted.reshape(-1, 4)[:, :3]).max() <= 0.51


def weighed(pixels: Bytes8, weights: NDArray[np.float64]) -> oracles.Floats:
    return np.concatenate([pixels[..., :3] * weights[..., None], weights[..., None]], axis=-1)


# ---- layers ------------------------------------------------------------------------------------------


@held(
    "page/editor/compose.js compose",
    "page/editor/compose.js pixelOf",
    against="Porter and Duff's over in float64",
    over="any colours, alpha, shadow, backgrounds",
    within="2, premultiplied",
    why="shadow and cutout are laid on one after the other, and each is rounded",
    only_here=NODE,
)
def test_layers_are_laid_over_each_other(random: np.random.Generator) -> None:
    count = 4000
    photo, under = noise(count, 1, 4, 1)[0], noise(count, 1, 4, 2)[0]
    photo[:, 3] = 255
    alpha, shadow = random.choice(np.array([0, 1, 2, 127, 254, 255, 60], np.uint8), (2, count))
    script = """
      const { compose, pixelOf } = await load("page/editor/compose"), { photo, alpha, shadow, under } = given;
      const layers = {
        photo: Uint32Array.from(photo), master: Uint32Array.from(photo), alpha: Uint8Array.from(alpha),
        beyond: null, shadow: Uint8Array.from(shadow), under: Uint32Array.from(under),
      };
      const rect = { left: 0, top: 0, right: 4000, bottom: 1 }, out = [0, 1].map(() => new Uint32Array(4000));
      compose(out[0], 4000, layers, rect);
      compose(out[1], 4000, { ...layers, under: pixelOf("#0a80ff"), shadow: null }, rect);
      return out.map((pixels) => [...pixels]);
    """
    lists = {
        "photo": packed(photo),
        "under": packed(under),
        "alpha": alpha.tolist(),
        "shadow": shadow.tolist(),
    }
    mixed, flat = (unpacked(words) for words in in_node(script, lists))
    upper = np.dstack([photo[None, :, :3], alpha[None]])
    shade = np.dstack([np.zeros((1, count, 3), np.uint8), shadow[None]])
    lower = oracles.over(shade, under[None])
    above = oracles.premultiplied(upper)
    wanted = above + lower * (1 - above[..., 3:])
    assert 255 * np.abs(oracles.premultiplied(mixed[None]) - wanted).max() <= 2
    paper = np.broadcast_to(np.array([10, 128, 255, 255], np.uint8), (1, count, 4))
    assert 255 * np.abs(oracles.premultiplied(flat[None]) - oracles.over(upper, paper)).max() <= 1.01


# ---- geometry ----------------------------------------------------------------------------------------


@held(
    "page/editor/grid.js gridOver",
    "page/editor/grid.js gridOf",
    "page/editor/grid.js rectOf",
    "page/editor/grid.js wholeOf",
    "page/editor/grid.js grown",
    "page/editor/grid.js joined",
    against="what a grid must hold, in floats",
    over="regions, scale, viewport, pixels at most",
    within="1 pixel of a grid",
    only_here=NODE,
)
def test_grids_hold_their_region(random: np.random.Generator) -> None:
    cases = [
        {"left": left, "top": top, "right": left + across, "bottom": top + down, "scale": scale, "most": most}
        for left, top, across, down, scale, most in random.uniform(
            (-50, -50, 0.1, 0.1, 0.01, 500), (900, 900, 3000, 3000, 1.2, 50_000), (300, 6)
        ).tolist()
    ]
    script = """
      const { gridOver, gridOf, rectOf, wholeOf, grown, joined } = await load("page/editor/grid");
      return given.map(({ scale, most, ...region }) => {
        const grid = gridOver(region, scale, most), whole = wholeOf(grid), rect = rectOf(region, grid);
        const shrunk = grown(whole, -1, grid), view = { visible: region, content: region, zoom: scale, ratio: 1 };
        return { grid, rect, whole, again: grown(shrunk, 1, grid), both: joined(rect, shrunk), one: joined(null, rect), of: gridOf(view) };
      });
    """  # noqa: E501
    for case, found in zip(cases, in_node(script, cases), strict=True):
        grid, rect = found["grid"], found["rect"]
        fine = min(
            case["scale"],
            (case["most"] / max(1, case["right"] - case["left"]) / max(1, case["bottom"] - case["top"]))
            ** 0.5,
        )
        assert grid["scale"] == pytest.approx(fine)
        for first, last, length in (("left", "right", "width"), ("top", "bottom", "height")):
            end = grid[first] + grid[length] / grid["scale"]
            assert grid[first] <= case[first]
            assert end >= case[last] - 1 - 1e-6 / fine if fine >= 1 else end >= case[last] - 1e-5 / fine
            assert end <= case[last] + 1 / grid["scale"] + 1
            assert rect[first] == 0 if fine < 1 else rect[first] in {0, 1}
            assert rect[last] == pytest.approx(grid[length], abs=1)
            assert found["both"][first] == min(rect[first], 1)
        assert (
            found["whole"]
            == found["again"]
            == {"left": 0, "top": 0, "right": grid["width"], "bottom": grid["height"]}
        )
        assert found["one"] == rect
        assert found["of"]["scale"] <= min(1, case["scale"])


@held(
    "page/editor/layers.js pictureRegion",
    "page/editor/layers.js shadowGrid",
    "page/editor/layers.js blurredGrid",
    "page/editor/box.js aroundTap",
    against="the same lengths in Python",
    over="frames, pictures, shadows, taps",
    within="1e-6 pixels",
    only_here=NODE,
)
def test_places_are_the_same(random: np.random.Generator) -> None:
    finish = Finish(crop=Canvas(width=300, height=200, fill=0.5))
    frame = frame_of(finish, (100, 50, 260, 400), (900, 700)).frame
    sizes, places = random.integers(20, 900, (60, 2)).tolist(), random.random((60, 2)).tolist()
    cases = [
        {
            "picture": {"width": width, "height": height}, "how": {"fit": fit, "x": x, "y": y},
            "sigma": 40 * x, "tap": {"x": 900 * x, "y": 700 * y},
        }
        for (width, height), (x, y) in zip(sizes, places, strict=True)
        for fit in ("cover", "contain")
    ]  # fmt: skip
    script = """
      globalThis.document = { documentElement: {} };
      const { pictureRegion, shadowGrid, blurredGrid } = await load("page/editor/layers");
      const { aroundTap } = await load("page/editor/box"), size = { width: 900, height: 700 };
      const grid = { left: 10, top: 20, scale: 0.5, width: 90, height: 70 };
      return given.cases.map(({ picture, how, sigma, tap }) => ({
        region: pictureRegion(picture, given.frame, how), shadow: shadowGrid(grid, { sigma, dx: 3, dy: -4 }),
        blurred: blurredGrid(size, how.x, false), box: aroundTap(tap, size),
      }));
    """
    table = {side: getattr(frame, side) for side in ("left", "top", "right", "bottom", "width", "height")}
    for case, found in zip(cases, in_node(script, {"cases": cases, "frame": table}), strict=True):
        picture, how = case["picture"], case["how"]
        ratios = 300 / picture["width"], 200 / picture["height"]
        scale = max(ratios) if how["fit"] == "cover" else min(ratios)
        step = (frame.right - frame.left) / 300
        left = frame.left + (300 - picture["width"] * scale) * how["x"] * step
        region = found["region"]
        assert region["left"] == pytest.approx(left)
        assert region["right"] - region["left"] == pytest.approx(picture["width"] * scale * step)
        assert region["bottom"] - region["top"] == pytest.approx(picture["height"] * scale * step)
        shadow = found["shadow"]
        assert shadow["left"] <= 10 - 3 - 3 * case["sigma"]
        assert shadow["left"] + shadow["width"] / shadow["scale"] >= 10 - 3 + 180 + 3 * case["sigma"]
        assert shadow["scale"] * case["sigma"] <= 2.5 + 1e-6
        assert found["blurred"]["scale"] * max(2.5, how["x"] * 0.03 * 900) <= 2.5 + 1e-6
        assert found["blurred"]["width"] == np.ceil(900 * found["blurred"]["scale"] - 1e-6)
        tap = case["tap"]
        assert found["box"] == pytest.approx({
            "left": max(0, tap["x"] - 175), "top": max(0, tap["y"] - 175),
            "right": min(900, tap["x"] + 175), "bottom": min(700, tap["y"] + 175),
        })  # fmt: skip


# ---- PNG ---------------------------------------------------------------------------------------------


@held(
    "worker/png-filter.js predict",
    against="PaethPredictor as the PNG specification writes it",
    over="all 16,777,216 neighbours",
    within="0",
    only_here=NODE,
)
def test_the_predictor_is_the_specifications_for_all_neighbours() -> None:
    script = """
      const { predict } = await load("worker/png-filter");
      let wrong = 0;
      for (let a = 0; a < 256; a++) for (let b = 0; b < 256; b++) for (let c = 0; c < 256; c++) {
        const p = a + b - c, pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);
        const right = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
        if (predict(a, b, c) !== right) wrong++;
      }
      return wrong;
    """
    assert in_node(script) == 0


@held(
    "client/raw-png.js whiteUnder",
    against="an array of 255, written into",
    over="every alpha",
    within="0",
    only_here=NODE,
)
def test_masks_become_white_pixels() -> None:
    script = "return [...(await load('client/raw-png')).whiteUnder(Uint8Array.from(given))];"
    made = np.reshape(in_node(script, list(range(256))), (256, 4))
    np.testing.assert_array_equal(made[:, :3], 255)
    np.testing.assert_array_equal(made[:, 3], np.arange(256))
