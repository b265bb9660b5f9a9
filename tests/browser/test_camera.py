"""The live camera, with Chromium's fake one: preview, backgrounds, snapshot, and what can go wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from tests.browser.driver import SECOND, Driver, pixels

FAKE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]

# Counts cameras that are open, and keeps them for tests that unplug them.
WATCH = """{
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  globalThis.tracks = [];
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await ask(wish);
    globalThis.tracks.push(...stream.getTracks());
    return stream;
  };
}"""
OPEN = "tracks.filter((track) => track.readyState === 'live').length"

# Share of the pixels that are seen through, and the mean of their red. The tests' network is unsure of the
# fake camera's green, which is half opaque therefore.
SEEN = """() => {
  const canvas = document.querySelector(".camera-picture");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let [through, red] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] < 250) through += 1;
    red += data[at];
  }
  return { through: through / (data.length / 4), red: red / (data.length / 4) };
}"""


@pytest.fixture(scope="module")
def filming(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """A browser with a camera."""
    flags = [*browser_type_launch_args["args"], *FAKE]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": flags})
    yield browser
    browser.close()


@pytest.fixture
def camera(filming: Browser, site_url: str) -> Iterator[Driver]:
    """The camera's view, not started."""
    context = filming.new_context(service_workers="block", viewport={"width": 1000, "height": 900})
    driver = Driver(context.new_page(), site_url)
    driver.page.add_init_script(WATCH)
    driver.page.goto(f"{site_url}?model=tiny&device=wasm#camera")
    yield driver
    driver.assert_clean()
    context.close()


def until(page: Page, holds: Callable[[dict[str, float]], bool], *, seconds: float = 60) -> None:
    """Wait until the preview looks like this. The page's policy keeps Playwright from asking by itself."""
    for _ in range(int(seconds * 5)):
        if holds(page.evaluate(SEEN)):
            return
        page.wait_for_timeout(200)
    pytest.fail(f"{seconds} s did not bring it: {page.evaluate(SEEN)}")


def start(driver: Driver) -> None:
    """Wait for the first mask: a camera that is allowed already starts by itself."""
    expect(driver.page.locator("#camera-view")).to_have_attribute("data-camera", "on", timeout=20 * SECOND)
    until(driver.page, lambda seen: seen["through"] > 0.02)


def test_the_background_goes_and_others_come(camera: Driver) -> None:
    page = camera.page
    start(camera)
    rates = page.locator(".camera-rates")
    expect(rates).to_have_attribute("data-masks", re.compile("[1-9]"), timeout=30 * SECOND)
    assert int(rates.get_attribute("data-pictures") or 0) > 0
    before = page.evaluate(SEEN)["red"]
    page.check("#camera-view [value=colour]", force=True)
    page.fill("#camera-colour", "#ff0000")
    until(page, lambda seen: seen["through"] == 0 and seen["red"] > before + 30)
    page.check("#camera-view [value=blur]", force=True)
    until(page, lambda seen: seen["through"] == 0 and seen["red"] < before + 30)
    mirrored = page.locator(".camera-picture.mirrored")
    expect(mirrored).to_have_count(1)
    page.uncheck("#camera-mirror")
    expect(mirrored).to_have_count(0)


def test_a_snapshot_is_cut_out_at_the_cameras_size_and_the_camera_is_closed(
    camera: Driver, tmp_path: Path
) -> None:
    page = camera.page
    start(camera)
    size = page.evaluate(
        "(({ videoWidth, videoHeight }) => [videoWidth, videoHeight])(document.querySelector('video'))"
    )
    page.get_by_role("button", name="Take a cutout").click()
    report = camera.finish()
    assert [report["width"], report["height"]] == size
    assert pixels(camera.download(tmp_path)).shape == (size[1], size[0], 4)
    assert page.evaluate(OPEN) == 0, "the camera is still open"
    page.click('nav [data-go="camera"]')
    expect(page.locator("#camera-view")).to_have_attribute(
        "data-camera", "on"
    )  # what was allowed is not asked again
    page.locator(".camera-controls").get_by_role("button", name="Stop").click()
    assert page.evaluate(OPEN) == 0


def test_a_model_with_a_notice_is_asked_for_first(filming: Browser, site_url: str, site: Path) -> None:
    """Where a site offers no other."""
    only = json.loads((site / "site.json").read_text("utf-8"))
    only["models"] = [model for model in only["models"] if model["id"] == "isnet"]
    with filming.new_context(service_workers="block") as context:
        context.route("**/site.json", lambda route: route.fulfill(json=only))
        driver = Driver(context.new_page(), site_url)
        driver.page.goto(f"{site_url}?model=isnet&device=wasm#camera")
        expect(driver.page.locator("#licence-dialog")).to_be_visible(timeout=20 * SECOND)
        driver.page.click("#licence-decline")
        expect(driver.page.locator("#camera-view")).to_have_attribute("data-camera", "off")
        expect(driver.page.locator(".camera-error")).to_be_visible()
        assert not [url for url in driver.requests if "/models/" in url]


def test_a_camera_that_is_unplugged_is_said(camera: Driver) -> None:
    start(camera)
    camera.page.evaluate(
        "tracks.forEach((track) => { track.stop(); track.dispatchEvent(new Event('ended')); })"
    )
    expect(camera.page.locator(".camera-error")).to_contain_text("The camera stopped.")
    camera.page.locator("#camera-view .camera-start button").click()
    start(camera)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ("NotAllowedError", "not allowed"),
        ("NotFoundError", "No camera was found"),
        ("NotReadableError", "be used now"),
    ],
)
def test_a_camera_that_does_not_come_is_explained(driver: Driver, refusal: str, words: str) -> None:
    page = driver.page
    page.add_init_script(
        f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('no', '{refusal}'); }};"
    )
    page.goto(f"{driver.url}?model=tiny&device=wasm#camera")
    page.locator("#camera-view .camera-start button").click()
    trouble = page.locator(".camera-error")
    expect(trouble).to_contain_text(words)
    expect(trouble.locator("p").nth(1)).not_to_be_empty()
    expect(page.locator("#camera-view .camera-start button")).to_be_enabled()
