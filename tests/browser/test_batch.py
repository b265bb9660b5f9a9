"""Many photos at once: dropped or chosen, paused, cancelled, tried again, kept over a reload, saved."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from tests.browser.driver import SECOND, Driver, pixels, prepend
from tests.browser.editing import Editor

ENDED = ".tile:is([data-state=done], [data-state=failed], [data-state=cancelled])"

# Tests can't click the browser's dialogs: these give files and folders of the origin's file system.
PICKERS = """
const place = () => navigator.storage.getDirectory(), create = true;
window.showSaveFilePicker = async (wish) => (await place()).getFileHandle(wish.suggestedName, { create });
window.showDirectoryPicker = async () => (await place()).getDirectoryHandle("picked", { create });
"""
NO_PICKERS = "delete window.showSaveFilePicker; delete window.showDirectoryPicker;"

# What lies in a folder of the origin's own file system: paths and sizes.
LISTED = """async (name) => {
  const found = {};
  const walk = async (folder, path) => {
    for await (const [name, handle] of folder.entries()) {
      if (handle.kind === "directory") await walk(handle, `${path}${name}/`);
      else found[path + name] = (await handle.getFile()).size;
    }
  };
  try { await walk(await (await navigator.storage.getDirectory()).getDirectoryHandle(name), ""); } catch {}
  return found;
}"""


def photo(folder: Path, n: int, width: int = 320) -> Path:
    """Make a photo of its own: a red disc on blue, which the tiny network finds."""
    path = folder / f"photo-{n:02}.jpg"
    image = Image.new("RGB", (width, width * 3 // 4), (40, 60, 200 - 3 * n))
    left, top = width // 8 + n * 13 % (width // 2), width // 10 + n * 29 % (width // 3)
    ImageDraw.Draw(image).ellipse((left, top, left + width // 4, top + width // 4), fill=(230, 40 + n, 30))
    image.save(path, quality=92)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Twelve files: ten photos, one cut short, one that is no photo."""
    folder = tmp_path / "shop"
    folder.mkdir()
    made = [photo(folder, n) for n in range(10)]
    broken = folder / "broken.jpg"
    broken.write_bytes(made[0].read_bytes()[:900])
    text = folder / "notes.txt"
    text.write_text("No photo.")
    return [*made[:5], broken, text, *made[5:]]


class Batch:
    """The view of many photos."""

    def __init__(self, driver: Driver, pickers: str = NO_PICKERS) -> None:
        self.driver, self.page = driver, driver.page
        self.page.add_init_script(pickers)
        driver.page.goto(f"{driver.url}?model=tiny&device=wasm#batch")
        expect(self.page.locator("#batch-view h1")).to_be_visible()

    def add(self, *photos: Path) -> None:
        self.page.set_input_files("#batch-files", list(photos))

    def tile(self, name: str) -> str:
        return f'.tile:has(.tile-name[title^="{name}"])'

    def do(self, what: str) -> None:
        self.page.locator(f'#batch-view [data-do="{what}"]').click()

    def wait(self, count: int) -> None:
        """Wait until so many photos have ended, one way or another."""
        expect(self.page.locator(ENDED)).to_have_count(count, timeout=60 * SECOND)

    def states(self) -> dict[str, str]:
        """State of each photo by name."""
        tiles = self.page.locator(".tile")
        found = tiles.evaluate_all(
            "all => all.map(one => [one.querySelector('.tile-name').textContent, one.dataset.state])"
        )
        return dict(found)

    def zip(self, folder: Path) -> dict[str, Path]:
        """Save all, and return what was in the ZIP by name."""
        with self.page.expect_download() as download:
            self.page.click("#batch-zip")
        download.value.save_as(folder / "all.zip")
        with zipfile.ZipFile(folder / "all.zip") as archive:
            assert archive.testzip() is None
            archive.extractall(folder / "all")
            return {name: folder / "all" / name for name in archive.namelist()}

    def kept(self) -> dict[str, int]:
        found: dict[str, int] = self.page.evaluate(LISTED, "alphacut-batches")
        return found

    def listed(self, folder: str) -> dict[str, int]:
        found: dict[str, int] = self.page.evaluate(LISTED, folder)
        return found


