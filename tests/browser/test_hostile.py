"""Files that try a reader, through the site's own worker: a cutout or a code, and the next photo works.

One page and one worker for all, which is replaced only where an error says so, as the page does it.
"""

from __future__ import annotations

import base64
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from alphacut.errors import NotAnImageError
from alphacut.image import MAX_PIXELS
from tests import nasty
from tests.browser.driver import with_worker
from tests.helpers import file_of
from tests.noting import Noted
from tools.serve import serving

OPEN = """(good) => {
  const MOST_MS = 120_000;
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const textOf = (buffer) => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(new Blob([buffer]));
  });
  let worker = null, id = 0, restarts = 0, first = null;
  const photo = bytesOf(good);
  const ask = (request) => new Promise((resolve) => {
    worker ??= new Worker("worker/worker.js", { type: "module" });
    const timer = setTimeout(() => resolve({ error: { code: "HANG", fatal: true } }), MOST_MS);
    const end = (answer) => { clearTimeout(timer); resolve(answer); };
    worker.onerror = (event) => { event.preventDefault(); end({ error: { code: "CRASH", fatal: true } }); };
    worker.onmessage = ({ data }) => { if (data.type === "result" || data.type === "error") end(data); };
    worker.postMessage({ id: ++id, model: "tiny", device: "wasm", ...request });
  });
  const cutOut = async (file, output) => {
    const answer = await ask({ type: "remove", photo: file, output });
    if (answer.error?.fatal) {
      worker.terminate();
      worker = null;
      restarts += 1;
    }
    return answer;
  };
  const nextWorks = async () => {
    const { value, error } = await cutOut(new Blob([photo]), {});
    if (error) return false;
    const made = new Uint8Array(value.data);
    first ??= made;
    return made.length === first.length && made.every((byte, at) => byte === first[at]);
  };
  window.tryOne = async (text) => {
    const { error } = await cutOut(new File([bytesOf(text)], "photo.jpg", { type: "image/jpeg" }));
    return { code: error.code, message: error.message, hint: error.hint };
  };
  window.tryAll = async (files, output) => {
    if (!first) await nextWorks();
    const told = [];
    for (const [name, text] of files) {
      const ending = name.split(".").at(-1);
      const type = `image/${ending === "jpg" ? "jpeg" : ending}`;
      const file = new File([bytesOf(text)], name, { type });
      const { value, error } = await cutOut(file, output);
      const next = error ? await nextWorks() : true;
      told.push(error ? { code: error.code, message: error.message, next } : {
        code: "cutout", next, width: value.width, height: value.height, data: await textOf(value.data),
        preview: value.preview ? await textOf(value.preview) : "",
      });
    }
    const { value } = await ask({ type: "stats" });
    return { told, restarts, heap: value.pythonHeapBytes };
  };
}"""
AT_ONCE = 40
MOST_HEAP = 5 * MAX_PIXELS + 64_000_000
"""Bytes of Python's heap, of which nothing is given back while its worker lives: RGBA and alpha of a photo at
the limit, which small files may tell of, and Python itself. Whole photos of 100 megapixels take more."""
HUGE = {"of 100 megapixels"}
GOOD = file_of(nasty.photo())


@dataclass(frozen=True)
class Tried:
    """What the worker said to a file, read by a Pillow that has nothing to do with it."""

    name: str
    told: dict[str, Any]

    @property
    def file(self) -> bytes:
        return base64.b64decode(self.told["data"])

    def check(self, data: bytes) -> None:
        assert self.told["next"], f"the photo after {self.name} was another one"
        assert self.told["code"] in nasty.OUTCOMES, self
        if self.told["code"] != "cutout":
            assert self.told["message"], self.name
            return
        image = nasty.opened(self.file)
        assert image.size == (self.told["width"], self.told["height"])
        assert sorted(image.size) == sorted(nasty.told_size(data) or image.size), self.name


class Worker:
    """The site's worker behind a page that does nothing else."""

    def __init__(self, page: Page) -> None:
        self.page, self.heap, self.restarts = page, 0, 0

    def try_all(self, files: Iterable[tuple[str, bytes]], **output: Any) -> Iterator[Tried]:
        waiting = iter(files)
        while batch := list(itertools.islice(waiting, AT_ONCE)):
            sent = [(name, base64.b64encode(data).decode()) for name, data in batch]
            answer = self.page.evaluate("([files, output]) => tryAll(files, output)", [sent, output])
            self.heap, self.restarts = max(self.heap, answer["heap"]), answer["restarts"]
            for (name, data), told in zip(batch, answer["told"], strict=True):
                tried = Tried(name, told)
                tried.check(data)
                yield tried


@pytest.fixture(scope="module")
def worker(browser: Any, site: Path) -> Iterator[Worker]:
    with serving(site) as url:
        page = browser.new_page()
        page.set_default_timeout(0)
        page.goto(f"{url}site.json")  # a page of the same origin that does nothing
        page.evaluate(with_worker(OPEN), base64.b64encode(GOOD).decode())
        yield Worker(page)
        page.close()


@pytest.mark.parametrize("group", nasty.GROUPS)
def test_every_nasty_file_is_cut_out_or_refused_with_a_code(worker: Worker, group: str, noted: Noted) -> None:
    before = worker.restarts
    outcomes = Counter(tried.told["code"] for tried in worker.try_all(nasty.GROUPS[group]()))
    assert group in HUGE or (worker.restarts == before and worker.heap < MOST_HEAP), worker.heap
    noted.row("hostile", **nasty.row(f"{group}, Chromium", outcomes))


def test_no_file_that_is_made_tells_the_place_or_the_camera(worker: Worker, noted: Noted) -> None:
    outputs: list[dict[str, Any]] = [
        {}, {"effort": "small"}, {"format": "webp"}, {"format": "jpeg"}, {"format": "mask-png"},
        {"depth": 16},
    ]  # fmt: skip
    count = 0
    for output in outputs:
        for tried in worker.try_all(nasty.placed(), **output):
            assert not nasty.tells_place(tried.file + base64.b64decode(tried.told["preview"])), tried.name
            count += 1
    noted.row("places", files="made in Chromium", made=f"{count}", that_tell_any_of_it="0")


def test_what_is_no_image_is_refused_before_anything_is_loaded(browser: Any, site: Path) -> None:
    """A first visit that begins with a text named .jpg costs the worker's own scripts."""
    with serving(site) as url:
        page = browser.new_page()
        asked: list[str] = []
        page.context.on("request", lambda request: asked.append(request.url.removeprefix(url)))
        page.goto(f"{url}site.json")
        page.evaluate(with_worker(OPEN), base64.b64encode(GOOD).decode())
        asked.clear()
        answer = page.evaluate(
            "(text) => tryOne(text)", base64.b64encode(b"These are my notes. " * 99).decode()
        )
        assert not [path for path in asked if not path.startswith("worker/")], asked
        page.close()
    assert answer["code"] == NotAnImageError.code
    assert answer["hint"] == NotAnImageError.hint
    assert answer["message"] == "The file is not an image."
