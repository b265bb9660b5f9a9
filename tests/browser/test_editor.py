"""The editor's stage, brushes, box, history and export, with real pointers and keys."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.driver import pixels
from tests.browser.editing import Editor, opened_editor


@pytest.fixture(scope="module")
def opened(browser: Browser, site_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    with opened_editor(browser, site_url, tmp_path_factory.mktemp("editor")) as editor:
        yield editor


def clip(page: Page) -> str:
    return str(page.locator(".layer.after").evaluate("layer => layer.style.clipPath"))


def test_the_line_is_dragged_and_moved_by_keys(editor: Editor) -> None:
    page, line = editor.page, editor.page.get_by_role("slider", name="Line between original and cutout")
    expect(line).to_have_attribute("aria-valuenow", "50")
    before, box = clip(page), line.bounding_box()
    assert box
    page.mouse.move(box["x"] + 22, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 122, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    dragged = int(line.get_attribute("aria-valuenow") or 0)
    assert dragged > 55
    assert clip(page) != before
    for key, value in {"ArrowLeft": dragged - 2, "Home": 0, "PageUp": 10, "End": 100}.items():
        line.press(key)
        expect(line).to_have_attribute("aria-valuenow", str(value))
    expect(line).to_have_attribute("aria-valuetext", "0 % cutout")


def test_the_original_ends_where_the_cutout_begins(editor: Editor) -> None:
    """It shone through at the cutout's far edge, where that ends within a pixel of the screen."""
    line = editor.page.get_by_role("slider", name="Line between original and cutout")
    for key in ("Home", "PageUp"):
        line.press(key)
    width, before, after = editor.page.evaluate("""() => [".before", ".after"].reduce((found, name) => {
      const { width, clipPath } = document.querySelector(`.layer${name}`).style;
      const [, right, , left] = clipPath.match(/[\\d.]+/g).map(Number);
      return [parseFloat(width), ...found.slice(1), name === ".before" ? right : left];
    }, [0])""")
    assert 0 < before < width
    assert before + after == pytest.approx(width, abs=0.01)


def test_zoom_keeps_what_is_under_the_pointer_and_shows_pixels(editor: Editor) -> None:
    page, percent = editor.page, editor.page.locator(".percent")
    fitted = percent.text_content()
    place = editor.at(0.4, 0.5)
    page.mouse.move(*place)
    page.mouse.wheel(0, -900)
    editor.settle()
    assert np.allclose(editor.at(0.4, 0.5), place, atol=3)
    page.keyboard.press("Tab")  # nothing has the focus yet
    editor.stage.focus()
    page.keyboard.press("1")
    expect(percent).to_have_text("100 %")
    before = editor.at(0, 0)
    page.keyboard.press("ArrowRight")
    assert editor.at(0, 0) != before
    for _ in range(5):
        page.keyboard.press("+")
    expect(editor.stage).to_have_attribute("data-crisp", "true")
    assert page.locator("#cutout").evaluate("c => getComputedStyle(c).imageRendering") == "pixelated"
    page.keyboard.press("0")
    expect(percent).to_have_text(fitted or "")
    page.mouse.dblclick(*editor.at(0.3, 0.9))
    expect(percent).to_have_text("100 %")
    before = editor.at(0.3, 0.5)
    page.mouse.move(*place)
    page.mouse.down(button="middle")
    page.mouse.move(place[0] + 40, place[1] - 30, steps=3)
    page.mouse.up(button="middle")
    assert editor.at(0.3, 0.5) != before
    page.mouse.dblclick(*editor.at(0.3, 0.5))
    expect(percent).to_have_text(fitted or "")


def test_edges_are_judged_on_any_ground(editor: Editor) -> None:
    colour = "layer => getComputedStyle(layer).backgroundColor"
    for ground, wanted in {
        "white": "rgb(255, 255, 255)",
        "black": "rgb(0, 0, 0)",
        "own": "rgb(217, 104, 63)",
    }.items():
        editor.pick(ground)
        assert editor.page.locator(".layer.paper").evaluate(colour) == wanted


