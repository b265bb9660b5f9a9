"""The editor as a person uses it: tabs, inputs, the stage, and what the stage's pixels are."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageDraw, ImageFilter
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.driver import Driver

Pixels = NDArray[np.float32]
GREY = 127.0
PLACE = """(canvas) => {
  const [x, y, width] = ["left", "top", "width"].map((side) => parseFloat(canvas.style[side]));
  const { style } = canvas.parentElement, across = parseFloat(style.width);
  return [x / across, y / parseFloat(style.height), width / across / canvas.width];
}"""
FRAMES = """() => new Promise((resolve) => {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 180)));
})"""


@dataclass(frozen=True)
class Editor:
    """The editor with a photo in it; one page serves a module's tests, for its start takes seconds."""

    driver: Driver

    @property
    def page(self) -> Page:
        return self.driver.page

    @property
    def stage(self) -> Locator:
        return self.page.locator(".table-top")

    photo: Path

    def begin(self) -> Editor:
        """Cut the photo out by the small network, which takes what is red for the subject."""
        if not self.page.locator("#photo-input").count():
            self.driver.open(model="tiny")
        self.page.evaluate("document.documentElement.dataset.state = 'before'")
        self.driver.choose(self.photo)
        self.page.evaluate("document.querySelector('#replace-dialog[open] [value=open]')?.click()")
        self.driver.finish()
        expect(self.page.locator(".table-top")).to_have_attribute("data-showing", "compare")
        self.stage.scroll_into_view_if_needed()
        self.settle()
        return self

    @property
    def panel(self) -> Locator:
        """The panel that is shown."""
        return self.page.locator(".panel:not([hidden])")

    def tab(self, name: str) -> None:
        self.page.click(f"#tab-{name}")

    def pick(self, value: str) -> None:
        """Choose one of the radio buttons of the panel that is shown."""
        self.panel.locator(f'input[value="{value}"]').check(force=True)

    def slide(self, label: str, value: float) -> None:
        self.panel.get_by_label(label, exact=True).filter(visible=True).fill(str(value))

    def settle(self) -> None:
        """Wait until input was heard and what is shown is as fine as it gets, however long frames take."""
        for _ in range(2):
            self.page.evaluate(FRAMES)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where on the page a place of the photo is, given as shares of its width and height."""
        box = self.page.locator(".layer.before").bounding_box()
        assert box
        # Whole pixels, as pointers have them.
        return round(box["x"] + x * box["width"]), round(box["y"] + y * box["height"])

    def drag(self, *places: tuple[float, float], steps: int = 8) -> None:
        """Drag the mouse over places of the photo."""
        self.page.mouse.move(*self.at(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.at(*place), steps=steps)
        self.page.mouse.up()
        self.settle()

    def shown(self) -> Pixels:
        """What the canvas holds, on grey: float32, (height, width, 3)."""
        url = self.page.locator("#cutout").evaluate("canvas => canvas.toDataURL()")
        with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
            return on_grey(image)

    def lies_at(self) -> tuple[float, float, float]:
        """Where the canvas begins, and how long its pixels are, as shares of what is shown."""
        left, top, side = self.page.locator("#cutout").evaluate(PLACE)
        return left, top, side

    def alpha_at(self, x: float, y: float) -> int:
        """Alpha of the canvas at a place of the photo, while all of the photo is shown."""
        read = """(canvas, [x, y]) => canvas.getContext("2d")
          .getImageData(x * canvas.width, y * canvas.height, 1, 1).data[3]"""
        return int(self.page.locator("#cutout").evaluate(read, [x, y]))

    def wait_for_alpha(self, x: float, y: float, wanted: int) -> None:
        """Wait until the canvas has this alpha there: on a busy machine it is drawn later."""
        for _ in range(60):
            if self.alpha_at(x, y) == wanted:
                return
            self.page.wait_for_timeout(100)
        assert self.alpha_at(x, y) == wanted

    def save(self, folder: Path) -> Path:
        return self.driver.download(folder)


def on_grey(image: Image.Image) -> Pixels:
    """A picture as it looks on grey, in sRGB, as float32 of shape (height, width, 3)."""
    if profile := image.info.get("icc_profile"):
        own, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        relative = ImageCms.Intent.RELATIVE_COLORIMETRIC
        ImageCms.profileToProfile(image, own, srgb, relative, inPlace=True)
    rgba = np.asarray(image.convert("RGBA")).astype(np.float32)
    share = rgba[..., 3:] / 255
    return np.asarray(rgba[..., :3] * share + GREY * (1 - share), np.float32)


def shrunk(path: Path, editor: Editor, size: tuple[int, int]) -> Pixels:
    """A file as it looks on grey, on the first `size` pixels of the editor's canvas."""
    left, top, side = editor.lies_at()
    with Image.open(path) as image:
        flat = Image.fromarray(np.rint(on_grey(image)).astype(np.uint8))
        x, y, step = left * image.width, top * image.height, side * image.width
    box = (max(0, x), max(0, y), x + size[0] * step, y + size[1] * step)
    return np.asarray(flat.resize(size, Image.Resampling.BOX, box)).astype(np.float32)


@contextmanager
def opened_editor(browser: Browser, site_url: str, folder: Path, **context: Any) -> Iterator[Editor]:
    """An editor in a page of its own; afterwards: no request left the origin, no policy was violated.

    `context` is what `playwright.sync_api.Browser.new_context` takes.
    """
    with browser.new_context(**context) as private:
        driver = Driver(private.new_page(), site_url)
        yield Editor(driver, red_on_blue(folder / "ball.png"))
        driver.assert_clean()


def red_on_blue(path: Path, size: tuple[int, int] = (960, 720), profile: bytes | None = None) -> Path:
    """Draw a red ball with stripes on a blue ground that is brighter to the right; returns `path`."""
    width, height = size
    across = np.linspace(180, 240, width)[None, :] * np.ones((height, 1))
    noise = np.random.default_rng(4).normal(0, 6, (height, width))
    ground = np.stack([0.2 * across + noise, 0.5 * across + noise, across + noise], axis=2).clip(0, 255)
    photo = Image.fromarray(ground.astype(np.uint8))
    ball = Image.new("RGB", size, (200, 30, 20))
    stripes = ImageDraw.Draw(ball)
    for x in range(0, width, 24):
        stripes.line((x, 0, x, height), fill=(240, 90, 40), width=6)
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).ellipse((0.3 * width, 0.2 * height, 0.65 * width, 0.85 * height), fill=255)
    photo.paste(ball, mask=mask.filter(ImageFilter.GaussianBlur(width / 900)))
    photo.save(path, icc_profile=profile)
    return path
