"""The live camera, with Chromium's fake one: preview, backgrounds, snapshot, and what can go wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, Route, expect

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
    expect(driver.page.locator(".camera-words")).to_be_empty(timeout=60 * SECOND)
    until(driver.page, lambda seen: seen["through"] > 0.02)


def test_before_the_first_mask_only_the_background_is_seen(filming: Browser, site_url: str) -> None:
    """The room must not pass for a result while the model is still loading."""
    held: list[Route] = []
    with filming.new_context(service_workers="block") as context:
        context.route("**/models/**", lambda route: held.append(route), times=1)  # noqa: PLW0108 (Playwright marks it)
        driver = Driver(context.new_page(), site_url)
        page = driver.page
        page.goto(f"{site_url}?model=tiny&device=wasm#camera")
        expect(page.locator(".camera-rates")).to_have_attribute("data-pictures", re.compile("[1-9]"))
        expect(page.locator(".camera-rates")).to_have_text(re.compile(r"^\d+ pictures a second$"))
        expect(page.locator(".camera-words")).not_to_be_empty()
        assert page.evaluate(SEEN) == {"through": 1, "red": 0}
        page.check("#camera-view [value=colour]", force=True)
        page.fill("#camera-colour", "#ff0000")
        until(page, lambda seen: seen == {"through": 0, "red": 255})
        page.check("#camera-view [value=none]", force=True)
        held[0].continue_()
        start(driver)


SLOW = """
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...rest) {
  setTimeout(() => post.call(this, message, ...rest), message.type === "mask" ? 2500 : 0);
};
"""


def test_slow_masks_are_told_by_the_seconds_that_each_takes(filming: Browser, site_url: str) -> None:
    with filming.new_context(service_workers="block") as context:
        driver = Driver(context.new_page(), site_url)
        driver.page.add_init_script(SLOW)
        driver.page.goto(f"{site_url}?model=tiny&device=wasm#camera")
        start(driver)
        slow = re.compile(r"^\d+ pictures a second, a mask every ([2-9]|\d\d) s$")
        expect(driver.page.locator(".camera-rates")).to_have_text(slow, timeout=30 * SECOND)


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


STILL = """
const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
Object.assign(canvas, { width: 640, height: 480 });
const draw = () => {
  Object.assign(context, { fillStyle: "#283cc8" }).fillRect(0, 0, 640, 480);
  Object.assign(context, { fillStyle: "#e6281e" }).fillRect(60, 120, 200, 240);
  requestAnimationFrame(draw);
};
draw();
navigator.mediaDevices.getUserMedia = async () => canvas.captureStream();
"""


def test_a_snapshot_is_not_mirrored(filming: Browser, site_url: str, tmp_path: Path) -> None:
    """Though the preview is: what is red lies in the left half."""
    with filming.new_context(service_workers="block") as context:
        driver = Driver(context.new_page(), site_url)
        driver.page.add_init_script(STILL)
        driver.page.goto(f"{site_url}?model=tiny&device=wasm#camera")
        start(driver)
        expect(driver.page.locator(".camera-picture.mirrored")).to_have_count(1)
        driver.page.get_by_role("button", name="Take a cutout").click()
        driver.finish()
        columns = pixels(driver.download(tmp_path))[..., 3].sum(axis=0)
        assert columns[:320].sum() > 10 * columns[320:].sum()


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
