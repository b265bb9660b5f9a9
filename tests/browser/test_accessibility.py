"""Everybody can use every view: axe-core, keyboard, targets, large text, small screens, languages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.driver import SECOND, Driver
from tests.helpers import ROOT

AXE = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
PHONE, DESKTOP = (360, 740), (1440, 900)
LOOKS = {
    "en-US": [("light", PHONE), ("dark", PHONE), ("light", DESKTOP), ("dark", DESKTOP)],
    "ar": [("light", PHONE), ("dark", DESKTOP)],
}
"""What each view is looked at in: by language, theme and size."""

NOTES: FilePayload = {"name": "notes.png", "mimeType": "image/png", "buffer": b"These are my notes. " * 20}


def home(driver: Driver, _: Path) -> None:
    driver.go_home()
    expect(driver.page.locator("#hint")).to_be_visible()


def settings(driver: Driver, _: Path) -> None:
    driver.open_settings()


def help_(driver: Driver, _: Path) -> None:
    driver.close_dialog()
    driver.page.click("#help-open")


def own_model(driver: Driver, _: Path) -> None:
    driver.close_dialog()
    driver.open_settings()
    driver.page.click("#own-open")


def licence(driver: Driver, _: Path) -> None:
    driver.page.click("#own-close")
    driver.open_settings()
    driver.page.select_option("#model", "isnet")
    expect(driver.page.locator("#licence-dialog")).to_be_visible()


def editor(driver: Driver, site: Path) -> None:
    driver.page.click("#licence-decline")
    driver.close_dialog()
    driver.cut_out(site / "samples" / "coffee.png")


def error(driver: Driver, _: Path) -> None:
    driver.page.set_input_files("#photo-input", NOTES)
    assert driver.fail_with()["code"] == "not-an-image"
    driver.page.click("#error summary")


def batch(driver: Driver, _: Path) -> None:
    driver.page.click('nav [data-go="batch"]')
    expect(driver.page.locator("#batch-view h1")).to_be_visible()


def batch_work(driver: Driver, site: Path) -> None:
    samples = [site / "samples" / name for name in ("coffee.png", "chelsea.png")]
    driver.page.set_input_files("#batch-files", samples)
    expect(driver.page.locator(".tile[data-state=done]")).to_have_count(2, timeout=60 * SECOND)
    driver.page.click(".batch-finish summary")


def camera(driver: Driver, _: Path) -> None:
    driver.page.click('nav [data-go="camera"]')
    expect(driver.page.locator("#camera-view h1")).to_be_visible()


VIEWS: dict[str, Callable[[Driver, Path], None]] = {
    "home": home, "settings": settings, "help": help_, "own model": own_model, "licence": licence,
    "editor": editor, "error": error, "batch": batch, "batch at work": batch_work, "camera": camera,
}  # fmt: skip
"""How each view comes from the one before. A new view is a line here; all checks below look at it."""


@pytest.fixture(params=LOOKS)
def visit(request: pytest.FixtureRequest, browser: Browser, site_url: str) -> Iterator[tuple[Driver, str]]:
    """A visitor of one language, whose page is ready."""
    context = browser.new_context(
        service_workers="block", locale=request.param, viewport={"width": 1440, "height": 900}
    )
    driver = Driver(context.new_page(), site_url)
    driver.open(model="tiny")
    driver.wait_for("ready")
    yield driver, request.param
    driver.assert_clean()
    context.close()


def findings(page: Page) -> list[str]:
    """What axe-core has against the page, each with the element."""
    if not page.evaluate("Boolean(globalThis.axe)"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        "axe.run(document, { resultTypes: ['violations'], preload: false })"
        ".then(({ violations }) => ({ violations }))"
    )
    return [
        f"{rule['id']}: {node['html'][:160]} {[check['message'] for check in node['any']]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


SMALL_TARGETS = """() => {
  const shown = [...document.querySelectorAll(
    "a[href], button, select, summary, label:has(input), label[for$=input], "
    + "input:not(label input, .unseen, #photo-input)",
  )].filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }));
  const dialog = document.querySelector("dialog[open]");
  // Links within a line of text are as high as the line.
  const targets = shown.filter((one) =>
    !one.closest("p.credit, td, dd") && (!dialog || dialog.contains(one)));
  return targets.map((one) => [one.getBoundingClientRect(), one])
    .filter(([box]) => box.width > 0 && (box.height < 43.5 || box.width < 24))
    .map(([{ width, height }, one]) => `${width | 0} x ${height | 0}: ${one.outerHTML.slice(0, 99)}`);
}"""
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def test_every_view_in_every_look(visit: tuple[Driver, str], site: Path) -> None:
    driver, language = visit
    page, problems = driver.page, list[str]()
    for name, come in VIEWS.items():
        page.set_viewport_size({"width": 1440, "height": 900})
        come(driver, site)
        for theme, (width, height) in LOOKS[language]:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
            look = f"{name}, {theme}, {width} px"
            problems += [f"{look}: {one}" for one in findings(page)]
            problems += [f"{look}: small target {one}" for one in page.evaluate(SMALL_TARGETS)]
            if page.evaluate(TOO_WIDE):
                problems.append(f"{look}: wider than the screen")
    assert not problems, "\n".join(problems)


def test_the_checks_find_what_is_wrong(driver: Driver) -> None:
    """A check that can't fail is none."""
    driver.open(model="tiny")
    driver.page.evaluate(
        """() => {
          const [button, picture] = ["button", "img"].map((name) => document.createElement(name));
          Object.assign(button.style, { height: "20px", minHeight: 0 });
          picture.src = "icon.svg";
          document.querySelector("main").append(button, picture);
        }"""
    )
    found = " ".join(findings(driver.page))
    assert "button-name" in found
    assert "image-alt" in found
    assert any("20" in one for one in driver.page.evaluate(SMALL_TARGETS))


