"""Measures how quickly the editor's preview follows a drag, in the built site, in a real browser.

    python -m bench.editor --machine NAME [--photo PHOTO] [--site dist/site]

Each control is dragged through its range for some seconds, one step a frame, as a pointer would; the frames
are counted. Prints a table and writes bench/results/editor-<machine>.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.harness import RESULTS, ROOT, scaled
from tools import chromium
from tools.serve import serving

SECONDS = 3
SIZE = {"width": 1440, "height": 900}

DRAGS = {
    "softness of edges": ("edges", None, "Softness"),
    "shift of edges": ("edges", None, "Inwards or outwards"),
    "strength of a blurred background": ("background", "blur", "Strength"),
    "blur of a shadow": ("background", "none", "Softness"),
    "margin": ("crop", "subject", "Margin"),
}
"""What is dragged: tab, what is chosen there first, and the label of the slider."""

DRAG = """async (input, seconds) => {
  const frame = () => new Promise(requestAnimationFrame);
  const [least, most] = [Number(input.min), Number(input.max)], began = performance.now();
  const frames = [];
  for (let last = began; last - began < 1000 * seconds;) {
    const at = (frames.length % 60) / 60;
    input.value = String(least + (most - least) * at);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await frame();
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return frames;
}"""

PAINT = """async (stage, seconds) => {
  HTMLElement.prototype.setPointerCapture = () => {};
  const box = stage.getBoundingClientRect(), frames = [], began = performance.now();
  const send = (type, at) => stage.dispatchEvent(new PointerEvent(type, {
    pointerId: 7, button: 0, bubbles: true, clientX: box.left + box.width * (0.5 + 0.3 * Math.sin(at / 9)),
    clientY: box.top + box.height * (0.5 + 0.3 * Math.cos(at / 13)),
  }));
  send("pointerdown", 0);
  for (let last = began; last - began < 1000 * seconds;) {
    send("pointermove", frames.length);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  send("pointerup", frames.length);
  return frames;
}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.editor", description="Measure the editor.")
    parser.add_argument("--machine", required=True)
    parser.add_argument("--site", type=Path, default=ROOT / "dist" / "site")
    parser.add_argument("--photo", type=Path, help="without it a sample, enlarged to 12 megapixels")
    parser.add_argument("--model", default="u2netp")
    options = parser.parse_args(arguments)
    photo = options.photo or scaled(options.site, 12)
    with serving(options.site) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.ensure(), args=chromium.launch_args("wasm")
        )
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        page.goto(f"{url}?model={options.model}&device=wasm")
        page.locator("#model:not([disabled])").wait_for()
        page.set_input_files("#photo-input", photo)
        page.locator('html[data-state="done"]').wait_for(state="attached", timeout=120_000)
        page.locator("#cutout").wait_for()
        page.wait_for_timeout(1000)
        results = measure(page)
        browser.close()
    print_table(results)
    target = RESULTS / f"editor-{options.machine}.json"
    target.write_text(json.dumps({"photo": photo.name, "page": SIZE, "results": results}, indent=1) + "\n")
    print(f"written: {target}")
    return 0


def measure(page: Page) -> list[dict[str, Any]]:
    """Drag every control, then a brush."""
    results = []
    for name, (tab, choice, label) in DRAGS.items():
        page.click(f"#tab-{tab}")
        panel = page.locator(f"#panel-{tab}")
        if choice:
            panel.locator(f'input[value="{choice}"]').check(force=True)
        if name == "blur of a shadow":
            page.get_by_label("Soft shadow").check()
        results.append(summary(name, panel.get_by_label(label, exact=True).evaluate(DRAG, SECONDS)))
        page.get_by_label("Take everything back").click()
        page.wait_for_timeout(500)
    page.click("#tab-brush")
    for size in (50, 95):
        page.get_by_label("Size", exact=True).fill(str(size))
        words = page.locator("#panel-brush output").first.text_content()
        results.append(summary(f"a brush of {words}", page.locator(".table-top").evaluate(PAINT, SECONDS)))
        page.wait_for_timeout(500)
    return results


def summary(name: str, frames: list[float]) -> dict[str, Any]:
    """Say what a drag's frames tell: how many a second, and how long the slowest of a hundred took."""
    ordered = sorted(frames)
    return {
        "drag": name, "per_second": round(1000 * len(frames) / sum(frames), 1),
        "median_ms": round(ordered[len(ordered) // 2], 1),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)], 1),
    }  # fmt: skip


def print_table(results: list[dict[str, Any]]) -> None:
    """Print what was measured."""
    print("| dragged | updates a second | median ms | 99 % ms |\n| --- | --- | --- | --- |")
    for row in results:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")


if __name__ == "__main__":
    sys.exit(main())
