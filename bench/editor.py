"""Measures how quickly the editor's preview follows a drag, in the built site, in a real browser.

    python -m bench.editor --machine NAME [--photo PHOTO] [--site dist/site]

Each control is dragged through its range for some seconds, at least one of its steps a frame, as a pointer
would. Counted are the frames, and what was really drawn: a preview that skips steps has fewer updates than
frames. Prints a table and writes bench/results/editor-<machine>.json.
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
from bench.tables import markdown
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

COUNTING = """
  globalThis.drawn = 0;
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...picture) {
    if (this.canvas.isConnected) globalThis.drawn += 1;
    return put.apply(this, picture);
  };
"""
DRAG = """async (input, seconds) => {
  const frame = () => new Promise(requestAnimationFrame);
  const [least, most, step] = [Number(input.min), Number(input.max), Number(input.step)];
  const began = performance.now(), stops = Math.round((most - least) / step) + 1;
  const frames = [], before = globalThis.drawn, every = Math.max(1, Math.round(stops / 60));
  for (let last = began; last - began < 1000 * seconds;) {
    // Another value than in the frame before.
    input.value = String(least + step * (every * frames.length % stops));
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await frame();
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return { frames, drawn: globalThis.drawn - before };
}"""

PAINT = """async (stage, seconds) => {
  HTMLElement.prototype.setPointerCapture = () => {};
  const box = stage.getBoundingClientRect(), frames = [], before = globalThis.drawn;
  const began = performance.now();
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
  return { frames, drawn: globalThis.drawn - before };
}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.editor", description="Measure the editor.")
    parser.add_argument("--machine", required=True)
    parser.add_argument("--site", type=Path, default=ROOT / "dist" / "site")
    parser.add_argument("--photo", type=Path, help="without it a sample, enlarged")
    parser.add_argument("--megapixels", type=float, default=12.0, help="of the enlarged sample")
    parser.add_argument("--model", default="u2netp")
    options = parser.parse_args(arguments)
    photo = options.photo or scaled(options.site, options.megapixels)
    with serving(options.site) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.ensure(), args=chromium.launch_args("wasm")
        )
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        page.add_init_script(COUNTING)
        page.goto(f"{url}?model={options.model}&device=wasm")
        page.locator("#model:not([disabled])").wait_for(state="attached")
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
        page.locator("#panel-brush").get_by_label("Size", exact=True).fill(str(size))
        words = page.locator("#panel-brush output").first.text_content()
        results.append(summary(f"a brush of {words}", page.locator(".table-top").evaluate(PAINT, SECONDS)))
        page.wait_for_timeout(500)
    return results


def summary(name: str, counted: dict[str, Any]) -> dict[str, Any]:
    """Say how many updates a drag had a second, and how long a frame took, mostly and at the worst of 100."""
    ordered = sorted(counted["frames"])
    return {
        "dragged": name, "updates_per_second": round(1000 * counted["drawn"] / sum(ordered), 1),
        "frames_per_second": round(1000 * len(ordered) / sum(ordered), 1),
        "median_ms": round(ordered[len(ordered) // 2], 1),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)], 1),
    }  # fmt: skip


def print_table(results: list[dict[str, Any]]) -> None:
    """Print what was measured."""
    head = ["dragged", "updates a second", "frames a second", "median ms", "99 % ms"]
    print(markdown(head, [[str(value) for value in row.values()] for row in results]))


if __name__ == "__main__":
    sys.exit(main())
