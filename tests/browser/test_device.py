"""A GPU that can't be trusted: lost, wrong, out of memory, too small. The photo is finished all the same.

Faults are put into the worker before its own code runs, at the border to the browser: real devices are really
destroyed, and memory read back is really overwritten.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser import native
from tests.browser.driver import Driver, change, pixels, prepend, rewrite

MODEL = "half"

# Counts read-backs, of which each run of the network has one; the first is the self-check's.
COUNTING = """
let readBacks = 0;
const { mapAsync, getMappedRange } = GPUBuffer.prototype;
const { requestDevice } = GPUAdapter.prototype;
const devices = [];
GPUAdapter.prototype.requestDevice = async function (...options) {
  const device = await requestDevice.apply(this, options);
  devices.push(device);
  return device;
};
const isReadBack = (buffer) => Boolean(buffer.usage & GPUBufferUsage.MAP_READ);
"""


def destroying(*runs: int) -> str:
    """Destroy the device while it works on these runs."""
    return (
        COUNTING
        + f"""
    GPUBuffer.prototype.mapAsync = function (...range) {{
      if (isReadBack(this) && {list(runs)}.includes(++readBacks)) devices.at(-1).destroy();
      return mapAsync.apply(this, range);
    }};
    """
    )


def giving(levels: str, *, from_run: int = 1, to_run: int = 99) -> str:
    """Overwrite what comes back from the GPU in these runs."""
    return (
        COUNTING
        + f"""
    GPUBuffer.prototype.getMappedRange = function (...range) {{
      const memory = getMappedRange.apply(this, range);
      if (isReadBack(this) && ++readBacks >= {from_run} && readBacks <= {to_run}) {{
        const bytes = new Uint8Array(memory);
        bytes.forEach((_, i) => {{ bytes[i] = {levels}; }});
      }}
      return memory;
    }};
    """
    )


def reporting(error: str, *runs: int) -> str:
    """Let the device report an error that belongs to no call."""
    return (
        COUNTING
        + f"""
    GPUBuffer.prototype.mapAsync = function (...range) {{
      if (isReadBack(this) && {list(runs)}.includes(++readBacks)) {{
        const event = new GPUUncapturedErrorEvent("uncapturederror", {{ error: new {error} }});
        devices.at(-1).dispatchEvent(event);
      }}
      return mapAsync.apply(this, range);
    }};
    """
    )


def cut_out(driver: Driver, site: Path, tmp_path: Path, fault: str) -> dict[str, object]:
    """Cut out a photo on the GPU with a fault, hold the cutout against CPython's, return the report."""
    photo = site / "samples" / "chelsea.png"
    prepend(driver.page, "**/worker/device.js", f"{{ {fault} }}")  # a scope of its own
    driver.open(model=MODEL, device="webgpu")
    report = driver.cut_out(photo, seconds=180)
    made = pixels(driver.download(tmp_path))
    truth = native.cut_out(site, MODEL, photo, tmp_path)
    assert np.abs(made[..., 3] - truth[..., 3]).max() <= 1
    return report


def remarks(report: dict[str, object]) -> str:
    found = report["remarks"]
    assert isinstance(found, list)
    return " ".join(remark["text"] for remark in found)


