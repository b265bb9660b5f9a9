"""The editor under fingers, on a small screen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.editing import Editor, opened_editor

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


@pytest.fixture(scope="module")
def opened(browser: Browser, site_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    with opened_editor(browser, site_url, tmp_path_factory.mktemp("editor"), **PHONE) as editor:
        yield editor


def touch(editor: Editor, *steps: list[tuple[float, float]]) -> None:
    """Put fingers at places of the page, move them, and lift them."""
    session = editor.page.context.new_cdp_session(editor.page)
    for number, fingers in enumerate(steps):
        points = [{"x": x, "y": y, "id": index} for index, (x, y) in enumerate(fingers)]
        kind = "touchStart" if number == 0 or len(fingers) > len(steps[number - 1]) else "touchMove"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        editor.page.wait_for_timeout(30)  # fingers are not that quick
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    editor.settle()


def percent(editor: Editor) -> int:
    return int((editor.page.locator(".percent").text_content() or "").removesuffix(" %"))


def test_two_fingers_zoom_where_they_are(editor: Editor) -> None:
    before, (x, y) = percent(editor), editor.at(0.5, 0.5)
    steps = [[(x - 30 * n, y), (x + 30 * n, y)] for n in (1, 2, 3)]
    touch(editor, steps[0][:1], *steps)
    assert 2.5 * before < percent(editor) < 3.5 * before
    assert np.allclose(editor.at(0.5, 0.5), (x, y), atol=3)
    touch(editor, [(x - 90, y)], [(x - 50, y + 30)])  # beside the line
    assert np.allclose(editor.at(0.5, 0.5), (x + 40, y + 30), atol=3)


def test_a_double_tap_shows_every_pixel_and_everything_again(editor: Editor) -> None:
    before, (x, y) = percent(editor), editor.at(0.3, 0.4)
    for wanted in (100, before):
        for _ in range(2):
            editor.page.touchscreen.tap(x, y)
        editor.settle()
        assert percent(editor) == wanted


def test_a_finger_paints_under_a_loupe_and_a_second_one_breaks_the_stroke_off(editor: Editor) -> None:
    page = editor.page
    editor.tab("brush")
    editor.pick("erase")
    session = page.context.new_cdp_session(page)
    (ax, ay), (bx, by) = editor.at(0.42, 0.5), editor.at(0.55, 0.5)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": ax, "y": ay}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": bx, "y": by}]})
    expect(page.locator(".loupe")).to_be_visible()
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator(".loupe")).to_be_hidden()
    editor.settle()
    editor.wait_for_alpha(0.5, 0.5, 0)
    page.get_by_label("Undo").click()  # after synthetic pinches Chromium sends taps no click
    expect(page.get_by_label("Undo")).to_be_disabled()
    editor.wait_for_alpha(0.5, 0.5, 255)
    touch(editor, [(ax, ay)], [(bx, by)], [(bx, by), (bx, by + 80)], [(bx, by), (bx, by + 60)])
    assert editor.alpha_at(0.5, 0.5) == 255
    expect(page.get_by_label("Undo")).to_be_disabled()


def test_a_tap_says_which_subject(editor: Editor) -> None:
    editor.tab("subject")
    x, y = editor.at(0.35, 0.5)
    editor.page.touchscreen.tap(x, y)
    editor.driver.wait_for("busy", "done")
    editor.driver.finish()
    assert editor.panel.get_by_label("Left", exact=True).input_value() in {"155", "156", "157"}


SMALL = """all => all
  .filter((one) => one.checkVisibility() && !one.classList.contains("unseen"))
  .map((one) => [one.outerHTML.slice(0, 80), one.closest("label:not(.field)") ?? one])
  .map(([html, one]) => [html, one.getBoundingClientRect()])
  .filter(([, { width, height }]) => height < 44 || width < 44)
  .map(([html, { width, height }]) => `${html} ${width} x ${height}`)"""


SPEAK = """const select = document.querySelector("#language");
  select.value = language; select.dispatchEvent(new Event("change"));"""
CUT_OFF = """all => all
  .map((one) => [one.textContent, one.getBoundingClientRect(), one.scrollWidth - one.clientWidth])
  .filter(([, { left, right, width }, more]) => (
    left < -0.5 || right > innerWidth + 0.5 || width < 44 || more > 0))
  .map(([words, { left, right, width }, more]) => `${words} ${left} ${right} ${width} ${more}`)"""


@pytest.mark.parametrize("width", [360, 390])
def test_everything_fits_and_is_large_enough_to_touch(editor: Editor, width: int) -> None:
    page = editor.page
    page.set_viewport_size({"width": width, "height": 780})
    for name in ("view", "subject", "brush", "background", "crop", "edges", "export"):
        editor.tab(name)
        assert page.evaluate("document.documentElement.scrollWidth") == width, name
        assert page.locator(".editor :is(button, input)").evaluate_all(SMALL) == [], name


@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize("width", [360, 768])
def test_the_tabs_are_in_sight_wherever_the_page_is(editor: Editor, width: int, language: str) -> None:
    page = editor.page
    page.set_viewport_size({"width": width, "height": 740})
    page.evaluate("language => {" + SPEAK + "}", language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    for name in ("export", "background"):
        page.evaluate("scrollTo(0, 0)")
        tab = page.locator(f"#tab-{name}")
        box = tab.bounding_box()
        assert box
        assert box["y"] + box["height"] <= 740
        tab.click()
        assert page.locator(".tabs button").evaluate_all(CUT_OFF) == []
        panel = editor.panel.bounding_box()
        assert panel
        assert panel["y"] < box["y"] - 100, "its panel comes into sight with it"
    editor.tab("export")
    save, tabs = page.locator("#panel-export .primary").bounding_box(), page.locator(".tabs").bounding_box()
    assert save
    assert tabs
    assert save["y"] + save["height"] <= tabs["y"], "nothing is covered"