def test_strokes_are_undone_redone_and_taken_back(editor: Editor, tmp_path: Path) -> None:
    page = editor.page
    editor.tab("brush")
    editor.pick("erase")
    assert editor.alpha_at(0.5, 0.5) == 255
    before = editor.alpha_at(0.15, 0.1)
    editor.drag((0.4, 0.5), (0.6, 0.5))
    assert editor.alpha_at(0.5, 0.5) == 0
    editor.pick("restore")
    editor.drag((0.1, 0.1), (0.2, 0.1))
    assert editor.alpha_at(0.15, 0.1) == 255
    page.keyboard.press("Control+z")
    editor.settle()
    assert (editor.alpha_at(0.5, 0.5), editor.alpha_at(0.15, 0.1)) == (0, before)
    page.keyboard.press("Control+z")
    editor.settle()
    assert editor.alpha_at(0.5, 0.5) == 255
    expect(page.get_by_label("Undo")).to_be_disabled()
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+Shift+z")
    editor.settle()
    assert (editor.alpha_at(0.5, 0.5), editor.alpha_at(0.15, 0.1)) == (0, 255)
    made = pixels(editor.save(tmp_path))
    assert made[360, 480, 3] == 0
    assert made[72, 144, 3] == 255
    page.get_by_role("button", name="Remove all strokes").click()
    editor.settle()
    assert editor.alpha_at(0.5, 0.5) == 255


def test_keys_lead_the_brush_and_change_it(editor: Editor) -> None:
    page = editor.page
    editor.tab("brush")
    editor.pick("erase")
    page.mouse.move(5, 5)
    size = editor.panel.get_by_label("Size", exact=True)
    before = float(size.input_value())
    page.keyboard.press("]")
    assert float(size.input_value()) == before + 4
    page.keyboard.press("Shift+{")
    expect(editor.panel.get_by_label("Hardness")).to_have_value("0.6")
    editor.stage.focus()
    page.keyboard.press("Enter")
    editor.settle()
    assert editor.alpha_at(0.5, 0.5) == 0
    page.keyboard.press("x")
    expect(editor.panel.get_by_label("Restore")).to_be_checked()
    page.keyboard.press("Enter")
    editor.settle()
    assert editor.alpha_at(0.5, 0.5) == 255


PEN = """(stage, [x, y, pressure]) => {
  for (const [type, dx] of [["pointerdown", 0], ["pointermove", 40], ["pointerup", 40]]) {
    stage.dispatchEvent(new PointerEvent(type, {
      pointerId: 7, pointerType: "pen", pressure, clientX: x + dx, clientY: y, button: 0, bubbles: true,
    }));
  }
}"""


def test_a_pen_paints_as_wide_as_it_is_pressed(editor: Editor) -> None:
    editor.tab("brush")
    editor.pick("erase")
    editor.slide("Size", 80)
    editor.page.evaluate("HTMLElement.prototype.setPointerCapture = () => {}")  # for a pointer that is none
    widths = []
    for pressure in (0.2, 1):
        before = editor.shown()
        editor.stage.evaluate(PEN, [*editor.at(0.45, 0.5), pressure])
        editor.settle()
        changed = np.abs(editor.shown() - before).max(axis=2) > 8
        widths.append(int(changed.any(axis=1).sum()))
        editor.page.keyboard.press("Control+z")
        editor.settle()
    assert 0 < 2 * widths[0] < widths[1]


def test_the_hint_brush_asks_python_and_adds_a_patch(editor: Editor) -> None:
    editor.tab("brush")
    editor.pick("erase")
    editor.slide("Size", 60)
    editor.drag((0.3, 0.5), (0.34, 0.5))  # a bite out of the edge
    assert editor.alpha_at(0.325, 0.5) == 0
    editor.pick("hint")
    editor.slide("Size", 78)
    editor.drag((0.28, 0.5), (0.36, 0.5))
    expect(editor.page.locator(".pending")).to_be_hidden(timeout=30_000)
    expect(editor.page.locator("#announcer")).to_contain_text("The edge was refined")
    editor.settle()
    assert editor.alpha_at(0.33, 0.5) > 128
    editor.page.keyboard.press("Control+z")
    editor.settle()
    assert editor.alpha_at(0.325, 0.5) == 0


