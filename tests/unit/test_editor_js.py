"""What the editor computes, in Node.js: against Python where that does the same, else what it promises."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from alphacut.edits import Stroke
from alphacut.feather import feather
from alphacut.store.node import node_command
from alphacut.strokes import coverage
from tests.helpers import ROOT
from tests.numerics import NODE, held

EDITOR = ROOT / "web" / "page" / "editor"
SIZE = (160, 120)
GRID = {"left": 0, "top": 0, "scale": 1, "width": SIZE[0], "height": SIZE[1]}


def in_node(script: str, value: Any = None) -> Any:
    """Run a script, in which `value` is what was given and `load` imports a module of the editor."""
    head = f"""
      const load = (name) => import({EDITOR.as_uri()!r} + "/" + name + ".js");
      let text = "";
      for await (const part of process.stdin) text += part;
      const value = JSON.parse(text), result = await (async () => {{ {script} }})();
      console.log(JSON.stringify(result));
    """
    done = subprocess.run(
        [*node_command(), "--input-type=module", "-e", head],
        input=json.dumps(value), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout)


def as_plane(values: list[int]) -> NDArray[np.float32]:
    return np.array(values, np.float32).reshape(SIZE[1], SIZE[0])


@pytest.fixture
def alpha() -> Image.Image:
    """A plane with edges of all kinds that reaches its border."""
    random = np.random.default_rng(3)
    coarse = Image.fromarray((random.random((9, 12)) > 0.5).astype(np.uint8) * 255)
    return coarse.resize(SIZE, Image.Resampling.BICUBIC).point(
        [max(0, min(255, 3 * v - 255)) for v in range(256)]
    )


STROKES = (
    {"points": [20.0, 30.0, 9.0, 70.0, 42.0, 14.0, 40.0, 80.0, 6.0], "hardness": 0.5, "opacity": 0.8},
    {"points": [80.0, 60.0, 30.0], "hardness": 1.0, "opacity": 1.0},
    {"points": [5.0, 5.0, 4.0, 150.0, 6.0, 4.0], "hardness": 0.0, "opacity": 1.0},
    {"points": [-30.0, 50.0, 40.0, 20.0, 200.0, 60.0], "hardness": 0.2, "opacity": 0.5},
)


@held(
    "page/editor/strokes.js Covering",
    against="`strokes.coverage`",
    over="strokes",
    within="3",
    why="a table of bytes over the squared distance",
    only_here=NODE,
)
@pytest.mark.parametrize("stroke", STROKES)
def test_strokes_cover_what_python_says(stroke: dict[str, Any]) -> None:
    script = """
      const { Covering } = await load("strokes"), covering = new Covering(value.grid);
      covering.begin(value.stroke, null);
      covering.cover(value.stroke.points, 0);
      return [...covering.coverage];
    """
    ours = as_plane(in_node(script, {"grid": GRID, "stroke": stroke}))
    theirs = np.zeros(ours.shape, np.float32)
    for (left, top, right, bottom), covered in coverage(Stroke.from_table(stroke), SIZE):
        theirs[top:bottom, left:right] = covered
    assert (theirs > 0).any()
    assert np.abs(ours - 255 * theirs).max() <= 3


def test_a_stroke_that_is_continued_is_the_whole_stroke() -> None:
    script = """
      const { Covering } = await load("strokes"), [whole, parts] = [0, 1].map(() => new Covering(value.grid));
      const { stroke } = value, { points } = stroke;
      whole.begin(stroke, null);
      whole.cover(points, 0);
      parts.begin(stroke, null);
      for (let at = 0; 3 * at < points.length; at++) parts.cover(points.slice(0, 3 * at + 3), at);
      return [...whole.coverage].every((level, at) => level === parts.coverage[at]);
    """
    assert in_node(script, {"grid": GRID, "stroke": STROKES[0]}) is True


def test_strokes_bring_nothing_back_that_the_photo_lacks() -> None:
    """Alpha is bounded after all edits, as in export.py, not after each of them."""
    script = """
      const { Mask } = await load("mask"), grid = { left: 0, top: 0, scale: 1, width: 8, height: 1 };
      const own = Uint8Array.of(255, 255, 255, 100, 100, 0, 0, 0);
      const stroke = (kind, opacity) => ({ kind, points: [4, 0.5, 50], hardness: 1, opacity });
      const mask = new Mask(grid, new Uint8Array(8), own), live = new Mask(grid, new Uint8Array(8), own);
      live.draw(stroke("restore", 1));
      mask.setEdits([stroke("restore", 1)]);
      const restored = [...mask.alpha];
      mask.setEdits([stroke("restore", 1), stroke("erase", 0.5)]);
      return [[...live.alpha], restored, [...mask.alpha]];
    """
    live, restored, erased = in_node(script)
    assert live == restored == [255, 255, 255, 100, 100, 0, 0, 0]
    assert erased == pytest.approx([127, 127, 127, 100, 100, 0, 0, 0], abs=2)


def test_a_crop_is_sent_as_such_whatever_was_changed() -> None:
    """The page finds the subject's box in a small picture only."""
    script = """
      const asked = [], made = { data: "", notes: [] };
      const client = { export: async ({ finish }) => { asked.push(finish); return made; } };
      const { Exporter } = await load("exporter"), exporter = new Exporter(client);
      const finish = { crop: { margin: 0, aspect: null }, shift: 0.5 }, edits = [value];
      const state = { master: { blob: new Blob() }, edits, finish, picture: null };
      await exporter.make({ state, photo: new Blob(), output: { format: "png" } });
      return asked;
    """
    assert in_node(script, STROKES[0]) == [{"crop": {"margin": 0, "aspect": None}, "shift": 0.5}]


