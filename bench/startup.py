"""Measures the start of the built site's own page in a real browser, several sites side by side.

    python -m bench.startup --site dist/site [--site dist/before ...] [--machine NAME] [--title WORDS]
                            [--rounds 7] [--device wasm] [--model u2netp] [--latency-ms 0]

Each round opens every site once in each of three states, the sites in turn: *cold* (a new browser profile),
*warm* (the same browser again, after a photo was cut out there), *restarted* (the browser was closed and
opened with that profile). Prints medians and least values and writes bench/results/startup-<machine>.json.

What is told apart, in milliseconds from navigation: *usable* (the page takes a photo), *python* (the worker
has Python, NumPy, Pillow and alphacut), *network* (ONNX Runtime and the model), *ready* (both).
The page is only watched, not changed, so a site of any age can be measured.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Playwright, sync_playwright

from tools import chromium
from tools.serve import Fault, serving

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
STATES = ("cold", "warm", "restarted")
STEPS = ("usable", "python", "network", "ready")
ENOUGH_S = 120.0
# V8 keeps compiled WebAssembly once enough of it has been optimised and nothing was for two seconds. A visit
# that ends at once leaves that to chance, and nobody comes back to a page without having used it.
SETTLE_MS = 4000
# A machine shared with others is quiet when as many processes want to run as it has cores, at most.
CALM_S = 3.0
WATCH = (HERE / "page" / "watch.js").read_text("utf-8")

Times = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    options = _parse(arguments)
    sites = _named(options.site)
    runs: dict[str, dict[str, list[Times]]] = {name: {state: [] for state in STATES} for name in sites}
    about: dict[str, Any] = {}
    results: list[dict[str, Any]] = []
    with ExitStack() as stack, sync_playwright() as playwright:
        slow = Fault(delay=options.latency_ms / 1000) if options.latency_ms else None
        urls = {
            name: stack.enter_context(serving(folder, faults=lambda _: slow)) + _query(options)
            for name, folder in sites.items()
        }
        for number in range(options.rounds):
            order = list(urls) if number % 2 == 0 else list(reversed(urls))
            for name, state, times in _round(playwright, {name: urls[name] for name in order}, about):
                runs[name][state].append(times)
            results = [summarise(name, state, runs[name][state]) for state in STATES for name in sites]
            print(f"\nround {number + 1} of {options.rounds}:\n{table(results)}", flush=True)
    if options.machine:
        _write(options, about, results)
    return 0


def summarise(site: str, state: str, runs: Sequence[Times]) -> dict[str, Any]:
    """Median and least value of each step."""
    values = {step: [run[step] for run in runs] for step in STEPS}
    return {
        "bench": "startup", "site": site, "state": state, "rounds": len(runs),
        "median_ms": {step: round(statistics.median(values[step])) for step in STEPS},
        "least_ms": {step: round(min(values[step])) for step in STEPS},
    }  # fmt: skip


def table(results: Sequence[dict[str, Any]]) -> str:
    """Lay the results out as a Markdown table: median (least), and the median over that of the first site."""
    lines = ["| cache | site | " + " | ".join(STEPS) + " | ratio |", "|" + " --- |" * (len(STEPS) + 3)]
    first: dict[str, float] = {}
    for result in results:
        base = first.setdefault(result["state"], result["median_ms"]["ready"])
        steps = [f"{result['median_ms'][step]} ({result['least_ms'][step]})" for step in STEPS]
        ratio = f"{result['median_ms']['ready'] / base:.2f}"
        lines.append("| " + " | ".join([result["state"], result["site"], *steps, ratio]) + " |")
    return "\n".join(lines)


def _round(
    playwright: Playwright, urls: dict[str, str], about: dict[str, Any]
) -> Iterator[tuple[str, str, Times]]:
    """Open every site in each state, the sites in turn."""
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as profiles:
        browsers = {name: profiles.enter_context(_browser(playwright, Path(scratch) / name)) for name in urls}
        for state in ("cold", "warm"):
            for name, url in urls.items():
                yield name, state, _visit(browsers[name], url, use=state == "cold")
        about.update(_about(next(iter(browsers.values()))))
        profiles.close()
        for name, url in urls.items():
            with _browser(playwright, Path(scratch) / name) as browser:
                yield name, "restarted", _visit(browser, url)


@contextmanager
def _browser(playwright: Playwright, profile: Path) -> Iterator[BrowserContext]:
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=chromium.ensure(), args=chromium.launch_args("webgpu", "software")
    )
    context.add_init_script(WATCH)
    try:
        yield context
    finally:
        context.close()


def _visit(browser: BrowserContext, url: str, *, use: bool = False) -> Times:
    """Open the page in a new tab and return what was watched until ready; `use`: then cut out a sample."""
    _calm()
    page = browser.new_page()
    try:
        page.goto(url)
        ready = page.locator('html[data-state="ready"], html[data-state="error"]')
        ready.wait_for(state="attached", timeout=ENOUGH_S * 1000)
        times: Times = page.evaluate("startUp")
        missing = [step for step in STEPS if step not in times]
        if missing:
            raise SystemExit(f"the page did not tell {missing}: {page.locator('#status').text_content()}")
        if use:
            page.locator("#samples button").first.click()
            page.locator('html[data-state="done"]').wait_for(state="attached", timeout=ENOUGH_S * 1000)
            page.wait_for_timeout(SETTLE_MS)
        return times
    finally:
        page.close()


def _calm() -> None:
    """Wait a while for others to pause: what they do would be measured too."""
    deadline = time.monotonic() + CALM_S
    while time.monotonic() < deadline and _running() > 1:
        time.sleep(0.25)


def _running() -> int:
    """Count the processes that run or want to, this one included; 1 where the system does not tell."""
    try:
        return int(Path("/proc/loadavg").read_text().split()[3].split("/")[0])
    except OSError:
        return 1


def _about(browser: BrowserContext) -> dict[str, Any]:
    page = browser.new_page()
    agent: str = page.evaluate("navigator.userAgent")
    page.close()
    return {"userAgent": agent, "cores": os.cpu_count()}


def _write(options: argparse.Namespace, about: dict[str, Any], results: Sequence[dict[str, Any]]) -> None:
    path = HERE / "results" / f"startup-{options.machine}.json"
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    facts = {"machine": options.machine, "title": options.title or options.machine, "date": date, **about}
    facts |= {"model": options.model, "device": options.device, "latency_ms": options.latency_ms}
    path.write_text(json.dumps({**facts, "results": results}, indent=1) + "\n")
    print(f"written: {path.name}")


def _named(folders: Sequence[Path]) -> dict[str, Path]:
    names = {folder.name: folder for folder in folders}
    if len(names) < len(folders):
        raise SystemExit("the sites' folders must have different names")
    return names


def _query(options: argparse.Namespace) -> str:
    return f"?model={options.model}&device={options.device}"


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.startup", description="Measure the start.")
    parser.add_argument("--site", type=Path, action="append", help="a built site; several are compared")
    parser.add_argument("--machine", default="", help="name for the results file; without it none is written")
    parser.add_argument("--title", default="", help="the machine in words")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--model", default="u2netp")
    parser.add_argument("--device", default="wasm")
    parser.add_argument(
        "--latency-ms", type=float, default=0, help="what the server waits before each answer"
    )
    options = parser.parse_args(arguments)
    options.site = [folder.resolve() for folder in options.site or [ROOT / "dist" / "site"]]
    return options


if __name__ == "__main__":
    sys.exit(main())