def test_a_box_or_a_tap_says_which_subject_and_edits_stay(editor: Editor) -> None:
    page = editor.page
    editor.tab("brush")
    editor.pick("erase")
    editor.drag((0.55, 0.45), (0.6, 0.45))
    editor.tab("subject")
    editor.drag((0.45, 0.2), (0.8, 0.9))
    editor.driver.finish()
    expect(editor.stage).to_have_attribute("data-showing", "ghost")  # what came of it, over the photo
    editor.settle()
    assert editor.alpha_at(0.35, 0.5) == 0  # outside the box and its margin
    assert editor.alpha_at(0.57, 0.6) == 255
    assert editor.alpha_at(0.57, 0.45) == 0
    editor.tab("subject")
    page.mouse.click(*editor.at(0.35, 0.5))
    editor.driver.finish()
    box = [
        editor.panel.get_by_label(name, exact=True).input_value()
        for name in ("Left", "Top", "Width", "Height")
    ]
    assert np.allclose(np.array(box, float), [156, 180, 360, 360], atol=2)
    editor.panel.get_by_label("Left", exact=True).fill("480")
    editor.panel.get_by_label("Left", exact=True).press("Tab")
    page.get_by_role("button", name="Cut out what is inside").click()
    editor.driver.wait_for("busy", "done")
    editor.driver.finish()
    page.get_by_role("button", name="Whole photo again").click()
    editor.driver.wait_for("busy", "done")
    editor.driver.finish()
    editor.tab("brush")
    editor.settle()
    assert editor.alpha_at(0.35, 0.5) == 255


def test_a_file_that_is_no_photo_leaves_the_photo_on_the_stage(editor: Editor, tmp_path: Path) -> None:
    page = editor.page
    editor.tab("brush")
    editor.pick("erase")
    editor.drag((0.4, 0.5), (0.6, 0.5))
    (tmp_path / "notes.jpg").write_text("no photo")
    editor.driver.choose(tmp_path / "notes.jpg")
    page.locator("#replace-dialog [value=open]").click()
    editor.driver.wait_for("error")
    expect(page.locator("#error-message")).to_have_text("The file is not an image.")
    assert (editor.alpha_at(0.5, 0.5), editor.alpha_at(0.4, 0.7)) == (0, 255)
    expect(page.locator("#original")).to_have_attribute("alt", "The original: ball.png")
    assert pixels(editor.save(tmp_path))[360, 480, 3] == 0
    page.get_by_label("Undo").click()
    editor.wait_for_alpha(0.5, 0.5, 255)


def test_a_size_keeps_the_background_and_white_is_for_transparency(editor: Editor) -> None:
    page = editor.page
    background = page.locator("#panel-background")
    editor.tab("background")
    editor.pick("colour")
    background.get_by_role("button", name="Blue", exact=True).click()
    expect(background.get_by_role("button", pressed=True)).to_have_accessible_name("Blue")
    editor.tab("crop")
    for value in ("canvas", "2000x2000"):
        editor.pick(value)
        expect(background.get_by_role("button", pressed=True, include_hidden=True)).to_have_attribute(
            "title", "Blue"
        )
    editor.tab("background")
    editor.pick("none")
    editor.tab("crop")
    editor.pick("1080x1350")
    expect(background.locator("input[value=none]")).to_be_checked()
    editor.pick("2000x2000")
    expect(background.locator("input[value=colour]")).to_be_checked()
    expect(background.locator("[aria-pressed=true]")).to_have_attribute("title", "White")


def test_a_ground_to_judge_edges_by_is_no_background(editor: Editor) -> None:
    editor.pick("white")
    grounds = {"edges": "white", "background": "checks", "export": "checks", "view": "white"}
    for tab, ground in grounds.items():
        editor.tab(tab)
        expect(editor.stage).to_have_attribute("data-ground", ground)
    editor.pick("checks")