@held(
    "page/editor/blur.js blur (as in the file)",
    against="Pillow's `GaussianBlur`",
    over="sigma 0.4 to 7.3",
    within="3",
    why="Pillow rounds to bytes after each of its six passes",
    only_here=NODE,
)
@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.5, 7.3])
def test_blur_is_pillows(alpha: Image.Image, sigma: float) -> None:
    script = """
      const { blur } = await load("blur"), { wholeOf } = await load("grid"), rect = wholeOf(value.grid);
      const made = new Uint8Array(value.alpha.length);
      blur(Uint8Array.from(value.alpha), made, value.grid.width, { sigma: value.sigma, bounds: rect, rect });
      return [...made];
    """
    ours = as_plane(in_node(script, {"grid": GRID, "alpha": list(alpha.tobytes()), "sigma": sigma}))
    theirs = np.asarray(alpha.filter(ImageFilter.GaussianBlur(sigma))).astype(np.float32)
    # Pillow rounds after each of its six passes.
    assert np.abs(ours - theirs).max() <= 3


@held(
    "page/editor/layers.js Edges",
    against="`feather.feather`",
    over="softness, shift",
    within="10; 0.5 on average",
    why="what Pillow rounds in six passes is multiplied by up to 3.15",
    only_here=NODE,
)
@pytest.mark.parametrize(("softness", "shift"), [(1.0, 0.0), (0.0, 1.0), (0.5, -0.8), (0.0, 0.1)])
def test_edges_are_feathered_as_in_the_file(alpha: Image.Image, softness: float, shift: float) -> None:
    script = """
      const { Edges } = await load("layers"), { wholeOf } = await load("grid");
      const edges = new Edges(value.grid, value.grid, value.finish);
      edges.update(Uint8Array.from(value.alpha), wholeOf(value.grid));
      return [...edges.made];
    """
    finish = {"softness": softness, "shift": shift}
    ours = as_plane(in_node(script, {"grid": GRID, "alpha": list(alpha.tobytes()), "finish": finish}))
    theirs = np.asarray(feather(alpha, softness, shift)).astype(np.float32)
    assert np.abs(ours - theirs).max() <= 10  # what Pillow rounds is multiplied by up to 3.15
    assert np.abs(ours - theirs).mean() < 0.5
    assert np.abs(theirs - np.asarray(alpha)).mean() > 2 * np.abs(ours - theirs).mean()


def test_a_part_that_is_updated_is_the_part_of_the_whole(alpha: Image.Image) -> None:
    script = """
      const { Edges } = await load("layers"), { wholeOf } = await load("grid");
      const edges = new Edges(value.grid, value.grid, { softness: 1, shift: 0.5 });
      const alpha = Uint8Array.from(value.alpha);
      edges.update(alpha, wholeOf(value.grid));
      for (let y = 40; y < 60; y++) alpha.fill(0, y * 160 + 50, y * 160 + 90);
      const changed = edges.update(alpha, { left: 50, top: 40, right: 90, bottom: 60 });
      const parts = edges.made.slice();
      edges.update(alpha, wholeOf(value.grid));
      return [changed.left < 50, edges.made.every((level, at) => level === parts[at])];
    """
    assert in_node(script, {"grid": GRID, "alpha": list(alpha.tobytes())}) == [True, True]


