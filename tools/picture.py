"""Takes the README's picture: the built page in headless Chromium with a sample cut out.

python -m tools.picture [--out docs/result.png]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools import chromium
from tools.catalog import ROOT
from tools.demo import SITE, Job, cut_out
from tools.serve import serving


def main(arguments: Sequence[str] | None = None) -> int:
    """Cut out the sample and save a screenshot."""
    parser = argparse.ArgumentParser(prog="python -m tools.picture", description="Take the README's picture.")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "result.png")
    out = parser.parse_args(arguments).out
    with serving(SITE) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.ensure(), args=chromium.launch_args("wasm")
        )
        page = browser.new_page(viewport={"width": 1120, "height": 860}, color_scheme="light")
        page.goto(f"{url}?device=wasm")
        cut_out(page, Job(out=ROOT / "dist" / "picture-cutout.png"))
        page.locator("#cutout").scroll_into_view_if_needed()
        page.wait_for_timeout(500)  # the progress bar glides to its end
        page.screenshot(path=out)
        browser.close()
    print(f"written: {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
