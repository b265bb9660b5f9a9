"""The main job on the built site: a real photo in, a cutout out, the same pixels as under CPython."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser import native
from tests.browser.driver import Driver, pixels, with_worker


def assert_same_cutout(site: Path, model: str, photo: Path, made: Path, tmp_path: Path) -> None:
    """The same to within what a level more or less of the network's map does: two arithmetics round apart.

    Where that decides whether a pixel is soft, alpha is up to an eighth of the fitted one apart; see `Guide`.
    """
    ours, theirs = pixels(made), native.cut_out(site, model, photo, tmp_path)
    assert ours.shape == theirs.shape
    on_black = [np.dstack([p[..., :3] * (p[..., 3:] / 255), p[..., 3]]) for p in (ours, theirs)]
    apart = np.abs(on_black[0] - on_black[1])
    assert apart.max() <= 32
    assert apart.mean() < 0.05
    opaque = (ours[..., 3] == 255) & (theirs[..., 3] == 255)
    assert np.array_equal(ours[opaque], theirs[opaque])
    assert (ours[..., 3] > 0).any()
    assert not ours[ours[..., 3] == 0].any()


def test_wasm_cuts_out_a_sample_as_cpython_does(driver: Driver, site: Path, tmp_path: Path) -> None:
    photo = site / "samples" / "chelsea.png"
    driver.open(model="u2netp", device="wasm")
    report = driver.cut_out(photo)
    made = driver.download(tmp_path)
    assert made.name == "chelsea-cutout.png"
    assert report["device"]["provider"] == "wasm"
    assert report["device"]["threads"] >= 1
    assert (report["width"], report["height"]) == (451, 300)
    assert_same_cutout(site, "u2netp", photo, made, tmp_path)
    expect(driver.page.locator("#cutout")).to_be_visible()
    expect(driver.page.locator("#original")).to_be_visible()


def test_webgpu_cuts_out_a_sample_as_cpython_does(driver: Driver, site: Path, tmp_path: Path) -> None:
    photo = site / "samples" / "coffee.png"
    driver.open(model="u2netp-64", device="webgpu")
    report = driver.cut_out(photo, seconds=300)
    device = report["device"]
    assert device["provider"] == "webgpu"
    assert device["software"]
    assert "swiftshader" in device["adapter"].lower()
    assert device["adapter"] in (driver.page.locator("#device-report").text_content() or "")
    assert_same_cutout(site, "u2netp-64", photo, driver.download(tmp_path), tmp_path)


def test_fp16_weights_run_in_fp32_arithmetic_where_the_adapter_lacks_f16(
    driver: Driver, site: Path, tmp_path: Path
) -> None:
    photo = site / "samples" / "astronaut.png"
    driver.open(model="half", device="webgpu")
    report = driver.cut_out(photo, seconds=300)
    assert report["device"]["provider"] == "webgpu"
    assert report["device"]["precision"] == "float32"
    assert_same_cutout(site, "half", photo, driver.download(tmp_path), tmp_path)


def test_auto_prefers_the_cpu_to_a_software_adapter_and_says_why(driver: Driver, site: Path) -> None:
    driver.open(model="tiny", device="auto")
    report = driver.cut_out(site / "samples" / "chelsea.png")
    assert report["device"]["provider"] == "wasm"
    assert "software" in report["device"]["reason"]
    assert "software" in (driver.page.locator("#device-reason").text_content() or "")


def test_a_third_model_is_one_toml_file(driver: Driver, site: Path, tmp_path: Path) -> None:
    photo = site / "samples" / "astronaut.png"
    driver.open(model="tiny", device="wasm")
    driver.cut_out(photo)
    assert_same_cutout(site, "tiny", photo, driver.download(tmp_path), tmp_path)


def test_second_photo_needs_no_reload_and_no_second_download(driver: Driver, site: Path) -> None:
    driver.open(model="u2netp", device="wasm")
    driver.cut_out(site / "samples" / "chelsea.png")
    before = len(driver.requests)
    driver.choose(site / "samples" / "coffee.png")
    driver.page.locator('#download[download="coffee-cutout.png"]').wait_for()
    report = driver.finish()
    assert (report["width"], report["height"]) == (600, 400)
    later = [url for url in driver.requests[before:] if not url.startswith(("blob:", "data:"))]
    assert later == []


@pytest.mark.parametrize("provider", ["wasm", "webgpu"])
def test_fifty_photos_leave_nothing_behind(driver: Driver, site: Path, provider: str) -> None:
    """The WASM heaps, the proxies and the GPU buffers stop growing."""
    driver.open(model="tiny", device="wasm")
    driver.wait_for("ready", "done")
    counts = driver.page.evaluate(
        with_worker("""async ({ photo, device }) => {
          const worker = new Worker("worker/worker.js?stats", { type: "module" });
          const call = (request) => new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => {
              if (data.type === "result") resolve(data.value);
              if (data.type === "error") reject(new Error(JSON.stringify(data.error)));
            };
            worker.postMessage(request);
          });
          const blob = await (await fetch(photo)).blob();
          const counts = [];
          for (let id = 1; id <= 50; id += 1) {
            await call({ id, type: "remove", photo: blob, model: "tiny", device });
            counts.push(await call({ id: 1000 + id, type: "stats" }));
          }
          worker.terminate();
          return counts;
        }"""),
        {"photo": "samples/astronaut.png", "device": provider},
    )
    assert counts[0]["pythonHeapBytes"] > 0
    assert counts[0]["ortHeapBytes"] > 0
    if provider == "webgpu":
        assert counts[0]["gpuBuffers"] > 0
    for name in ("pythonHeapBytes", "ortHeapBytes", "proxies", "gpuBuffers", "gpuBytes"):
        later = [count[name] for count in counts[9:]]
        assert max(later) == later[0], f"{name} grew: {[count[name] for count in counts]}"


OVERLAP = """async ({ photo, model, device }) => {
  const worker = new Worker("worker/worker.js", { type: "module" });
  const blob = await (await fetch(photo)).blob();
  const seen = [];
  const results = await new Promise((resolve, reject) => {
    const found = [];
    worker.onmessage = ({ data }) => {
      if (data.type === "error") reject(new Error(JSON.stringify(data.error)));
      if (data.type === "progress" && data.loaded === 0) seen.push(`${data.id} ${data.stage}`);
      if (data.type !== "result" || data.id === 1) return;
      seen.push(`${data.id} done`);
      found.push(Array.from(new Uint8Array(data.value.data)));
      if (found.length === 3) resolve(found);
    };
    worker.postMessage({ id: 1, type: "start", model, device });
    for (const id of [2, 3, 4]) worker.postMessage({ id, type: "remove", photo: blob, model, device });
  });
  worker.terminate();
  return { seen, same: results.every((png) => png.join() === results[0].join()) };
}"""


@pytest.mark.parametrize(("provider", "overlaps"), [("webgpu", True), ("wasm", False)])
def test_the_next_photo_is_decoded_while_the_gpu_has_this_one(
    driver: Driver, provider: str, overlaps: bool
) -> None:
    driver.open(model="tiny", device="wasm")
    driver.wait_for("ready")
    found = driver.page.evaluate(
        with_worker(OVERLAP), {"photo": "samples/astronaut.png", "model": "half", "device": provider}
    )
    seen = found["seen"]
    assert found["same"]
    assert (seen.index("3 decode") < seen.index("2 done")) is overlaps
    # Never three at a time: each may need hundreds of megabytes.
    assert seen.index("4 decode") > seen.index("2 done")