def test_layers_are_put_over_each_other() -> None:
    random = np.random.default_rng(8)
    count = 400
    names = ("photo", "master", "alpha", "shadow", "under")
    bits = (32, 32, 8, 8, 32)
    given = {name: random.integers(0, 2**b, count).tolist() for name, b in zip(names, bits, strict=True)}
    given["photo"] = [pixel | 0xFF000000 for pixel in given["photo"]]
    given["master"] = [pixel | 0xFF000000 for pixel in given["master"]]
    script = """
      const { compose } = await load("compose"), out = new Uint32Array(400), { photo, master, alpha, shadow, under } = value;
      compose(out, 20, {
        photo: Uint32Array.from(photo), master: Uint32Array.from(master), alpha: Uint8Array.from(alpha),
        beyond: null, shadow: Uint8Array.from(shadow), under: Uint32Array.from(under),
      }, { left: 0, top: 0, right: 20, bottom: 20 });
      return [...out];
    """  # noqa: E501
    ours = channels(in_node(script, given))
    colour, below = channels(given["master"]), channels(given["under"])
    shade = np.concatenate([np.zeros((count, 3)), np.array(given["shadow"])[:, None]], axis=1)
    colour[:, 3] = given["alpha"]
    theirs = over(colour, over(shade, below))
    seen = theirs[:, 3] > 8  # colours of what can't be seen may differ
    assert np.abs(ours - theirs)[:, 3].max() <= 1.01
    assert np.abs(ours - theirs)[seen].max() <= 8


def channels(values: list[int]) -> NDArray[np.float64]:
    packed = np.array(values, np.uint32)
    return np.stack([(packed >> shift & 255) for shift in (0, 8, 16, 24)], axis=1).astype(np.float64)