def drop(page: Page, *paths: Path) -> None:
    """Drop files and folders as a person would: the browser opens them by itself."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 300, "data": data})


def test_a_dropped_folder_is_cut_out_and_bad_files_say_why(
    driver: Driver, photos: list[Path], tmp_path: Path
) -> None:
    """From the first view, by a real drop; in the ZIP is what each photo gives by itself."""
    page = driver.page
    page.add_init_script(NO_PICKERS)
    driver.open(model="tiny")
    driver.wait_for("ready")
    alone = {}
    for path in (photos[0], photos[-1]):
        driver.cut_out(path)
        alone[path.stem] = pixels(driver.download(tmp_path))
    (photos[0].parent / ".DS_Store").write_bytes(b"litter")
    drop(page, photos[0].parent)
    batch = Batch.__new__(Batch)
    batch.driver, batch.page = driver, page
    batch.wait(12)
    states = batch.states()
    assert [name for name, state in states.items() if state != "done"] == ["broken.jpg", "notes.txt"]
    assert list(states) == sorted(states), "in the order of their names"
    assert page.locator(batch.tile("broken.jpg")).locator(".tile-state").text_content() == (
        "The JPEG file is damaged or incomplete."
    )
    expect(page.locator(".batch-words")).to_contain_text("10 of 12 done · 2 failed")
    expect(page.locator(".batch-kept")).to_contain_text("Kept in this browser")
    expect(page.locator(".tile canvas[data-drawn]")).to_have_count(10)
    saved = batch.zip(tmp_path)
    assert sorted(saved) == [f"shop/photo-{n:02}-cutout.png" for n in range(10)]
    for stem, expected in alone.items():
        assert np.array_equal(pixels(saved[f"shop/{stem}-cutout.png"]), expected), stem


def test_pause_cancel_retry_and_remove(driver: Driver, photos: list[Path]) -> None:
    batch = Batch(driver)
    page = driver.page
    batch.add(*photos)
    expect(page.locator(".tile[data-state=done]")).not_to_have_count(0, timeout=60 * SECOND)
    batch.do("pause")
    expect(page.locator(".tile[data-state=working]")).to_have_count(0)
    at_rest = batch.states()
    assert "waiting" in at_rest.values(), "all was done before the pause"
    page.wait_for_timeout(700)
    assert batch.states() == at_rest, "something began though it was paused"
    last = page.locator(batch.tile("photo-09"))
    last.hover()
    last.get_by_role("button", name="Cancel").click()
    assert batch.states()["photo-09.jpg"] == "cancelled"
    batch.do("cancel")
    assert set(batch.states().values()) <= {"done", "failed", "cancelled"}
    batch.do("resume")
    last.hover()
    last.get_by_role("button", name="Try").click()
    expect(page.locator(f"{batch.tile('photo-09')}[data-state=done]")).to_be_visible(timeout=60 * SECOND)
    batch.do("retry")
    expect(page.locator(".tile[data-state=done]")).to_have_count(10, timeout=60 * SECOND)
    expect(page.locator(batch.tile("broken.jpg"))).to_have_attribute("data-state", "failed")
    walk_by_keys(batch)


def walk_by_keys(batch: Batch) -> None:
    """Tab leads to one tile, arrows to the others; Delete removes, Enter opens in the editor."""
    page = batch.page
    focused = "document.activeElement.closest('.tile')?.querySelector('.tile-name').textContent"
    names = list(batch.states())
    assert page.locator(".tile-open[tabindex='0']").count() == 1
    page.locator(".tile-open").first.focus()
    lefts = page.locator(".tile").evaluate_all("all => all.map(one => one.getBoundingClientRect().left)")
    columns = len(set(lefts))
    for key, at in [("ArrowRight", 1), ("ArrowDown", 1 + columns), ("ArrowLeft", columns), ("ArrowUp", 0)]:
        page.keyboard.press(key)
        assert page.evaluate(focused) == names[at], key
    page.keyboard.press("End")
    assert page.evaluate(focused) == names[-1]
    page.keyboard.press("Delete")
    assert page.evaluate(focused) == names[-2], "focus fell off the grid"
    assert list(batch.states()) == names[:-1]
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("#cutout")).to_be_visible()
    assert page.locator("#download").get_attribute("download") == names[0].replace(".jpg", "-cutout.png")


def test_a_reload_in_the_middle_goes_on(driver: Driver, photos: list[Path], tmp_path: Path) -> None:
    batch = Batch(driver)
    page = driver.page
    batch.add(*photos)
    expect(page.locator(".tile[data-state=done]")).not_to_have_count(0, timeout=60 * SECOND)
    batch.do("pause")  # or all would be done while another tab is looked at
    wait_until_kept(batch, 11)
    done = list(batch.states().values()).count("done")
    assert done < 10, "all was done before the reload"
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#batch-view h1")).to_be_visible()
    other.wait_for_timeout(300)
    expect(other.locator(".batch-left")).to_be_hidden()
    other.close()
    page.reload()
    rest = page.locator(".batch-left")
    expect(rest).to_contain_text("from last time are not done")
    batch.do("rest.resume")
    batch.wait(11)
    assert list(batch.states().values()).count("done") == 10
    saved = batch.zip(tmp_path)
    assert len(saved) == 10
    with Image.open(saved["photo-03-cutout.png"]) as image:
        assert image.size == (320, 240)
    page.on("dialog", lambda dialog: dialog.accept())
    batch.do("clear")
    expect(page.locator(".tile")).to_have_count(0)
    expect(page.locator("#batch-view .batch-work")).to_be_hidden()
    assert batch.kept() == {}
    page.reload()
    expect(page.locator("#batch-view h1")).to_be_visible()
    expect(rest).to_be_hidden()


def wait_until_kept(batch: Batch, count: int, ending: str = ".json") -> None:
    """Until so many files are on the shelf; the record of a photo comes after its original."""
    for _ in range(100):
        if sum(name.endswith(ending) for name in batch.kept()) >= count:
            return
        batch.page.wait_for_timeout(50)
    pytest.fail(f"kept: {batch.kept()}")


def wait_until_gone(batch: Batch, ending: str) -> None:
    """Until no such file is on the shelf: the page says that it saved before it has let go of each."""
    for _ in range(100):
        if not any(name.endswith(ending) for name in batch.kept()):
            return
        batch.page.wait_for_timeout(50)
    pytest.fail(f"kept: {batch.kept()}")


def test_what_was_saved_is_not_offered_again(driver: Driver, tmp_path: Path) -> None:
    """Saved into a file and a folder that were picked; originals go at once, the rest with the next visit."""
    batch = Batch(driver, PICKERS)
    page = driver.page
    made = [photo(tmp_path, n) for n in range(3)]
    batch.add(*made)
    batch.wait(3)
    assert sum(name.endswith(".photo") for name in batch.kept()) == 3
    page.click("#batch-zip")
    expect(page.locator(".batch-report")).to_have_text("Saved: 3.")
    wait_until_gone(batch, ".photo")
    assert batch.listed("picked") == {}
    page.click("#batch-save-folder")
    expect(page.locator(".batch-report")).to_have_text("Saved: 3.")
    page.click("#batch-save-folder")
    expect.soft(page.locator(".batch-report")).to_have_text("Saved: 3.")
    names = {f"photo-{n:02}-cutout{more}.png" for n in range(3) for more in ("", " (2)")}
    page.wait_for_timeout(200)
    assert set(batch.listed("picked")) == names, "nothing is written over"
    page.reload()
    expect(page.locator("#batch-view h1")).to_be_visible()
    page.wait_for_timeout(300)
    expect(page.locator(".batch-left")).to_be_hidden()
    assert batch.kept() == {}


@contextmanager
def made_again(page: Page, count: int) -> Iterator[None]:
    """Wait until what is done inside has so many photos made again; small ones are too quick to be seen."""
    page.evaluate(
        """(count) => {
          const tiles = new Set();
          window.again = new Promise((resolve) => {
            new MutationObserver((changes) => {
              for (const { target, oldValue } of changes) {
                if (oldValue !== "done" && target.dataset.state === "done") tiles.add(target);
              }
              if (tiles.size === count) resolve();
            }).observe(document.querySelector(".tiles"), {
              subtree: true, attributeFilter: ["data-state"], attributeOldValue: true,
            });
          });
        }""",
        count,
    )
    yield
    page.evaluate("() => window.again")


def test_one_finish_for_all(driver: Driver, tmp_path: Path) -> None:
    """What is done is made again from its cutout, not by the network; a reload meanwhile changes nothing."""
    batch = Batch(driver)
    page = driver.page
    batch.add(*(photo(tmp_path, n) for n in range(3)))
    batch.wait(3)
    plain = {name.split("-cutout")[0]: pixels(path) for name, path in batch.zip(tmp_path).items()}
    page.locator(".batch-finish summary").click()
    with made_again(page, 3):
        page.locator("[data-field=ground]").select_option("white")
        page.locator("[data-field=pattern]").fill("{n}_{name}")
    assert driver.page.locator(".tile canvas[data-drawn]").count() == 3
    for name, path in batch.zip(tmp_path).items():
        made, cutout = pixels(path), plain[name[2:-4]]
        alpha = cutout[..., 3:] / 255
        expected = cutout[..., :3] * alpha + 255 * (1 - alpha)
        assert (made[..., 3] == 255).all()
        assert np.abs(made[..., :3] - expected).max() <= 1, name
    wait_until_gone(batch, ".photo")  # all were saved
    with made_again(page, 3):
        page.locator("[data-field=crop]").select_option("small")
    wait_until_kept(batch, 3, ".photo")
    page.locator("[data-field=format]").select_option("jpeg")
    page.reload()
    expect(page.locator(".batch-left")).to_be_visible()
    page.locator('.batch-left [data-do^="rest."]').first.click()
    batch.wait(3)
    saved = batch.zip(tmp_path)
    assert sorted(saved) == [f"{n + 1}_photo-{n:02}.jpg" for n in range(3)]
    for path in saved.values():
        with Image.open(path) as image:
            assert (image.format, image.size) == ("JPEG", (1080, 1080))


def test_a_result_without_a_subject_is_marked_as_one_to_check(driver: Driver, tmp_path: Path) -> None:
    """It is saved with the others all the same."""
    batch = Batch(driver)
    bare = tmp_path / "bare.png"
    Image.new("RGB", (320, 240), (40, 60, 200)).save(bare)
    batch.add(photo(tmp_path, 1), bare)
    batch.wait(2)
    expect(batch.page.locator(".batch-words")).to_have_text("2 of 2 done · 1 to check")
    expect(batch.page.locator(".tile[data-check] .tile-name")).to_have_text("bare.png")
    said = batch.page.locator(".tile[data-check] button").first
    expect(said).to_have_accessible_name(re.compile("Check this one: "))
    assert len(batch.zip(tmp_path)) == 2


def test_what_the_editor_changes_stays_with_the_photo(driver: Driver, tmp_path: Path) -> None:
    """Made again when the reader is back, found again after a reload; the neighbour is as it was."""
    batch = Batch(driver)
    page = driver.page
    made = [photo(tmp_path, n, 480) for n in range(2)]
    batch.add(*made)
    batch.wait(2)
    before = {name: pixels(path) for name, path in batch.zip(tmp_path).items()}
    rows, columns = np.nonzero(before["photo-00-cutout.png"][..., 3] == 255)
    x, y = float(columns.mean()) / 480, float(rows.mean()) / 360
    editor = opened(batch, made[0])
    editor.tab("brush")
    editor.pick("erase")
    editor.drag((x - 0.02, y), (x + 0.02, y))
    editor.tab("background")
    editor.pick("colour")
    with made_again(page, 1):
        page.click('[data-go="batch"]')
    after = {name: pixels(path) for name, path in batch.zip(tmp_path).items()}
    edited, corner = after["photo-00-cutout.png"], after["photo-00-cutout.png"][0, 0]
    assert (edited[..., 3] == 255).all()
    assert np.array_equal(edited[round(y * 360), round(x * 480)], corner), "the stroke is filled"
    assert np.array_equal(after["photo-01-cutout.png"], before["photo-01-cutout.png"])
    page.click(".tile-open >> nth=1")
    page.click('[data-go="batch"]')
    page.locator("[data-field=pattern]").evaluate("input => input.closest('details').open = true")
    with made_again(page, 2):
        page.locator("[data-field=format]").select_option("webp")
    wait_until_kept(batch, 2, ".photo")
    page.reload()
    batch.do("rest.show")
    batch.wait(2)
    editor = opened(batch, made[0])
    editor.tab("brush")
    expect(page.get_by_role("button", name="Remove all strokes")).to_be_enabled()


def test_what_no_batch_keeps_any_more_is_not_lost_unasked(driver: Driver, tmp_path: Path) -> None:
    """A photo that was removed from its batch stays in the editor, as its owner then does not."""
    batch, page, [one] = Batch(driver), driver.page, [photo(tmp_path, 0)]
    batch.add(one)
    batch.wait(1)
    wait_until_kept(batch, 1)
    editor = opened(batch, one)
    editor.tab("background")
    editor.pick("blur")
    asks = "!dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert page.evaluate(asks) is False, "the batch has it"
    page.click('[data-go="batch"]')
    page.locator(".tile-open").focus()
    page.keyboard.press("Delete")
    page.click('nav [data-go="photo"]')
    editor.pick("colour")
    assert page.evaluate(asks) is True
    driver.choose(photo(tmp_path, 1))
    expect(page.locator("#replace-dialog")).to_be_visible()


def test_a_stroke_brings_back_what_the_browser_can_t_decode(driver: Driver, tmp_path: Path) -> None:
    """A TIFF of a batch: in its own colours, which the master lacks there."""
    batch, path = Batch(driver), tmp_path / "photo.tif"
    with Image.open(photo(tmp_path, 0, 480)) as image:
        image.save(path)
    x, y = 0.9, 0.9  # far from the disc
    batch.add(path)
    batch.wait(1)
    editor = opened(batch, path)
    editor.tab("brush")
    editor.pick("restore")
    editor.drag((x, y), (x + 0.02, y))
    editor.wait_for_alpha(x, y, 255)
    shown = editor.shown()
    across, down = shown.shape[1], shown.shape[0]
    assert np.abs(shown[round(y * down), round(x * across)] - [40, 60, 200]).max() < 12


def opened(batch: Batch, path: Path) -> Editor:
    """Open a photo of the batch in the editor."""
    batch.page.locator(batch.tile(path.stem)).locator(".tile-open").click()
    editor = Editor(batch.driver, path)
    expect(batch.page.locator("#cutout")).to_be_visible()
    editor.stage.scroll_into_view_if_needed()
    editor.settle()
    return editor


# Lays files, given by name and text, on the shelf of a visit before.
LAID = """async (files) => {
  let folder = await navigator.storage.getDirectory();
  const create = true;
  for (const name of ["alphacut-batches", "1"]) folder = await folder.getDirectoryHandle(name, { create });
  for (const [name, text] of Object.entries(files)) {
    const stream = await (await folder.getFileHandle(name, { create })).createWritable();
    await stream.write(text);
    await stream.close();
  }
}"""


def record(key: str, state: str, saved: bool) -> dict[str, str]:
    kept = {"key": key, "name": f"{key}.jpg", "state": state, "saved": saved, "types": {}, "edits": []}
    return {f"{key}.json": json.dumps(kept)}


@pytest.mark.parametrize(
    ("states", "words", "button", "count"),
    [
        # Those that were saved count nowhere, those that failed are not done.
        (("done saved", "done", "done"), "From last time, done but not saved: 2.", "Show them", 2),
        (("done saved", "failed", "done"), "1 of 2 photos from last time are not done.", "Show them", 2),
        (("done", "failed", "waiting"), "2 of 3 photos from last time are not done.", "Resume", 3),
    ],
)
def test_what_is_left_is_told_as_it_is(
    driver: Driver, states: tuple[str, ...], words: str, button: str, count: int
) -> None:
    files: dict[str, str] = {}
    for n, state in enumerate(states):
        files |= record(f"p{n}", state.split()[0], "saved" in state)
    page = driver.page
    driver.open(model="tiny")
    page.evaluate(LAID, files)
    page.reload()
    expect(page.locator("#left-batch-words")).to_have_text(
        f"Photos of a batch are left from last time: {count}"
    )
    page.goto(f"{driver.url}?model=tiny&device=wasm#batch")
    expect(page.locator(".batch-left p").first).to_have_text(words)
    expect(page.locator(".batch-left button.primary")).to_have_text(button)


def test_a_photo_without_a_record_is_not_deleted_but_offered(driver: Driver) -> None:
    """As where a page was gone between the two, or a record can't be read."""
    page = driver.page
    driver.open(model="tiny")
    page.evaluate(LAID, {**record("p0", "done", saved=True), "p1.photo": "No photo.", "p2.photo": ""})
    batch = Batch(driver)
    batch.do("rest.resume")
    batch.wait(1)
    assert batch.states() == {"photo": "failed"}, "it was worked on, and is no photo"
    assert "1/p1.photo" in batch.kept()