def test_keyboard_skip_link_dialogs_and_focus(driver: Driver) -> None:
    page = driver.page
    driver.open(model="tiny")
    driver.wait_for("ready")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.focus('nav [data-go="batch"]')
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    assert page.evaluate("document.activeElement.matches(':focus-visible')")
    expect(page.locator("#main")).to_have_css("outline-style", "none")  # a place, not a control
    page.go_back()
    page.focus("#settings-open")
    page.keyboard.press("Enter")
    expect(page.locator("#settings-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#settings-dialog")).to_be_hidden()
    expect(page.locator("#settings-open")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#help-dialog")).to_be_visible()
    page.mouse.click(20, 600)  # beside it
    expect(page.locator("#help-dialog")).to_be_hidden()


@pytest.mark.parametrize("width", [360, 1440])
def test_text_of_twice_the_size(driver: Driver, site: Path, width: int) -> None:
    """Nothing is cut off or pushed aside when the reader doubles the browser's font."""
    page = driver.page
    page.set_viewport_size({"width": width, "height": 900})
    driver.open(model="tiny")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    driver.wait_for("ready")
    assert not page.evaluate(TOO_WIDE)
    driver.cut_out(site / "samples" / "coffee.png")
    assert not page.evaluate(TOO_WIDE)
    box = page.locator("#download").bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= width


def test_results_are_said(driver: Driver, site: Path) -> None:
    driver.open(model="tiny")
    driver.wait_for("ready")
    said = driver.page.locator("#announcer")
    expect(said).to_contain_text("Ready")
    driver.cut_out(site / "samples" / "coffee.png")
    expect(said).to_contain_text("Done in")
    assert driver.page.locator("[aria-live], [role=log]").count() == 1


def test_the_introduction_is_dismissed_for_good(driver: Driver) -> None:
    page = driver.page
    driver.open(model="tiny")
    page.click("#hint-dismiss")
    expect(page.locator("#hint")).to_be_hidden()
    expect(page.locator("#photo-input")).to_be_focused()
    page.reload()
    expect(page.locator("#model")).to_be_enabled()
    expect(page.locator("#hint")).to_be_hidden()


def test_a_theme_is_kept_and_used_before_the_first_picture(driver: Driver) -> None:
    page = driver.page
    page.emulate_media(color_scheme="light")
    driver.open(model="tiny")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    driver.open_settings()
    page.check("#theme [value=dark]", force=True)
    dark = page.evaluate(ground)
    assert dark != light
    page.route("**/page/main-*.js", lambda route: route.abort())  # guard.js alone does it
    page.reload()
    assert page.evaluate(ground) == dark


def test_languages(browser: Browser, site_url: str, site: Path) -> None:
    """By the browser's wish, then by the visitor's, over a reload; errors keep their exact English."""
    context = browser.new_context(service_workers="block", locale="de-AT")
    driver = Driver(context.new_page(), site_url)
    page = driver.page
    driver.open(model="tiny")
    german, arabic = (
        json.loads((ROOT / "web" / "messages" / f"{language}.json").read_text("utf-8"))
        for language in ("de", "ar")
    )
    expect(page.locator("h1")).to_have_text(german["home.title"])
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["de", "ltr"]
    driver.wait_for("ready")
    expect(page.locator("#status-detail")).to_contain_text("Thread")
    driver.set(language="ar")
    expect(page.locator("h1")).to_have_text(arabic["home.title"])
    expect(page.locator("#status-detail")).not_to_contain_text("Thread")
    expect(page.locator("#status-detail")).to_contain_text("WebAssembly")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    page.reload()
    expect(page.locator("h1")).to_have_text(arabic["home.title"])
    expect(page).to_have_title(arabic["shell.title.home"])
    driver.page.set_input_files("#photo-input", NOTES)
    found = driver.fail_with()
    assert found["message"] == arabic["error.not-an-image.message"]
    assert "The file is not an image." in found["details"]
    driver.assert_clean()
    context.close()


@pytest.mark.parametrize("missing", ["de", "en"])
def test_words_that_do_not_come(browser: Browser, site_url: str, missing: str) -> None:
    """English takes the place of another language; without English the page says that a part is missing."""
    context = browser.new_context(service_workers="block", locale="de-DE")
    page = context.new_page()
    page.route("**/messages/de.json", lambda route: route.fulfill(status=503))
    if missing == "en":
        page.route("**/messages/en.json", lambda route: route.fulfill(status=503))
    page.goto(site_url)
    if missing == "en":
        expect(page.locator("#status")).to_contain_text("did not load")
    else:
        expect(page.locator("#model")).to_be_enabled()
        expect(page.locator("h1")).to_have_text("Remove the background of a photo")
    context.close()