def over(upper: NDArray[np.float64], lower: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b = upper[:, 3:] / 255, lower[:, 3:] / 255
    alpha = a + b * (1 - a)
    colour = (upper[:, :3] * a + lower[:, :3] * b * (1 - a)) / np.maximum(alpha, 1e-9)
    return np.concatenate([colour, 255 * alpha], axis=1)


def test_what_is_unknown_is_filled_from_its_neighbours() -> None:
    script = """
      const { fill } = await load("fill"), values = new Float32Array(4 * 64 * 64);
      for (let at = 0; at < 64 * 64; at++) {
        if (at % 64 < 20) values.set([200, 100, 50, 1], 4 * at);
        if (at % 64 >= 50) values.set([0, 40, 250, 1], 4 * at);
      }
      fill({ width: 64, height: 64, values });
      return [...values];
    """
    made = np.array(in_node(script)).reshape(64, 64, 4)
    assert (made[..., 3] == 1).all()
    assert np.array_equal(made[30, 10, :3], [200, 100, 50])
    assert made[..., 0].max() <= 200.01
    assert made[30, 22, 0] > made[30, 47, 0]


def test_a_blurred_background_has_no_dark_rim_where_the_grid_is_wider_than_the_photo() -> None:
    script = """
      const { withoutSubject } = await load("layers");
      const pixels = new Uint32Array(5 * 3).fill(0xff3264c8);
      for (let y = 0; y < 3; y++) pixels[5 * y + 4] = 0;  // no photo there
      return [...withoutSubject(pixels, new Uint8Array(15), { width: 5, height: 3 })];
    """
    found = np.reshape(in_node(script), (15, 4))
    np.testing.assert_allclose(found, [[200, 100, 50, 1]] * 15, atol=0.01)


@held(
    "page/editor/viewport.js Viewport",
    against="what must stay in its place",
    over="zooms, pans, sizes",
    within="1e-6 pixels",
    only_here=NODE,
)
def test_the_viewport_keeps_what_is_under_the_pointer_and_the_photo_on_the_stage() -> None:
    script = """
      const { Viewport } = await load("viewport"), seen = [];
      let seed = 5;
      const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
      for (let turn = 0; turn < 200; turn++) {
        const view = new Viewport(), [width, height] = [40 + 5000 * random(), 40 + 4000 * random()];
        view.resize(300 + 900 * random(), 300 + 600 * random(), 1 + 2 * random());
        view.show({ left: 0, top: 0, right: width, bottom: height });
        const { visible } = view, whole = visible.left <= 0 && visible.right >= width && visible.bottom >= height;
        view.actual();
        view.zoomBy(3);
        const at = { x: view.width * (0.4 + 0.2 * random()), y: view.height * (0.4 + 0.2 * random()) };
        const before = view.toPhoto(at), larger = view.width / view.zoom < width && view.height / view.zoom < height;
        view.zoomBy(1.1, at);
        const after = view.toPhoto(at), back = view.toStage(after);
        view.pan(1e6, -1e6);
        const { left, bottom } = view.visible;
        seen.push({
          whole, still: !larger || Math.hypot(after.x - before.x, after.y - before.y) < 1e-6,
          inverse: Math.hypot(back.x - at.x, back.y - at.y) < 1e-6, larger,
          kept: !larger || (Math.abs(left) < 1e-6 && Math.abs(bottom - height) < 1e-6),
        });
      }
      return seen;
    """  # noqa: E501
    seen = in_node(script)
    assert all(one["whole"] and one["still"] and one["inverse"] and one["kept"] for one in seen)
    assert sum(one["larger"] for one in seen) > 50


def test_every_change_can_be_taken_back() -> None:
    script = """
      const { Draft } = await load("draft"), master = {}, told = [];
      const draft = new Draft({ master, edits: [], finish: {}, picture: null }, (state) => told.push(state));
      const start = draft.state, log = [start];
      for (let at = 1; at <= 50; at++) {
        draft.finish({ softness: at / 100 }, { keep: false }); // a drag: one step
        draft.finish({ softness: at / 50 });
        log.push(draft.state);
      }
      const unsaved = draft.unsaved;
      const goes = (state) => { draft.undo(); return draft.state === state; };
      const back = log.slice(0, -1).reverse().every(goes);
      const empty = !draft.canUndo && draft.untouched && !draft.unsaved;
      draft.redo();
      const again = draft.state === log[1];
      draft.change({ edits: [{}] });
      return { unsaved, back, empty, again, lost: draft.canRedo, told: told.length > 100 };
    """
    wanted = {"unsaved": True, "back": True, "empty": True, "again": True, "lost": False, "told": True}
    assert in_node(script) == wanted


@pytest.mark.parametrize(
    ("pattern", "name", "made"),
    [
        ("{name}-cutout", "beach.photo.jpg", "beach.photo-cutout.png"),
        ("", ".jpg", "jpg-cutout.png"),
        ("{n} {model}: {name}", "a/b.jpg", "3 U²-Netp_ a_b.png"),
        ("{other}", "x.jpg", "{other}.png"),
        ("  ", "", "photo-cutout.png"),
    ],
)
def test_files_are_named_by_the_pattern(pattern: str, name: str, made: str) -> None:
    script = """
      const { fileNames } = await load("../file-names"), { pattern, name } = value;
      return fileNames(pattern, [{ name, folder: "", model: "U²-Netp", n: 3, type: "image/png" }])[0];
    """
    assert in_node(script, {"pattern": pattern, "name": name}) == made


@pytest.mark.parametrize(
    ("pattern", "made"),
    [
        ("{name}-cutout", "{name}-mask"),
        ("", "{name}-mask"),
        ("{n} {name}", "{n} {name}-mask"),
        ("Mask of {name}", "Mask of {name}"),
    ],
)
def test_a_mask_never_takes_the_name_of_its_cutout(pattern: str, made: str) -> None:
    script = 'const { maskPattern } = await load("../file-names"); return maskPattern(value);'
    assert in_node(script, pattern) == made


def test_what_was_drawn_coarsely_is_drawn_whole_also_where_the_view_moved_meanwhile() -> None:
    script = """
      globalThis.requestAnimationFrame = (draw) => setTimeout(draw);
      const { Redraw } = await load("redraw"), qualities = [];
      const redraw = new Redraw(() => {
        for (const until = performance.now() + 50; performance.now() < until;); // slower than a frame
        qualities.push(redraw.quality);
        return "change";
      });
      const drawn = async (count) => {
        for (let tries = 0; qualities.length < count && tries < 200; tries += 1) {
          await new Promise((done) => setTimeout(done, 20));
        }
      };
      redraw.soon();
      await drawn(1);
      redraw.changed(); // slow, so with fewer pixels until nothing comes any more
      redraw.moved();
      await drawn(3);
      return qualities;
    """
    first, while_dragged, last = in_node(script)
    assert (first, last) == (1, 1)
    assert while_dragged < 1


# Pictures of one colour, four pixels wide, which is what of a canvas is drawn here.
PICTURES = """
  globalThis.ImageBitmap = class {
    constructor(pixel) { Object.assign(this, { pixel, width: 4, height: 4, closed: false }); }
    close() { this.closed = true; }
  };
  globalThis.ImageData = class {
    constructor(width, height) {
      Object.assign(this, { width, height, data: new Uint8ClampedArray(4 * width * height) });
    }
  };
  globalThis.OffscreenCanvas = class {
    constructor(width, height) { Object.assign(this, { width, height }); }
    getContext() {
      const { width } = this, pixels = new Uint32Array(width * this.height);
      let corner = 0;
      return {
        setTransform(across, _, __, down, left) { corner = left; }, resetTransform() {},
        drawImage({ pixel }) {
          pixels.forEach((_, at) => { if ((at % width - corner) >>> 2 === 0) pixels[at] = pixel; });
        },
        getImageData: () => ({ data: new Uint8ClampedArray(pixels.buffer) }),
      };
    }
  };
  const shown = { pixels: [] };
  const putImageData = ({ data }) => { shown.pixels = [...new Uint32Array(data.buffer)]; };
  const canvas = { getContext: () => ({ putImageData }) };
  const grid = { left: 0, top: 0, scale: 1, width: 4, height: 4 }, size = { width: 4, height: 4 };
  const frame = { left: 0, top: 0, right: 4, bottom: 4 };
  const wish = { grid, edits: [], finish: {}, frame, subject: frame, picture: null };
  const all = { kind: "restore", points: [2, 2, 9], hardness: 1, opacity: 1 };
"""


def test_a_change_while_the_photo_is_decoded_loses_nothing_of_it() -> None:
    """Each change asks again for what is not there yet."""
    shown, decoded = in_node(f"""{PICTURES}
      const photo = new Blob(["photo"]), master = {{ blob: new Blob(["master"]), subject: null }}, asked = [];
      let decode;
      globalThis.createImageBitmap = async (blob) => {{
        asked.push(await blob.text());
        if (blob === photo) await new Promise((resolve) => {{ decode = resolve; }});
        return new ImageBitmap(blob === photo ? 0xff0000ff : 0);
      }};
      const {{ Sources }} = await load("sources"), sources = new Sources(canvas);
      const of = {{ photo, likeness: null, size }};
      const first = sources.open(master, of), second = sources.open(master, of);
      await new Promise((resolve) => {{ setTimeout(resolve); }});
      decode();
      await Promise.all([first, second]);
      sources.preview(master).render({{ ...wish, edits: [all] }});
      return [shown.pixels, asked.filter((name) => name === "photo").length];
    """)
    assert shown == [0xFF0000FF] * 16
    assert decoded == 1


def test_what_the_browser_can_t_decode_is_shown_as_the_file_will_be() -> None:
    """Strokes bring back what the master lacks, in its own colours, and nothing beyond the photo."""
    restored, softened, beyond = in_node(f"""{PICTURES}
      const {{ Picture }} = await load("picture"), {{ Preview }} = await load("preview");
      const master = new Picture([new ImageBitmap(0x600000ff)], false);
      const preview = new Preview(canvas, {{ photo: null, master, size }}), see = (more) => {{
        preview.render({{ ...wish, edits: [all], ...more }});
        return shown.pixels;
      }};
      const edges = {{ shift: 1 }}, wider = {{ ...grid, left: -2, width: 8 }};
      return [see({{}}), preview.subject([all], edges), see({{ grid: wider }}).slice(0, 8)];
    """)
    assert restored == [0xFF0000FF] * 16
    assert softened == {"left": 0, "top": 0, "right": 4, "bottom": 4}
    assert [pixel >> 24 for pixel in beyond] == [0, 0, 255, 255, 255, 255, 0, 0]


def test_a_hint_that_is_answered_brings_no_stroke_back() -> None:
    script = """
      const { Hint } = await load("hint"), { Draft } = await load("draft"), patch = { kind: "patch" };
      globalThis.createImageBitmap = async () => ({});
      let answer;
      const client = { refine: () => new Promise((resolve) => { answer = () => resolve(patch); }) };
      const master = { blob: new Blob() };
      const draft = new Draft({ master, edits: [value], finish: {}, picture: null }, () => {});
      const answering = new Hint(client, () => {}).answer(value, draft, new Blob());
      draft.change({ edits: [] });
      answer();
      await answering;
      return draft.state.edits;
    """
    assert in_node(script, STROKES[0]) == [{"kind": "patch"}]