def test_a_photo_that_kills_the_worker_fails_alone(driver: Driver, tmp_path: Path) -> None:
    made = [photo(tmp_path, n) for n in range(4)]
    poison = f"""
      addEventListener("message", ({{ data }}) => {{
        if (data.type !== "remove" || data.photo.size !== {made[1].stat().st_size}) return;
        setTimeout(() => {{ throw new Error("The worker died."); }});
      }});
    """
    prepend(driver.page, "**/worker/worker.js", poison)
    batch = Batch(driver)
    batch.add(*made)
    batch.wait(4)
    assert list(batch.states().values()) == ["done", "failed", "done", "done"]
    expect(driver.page.locator(batch.tile("photo-01"))).to_contain_text("has stopped")


def test_without_storage_it_works_in_memory_and_says_so(driver: Driver, tmp_path: Path) -> None:
    driver.page.add_init_script(
        "StorageManager.prototype.getDirectory = "
        "async () => { throw new DOMException('private', 'SecurityError'); };"
    )
    batch = Batch(driver)
    batch.add(photo(tmp_path, 0), photo(tmp_path, 1))
    batch.wait(2)
    expect(driver.page.locator(".batch-kept")).to_contain_text("keeps no files for this page")
    assert sorted(batch.zip(tmp_path)) == ["photo-00-cutout.png", "photo-01-cutout.png"]