def test_formats_names_and_sizes(editor: Editor, tmp_path: Path) -> None:
    page = editor.page
    editor.tab("export")
    editor.pick("mask-png")
    expect(page.locator("#download")).to_have_attribute("download", "ball-mask.png")
    expect(page.locator("#download-words")).to_have_text("Download mask")
    for value, kind, mode in (("webp", "WEBP", "RGBA"), ("jpeg", "JPEG", "RGB"), ("mask-png", "PNG", "L")):
        editor.pick(value)
        if value != "mask-png":
            editor.slide("Quality", 95)
        expect(page.locator(".size")).not_to_contain_text("moment", timeout=20_000)
        expect(page.locator(".size")).not_to_contain_text("About", timeout=20_000)
        page.locator(".panel:not([hidden])").get_by_label("File name").fill(
            f"{{n}} {{name}} {{model}}/{value}"
        )
        with page.expect_download() as download:
            page.get_by_role("button", name="Save", exact=True).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        assert path.name.endswith(
            f"ball Network tiny of the tests_{value}.{kind.lower().replace('jpeg', 'jpg')}"
        )
        with Image.open(path) as image:
            assert (image.format, image.mode, image.size) == (kind, mode, (960, 720))
            corner = np.atleast_1d(np.asarray(image)[5, 5])
        paper = corner.min() > 240 if value == "jpeg" else corner[-1] < 60
        assert paper, (value, corner)
        if value != "mask-png":
            big = path.stat().st_size
            editor.slide("Quality", 20)
            expect(page.locator(".size")).not_to_contain_text("About", timeout=20_000)
            assert editor.save(tmp_path).stat().st_size < big
    assert page.locator(".file-name").text_content() == "6 ball Network tiny of the tests_mask-png.png"


def test_the_picture_is_copied(editor: Editor) -> None:
    page = editor.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    editor.tab("crop")
    editor.pick("subject")
    editor.tab("export")
    page.get_by_role("button", name="Copy").last.click()
    expect(page.locator("#note")).to_have_text("The picture is in the clipboard.", timeout=20_000)
    read = """async () => {
      const [item] = await navigator.clipboard.read(), blob = await item.getType("image/png");
      return new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.readAsDataURL(blob);
      });
    }"""
    data = base64.b64decode(page.evaluate(read).partition(",")[2])
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "RGBA"
        assert image.width < 500
        assert np.asarray(image)[image.height // 2, image.width // 2, 3] == 255


def test_a_change_does_not_break_off_a_copy(editor: Editor) -> None:
    page = editor.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("""() => {
      const post = Worker.prototype.postMessage;
      window.slow = true;
      Worker.prototype.postMessage = function (message, ...rest) {
        const send = () => post.call(this, message, ...rest);
        if (message.type === "export" && window.slow) setTimeout(send, 1500);
        else send();
      };
    }""")
    editor.tab("edges")
    editor.slide("Softness", 1)
    editor.slide("Inwards or outwards", 0.5)
    editor.tab("export")
    page.get_by_role("button", name="Copy").last.click()
    page.keyboard.press("Control+z")
    expect(page.locator("#note")).to_have_text("The picture is in the clipboard.", timeout=20_000)
    page.evaluate("window.slow = false")


def test_a_failed_export_loses_nothing_and_says_so(editor: Editor, tmp_path: Path) -> None:
    page = editor.page
    page.evaluate("""() => {
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (message, ...rest) {
        const broken = message.type === "export" && !window.mended;
        return post.call(this, broken ? { ...message, master: new Blob(["no picture"]) } : message, ...rest);
      };
    }""")
    editor.tab("edges")
    editor.slide("Softness", 1)
    page.click("#download")
    expect(page.locator("#note")).to_contain_text("nothing you did is lost", timeout=20_000)
    page.evaluate("window.mended = true")
    assert pixels(editor.save(tmp_path)).shape == (720, 960, 4)
