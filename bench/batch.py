"""Measures batches in the built site: the time of each photo, and whether time and memory stay flat.

    python -m bench.batch --machine NAME [--title WORDS] [--models u2netp] [--loads 100x12,1000x2,5x48]
                          [--device auto|webgpu|wasm] [--browser COMMAND] [--site dist/site]

A load is so many photos of so many megapixels, in one tab of a new browser. Photos that differ are given to
the page as a person would. When one is done, memory is asked for: Python and ONNX Runtime's heaps, which
never shrink, JavaScript's of the page, after each 25th photo and a collection of its garbage, and what all
processes of the browser hold (proportional set size; photos that the browser keeps on disk are not in it).
Prints the curve and writes bench/results/batch-<machine>.json, which bench.readme and bench.reliability lay
out.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.browsers import COUNTING_WORKER, processes_of, proportional, worker_stats
from bench.drift import KINDS, SETTLED, grown
from bench.harness import ROOT, Result, bench, parse, parser, providers, write_results
from bench.tables import batch_table

PATIENCE_S = 60.0  # for one photo
COLLECTED_EACH = 25
"""Photos between two collections of garbage, which takes a fifth of a second where there are a thousand."""
# Asked for by a selector of Playwright's own, this would keep a core busy: they go through all elements.
ENDED = "document.querySelectorAll('.tile:is([data-state=done], [data-state=failed])').length"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    made = parser("batch", "Measure a batch.")
    made.add_argument("--loads", default="100x12", help="comma-separated, photos x megapixels of each")
    made.add_argument("--device", default="", help="without it the one worth measuring")
    options = parse(made, arguments)
    loads = [
        (int(count), float(size)) for count, _, size in (x.partition("x") for x in options.loads.split(","))
    ]
    results: list[Result] = []
    with bench(options) as running:
        about = running.about()
        device = options.device or providers(about)[0]
        for count, megapixels in loads:
            photos = different(options.site, int(count), float(megapixels))
            result = measure(running.url, photos, options.models[0], device, options.browser)
            results.append({**result, "megapixels": float(megapixels)})
            print(batch_table(results))
            write_results(f"batch-{options.machine}", options, about, results)
    return 1 if any(result["failed"] or grown(result["curve"]) for result in results) else 0


def different(site: Path, count: int, megapixels: float) -> list[Path]:
    """Make JPEGs of 4 : 3 that differ: parts of the samples, enlarged. Kept for the next time."""
    from PIL import Image

    folder = ROOT / "dist" / f"bench-batch-{megapixels:g}mp"
    folder.mkdir(exist_ok=True)
    samples = [Image.open(path).convert("RGB") for path in sorted((site / "samples").glob("*.png"))]
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    dice = random.Random(5)
    paths = [folder / f"photo-{n:03}.jpg" for n in range(count)]
    for n, path in enumerate(paths):
        sample, share = samples[n % len(samples)], dice.uniform(0.7, 1.0)
        wide = share * min(sample.width, sample.height * 4 / 3)
        left, top = dice.uniform(0, sample.width - wide), dice.uniform(0, sample.height - wide * 3 / 4)
        if not path.exists():
            box = (left, top, left + wide, top + wide * 3 / 4)
            size = (width, round(width * 3 / 4))
            sample.resize(size, Image.Resampling.BICUBIC, box=box).save(path, quality=92)
    return paths


def measure(url: str, photos: Sequence[Path], model: str, device: str, browser: str) -> Result:
    """Give the photos to the page, in Chromium if no browser is named, and follow it until all are done."""
    from playwright.sync_api import sync_playwright

    from tools import chromium

    # A profile on disk, as people have: a private one keeps originals and cutouts in memory.
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        path, flags = browser or chromium.ensure(), chromium.launch_args("webgpu", "hardware")
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=path, args=flags, service_workers="block"
        )
        page = context.pages[0]
        page.add_init_script(COUNTING_WORKER)
        page.goto(f"{url}?model={model}&device={device}#batch")
        began = time.perf_counter()
        page.set_input_files("#batch-files", list(photos))
        curve = list(follow(page, profile, len(photos), began))
        shown = page.locator(".tile-state").all_text_contents()
        failed = page.locator(".tile[data-state=failed]").count()
        context.close()
    print(f"the last tile says: {shown[-1]}")
    return summarise(curve, model=model, device=device, failed=failed)


def follow(page: Any, profile: str, count: int, began: float) -> Iterator[dict[str, float]]:
    """Yield time and memory whenever photos were done."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    done, since, heap = 0, began, 0.0
    while done < count:
        page.wait_for_timeout(100)
        now = time.perf_counter()
        ended = page.evaluate(ENDED)
        if ended == done:
            if now - since > PATIENCE_S:
                raise RuntimeError(f"nothing was done for {PATIENCE_S:.0f} s after photo {done}")
            continue
        if done == 0 or ended // COLLECTED_EACH > done // COLLECTED_EACH:
            heap = page_heap(session)
        done, since = ended, now
        point = {"done": done, "s": round(now - began, 2), **memory(page, profile), "js": heap}
        megabytes = ", ".join(f"{kind} {point[kind] / 1e6:.0f}" for kind in KINDS)
        print(f"{done} done after {point['s']:.1f} s; MB: {megabytes}", flush=True)
        yield point


def page_heap(session: Any) -> float:
    """Bytes that JavaScript of the page still uses after a collection of garbage."""
    session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"])


def memory(page: Any, profile: str) -> dict[str, float]:
    """Bytes that are held now by the worker's heaps and by the browser."""
    heaps = worker_stats(page)
    return {
        "python": heaps["pythonHeapBytes"],
        "ort": heaps["ortHeapBytes"],
        "browser": sum(proportional(process) for process in processes_of(profile)),
    }


def summarise(curve: Sequence[dict[str, float]], **facts: object) -> Result:
    """Put together what the table tells: the median time of a photo, and how much memory grew at most."""
    steps = [
        (after["s"] - before["s"]) / (after["done"] - before["done"]) for before, after in pairwise(curve)
    ]
    settled = [point for point in curve if point["done"] >= SETTLED] or list(curve[-1:])
    return {
        "bench": "batch", **facts, "photos": int(curve[-1]["done"]), "total_s": curve[-1]["s"],
        "photo_s": round(statistics.median(steps), 2),
        "settled": {kind: settled[0][kind] for kind in KINDS},
        "most": {kind: max(point[kind] for point in settled) for kind in KINDS},
        "last": {kind: settled[-1][kind] for kind in KINDS},
        "curve": list(curve),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