def test_when_the_storage_is_full_the_work_goes_on(driver: Driver, tmp_path: Path) -> None:
    batch = Batch(driver)
    session = driver.page.context.new_cdp_session(driver.page)
    quota = {"origin": driver.url.rstrip("/"), "quotaSize": 30_000}
    session.send("Storage.overrideQuotaForOrigin", quota)
    batch.add(*(photo(tmp_path, n, 900) for n in range(4)))
    batch.wait(4)
    assert set(batch.states().values()) == {"done"}
    expect(driver.page.locator(".batch-kept")).to_contain_text("storage for this page is full")
    assert len(batch.zip(tmp_path)) == 4


@pytest.fixture
def phone(browser: Browser, site_url: str) -> Iterator[Driver]:
    context = browser.new_context(
        viewport={"width": 360, "height": 700}, device_scale_factor=2, has_touch=True, is_mobile=True
    )
    driver = Driver(context.new_page(), site_url)
    yield driver
    driver.assert_clean()
    context.close()


def test_on_a_phone(phone: Driver, tmp_path: Path) -> None:
    batch = Batch(phone)
    page = phone.page
    batch.add(*(photo(tmp_path, n) for n in range(3)), tmp_path / "photo-00.jpg")
    batch.wait(4)
    expect(page.locator("[data-do=cancel]")).to_be_hidden()  # the bar follows a moment later
    page.locator(".batch-finish summary").tap()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    targets = page.locator("#batch-view :is(button, .button, select, input:not(.unseen)):visible").all()
    assert len(targets) > 10
    for target in targets:
        box = target.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 43.9, target.inner_html()
    assert sorted(batch.zip(tmp_path)) == [
        *("photo-00-cutout (2).png", "photo-00-cutout.png"),
        *("photo-01-cutout.png", "photo-02-cutout.png"),
    ]
