"""Walks through the app and takes a picture of each step: docs/walk/, and the pictures of the manifest.

    python -m tools.walk [--only PATTERN]

The built site in headless Chromium, on the processor, with the site's own samples. Each step is a function
named `step_...` below; its docstring is the caption in docs/walk.md.
"""

from __future__ import annotations

import argparse
import fnmatch
import io
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tools import chromium
from tools.catalog import ROOT
from tools.demo import SITE
from tools.serve import serving

OUT = ROOT / "docs" / "walk"
INDEX = ROOT / "docs" / "walk.md"
SECOND = 1000.0
_COLOURS = 200  # of the pictures' palettes: half the bytes, and nobody sees it


@dataclass(frozen=True)
class Setting:
    """Where a step is looked at."""

    width: int = 1440
    height: int = 900
    scheme: Literal["light", "dark"] = "light"
    language: str = "en-GB"
    touch: bool = False


DESK, DARK = Setting(), Setting(scheme="dark")
TABLET = Setting(width=768, height=1024)
PHONE = Setting(width=360, height=740, touch=True)
ARABIC = Setting(width=360, height=740, language="ar", touch=True, scheme="dark")


@dataclass(frozen=True)
class Step:
    """A picture of the walk: what is done before it is taken, and where."""

    name: str
    setting: Setting
    do: Callable[[Page], None]

    @property
    def caption(self) -> str:
        """What docs/walk.md says of it."""
        return " ".join((self.do.__doc__ or "").split())


def step_home(page: Page) -> None:
    """Visit for the first time: choose, drop or paste photos, or try a sample."""
    page.locator('html[data-state="ready"]').wait_for(state="attached", timeout=60 * SECOND)
    expect(page.locator("#samples img").first).to_be_visible()


def step_cutout(page: Page) -> None:
    """See the result: the original and its cutout in one stage, with a slider between them."""
    _cut_out_sample(page, 0)


def step_background(page: Page) -> None:
    """Lay it on a new background, here a colour."""
    _cut_out_sample(page, 1)
    page.click("#tab-background")
    _pick(page, "colour")
    page.locator(".panel:not([hidden]) .patch").nth(5).click()


def step_crop(page: Page) -> None:
    """Crop to the subject in its own shape or another, or to the size that a marketplace asks for."""
    _cut_out_sample(page, 1)
    page.click("#tab-crop")
    _pick(page, "subject")


def step_brush(page: Page) -> None:
    """Correct the mask: erase, restore, or have edges refined under the brush."""
    _cut_out_sample(page, 0)
    page.click("#tab-brush")
    _drag(page, (0.5, 0.5), (0.56, 0.6))


def step_subject(page: Page) -> None:
    """Say which subject is meant, by a box or a tap: here the helmet alone."""
    _cut_out_sample(page, 0)
    page.click("#tab-subject")
    _drag(page, (0.53, 0.65), (0.83, 0.98))
    page.locator('html[data-state="busy"]').wait_for(state="attached", timeout=10 * SECOND)
    page.locator('html[data-state="done"]').wait_for(state="attached", timeout=120 * SECOND)


def step_export(page: Page) -> None:
    """Export as PNG, WebP, JPEG or mask, with the file's real size."""
    _cut_out_sample(page, 0)
    page.click("#tab-export")


def step_batch(page: Page) -> None:
    """Work on many photos in one grid, finished alike and saved as one ZIP."""
    photos = sorted((SITE / "samples").glob("*.png"))
    page.set_input_files("#photo-input", [*photos, *photos])
    expect(page.locator("#batch-view")).to_be_visible()
    expect(page.get_by_role("button", name="Done in")).to_have_count(2 * len(photos), timeout=120 * SECOND)


def step_camera(page: Page) -> None:
    """See yourself before another background, live; a snapshot becomes a cutout."""
    page.get_by_role("link", name="Camera").click()
    expect(page.get_by_role("button", name="Take a cutout")).to_be_visible(timeout=60 * SECOND)
    page.locator(".choices input[value=colour]").check(force=True)
    expect(page.locator(".camera-words")).to_have_text("", timeout=60 * SECOND)
    page.wait_for_timeout(5 * SECOND)


def step_settings(page: Page) -> None:
    """Set model, device, language and theme, and see what is kept in this browser."""
    page.locator("header button").first.click()


