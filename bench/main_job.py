"""Measures the main job in the built site, through its own worker, in a real browser.

    python -m bench.main_job --machine NAME [--title WORDS] [--models u2netp,isnet] [--devices wasm,webgpu]
                             [--rounds 10] [--photo PHOTO ...] [--browser "COMMAND"] [--site dist/site]

Prints a table of medians and writes bench/results/main-job-<machine>.json. Needs the standard library only,
so that it also runs on a GPU host that has nothing else: there `--browser` is the command that starts the
browser (the address is appended), and `--photo` a photo brought along.
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
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tools.respond import Site, SiteHandler, no_faults

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
STAGES = ("decode", "preprocess", "inference", "mask", "compose", "encode", "total")
ENOUGH_S = 900.0  # for one job; a software GPU is that slow


class BenchHandler(SiteHandler):
    """Serves the site and the bench page, and takes what the page reports."""

    def __init__(self, site: Site, reports: queue.Queue[dict[str, Any]], *connection: Any) -> None:
        self.reports = reports
        super().__init__(site, *connection)

    def do_POST(self) -> None:
        """Take one report."""
        length = int(self.headers["Content-Length"])
        self.reports.put(json.loads(self.rfile.read(length)))
        self.send_response(204)
        self.end_headers()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    options = _parse(arguments)
    with tempfile.TemporaryDirectory(dir=options.site.parent) as scratch:
        folder = Path(scratch)
        bench = _lay_out(folder, options)
        results: list[dict[str, Any]] = []
        about: dict[str, Any] = {}
        with _serving(folder) as (url, reports):
            for job in _jobs(options):
                (bench / "job.json").write_text(json.dumps(job))
                with _browser(options.browser, f"{url}bench/index.html"):  # a new one: nothing cached
                    about = _collect(reports, results)
    print(table(results))
    if options.machine:
        path = HERE / "results" / f"main-job-{options.machine}.json"
        path.parent.mkdir(exist_ok=True)
        date = datetime.datetime.now(datetime.UTC).date().isoformat()
        facts = {"machine": options.machine, "title": options.title or options.machine, "date": date, **about}
        path.write_text(json.dumps({**facts, "results": results}, indent=1) + "\n")
        print(f"written: {path.name}")
    return 1 if any("error" in result for result in results) else 0


def summarise(report: dict[str, Any]) -> dict[str, Any]:
    """Medians of a report's runs, the first one apart: it pays for shader compilation and cold caches."""
    if "error" in report:
        return report
    first, *later = report["runs"]
    medians = {stage: round(statistics.median(run[stage] for run in later), 1) for stage in (*STAGES, "page")}
    device = report["device"]
    return {
        "bench": "main-job", "model": report["model"],
        "device": device["provider"], "adapter": device["adapter"],
        "precision": device["precision"], "threads": device["threads"], "photo": report["photo"],
        "width": first["width"], "height": first["height"],
        "cold_ms": round(report["cold_ms"]), "warm_ms": round(report["warm_ms"]),
        "first_ms": round(first["total"]), "rounds": len(later), "steady_ms": medians,
        "bytes_out": first["bytes_out"],
    }  # fmt: skip


def table(results: Sequence[dict[str, Any]]) -> str:
    """Lay the results out as a Markdown table, milliseconds."""
    head = ["model", "device", "photo", "cold", "warm", "first", *STAGES]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for result in results:
        if "error" in result:
            lines.append(f"| {result['model']} | {result['asked']} | {result['error'][:200]} |")
            continue
        where = f"webgpu {result['precision']}, {result['adapter']}" if result["device"] == "webgpu" else (
            f"wasm, {result['threads']} threads")  # fmt: skip
        megapixels = f"{result['width'] * result['height'] / 1e6:.1f} MP"
        steady = [f"{result['steady_ms'][stage]:.0f}" for stage in STAGES]
        cells = [
            result["model"],
            where,
            megapixels,
            str(result["cold_ms"]),
            str(result["warm_ms"]),
            str(result["first_ms"]),
            *steady,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _lay_out(folder: Path, options: argparse.Namespace) -> Path:
    """Put site, bench page and photos into one folder to serve; return the bench page's."""
    shutil.copytree(options.site, folder, copy_function=os.link, dirs_exist_ok=True)
    bench = folder / "bench"
    shutil.copytree(HERE / "page", bench)
    for photo in options.photo:
        shutil.copyfile(photo, bench / photo.name)
    return bench


def _jobs(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    photos = [photo.name for photo in options.photo]
    for model in options.models.split(","):
        for device in options.devices.split(","):
            yield {"model": model, "device": device, "photos": photos, "rounds": options.rounds}


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[str, queue.Queue[dict[str, Any]]]]:
    reports: queue.Queue[dict[str, Any]] = queue.Queue()
    site = Site(folder, "/", plain=False, verbose=False, faults=no_faults)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(BenchHandler, site, reports))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", reports
    finally:
        server.shutdown()


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
        path, flags = chromium.ensure(), chromium.launch_args("webgpu", "software")
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        browser.new_page().goto(url)
        yield
        browser.close()


def _collect(reports: queue.Queue[dict[str, Any]], results: list[dict[str, Any]]) -> dict[str, Any]:
    """Take one job's reports; return what the page says of its browser."""
    while not (report := reports.get(timeout=ENOUGH_S)).pop("done", False):
        results.append(summarise(report))
        print(table(results[-1:]).splitlines()[-1], flush=True)
    return report


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.main_job", description="Measure the main job.")
    parser.add_argument("--machine", default="", help="name for the results file; without it none is written")
    parser.add_argument("--title", default="", help="the machine in words, for the table's head")
    parser.add_argument("--models", default="u2netp")
    parser.add_argument("--devices", default="wasm")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--photo", type=Path, nargs="+")
    parser.add_argument(
        "--browser", default="", help="command that starts a browser; the address is appended"
    )
    parser.add_argument("--site", type=Path, default=ROOT / "dist" / "site")
    options = parser.parse_args(arguments)
    options.site = options.site.resolve()
    options.photo = options.photo or [twelve_megapixels(options.site)]
    return options


def twelve_megapixels(site: Path) -> Path:
    """Scale the coffee sample up to 4000 x 3000 and save it as a JPEG, as a camera would."""
    from PIL import Image

    path = ROOT / "dist" / "bench-12mp.jpg"
    with Image.open(site / "samples" / "coffee.png") as image:
        image.convert("RGB").resize((4000, 3000), Image.Resampling.LANCZOS).save(path, quality=92)
    return path


if __name__ == "__main__":
    sys.exit(main())
