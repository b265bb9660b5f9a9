"""Breaks off every file that a visit asks for, and does what the page then offers.

    python -m bench.cuts --machine NAME [--title WORDS] [--site dist/site] [--models u2netp] [--more 4]
                         [--files 99]

A visit is the page opened in a browser that keeps nothing yet, and one photo cut out. First the files are
noted that a sound visit asks for. Then each is cut off after 0 bytes, after 1, in the middle, before its
last byte, and after `more` other numbers of bytes, drawn with a fixed seed, each in a visit of its own; with
`files`, only the largest so many of each kind. When the page is done or says that something failed, the
server is sound again, and the page's button is pressed, or where it offers none the page is reloaded.
tests/browser/test_faults.py runs a sample of this, and other faults, by `Visits`. Writes
bench/results/cuts-<machine>.json, which bench.reliability lays out.
"""

from __future__ import annotations

import os
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

from bench.harness import Result, parse, parser, write_results
from bench.tables import markdown
from tools import chromium
from tools.serve import Fault, serving

PATIENCE_MS = 180_000.0  # none of these visits takes long; one that does never ends
SEED = 7

# Whether there is something to read: a result, an error, a page that takes photos, or its mere beginning.
RESTS = """(states) => {
  const isBare = performance.now() > 8_000 && !document.getElementById("status");
  return isBare || states.includes(document.documentElement?.dataset.state);
}"""
SAID = """() => {
  const [message, status] = ["error-message", "status"].map((id) => document.getElementById(id));
  return (message?.checkVisibility() ? message : status)?.textContent ?? "";
}"""

KINDS: dict[str, tuple[str, ...]] = {
    "the page": ("", "index.html"),
    "styles": (".css",),
    "its scripts": ("page/", "client/"),
    "its words": ("messages/",),
    "the site's description": ("site.json",),
    "the worker's scripts": ("worker/",),
    "Python": ("runtime/pyodide/",),
    "ONNX Runtime": ("runtime/ort/",),
    "the model": ("models/",),
    "pictures": (".svg", ".png", ".jpg", ".webp", ".webmanifest", "samples/"),
}


WAYS = ("nothing", "a button", "a reload", "a button, then a reload", "never")
"""What it takes to come to a cutout."""


@dataclass(frozen=True)
class Outcome:
    """What became of a visit: what was read, and how the photo came to its cutout in the end."""

    said: str
    after: str  # one of WAYS


@dataclass
class Visits:
    """Visits to a site whose answers can be made to fail."""

    browser: Browser
    site: Path
    model: str
    url: str = ""
    faults: dict[str, Fault] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def fault_of(self, path: str) -> Fault | None:
        """Note what is asked for."""
        self.asked.append(path)
        return self.faults.get(path)

    def assets(self) -> list[str]:
        """Paths that a sound visit asks for."""
        self.asked.clear()
        outcome = self.visit()
        if outcome.after != "nothing":
            raise RuntimeError(f"a sound visit came to nothing: {outcome.said}")
        return sorted({path for path in self.asked if self._file(path).is_file()})

    def content(self, path: str) -> bytes:
        """Read what a path holds."""
        return self._file(path).read_bytes()

    def visit(self, faults: Mapping[str, Fault] | None = None) -> Outcome:
        """Come for the first time, to a server that fails so until something was read."""
        self.faults.update(faults or {})
        with self.browser.new_context(service_workers="block") as context:
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            try:
                return self._visit(page)
            except Error as error:
                return Outcome(f"never: {error.message.splitlines()[0]}", "never")
            finally:
                self.faults.clear()

    def _visit(self, page: Page) -> Outcome:
        said = self._come(page)
        if said is None:
            return Outcome("", "nothing")
        self.faults.clear()
        if page.locator("#retry").is_visible():
            if self._retry(page):
                return Outcome(said, "a button")
            return Outcome(said, "never" if self._come(page) else "a button, then a reload")
        return Outcome(said, "never" if self._come(page) else "a reload")

    def _retry(self, page: Page) -> bool:
        """Press the button, and give the photo if the page was not given one before."""
        page.evaluate("document.documentElement.dataset.state = 'before'")
        page.click("#retry")
        _wait(page, ["ready", "done", "error"])
        return _state(page) == "done" or (_state(page) == "ready" and self._give(page) is None)

    def _come(self, page: Page) -> str | None:
        """Open the page and give it a photo; return what it says if that fails."""
        try:
            page.goto(f"{self.url}?model={self.model}&device=wasm", wait_until="commit")
        except Error as error:
            return f"the browser says {error.message.split(' at ')[0].removeprefix('Page.goto: ')}"
        _wait(page, ["ready", "error"])
        if _state(page) != "ready":
            return _said(page)
        return self._give(page)

    def _give(self, page: Page) -> str | None:
        page.set_input_files("#photo-input", self.site / "samples" / "chelsea.png")
        _wait(page, ["done", "error"])
        return None if _state(page) == "done" else _said(page)

    def _file(self, path: str) -> Path:
        return self.site / (path or "index.html")


