"""What was being worked on outlives a reload, a closed tab and a crash, and goes when the reader says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Page, expect

from tests.browser.driver import SECOND, Driver, pixels
from tests.browser.editing import Editor, red_on_blue
from tests.browser.test_batch import LISTED, Batch, wait_until_kept
from tests.browser.test_batch import photo as disc
from tests.browser.test_editor_phone import touch

SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
ASKS = "!dispatchEvent(new Event('beforeunload', { cancelable: true }))"
FULL = """FileSystemFileHandle.prototype.createWritable = async () => {
  throw new DOMException("There is no room.", "QuotaExceededError");
};"""
NAMES = """async () => {
  const names = [];
  try {
    const place = await (await navigator.storage.getDirectory()).getDirectoryHandle("alphacut-photo");
    for await (const folder of place.values()) {
      const record = await folder.getFileHandle("photo.json").catch(() => null);
      if (record) names.push(JSON.parse(await (await record.getFile()).text()).name);
    }
  } catch {}
  return names.sort();
}"""
REFUSED = """StorageManager.prototype.getDirectory = async () => {
  throw new DOMException("Site data is blocked.", "SecurityError");
};"""


@pytest.fixture(params=SCREENS)
def editor(
    request: pytest.FixtureRequest, browser: Browser, site_url: str, tmp_path: Path
) -> Iterator[Editor]:
    """A visitor whose photo is cut out; what the browser keeps is the visitor's own."""
    context = browser.new_context(service_workers="block", **SCREENS[request.param])
    driver = Driver(context.new_page(), site_url)
    yield Editor(driver, red_on_blue(tmp_path / "ball.png")).begin()
    driver.assert_clean()
    context.close()


on_a_desk = pytest.mark.parametrize("editor", ["desktop"], indirect=True)


def erase(editor: Editor) -> None:
    """Paint over the ball's middle, with a mouse or a finger."""
    editor.tab("brush")
    editor.pick("erase")
    places = [(0.42, 0.5), (0.46, 0.5), (0.5, 0.52)]
    if editor.page.evaluate("navigator.maxTouchPoints"):
        touch(editor, *[[editor.at(*place)] for place in places])
    else:
        editor.drag(*places)
    editor.wait_for_alpha(0.46, 0.5, 0)


def soften(editor: Editor) -> None:
    editor.tab("edges")
    editor.slide("Softness", 4)


def files(page: Page) -> dict[str, int]:
    """What is kept of the photo in the editor: paths and sizes."""
    found: dict[str, int] = page.evaluate(LISTED, "alphacut-photo")
    return found


def wait_until_safe(page: Page) -> None:
    """Until the page would not ask before it is left."""
    for _ in range(100):
        if not page.evaluate(ASKS):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"still unsafe; kept: {files(page)}")


def wait_for_records(page: Page, *names: str) -> None:
    """Until these photos are kept whole, and no others: the record is written last."""
    for _ in range(100):
        if page.evaluate(NAMES) == sorted(names):
            return
        page.wait_for_timeout(50)
    assert page.evaluate(NAMES) == sorted(names)


def go_on(driver: Driver) -> Editor:
    """Take up on the first page what was left."""
    page = driver.page
    expect(page.locator("#left-photo")).to_contain_text("Your last photo and its edits were kept: ball.png")
    page.get_by_role("button", name="Continue").click()
    driver.finish()
    expect(page.locator("#cutout")).to_be_visible()
    editor = Editor(driver, Path("ball.png"))
    editor.settle()
    return editor


def test_a_reload_loses_nothing(editor: Editor, tmp_path: Path) -> None:
    page = editor.page
    erase(editor)
    soften(editor)
    before = pixels(editor.save(tmp_path))
    assert (before[360, 441, 3], before[360, 560, 3]) == (0, 255), "the stroke is not in the file"
    wait_until_safe(page)
    page.reload()
    again = go_on(editor.driver)
    assert np.array_equal(pixels(again.save(tmp_path)), before)
    again.tab("brush")
    expect(page.get_by_role("button", name="Remove all strokes")).to_be_enabled()
    # What is changed from now on is kept as well.
    page.get_by_role("button", name="Remove all strokes").click()
    wait_until_safe(page)
    page.reload()
    without = pixels(go_on(editor.driver).save(tmp_path))
    assert without[360, 441, 3] == 255
    assert np.array_equal(without[:, :300, 3], before[:, :300, 3]), "the edges are not as soft as they were"
    page.click(".brand")
    expect(page.locator("#left")).to_be_hidden()  # it is in the editor


