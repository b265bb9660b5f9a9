"""Whatever the page shows, the file has: the preview's pixels against the exported file's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from alphacut.profiles import display_p3
from tests import icc
from tests.browser.editing import Editor, opened_editor, red_on_blue, shrunk


@pytest.fixture(scope="module")
def opened(browser: Browser, site_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    with opened_editor(browser, site_url, tmp_path_factory.mktemp("editor")) as editor:
        yield editor


def plain(editor: Editor, folder: Path) -> None:
    """Leave the cutout alone."""


def colour_and_shadow(editor: Editor, folder: Path) -> None:
    editor.tab("background")
    editor.pick("colour")
    editor.page.locator(".panel:not([hidden]) .patch").nth(5).click()
    editor.page.get_by_label("Soft shadow").check()
    editor.slide("Darkness", 0.6)


def blur_and_square(editor: Editor, folder: Path) -> None:
    editor.tab("background")
    editor.pick("blur")
    editor.tab("crop")
    editor.pick("subject")
    editor.pick("1:1")
    editor.slide("Margin", 0.2)


def picture_in_a_size(editor: Editor, folder: Path) -> None:
    Image.effect_mandelbrot((320, 200), (-2, -1.2, 1, 1.2), 40).convert("RGB").save(folder / "back.png")
    editor.tab("background")
    editor.pick("picture")
    editor.page.set_input_files("#background-file", folder / "back.png")
    editor.settle()
    editor.slide("Across", 0.2)
    editor.tab("crop")
    editor.pick("canvas")
    editor.pick("2000x2000")  # white is for what is transparent: the picture stays
    editor.pick("own")
    editor.slide("Width", 700)
    editor.slide("Height", 500)


def edges_inwards(editor: Editor, folder: Path) -> None:
    editor.tab("edges")
    editor.slide("Softness", 0.7)
    editor.slide("Inwards or outwards", -0.8)


def edges_outwards(editor: Editor, folder: Path) -> None:
    editor.tab("edges")
    editor.slide("Inwards or outwards", 1)


def strokes(editor: Editor, folder: Path) -> None:
    editor.tab("brush")
    editor.slide("Size", 80)
    editor.drag((0.35, 0.4), (0.6, 0.6), (0.5, 0.7))
    editor.pick("restore")
    editor.slide("Hardness", 1)
    editor.drag((0.1, 0.2), (0.3, 0.1))
    editor.drag((0.45, 0.5), (0.5, 0.55))
    editor.tab("background")
    editor.pick("colour")


FINISHES = (
    plain,
    colour_and_shadow,
    blur_and_square,
    picture_in_a_size,
    edges_inwards,
    edges_outwards,
    strokes,
)


def test_the_file_has_what_the_page_shows(editor: Editor, tmp_path: Path) -> None:
    for finish in FINISHES:
        reset = editor.page.get_by_label("Take everything back")
        if reset.is_enabled():
            reset.click()
        finish(editor, tmp_path)
        editor.tab("export")
        editor.settle()
        assert_same(editor, finish, tmp_path)


def test_colours_and_pictures_look_the_same_behind_a_wide_photo(editor: Editor, tmp_path: Path) -> None:
    """The page has colours of CSS, which are sRGB's; the file has them in the photo's profile."""
    photo = red_on_blue(tmp_path / "wide.png", profile=display_p3())
    wide = Editor(editor.driver, photo).begin()
    wide.tab("background")
    wide.pick("colour")
    wide.panel.locator('input[type="color"]').fill("#f01060")
    wide.settle()
    assert_alike_at_the_edge(wide, tmp_path, (240, 16, 96))
    Image.new("RGB", (64, 48), (200, 240, 20)).save(tmp_path / "back.png", icc_profile=icc.rgb(icc.ADOBE_RGB))
    wide.tab("background")
    wide.pick("picture")
    wide.page.set_input_files("#background-file", tmp_path / "back.png")
    wide.settle()
    assert_alike_at_the_edge(wide, tmp_path, (183, 240, 0))


def test_what_a_photo_lacks_is_neither_shadowed_nor_cropped_to(editor: Editor, tmp_path: Path) -> None:
    """The photo is transparent on its left, where a stroke can bring nothing back."""
    red_on_blue(tmp_path / "whole.png")
    with Image.open(tmp_path / "whole.png") as whole:
        alpha = Image.new("L", whole.size, 255)
        alpha.paste(0, (0, 0, 192, whole.height))
        whole.putalpha(alpha)
        whole.save(tmp_path / "half.png")
    half = Editor(editor.driver, tmp_path / "half.png").begin()
    half.tab("brush")
    half.pick("restore")
    half.slide("Size", 80)
    half.drag((0.1, 0.5), (0.4, 0.5))
    half.tab("background")
    half.pick("colour")
    half.page.get_by_label("Soft shadow").check()
    half.slide("Darkness", 1)
    half.tab("crop")
    half.pick("subject")
    half.tab("export")
    half.settle()
    shown = half.shown()
    with Image.open(half.save(tmp_path)) as file:
        assert 470 < file.width < 490  # the ball and the stroke, and a margin
        assert abs(shown.shape[1] / shown.shape[0] - file.width / file.height) < 0.02
    half.tab("crop")
    half.pick("whole")
    half.tab("export")
    half.settle()
    assert_same(half, strokes, tmp_path)


def assert_alike_at_the_edge(editor: Editor, folder: Path, colour: tuple[int, int, int]) -> None:
    """Canvas and file, which says Display P3, show a colour of sRGB where the background is."""
    editor.tab("export")
    editor.settle()
    path = editor.save(folder)
    with Image.open(path) as file:
        assert file.info["icc_profile"] == display_p3()
        inner = np.asarray(file)[8, 8, :3].astype(int)
    assert np.abs(inner - colour).max() > 8  # as raw levels of Display P3 it would be another colour
    shown = editor.shown()[:-1, :-1]
    seen = shrunk(path, editor, (shown.shape[1], shown.shape[0]))
    for pixels in (shown, seen):
        assert np.abs(pixels[4, 4] - colour).max() <= 3
    assert np.abs(shown - seen).mean() < 2


def assert_same(editor: Editor, finish: Callable[[Editor, Path], None], folder: Path) -> None:
    shown = editor.shown()[:-1, :-1]  # the last ones may lie half beyond what is shown
    file = shrunk(editor.save(folder), editor, (shown.shape[1], shown.shape[0]))
    apart = np.abs(shown - file).max(axis=2)
    print(f"{finish.__name__}: mean {apart.mean():.2f}, 99 % below {np.percentile(apart, 99):.0f}")
    assert apart.mean() < 2, finish.__name__
    # Beyond the old edge colours are estimated otherwise; a picture of fine grain is shrunk otherwise.
    rough = finish in (edges_outwards, picture_in_a_size)
    assert np.percentile(apart, 99) < (32 if rough else 24), finish.__name__
    # And it is not just any picture that would pass.
    assert np.abs(shown - shown.mean(axis=(0, 1))).mean() > 15
