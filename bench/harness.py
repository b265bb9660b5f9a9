"""What every measuring program here shares: the site served with a bench page, a browser, reports, results.

Needs the standard library only, so that it also runs on a GPU host that has nothing else: there `--browser`
is the command that starts the browser (the address is appended), and photos are brought along.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import json
import os
import queue
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench import peer
from tools.respond import Site, SiteHandler, no_faults

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS = HERE / "results"
ENOUGH_S = 900.0  # for one report; a software GPU is that slow

Result = dict[str, Any]


class BenchHandler(SiteHandler):
    """Serves the site and the bench page, and takes what the page reports."""

    def __init__(self, site: Site, reports: queue.Queue[Result], *connection: Any) -> None:
        self.reports = reports
        super().__init__(site, *connection)

    def do_POST(self) -> None:
        """Take one report."""
        length = int(self.headers["Content-Length"])
        self.reports.put(json.loads(self.rfile.read(length)))
        self.send_response(204)
        self.end_headers()

    def send_header(self, keyword: str, value: str) -> None:
        """Leave the bench page without content policy: the peer imports blobs. Our worker has its own."""
        if not (keyword == "Content-Security-Policy" and self.path.startswith("/bench/")):
            super().send_header(keyword, value)


class Bench:
    """A served folder and the way to run jobs in it: scripts of bench/page/, one browser each."""

    def __init__(self, folder: Path, browser: str, url: str, reports: queue.Queue[Result]) -> None:
        self._folder, self._browser, self._reports = folder, browser, reports
        self.url = url

    def run(self, job: Mapping[str, Any]) -> Iterator[Result]:
        """Run a job in a new browser, so that nothing is cached; yield its reports, an `error` among them."""
        (worker,) = (self._folder.parent / "worker").glob("worker*.js")
        (self._folder / "job.json").write_text(json.dumps({**job, "worker": f"../worker/{worker.name}"}))
        with _browser(self._browser, f"{self.url}bench/index.html"):
            while not (report := self._next()).get("done"):
                yield report

    def about(self) -> Result:
        """Ask the browser what it is and what it runs on."""
        (report,) = self.run({"script": "about.js"})
        if "error" in report:
            raise RuntimeError(report["error"])
        return report

    def _next(self) -> Result:
        try:
            return self._reports.get(timeout=ENOUGH_S)
        except queue.Empty:
            self._reports.put({"done": True})
            return {"error": f"nothing was reported for {ENOUGH_S:.0f} s"}


@contextmanager
def bench(options: argparse.Namespace) -> Iterator[Bench]:
    """Serve site, bench page, photos and, where asked for, the peer from one folder."""
    with tempfile.TemporaryDirectory(dir=options.site.parent) as scratch:
        folder = Path(scratch)
        shutil.copytree(options.site, folder, copy_function=os.link, dirs_exist_ok=True)
        page = folder / "bench"
        shutil.copytree(HERE / "page", page)
        for photo in options.photo:
            shutil.copyfile(photo, page / photo.name)
        if options.peer:
            shutil.copytree(peer.BUILT, page / "peer", copy_function=os.link)
        with _serving(folder) as (url, reports):
            yield Bench(page, options.browser, url, reports)


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[str, queue.Queue[Result]]]:
    reports: queue.Queue[Result] = queue.Queue()
    site = Site(folder, "/", plain=False, verbose=False, faults=no_faults)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(BenchHandler, site, reports))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", reports
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _browser(command: str, url: str) -> Iterator[None]:
    if command:
        process = subprocess.Popen(
            [*shlex.split(command), url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)
        return
    from playwright.sync_api import sync_playwright

    from tools import chromium

    with sync_playwright() as playwright:
        path, flags = chromium.ensure(), chromium.launch_args("webgpu", "hardware")
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        try:
            browser.new_page().goto(url)
            yield
        finally:
            browser.close()


def parser(program: str, what: str) -> argparse.ArgumentParser:
    """Make a parser of the arguments that every measuring program has; read it with `parse`."""
    made = argparse.ArgumentParser(prog=f"python -m bench.{program}", description=what)
    made.add_argument("--machine", default="", help="name for the results file; without it none is written")
    made.add_argument("--title", default="", help="the machine in words, for the table's head")
    made.add_argument("--models", default="u2netp", help="comma-separated")
    made.add_argument("--photo", type=Path, nargs="+", default=[])
    made.add_argument("--peer", action="store_true", help=f"measure {peer.NAME} too; see bench.peer")
    made.add_argument("--browser", default="", help="command that starts a browser; the address is appended")
    made.add_argument("--site", type=Path, default=ROOT / "dist" / "site")
    return made


def parse(made: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the arguments and see that what they need has been built."""
    options = made.parse_args(arguments)
    options.site = options.site.resolve()
    if not (options.site / "site.json").is_file():
        made.error(f"{options.site} holds no built site: run build_site.py first")
    if options.peer and not (peer.BUILT / "peer.js").is_file():
        made.error(f"{peer.BUILT} is not built: run python -m bench.peer first")
    options.models = options.models.split(",")
    return options


def providers(about: Mapping[str, Any]) -> list[str]:
    """Devices worth measuring where none were named: a software adapter is slower than the CPU path."""
    adapter = about["adapter"]
    return ["webgpu", "wasm"] if adapter and not adapter["software"] else ["wasm"]


def write_results(
    name: str,
    options: argparse.Namespace,
    about: Mapping[str, Any],
    results: Sequence[Result],
    **more: object,
) -> None:
    """Write bench/results/<name>.json if the machine was named."""
    if not options.machine:
        return
    adapter = about["adapter"]
    gpu = adapter["name"] if adapter and not adapter["software"] else "no GPU"
    title = options.title or f"a host with {about['cores']} cores and {gpu}, headless Chromium"
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    facts = {"machine": options.machine, "title": title, "date": date, **about, **more}
    path.write_text(
        json.dumps({**facts, "results": list(results)}, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    print(f"written: {path.relative_to(ROOT)}")


def scaled(site: Path, megapixels: float) -> Path:
    """Scale the coffee sample to so many megapixels, 4 : 3, and save it as a JPEG, as a camera would."""
    from PIL import Image

    path = ROOT / "dist" / f"bench-{megapixels:g}mp.jpg"
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    with Image.open(site / "samples" / "coffee.png") as image:
        size = (width, round(width * 3 / 4))
        image.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(path, quality=92)
    return path