@on_a_desk
def test_a_crash_loses_neither_box_nor_picture_nor_patch(editor: Editor, tmp_path: Path) -> None:
    page = editor.page
    editor.tab("subject")
    editor.drag((0.45, 0.2), (0.8, 0.9))
    editor.driver.finish()
    box = editor.panel.get_by_label("Left", exact=True).input_value()
    plain = pixels(editor.save(tmp_path))
    editor.tab("brush")
    editor.pick("hint")
    editor.drag((0.5, 0.2), (0.55, 0.25))
    expect(page.locator("#announcer")).to_contain_text("The edge was refined", timeout=20 * SECOND)
    assert not np.array_equal(pixels(editor.save(tmp_path)), plain), "the patch changes nothing"
    Image.new("RGB", (64, 48), (10, 200, 30)).save(tmp_path / "green.png")
    editor.tab("background")
    editor.pick("picture")
    editor.panel.locator('input[type="file"]').set_input_files(tmp_path / "green.png")
    editor.settle()
    before = pixels(editor.save(tmp_path))
    assert before[360, 300, 1] > 190, "outside the box the picture shows"
    soften(editor)
    wait_until_safe(page)
    names = sorted(name.partition("/")[2] for name in files(page))
    assert names == ["photo.file", "photo.json", "photo.picture"]
    editor.slide("Softness", 0)
    wait_until_safe(page)
    other = page.context.new_page()
    crash(page)
    driver = Driver(other, editor.driver.url)
    driver.open(model="tiny")
    again = go_on(driver)
    assert np.array_equal(pixels(again.save(tmp_path)), before)
    again.tab("subject")
    assert again.panel.get_by_label("Left", exact=True).input_value() == box
    driver.assert_clean()