STEPS = (
    Step("01-home", DESK, step_home),
    Step("02-result", DESK, step_cutout),
    Step("03-background", DESK, step_background),
    Step("04-crop", DESK, step_crop),
    Step("05-brush", DESK, step_brush),
    Step("06-subject", DESK, step_subject),
    Step("07-export", DESK, step_export),
    Step("08-batch", DESK, step_batch),
    Step("09-settings", DESK, step_settings),
    Step("10-dark", DARK, step_cutout),
    Step("11-tablet", TABLET, step_cutout),
    Step("12-phone-home", PHONE, step_home),
    Step("13-phone", PHONE, step_cutout),
    Step("14-phone-arabic", ARABIC, step_cutout),
    Step("15-phone-batch", PHONE, step_batch),
    Step("16-camera", DESK, step_camera),
)
MANIFEST = {"02-result": "app-wide.png", "13-phone": "app-narrow.png"}
"""Pictures that installers show, in docs/; see build_site.py."""


def _cut_out_sample(page: Page, number: int) -> None:
    page.locator("#samples .sample").nth(number).click()
    page.locator('html[data-state="done"]').wait_for(state="attached", timeout=120 * SECOND)


def _pick(page: Page, value: str) -> None:
    page.locator(f'.panel:not([hidden]) input[value="{value}"]').check(force=True)


def _drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag over the stage; places are shares of its width and height."""
    box = page.locator(".table-top").bounding_box()
    assert box
    (x, y), (to_x, to_y) = (
        (box["x"] + box["width"] * across, box["y"] + box["height"] * down) for across, down in (start, end)
    )
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(to_x, to_y, steps=12)
    page.mouse.up()


def fake_camera(folder: Path) -> list[str]:
    """Return Chromium's flags for a webcam that shows a sample."""
    film = folder / "camera.mjpeg"
    with Image.open(SITE / "samples" / "astronaut.png") as photo:
        frame = io.BytesIO()
        photo.convert("RGB").resize((640, 640)).crop((0, 40, 640, 520)).save(frame, "JPEG", quality=92)
    film.write_bytes(frame.getvalue() * 2)
    return [
        "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]  # fmt: skip


def take(browser: Browser, url: str, step: Step) -> Path:
    """Do a step on a fresh page and save its picture."""
    setting = step.setting
    context = browser.new_context(
        viewport={"width": setting.width, "height": setting.height}, color_scheme=setting.scheme,
        locale=setting.language, has_touch=setting.touch, is_mobile=setting.touch, service_workers="block",
    )  # fmt: skip
    page = context.new_page()
    page.goto(f"{url}?device=wasm")
    expect(page.locator("#model")).to_be_enabled(timeout=60 * SECOND)
    step.do(page)
    page.wait_for_timeout(1.5 * SECOND)  # what glides has come to rest
    path = OUT / f"{step.name}.png"
    page.screenshot(path=path)
    context.close()
    with Image.open(path) as image:
        image.convert("RGB").quantize(_COLOURS).save(path, optimize=True)
    if step.name in MANIFEST:
        (path.parent.parent / MANIFEST[step.name]).write_bytes(path.read_bytes())
    return path


def index(steps: Sequence[Step]) -> str:
    """Return docs/walk.md: the steps that have a picture."""
    taken = (step for step in steps if (OUT / f"{step.name}.png").exists())
    shown = (f"## {step.caption}\n\n![{step.caption}](walk/{step.name}.png)\n" for step in taken)
    head = "# A walk through the app\n\nMade by `.venv/bin/python -m tools.walk` with the built site.\n\n"
    return head + "\n".join(shown)


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tools.walk", description="Take pictures of the app.")
    parser.add_argument("--only", default="*", help="names of steps, as a shell pattern")
    only = parser.parse_args(arguments).only
    OUT.mkdir(parents=True, exist_ok=True)
    with serving(SITE) as url, sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        flags = [*chromium.launch_args("wasm"), *fake_camera(Path(folder))]
        browser = playwright.chromium.launch(executable_path=chromium.ensure(), args=flags)
        for step in STEPS:
            if fnmatch.fnmatch(step.name, only):
                print(f"written: {take(browser, url, step).relative_to(ROOT)}", flush=True)
        browser.close()
    INDEX.write_text(index(STEPS), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
