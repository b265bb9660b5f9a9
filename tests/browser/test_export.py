"""Export, refine, and photos that are finished at once: client and worker of the site, against CPython.

A page of the site's origin that holds nothing talks to the worker as the app does: client/worker-client.js.
"""

from __future__ import annotations

import base64
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from alphacut.edits import Brush, Edit, Patch, Stroke
from alphacut.export import Exported, Source, export, refine
from alphacut.finish import Finish
from alphacut.pipeline import remove_background
from tests.browser.driver import as_written
from tests.helpers import Bytes8, FakeSession, file_of, noise, pixels_of, run, scene, spec
from tools.serve import Fault, serving

WIDTH, HEIGHT = 320, 240
STROKE = {"points": [60, 60, 30, 200, 90, 40], "hardness": 0.6, "opacity": 0.9}
Table = dict[str, Any]
T = TypeVar("T")
TINY = {"model": "tiny", "device": "wasm"}

# In the page: files come in and go out as text, so that Python can send and read them.
CALL = """async ([method, texts, options, cancelAt]) => {
  const { WorkerClient } = await import("/client/worker-client.js");
  const { startWorker } = await import("/client/start-worker.js");
  const blob = (text) => new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]);
  const text = async (data) => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(new Blob([data]));
  });
  const client = globalThis.client ??= new WorkerClient(startWorker);
  const files = Object.fromEntries(Object.entries(texts).map(([name, data]) => [name, blob(data)]));
  const patches = Array.isArray(options.edits) ? options.edits.filter(({ kind }) => kind === "patch") : [];
  for (const patch of patches) patch.data = await blob(patch.data).arrayBuffer();
  const stages = [], controller = new AbortController();
  const onProgress = ({ stage, loaded, total }) => {
    if (loaded === 0) stages.push(stage);
    if (stage === cancelAt && loaded === 0) controller.abort();
  };
  const how = { signal: controller.signal, onProgress };
  const { photo, picture } = files;
  try {
    const value = await (method === "remove" ? client.remove(photo, { ...options, picture }, how)
      : client[method]({ ...files, ...options }, how));
    for (const [name, part] of Object.entries(value)) {
      if (part instanceof ArrayBuffer) value[name] = await text(part);
    }
    return { value, stages };
  } catch ({ code, message, hint }) {
    return { error: { code, message, hint }, stages };
  }
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, site: Path) -> Iterator[Page]:
    """An empty page; its worker stays for all tests."""
    empty = Fault(body=b"<!doctype html><title>Nothing</title>")
    with serving(site, faults=lambda path: empty if path == "nothing.html" else None) as url:
        made, asked = browser.new_page(), list[str]()
        made.context.on("request", lambda request: asked.append(request.url))
        as_written(made)
        made.goto(f"{url}nothing.html")
        yield made
        made.close()
    assert [url for url in asked if url.endswith("python.tar")]
    assert not [url for url in asked if "python-late" in url]  # nothing else had to be imported


def call(page: Page, method: str, files: dict[str, bytes], cancel_at: str = "", **options: Any) -> Table:
    texts = {name: base64.b64encode(data).decode() for name, data in files.items()}
    answer: Table = page.evaluate(CALL, [method, texts, options, cancel_at])
    return answer


def value(answer: Table) -> Table:
    assert "error" not in answer, answer["error"]
    found: Table = answer["value"]
    return {**found, "data": base64.b64decode(found["data"])}


def photo_and_master() -> dict[str, bytes]:
    photo = file_of(np.bitwise_xor(scene(WIDTH, HEIGHT), noise(WIDTH, HEIGHT) >> 4))
    levels = np.zeros((6, 8), np.uint8)
    levels[1:5, 2:6] = 255
    master = run(remove_background(photo, FakeSession(levels), spec())).data
    return {"photo": photo, "master": master}


FILES = photo_and_master()
STROKES: Table = {"edits": [], "stroke": STROKE}
PLAIN: Table = {"edits": [], "finish": {}}
NO_PATCH = {"kind": "patch", "left": 0, "top": 0, "width": 1, "height": 1, "data": ""}


def source(edits: Sequence[Edit] = ()) -> Source:
    return Source(photo=FILES["photo"], master=FILES["master"], edits=edits)


def natively(finish: Table, edits: list[Edit], picture: bytes | None = None) -> Exported:
    return natively_run(export(source(edits), finish=Finish.from_table(finish), picture=picture))


def assert_alike(found: bytes, wanted: bytes, most: int = 2) -> None:
    """Pillow's and NumPy's versions differ from those natively used: by roundings."""
    one, other = (pixels_of(data).astype(int) for data in (found, wanted))
    assert one.shape == other.shape
    assert np.abs(one - other).max() <= most


def natively_run(work: Coroutine[Any, Any, T]) -> T:
    """Run in a thread: Playwright has a loop of its own in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run, work).result()