def _wait(page: Page, states: list[str]) -> None:
    # By time: a page that broke off in its head is never painted.
    page.wait_for_function(RESTS, arg=states, polling=100)


def _state(page: Page) -> str | None:
    state: str | None = page.evaluate("document.documentElement?.dataset.state")
    return state


def _said(page: Page) -> str:
    return str(page.evaluate(SAID)).strip() or "nothing: the page is incomplete"


@contextmanager
def visiting(browser: Browser, site: Path, model: str) -> Iterator[Visits]:
    """Serve a site to visits that are to fail."""
    visits = Visits(browser, site, model)
    with serving(site, faults=visits.fault_of) as url:
        visits.url = url
        yield visits


def cuts(path: str, length: int, more: int) -> list[int]:
    """Where a file is cut off: at both ends, in the middle, and at places drawn for it."""
    drawn = random.Random(f"{SEED} {path}").sample(range(length), min(more, length))
    return sorted({at for at in (0, 1, length // 2, length - 1, *drawn) if 0 <= at < length})


def kind_of(path: str) -> str:
    """Say what a file belongs to."""
    for kind, marks in KINDS.items():
        if path in marks or any(mark and (path.startswith(mark) or path.endswith(mark)) for mark in marks):
            return kind
    return "other"


def cuts_table(results: Sequence[Result]) -> str:
    """Lay out cuts by what the files belong to."""
    head = ["what", "files", "cuts", *(f"after {way}" for way in WAYS[:-1]), WAYS[-1], "what is read"]
    rows = []
    for one in results:
        after = [str(one["after"].get(way, 0)) for way in WAYS]
        rows.append([one["kind"], str(one["files"]), str(one["cuts"]), *after, "<br>".join(one["said"])])
    return markdown(head, rows)


def _summary(kind: str, outcomes: Mapping[str, list[Outcome]]) -> Result:
    all_ = [outcome for path in outcomes.values() for outcome in path]
    after: dict[str, int] = defaultdict(int)
    for outcome in all_:
        after[outcome.after] += 1
    said = sorted({outcome.said for outcome in all_ if outcome.said})
    return {"kind": kind, "files": len(outcomes), "cuts": len(all_), "after": dict(after), "said": said}


def sweep(visits: Visits, more: int, files: int) -> Iterator[Result]:
    """Cut off everything everywhere, kind by kind."""
    assets = visits.assets()
    for kind in dict.fromkeys(map(kind_of, assets)):
        found: dict[str, list[Outcome]] = {}
        of_kind = [path for path in assets if kind_of(path) == kind]
        for path in sorted(of_kind, key=lambda path: -len(visits.content(path)))[:files]:
            found[path] = []
            for at in cuts(path, len(visits.content(path)), more):
                outcome = visits.visit({path: Fault(cut_after=at)})
                print(f"{path or 'index.html'} after {at}: {outcome.after}; {outcome.said}", flush=True)
                found[path].append(outcome)
        yield _summary(kind, found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Sweep as the command line says."""
    made = parser("cuts", "Break off every file of a visit.")
    made.add_argument("--more", type=int, default=4, help="cuts drawn for each file, beside the four fixed")
    made.add_argument("--files", type=int, default=99, help="of each kind, the largest")
    options = parse(made, arguments)
    with sync_playwright() as playwright:
        flags = chromium.launch_args("wasm")
        browser = playwright.chromium.launch(executable_path=chromium.ensure(), args=flags)
        about = {"adapter": None, "cores": os.cpu_count(), "browser": browser.version}
        results = []
        with visiting(browser, options.site, options.models[0]) as visits:
            for result in sweep(visits, options.more, options.files):
                results.append(result)
                write_results(f"cuts-{options.machine}", options, about, results)
        browser.close()
    print(cuts_table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