def test_a_sound_gpu_is_used_with_replayed_commands_and_without_remarks(
    driver: Driver, site: Path, tmp_path: Path
) -> None:
    report = cut_out(driver, site, tmp_path, "")
    assert report["device"]["provider"] == "webgpu"  # type: ignore[index]
    assert report["remarks"] == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (destroying(2), "lost"),
        (reporting('GPUOutOfMemoryError("out of memory")', 2), "out of memory"),
        (reporting('GPUValidationError("bad bind group")', 2), "bad bind group"),
    ],
    ids=["lost", "out-of-memory", "validation"],
)
def test_a_gpu_that_fails_once_at_a_photo_is_started_again_and_the_photo_finished(
    driver: Driver, site: Path, tmp_path: Path, fault: str, words: str
) -> None:
    report = cut_out(driver, site, tmp_path, fault)
    assert report["device"]["provider"] == "webgpu"  # type: ignore[index]
    assert "started again" in remarks(report)
    assert words in remarks(report)
    expect(driver.page.locator("#remarks")).to_contain_text("started again")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (destroying(2, 4), "lost"),
        (destroying(1, 2), "lost"),
        (giving("0"), "wrong"),
        (giving("255"), "wrong"),
        (giving("i * 7919 % 251"), "wrong"),
        (giving("0", from_run=2), "wrong"),
    ],
    ids=["lost-twice", "lost-at-check", "zeros", "flat", "noise", "zeros-after-the-check"],
)
def test_a_gpu_that_goes_on_failing_gives_way_to_the_cpu_which_finishes_the_photo(
    driver: Driver, site: Path, tmp_path: Path, fault: str, words: str
) -> None:
    report = cut_out(driver, site, tmp_path, fault)
    device = report["device"]
    assert isinstance(device, dict)
    assert device["provider"] == "wasm"
    assert words in device["reason"]
    assert "the CPU does its work" in remarks(report)
    expect(driver.page.locator("#device-reason")).to_contain_text("failed")
    # The choice stays the user's: what the page remembers and sends next time is the GPU.
    expect(driver.page.locator("#device")).to_have_value("webgpu")


def test_the_next_photo_after_a_lost_device_works(driver: Driver, site: Path, tmp_path: Path) -> None:
    cut_out(driver, site, tmp_path, destroying(2))
    report = driver.cut_out(site / "samples" / "coffee.png")
    driver.page.locator('#download[download="coffee-cutout.png"]').wait_for()
    report = driver.finish()
    assert report["device"]["provider"] == "webgpu"


def test_a_photo_without_subject_is_not_taken_for_a_fault(driver: Driver, site: Path, tmp_path: Path) -> None:
    """One flat map after a sound self-check: checked once more, and believed."""
    prepend(driver.page, "**/worker/device.js", f"{{ {giving('0', from_run=2, to_run=2)} }}")
    driver.open(model=MODEL, device="webgpu")
    report = driver.cut_out(site / "samples" / "chelsea.png")
    assert report["device"]["provider"] == "webgpu"
    assert "empty-mask" in report["notes"]


def test_an_adapter_with_too_small_buffers_is_not_asked_for_large_ones(driver: Driver, site: Path) -> None:
    small = """
    Object.defineProperty(GPUSupportedLimits.prototype, "maxStorageBufferBindingSize", { get: () => 1000 });
    """
    prepend(driver.page, "**/worker/device.js", small)
    driver.open(model=MODEL, device="webgpu")
    driver.choose(site / "samples" / "chelsea.png")
    error = driver.fail_with()
    assert error["code"] == "webgpu-unavailable"
    assert "buffers" in error["message"]
    driver.page.click("#retry-cpu")
    assert driver.finish()["device"]["provider"] == "wasm"


def test_without_replay_commands_are_issued_anew_and_the_page_says_so(
    driver: Driver, site: Path, tmp_path: Path
) -> None:
    refusing = """
    const refuse = (options) => {
      if (options?.enableGraphCapture) throw new Error("This session cannot use the graph capture feature");
    };
    """
    create = "return await factory.create(graph, { ...options, enableGraphCapture: true });"

    def changed(source: str) -> str:
        assert create in source
        return refusing + source.replace(create, "refuse({ enableGraphCapture: true });")

    change(driver.page, "**/worker/ort.js", changed)
    report = cut_out(driver, site, tmp_path, "")
    assert report["device"]["provider"] == "webgpu"  # type: ignore[index]
    assert "issued anew" in remarks(report)


def test_an_output_buffer_that_onnx_runtime_does_not_know_again_is_no_failure(
    driver: Driver, site: Path, tmp_path: Path
) -> None:
    """What ONNX Runtime Web 1.30 does now and then in replayed runs, on a real GPU."""
    run = "await this.#session.run(this.#feeds, this.#fetches)"
    stumbling = (
        "await this.#session.run(this.#feeds, this.#fetches).then(() => "
        "{ throw new TypeError('Cannot set properties of undefined (setting Symbol(gpuBufferMetadata))'); })"
    )

    rewrite(driver.page, "**/worker/ort.js", run, stumbling)
    report = cut_out(driver, site, tmp_path, "")
    assert report["device"]["provider"] == "webgpu"  # type: ignore[index]
    assert report["remarks"] == []
