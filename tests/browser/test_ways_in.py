"""The ways a photo gets in: sample, drop, paste, keyboard; on a desktop and on a phone."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.driver import Driver, pixels

# Makes a DataTransfer that holds one file, as the browser would for a drop or a paste.
TRANSFER = """({ data, name, type }) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  return transfer;
}"""


def as_argument(photo: Path) -> dict[str, str]:
    return {"data": base64.b64encode(photo.read_bytes()).decode(), "name": photo.name, "type": "image/png"}


def test_drop(driver: Driver, site: Path, tmp_path: Path) -> None:
    photo = site / "samples" / "chelsea.png"
    driver.open(model="tiny")
    transfer = driver.page.evaluate_handle(TRANSFER, as_argument(photo))
    for kind in ("dragenter", "dragover", "drop"):
        driver.page.dispatch_event("body", kind, {"dataTransfer": transfer})
    driver.finish()
    assert driver.download(tmp_path).name == "chelsea-cutout.png"


def test_drop_of_text_is_refused_gently(driver: Driver, site: Path) -> None:
    driver.open(model="tiny")
    driver.wait_for("ready")
    transfer = driver.page.evaluate_handle(
        "() => { const t = new DataTransfer(); t.setData('text/plain', 'x'); return t; }"
    )
    driver.page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    expect(driver.page.locator("#note")).not_to_be_empty()
    driver.cut_out(site / "samples" / "chelsea.png")


def test_paste(driver: Driver, site: Path, tmp_path: Path) -> None:
    driver.open(model="tiny")
    driver.page.evaluate(
        f"""(argument) => {{
          const clipboardData = ({TRANSFER})(argument);
          document.dispatchEvent(new ClipboardEvent("paste", {{ clipboardData, bubbles: true }}));
        }}""",
        as_argument(site / "samples" / "coffee.png") | {"name": "image.png"},
    )
    report = driver.finish()
    assert (report["width"], report["height"]) == (600, 400)
    assert driver.download(tmp_path).name == "pasted-cutout.png"


def test_sample_by_keyboard_alone(driver: Driver, tmp_path: Path) -> None:
    """Tab to the first sample, Enter; then Tab to the download, Enter."""
    driver.open(model="tiny")
    driver.wait_for("ready")
    tab_to(driver, "#samples")
    driver.page.keyboard.press("Enter")
    driver.finish()
    tab_to(driver, "#download")
    with driver.page.expect_download() as download:
        driver.page.keyboard.press("Enter")
    assert download.value.suggested_filename == "astronaut-cutout.png"


def tab_to(driver: Driver, selector: str) -> None:
    for _ in range(60):
        driver.page.keyboard.press("Tab")
        if driver.page.evaluate("selector => document.activeElement?.closest(selector) !== null", selector):
            return
    pytest.fail(f"60 tabs did not lead to {selector}")


@pytest.mark.parametrize("width", [320, 390])
def test_phone(browser: Browser, site_url: str, site: Path, tmp_path: Path, width: int) -> None:
    """Everything fits the screen, and the job is done by touch."""
    context = browser.new_context(
        viewport={"width": width, "height": 700}, device_scale_factor=2, has_touch=True, is_mobile=True
    )
    driver = Driver(context.new_page(), site_url)
    driver.open(model="tiny")
    driver.wait_for("ready")
    photo = tmp_path / "PXL_20231105_153212345.PORTRAIT-01.COVER.of-a-name-without-end.png"
    photo.write_bytes((site / "samples" / "astronaut.png").read_bytes())
    driver.choose(photo)
    driver.finish()
    assert driver.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "a long name"
    driver.page.locator(".brand").tap()
    driver.page.locator("#samples button").first.tap()
    driver.page.locator('#download[download="astronaut-cutout.png"]').wait_for()
    driver.finish()
    assert driver.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    top = {
        name: driver.page.locator(f"#{name}").bounding_box() for name in ("download", "cutout", "original")
    }
    assert top["download"] and top["cutout"] and top["original"]
    assert top["download"]["y"] < top["cutout"]["y"], "the result comes first"
    assert abs(top["cutout"]["y"] - top["original"]["y"]) < 1, "one stage shows both"
    for target in ("#download", "label[for=photo-input]", "#settings-open", ".views a"):
        box = driver.page.locator(target).first.bounding_box()
        assert box is not None
        assert box["height"] >= 44, f"{target} is {box['height']} px high"
    with driver.page.expect_download() as download:
        driver.page.locator("#download").tap()
    download.value.save_as(tmp_path / "phone.png")
    assert pixels(tmp_path / "phone.png").shape == (512, 512, 4)
    driver.assert_clean()
    context.close()


def test_a_photo_given_before_the_runtime_is_ready_is_not_lost(driver: Driver, site: Path) -> None:
    driver.open(model="tiny")
    report = driver.cut_out(site / "samples" / "coffee.png")
    assert report["width"] == 600


def test_a_format_browsers_do_not_show_has_a_preview(driver: Driver, site: Path, tmp_path: Path) -> None:
    from PIL import Image

    with Image.open(site / "samples" / "coffee.png") as image:
        image.save(tmp_path / "coffee.tiff")
    driver.open(model="tiny")
    report = driver.cut_out(tmp_path / "coffee.tiff")
    assert report["format"] == "TIFF"
    original = driver.page.locator("#original")
    expect(original).to_be_visible()
    assert original.evaluate("img => img.naturalWidth") == 600


def test_licence_notice_comes_before_any_download(driver: Driver, site: Path) -> None:
    driver.open(model="isnet")
    driver.choose(site / "samples" / "chelsea.png")
    dialog = driver.page.locator("#licence-dialog")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("licence of these weights is unclear")
    assert not [url for url in driver.requests if "/models/isnet" in url]
    driver.page.click("#licence-decline")
    expect(dialog).not_to_be_visible()
    assert not [url for url in driver.requests if "/models/isnet" in url]
    driver.open_settings()
    driver.page.select_option("#model", "isnet")
    driver.page.click("#licence-accept")
    driver.wait_for("ready", "done")
    assert [url for url in driver.requests if "/models/isnet" in url]
