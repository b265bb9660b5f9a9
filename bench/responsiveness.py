"""Measures how soon the page answers a person while a photo is being processed.

    python -m bench.responsiveness --machine NAME [--megapixels 12] [--rounds 5] [--site dist/site]

The network runs on the processor, where it takes every core. All the while dialogs are opened and closed, by
real clicks and keys. An interaction lasts from the event to the next picture (Event Timing: "duration", in
steps of 8 ms); of fewer than 50 the slowest is what is called INP, of more the 98th percentile
(https://web.dev/articles/inp). Long tasks are those of the page's own thread, over 50 ms. Prints a table and
writes bench/results/responsiveness-<machine>.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.harness import RESULTS, ROOT, scaled
from bench.tables import markdown
from tools import chromium
from tools.serve import serving

VIEWPORTS = {"desk": (1440, 900), "phone": (360, 740)}
BUTTONS = ("Settings", "Help")

OBSERVING = """
  globalThis.seen = { interactions: {}, tasks: [] };
  const each = (type, take, more) => new PerformanceObserver((list) => list.getEntries().forEach(take))
    .observe({ type, buffered: true, ...more });
  each("event", ({ interactionId: id, duration }) => {
    if (id) globalThis.seen.interactions[id] = Math.max(globalThis.seen.interactions[id] ?? 0, duration);
  }, { durationThreshold: 16 });
  each("longtask", ({ duration }) => { globalThis.seen.tasks.push(duration); });
"""
CLEARED = "globalThis.seen = { interactions: {}, tasks: [] }"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.responsiveness", description="Measure answers.")
    parser.add_argument("--machine", required=True)
    parser.add_argument("--site", type=Path, default=ROOT / "dist" / "site")
    parser.add_argument("--megapixels", type=float, default=12.0)
    parser.add_argument("--rounds", type=int, default=5, help="photos")
    parser.add_argument(
        "--models", type=lambda text: text.split(","), default=["u2netp"], help="none with a notice"
    )
    options = parser.parse_args(arguments)
    photo = scaled(options.site, options.megapixels)
    with serving(options.site) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.ensure(), args=chromium.launch_args("wasm")
        )
        results = []
        for model in options.models:
            for name, (width, height) in VIEWPORTS.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                page.add_init_script(OBSERVING)
                page.goto(f"{url}?model={model}&device=wasm")
                page.locator("#model:not([disabled])").wait_for(state="attached")
                rounds = list(measure(page, photo, options.rounds))
                results.append({"model": model, "page": name, **summary(rounds)})
                page.close()
        browser.close()
    print(table(results))
    target = RESULTS / f"responsiveness-{options.machine}.json"
    target.write_text(json.dumps({"photo": photo.name, "results": results}, indent=1) + "\n")
    print(f"written: {target}")
    return 0


def measure(page: Page, photo: Path, rounds: int) -> Iterator[dict[str, Any]]:
    """Give the page a photo and use it until the cutout is there; yields what was observed of each."""
    state = page.locator("html")
    for _ in range(rounds):
        page.evaluate("document.documentElement.dataset.state = 'before'")
        page.evaluate(CLEARED)
        page.set_input_files("#photo-input", photo)
        number = 0
        while state.get_attribute("data-state") not in {"done", "error"}:
            page.get_by_role("button", name=BUTTONS[number % len(BUTTONS)], exact=True).click()
            page.wait_for_timeout(50)
            page.keyboard.press("Escape")
            page.wait_for_timeout(50)
            number += 1
        assert state.get_attribute("data-state") == "done"
        page.wait_for_timeout(300)  # events are told of after their picture
        yield page.evaluate("seen")


def summary(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Put together what was observed; interactions too quick to be told of count as 16 ms at most."""
    interactions = sorted(ms for one in rounds for ms in one["interactions"].values())
    tasks = [ms for one in rounds for ms in one["tasks"]]
    rank = max(0, len(interactions) - 1 - len(interactions) // 50)
    return {
        "interactions": len(interactions),
        "median_ms": statistics.median(interactions),
        "inp_ms": interactions[rank],
        "most_ms": interactions[-1],
        "long_tasks": len(tasks),
        "longest_task_ms": max(tasks, default=0),
    }


def table(results: Sequence[dict[str, Any]]) -> str:
    """Lay out what was measured."""
    head = [
        "model", "page", "interactions of 16 ms and more", "median ms", "INP ms", "slowest ms", "long tasks",
        "longest ms",
    ]  # fmt: skip
    return markdown(head, [[str(value) for value in result.values()] for result in results])


if __name__ == "__main__":
    sys.exit(main())