def crash(page: Page) -> None:
    """The tab's process dies."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")


@on_a_desk
def test_it_can_be_discarded_and_another_photo_takes_its_place(editor: Editor, tmp_path: Path) -> None:
    page, driver = editor.page, editor.driver
    erase(editor)
    wait_until_safe(page)
    page.reload()
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("#left")).to_be_hidden()
    expect(page.locator("#title")).to_be_focused()
    assert files(page) == {}
    driver.cut_out(editor.photo)
    wait_for_records(page, "ball.png")
    page.reload()
    expect(page.locator("#left-photo")).to_contain_text("ball.png")
    driver.cut_out(disc(tmp_path, 1))
    wait_for_records(page, "ball.png", "photo-01.jpg")
    driver.cut_out(disc(tmp_path, 2))
    wait_for_records(page, "ball.png", "photo-02.jpg")
    page.reload()
    expect(page.locator("#left-photo")).to_contain_text(
        "Your last photo and its edits were kept: photo-02.jpg"
    )
    expect(page.locator("#left-photo")).not_to_contain_text("Older ones")  # nothing was done to the ball
    wait_for_records(page, "photo-02.jpg")


@on_a_desk
def test_edits_of_a_crashed_visit_outlive_another_photo(editor: Editor, tmp_path: Path) -> None:
    page, driver = editor.page, editor.driver
    erase(editor)
    before = pixels(editor.save(tmp_path))
    soften(editor)
    editor.slide("Softness", 0)  # the edits are in no file: what was saved goes when another is left
    wait_until_safe(page)
    page.reload()
    driver.cut_out(disc(tmp_path, 1))
    wait_for_records(page, "ball.png", "photo-01.jpg")
    page.click(".brand")
    expect(page.locator("#left-photo")).to_contain_text("ball.png")
    page.reload()
    offer = page.locator("#left-photo")
    expect(offer).to_contain_text("kept: photo-01.jpg. Older ones come after it: 1.")
    page.get_by_role("button", name="Discard").dblclick()
    expect(offer).to_contain_text("kept: ball.png")
    page.get_by_role("button", name="Continue").dblclick()
    driver.finish()
    again = Editor(driver, editor.photo)
    again.settle()
    assert np.array_equal(pixels(again.save(tmp_path)), before)
    wait_for_records(page, "ball.png")


@on_a_desk
def test_two_tabs_that_crashed_are_offered_one_after_the_other(editor: Editor, tmp_path: Path) -> None:
    page, driver = editor.page, editor.driver
    erase(editor)
    wait_until_safe(page)
    second = page.context.new_page()
    other = Driver(second, driver.url)
    other.open(model="tiny")
    other.cut_out(disc(tmp_path, 1))
    with_stroke = Editor(other, tmp_path / "photo-01.jpg")
    with_stroke.settle()
    soften(with_stroke)
    wait_until_safe(second)
    third = page.context.new_page()
    crash(page)
    crash(second)
    visit = Driver(third, driver.url)
    visit.open(model="tiny")
    expect(third.locator("#left-photo")).to_contain_text("photo-01.jpg. Older ones come after it: 1.")
    third.get_by_role("button", name="Continue").click()
    visit.finish()
    Editor(visit, with_stroke.photo).settle()
    expect(third.locator("#download")).to_have_attribute("download", re.compile("^photo-01"))
    third.click(".brand")
    expect(third.locator("#left-photo")).to_contain_text("kept: ball.png")
    third.get_by_role("button", name="Continue").click()
    third.get_by_role("button", name="Keep editing").click()
    wait_for_records(third, "ball.png", "photo-01.jpg")
    third.get_by_role("button", name="Continue").click()
    third.get_by_role("button", name="Open the new photo").click()
    expect(third.locator("#download")).to_have_attribute("download", re.compile("^ball"), timeout=30 * SECOND)
    wait_for_records(third, "ball.png")
    visit.assert_clean()


@on_a_desk
def test_a_patch_of_the_visit_before_is_shown(editor: Editor) -> None:
    page = editor.page
    editor.tab("brush")
    editor.pick("erase")
    editor.slide("Size", 60)
    editor.drag((0.3, 0.5), (0.34, 0.5))  # a bite out of the edge
    editor.pick("hint")
    editor.slide("Size", 78)
    editor.drag((0.28, 0.5), (0.36, 0.5))
    expect(page.locator("#announcer")).to_contain_text("The edge was refined", timeout=20 * SECOND)
    editor.settle()
    shown = editor.alpha_at(0.33, 0.5)
    assert shown > 128
    wait_until_safe(page)
    page.reload()
    again = go_on(editor.driver)
    again.tab("brush")
    again.settle()
    again.wait_for_alpha(0.33, 0.5, shown)


@on_a_desk
def test_another_photo_does_not_end_unsaved_work_unasked(editor: Editor, tmp_path: Path) -> None:
    page, other = editor.page, disc(tmp_path, 1)
    dialog, link = page.locator("#replace-dialog"), page.locator("#download")
    erase(editor)
    editor.driver.choose(other)
    expect(dialog).to_contain_text("What you changed is not saved.")
    page.get_by_role("button", name="Keep editing").click()
    expect(dialog).to_be_hidden()
    assert editor.alpha_at(0.46, 0.5) == 0
    expect(link).to_have_attribute("download", re.compile("^ball"))
    editor.driver.choose(other)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    editor.driver.choose(other)
    page.get_by_role("button", name="Open the new photo").click()
    expect(link).to_have_attribute("download", re.compile("^photo-01"), timeout=30 * SECOND)
    editor.driver.choose(editor.photo)  # nothing was done to the one before
    expect(link).to_have_attribute("download", re.compile("^ball"), timeout=30 * SECOND)


@on_a_desk
def test_a_photo_that_came_to_nothing_takes_no_work_with_it(editor: Editor, tmp_path: Path) -> None:
    page, driver, other = editor.page, editor.driver, disc(tmp_path, 1)
    dialog, link, models = page.locator("#replace-dialog"), page.locator("#download"), "**/models/u2netp-*/**"
    erase(editor)
    page.route(models, lambda route: None)  # no answer
    driver.set(model="u2netp")
    driver.choose(other)
    page.get_by_role("button", name="Open the new photo").click()
    driver.wait_for("busy")
    page.keyboard.press("Escape")
    driver.wait_for("done")  # with the photo before, which is there still
    expect(page.locator("#again")).to_be_hidden()
    expect(link).to_have_attribute("download", re.compile("^ball"))
    page.unroute(models)
    page.route(models, lambda route: route.fulfill(status=404))
    driver.choose(other)
    page.get_by_role("button", name="Open the new photo").click()
    driver.fail_with()
    page.click("#retry")
    expect(dialog).to_contain_text("What you changed is not saved.")
    page.get_by_role("button", name="Keep editing").click()
    expect(page.locator("#error")).to_be_visible()
    assert editor.alpha_at(0.46, 0.5) == 0
    page.unroute(models)
    page.click("#retry")
    page.get_by_role("button", name="Open the new photo").click()
    expect(link).to_have_attribute("download", re.compile("^photo-01"), timeout=60 * SECOND)


@on_a_desk
def test_the_storage_panel_tells_it_and_clears_it(editor: Editor) -> None:
    page = editor.page
    erase(editor)
    wait_until_safe(page)
    page.click("#storage > summary")
    row = page.locator('[data-kept="photo"]')
    expect(row.locator("td").first).to_have_text(size_words(files(page)))
    other = page.context.new_page()
    other.goto(editor.driver.url)
    other.click("#storage > summary")
    other.once("dialog", lambda dialog: dialog.accept())
    other.locator('[data-kept="photo"] button').click()
    expect(other.locator("#announcer")).to_contain_text("It may be in use in another tab.")
    other.close()
    used = usage(page)
    page.once("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button").click()
    expect(row).to_have_count(0)
    expect(page.locator("#announcer")).to_contain_text("The photo you were editing was cleared.")
    assert files(page) == {}
    assert usage(page) < used
    assert page.evaluate(ASKS), "it is kept nowhere now"
    soften(editor)
    page.wait_for_timeout(600)
    assert files(page) == {}, "what was cleared came back"
    assert page.evaluate(ASKS)


def size_words(kept: dict[str, int]) -> str:
    """The size of all these files as the page says it."""
    size = sum(kept.values())
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{round(size / 1e3)} kB"


def usage(page: Page) -> int:
    """What the browser says that the page takes, in bytes."""
    return int(page.evaluate("navigator.storage.estimate().then(({ usage }) => usage)"))


@on_a_desk
@pytest.mark.parametrize("trouble", [FULL, REFUSED], ids=["full", "refused"])
def test_where_nothing_can_be_kept_the_page_asks_before_it_is_left(
    editor: Editor, tmp_path: Path, trouble: str
) -> None:
    page, driver = editor.page, editor.driver
    page.add_init_script(trouble)
    page.reload()
    driver.cut_out(editor.photo)
    editor.settle()
    assert not page.evaluate(ASKS), "nothing would be lost"
    erase(editor)
    page.wait_for_timeout(600)  # longer than it takes to be kept
    assert page.evaluate(ASKS)
    assert pixels(editor.save(tmp_path))[360, 441, 3] == 0
    assert not page.evaluate(ASKS), "it was saved"


def test_the_first_page_leads_to_a_batch_that_is_left(driver: Driver, tmp_path: Path) -> None:
    batch = Batch(driver)
    page = driver.page
    batch.add(*(disc(tmp_path, n) for n in range(3)))
    batch.wait(3)
    wait_until_kept(batch, 3)
    page.click(".brand")
    expect(page.locator("#left")).to_be_hidden()  # it is in this tab
    page.goto(f"{driver.url}?model=tiny&device=wasm")
    line = page.locator("#left-batch")
    expect(line).to_contain_text("Photos of a batch are left from last time: 3")
    other = page.context.new_page()
    other.goto(f"{driver.url}?model=tiny&device=wasm#batch")
    expect(other.locator(".batch-left")).to_be_visible()
    page.click('nav [data-go="batch"]')
    page.click(".brand")
    expect(line).to_be_hidden()  # another tab has it
    other.close()
    page.reload()
    line.get_by_role("link").click()
    batch.do("rest.show")
    batch.wait(3)
    page.click("#storage > summary")
    row = page.locator('[data-kept="batch"]')
    expect(row.locator("td").first).to_have_text(size_words(batch.kept()))
    page.once("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button").click()
    expect(row).to_have_count(0)
    expect(page.locator(".tile")).to_have_count(0)
    assert batch.kept() == {}