def stroke() -> Stroke:
    return Stroke.from_table(STROKE)


# The first of all, so that nothing else has asked for a model.
def test_an_export_asks_for_no_model(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    made = call(page, "export", FILES, edits=[], finish={})
    np.testing.assert_array_equal(pixels_of(value(made)["data"]), pixels_of(FILES["master"]))
    assert made["stages"] == ["runtime", "decode", "mask", "foreground", "compose", "encode"]
    assert [url for url in asked if "runtime/" in url]
    assert not [url for url in asked if "/models/" in url]


FINISHES: dict[str, Table] = {
    "colour and crop": {
        "background": {"kind": "colour", "colour": "#20a0f0"}, "crop": {"margin": 0.2, "aspect": [1, 1]},
    },
    "blur and canvas": {
        "background": {"kind": "blur", "strength": 0.6},
        "crop": {"kind": "canvas", "width": 300, "height": 200, "fill": 0.8},
    },
    "shadow and edges": {"shadow": {"opacity": 0.7, "blur": 0.05}, "softness": 0.5, "shift": -0.5},
    "frame": {"frame": {"left": -10.5, "top": 3, "right": 200, "bottom": 300, "width": 111, "height": 157}},
}  # fmt: skip


@pytest.mark.parametrize("finish", FINISHES.values(), ids=FINISHES)
def test_finished_files_are_those_made_natively(page: Page, finish: Table) -> None:
    edits = [{"kind": "erase", **STROKE}, {"kind": "restore", **STROKE, "points": [30, 30, 20]}]
    made = value(call(page, "export", FILES, edits=edits, finish=finish))
    erase = Brush(kind="erase", stroke=stroke())
    restore = Brush(kind="restore", stroke=Stroke.from_table({**STROKE, "points": [30, 30, 20]}))
    wanted = natively(finish, [erase, restore])
    assert_alike(made["data"], wanted.data)
    assert (made["width"], made["height"], made["type"]) == (wanted.width, wanted.height, "image/png")
    assert made["notes"] == list(wanted.notes)
    assert made["ms"]["total"] > 0


def test_a_refined_stroke_comes_back_as_an_edit(page: Page) -> None:
    answer = call(page, "refine", FILES, edits=[], stroke=STROKE)
    patch = value(answer)
    assert answer["stages"] == ["decode", "mask"]
    native = natively_run(refine(source(), stroke()))
    assert_alike(patch["data"], native.data, most=6)
    edit = {**patch, "data": base64.b64encode(patch["data"]).decode()}
    made = value(call(page, "export", FILES, edits=[edit], finish={}))
    places = {name: int(patch[name]) for name in ("left", "top", "width", "height")}
    assert_alike(made["data"], natively({}, [Patch(**places, data=patch["data"])]).data)


@pytest.mark.parametrize("kind", ["PNG", "AVIF"])
def test_a_background_picture_may_be_one_that_the_browser_decodes(page: Page, kind: str) -> None:
    picture = file_of(Image.new("RGB", (60, 90), (200, 40, 90)), kind)
    finish = {"background": {"kind": "picture", "fit": "cover"}}
    made = value(call(page, "export", {**FILES, "picture": picture}, edits=[], finish=finish))
    assert_alike(made["data"], natively(finish, [], picture).data, most=3)
    assert np.abs(pixels_of(made["data"])[0, 0].astype(int) - (200, 40, 90, 255)).max() <= 3


def test_a_photo_is_cut_out_and_finished_at_once(page: Page) -> None:
    finish = {"background": {"kind": "picture"}, "crop": {"margin": 0, "aspect": [2, 1]}}
    files = {"photo": red_on_blue(), "picture": file_of(np.full((20, 20, 3), 99, np.uint8))}
    output = {"format": "webp", "lossless": True}
    answer = call(page, "remove", files, finish=finish, output=output, thumbnail=64, **TINY)
    made = value(answer)
    subject = made["subject"]
    assert subject["left"] == pytest.approx(96, abs=16)
    assert subject["bottom"] == pytest.approx(180, abs=16)
    assert made["height"] == subject["bottom"] - subject["top"]
    assert made["width"] == 2 * made["height"]
    found = pixels_of(made["data"])
    assert (made["type"], found.shape[1::-1]) == ("image/webp", (made["width"], made["height"]))
    assert found[0, 0, :3].tolist() == [99, 99, 99]
    thumbnail = pixels_of(base64.b64decode(made["thumbnail"]))
    assert thumbnail.shape[:2] == (32, 64)
    plain = value(call(page, "remove", {"photo": files["photo"]}, **TINY))
    assert (plain["width"], plain["height"], plain["thumbnail"]) == (WIDTH, HEIGHT, None)
    assert plain["subject"] == subject


def red_on_blue() -> bytes:
    """Colour what the network of the tests takes for the subject: what is red."""
    pixels: Bytes8 = np.full((HEIGHT, WIDTH, 3), (0, 0, 255), np.uint8)
    pixels[60:180, 96:224] = (255, 0, 0)
    return file_of(pixels)


BAD: dict[str, tuple[str, Table, str]] = {
    "finish": ("export", {"edits": [], "finish": {"crop": {"margin": 7}}}, "margin is a number from 0 to 1"),
    "no picture": ("export", {"edits": [], "finish": {"background": {"kind": "picture"}}}, "no picture"),
    "edits": ("export", {"edits": [{"kind": "erase", "points": []}], "finish": {}}, "1 to 100000 points"),
    "edits are none": ("export", {"edits": {}, "finish": {}}, "edits are a list"),
    "patch": ("export", {"edits": [NO_PATCH], "finish": {}}, "not a picture"),
    "stroke": ("refine", {"edits": [], "stroke": {**STROKE, "opacity": 2}}, "opacity is a number"),
    "no stroke": ("refine", {"edits": []}, "no stroke"),
    "output": ("export", {"edits": [], "finish": {}, "output": {"format": "gif"}}, "format can't be"),
    "remove": ("remove", {"finish": {"softness": -1}, **TINY}, "softness is a number"),
    "thumbnail": ("remove", {"thumbnail": 5000, **TINY}, "16 to 2048"),
}


@pytest.mark.parametrize(("method", "options", "words"), BAD.values(), ids=BAD)
def test_nonsense_is_refused_in_plain_words(page: Page, method: str, options: Table, words: str) -> None:
    error = call(page, method, FILES, **options)["error"]
    assert error["code"] == "bad-options"
    assert words in error["message"]


def test_files_that_do_not_belong_together_are_refused(page: Page) -> None:
    files = {**FILES, "photo": file_of(scene(WIDTH, HEIGHT + 1))}
    error = call(page, "export", files, edits=[{"kind": "erase", **STROKE}], finish={})["error"]
    assert error["code"] == "bad-options"
    assert "320 by 241" in error["message"]
    damaged = {**FILES, "master": FILES["master"][:2000]}
    assert call(page, "export", damaged, edits=[], finish={})["error"]["code"] == "truncated-image"


STOPS = [("export", "foreground", PLAIN), ("export", "encode", PLAIN), ("refine", "mask", STROKES)]


@pytest.mark.parametrize(("method", "stage", "options"), STOPS)
def test_what_is_cancelled_ends_and_the_worker_goes_on(
    page: Page, method: str, stage: str, options: Table
) -> None:
    cancelled = call(page, method, FILES, cancel_at=stage, **options)
    assert cancelled["error"]["code"] == "cancelled"
    again = call(page, method, FILES, **options)
    value(again)
    assert "runtime" not in again["stages"]  # the worker was not replaced
