"""Bad input, bad downloads, cancelling: a clear message with a stable code, and the page goes on working."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.driver import Driver, prepend, rewrite
from tests.browser.site import CHUNK_BYTES
from tests.noting import Noted
from tools.serve import Fault, serving


def png_header(width: int, height: int) -> bytes:
    """A PNG that announces a size and holds no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def truncated_jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((300, 300), 60).save(buffer, "JPEG")
    return buffer.getvalue()[: buffer.tell() // 2]


BAD_FILES = {
    "notes.png": (b"These are my notes, not a picture. " * 20, "not-an-image"),
    "empty.jpg": (b"", "empty-file"),
    "cut.jpg": (truncated_jpeg(), "truncated-image"),
    "bomb.png": (png_header(20_000, 10_000), "image-too-large"),
    "zero.png": (png_header(0, 100), "zero-size-image"),
    "photo.heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "unsupported-format"),
}


def test_every_bad_file_is_explained_and_the_next_photo_works(
    driver: Driver, site: Path, tmp_path: Path
) -> None:
    driver.open(model="tiny")
    driver.wait_for("ready")
    for name, (data, code) in BAD_FILES.items():
        (tmp_path / name).write_bytes(data)
        driver.choose(tmp_path / name)
        expect(driver.page.locator("#error-code")).to_have_text(code, timeout=20_000)
        error = driver.error()
        assert error["message"], name
        assert error["hint"], name
        if code in {"unsupported-format", "not-an-image"}:
            assert "JPEG, PNG, WebP" in error["hint"]
        driver.cut_out(site / "samples" / "chelsea.png")
        expect(driver.page.locator("#error")).to_be_hidden()


@contextmanager
def faulty(site: Path, page: Page, faults: dict[str, Fault]) -> Iterator[Driver]:
    """A page on a server that fails where a path contains a key; take the key out to heal it."""

    def fault_of(path: str) -> Fault | None:
        return next((fault for part, fault in faults.items() if part in path), None)

    with serving(site, faults=fault_of) as url:
        yield Driver(page, url)


@pytest.mark.parametrize(
    "trouble",
    [
        (Fault(body=b"\x00" * CHUNK_BYTES), "hash-mismatch", "other bytes"),
        (Fault(body=b"short"), "download-cut-off", "a short file"),
        (Fault(cut_after=400_000), "download-cut-off", "cut off"),
        (Fault(status=404), "download-failed", "404"),
        (Fault(status=503), "download-failed", "503"),
    ],
    ids=["wrong", "short", "cut-off", "missing", "overloaded"],
)
def test_a_bad_model_download_is_explained_and_can_be_tried_again(
    page: Page, site: Path, trouble: tuple[Fault, str, str], noted: Noted
) -> None:
    fault, code, name = trouble
    faults = {"weights-001.bin": fault}
    with faulty(site, page, faults) as driver:
        driver.open(model="u2netp-64")
        driver.choose(site / "samples" / "chelsea.png")
        error = driver.fail_with()
        assert error["code"] == code
        assert "model" in error["message"].lower()
        assert error["hint"]
        if code == "hash-mismatch":
            assert "expected sha256" in error["details"]
        faults.clear()
        offered = driver.page.locator("#retry").inner_text()
        driver.page.click("#retry")
        assert driver.finish()["width"] == 451, "the photo was lost"
    noted.row(
        "faults",
        fault=f"a part of the model, each time it is asked for: {name}",
        where="the first visit",
        what_is_read=f"{error['message']} ({code})",
        what_is_offered=offered,
        what_is_kept="the photo, and what of the model has come",
    )


@pytest.mark.parametrize("part", ["pyodide.asm.wasm", "python.tar", "simd-threaded.jspi.wasm"])
@pytest.mark.parametrize("fault", [Fault(status=404), Fault(cut_after=500)], ids=["missing", "cut-off"])
def test_a_bad_runtime_download_is_explained_and_can_be_tried_again(
    page: Page, site: Path, part: str, fault: Fault
) -> None:
    faults = {part: fault}
    with faulty(site, page, faults) as driver:
        driver.open(model="tiny")
        driver.choose(site / "samples" / "chelsea.png")
        error = driver.fail_with()
        assert error["code"] == ("download-failed" if fault.status else "download-cut-off")
        assert part in error["details"]
        assert error["hint"]
        faults.clear()
        driver.page.click("#retry")
        assert driver.finish()["width"] == 451, "the photo was lost"


def test_damaged_modules_of_python_are_found(page: Page, site: Path) -> None:
    faults = {"python.tar": Fault(body=bytes((site / "runtime" / "pyodide" / "python.tar").stat().st_size))}
    with faulty(site, page, faults) as driver:
        driver.open(model="tiny")
        driver.choose(site / "samples" / "chelsea.png")
        error = driver.fail_with()
        assert error["code"] == "hash-mismatch"
        assert "expected sha256" in error["details"]
        faults.clear()
        driver.page.click("#retry")
        assert driver.finish()["width"] == 451, "the photo was lost"


@pytest.mark.parametrize("part", ["ort.jspi.min.js", "simd-threaded.jspi.js", "pyodide.asm.js"])
def test_a_missing_script_of_the_runtime_is_explained_and_can_be_tried_again(
    page: Page, site: Path, part: str
) -> None:
    faults = {part: Fault(status=404)}
    with faulty(site, page, faults) as driver:
        driver.open(model="tiny")
        driver.choose(site / "samples" / "chelsea.png")
        assert driver.fail_with()["code"] in {"runtime-failed", "session-failed"}
        faults.clear()
        driver.page.click("#retry")
        assert driver.finish()["width"] == 451, "the photo was lost"


def test_cancel_while_the_model_downloads(page: Page, site: Path) -> None:
    faults = {"models/u2netp-": Fault(bytes_per_second=200_000)}
    with faulty(site, page, faults) as driver:
        driver.open(model="u2netp-64")
        driver.choose(site / "samples" / "chelsea.png")
        expect(driver.page.locator("#status")).to_contain_text("model", timeout=60_000)
        driver.page.click("#cancel")
        driver.wait_for("ready", seconds=2)
        faults.clear()
        assert driver.cut_out(site / "samples" / "coffee.png")["width"] == 600


def test_cancel_while_python_starts(page: Page, site: Path) -> None:
    faults = {"pyodide.asm.wasm": Fault(delay=3)}
    with faulty(site, page, faults) as driver:
        driver.open(model="tiny")
        driver.choose(site / "samples" / "chelsea.png")
        driver.wait_for("busy")
        driver.page.keyboard.press("Escape")
        driver.wait_for("ready", seconds=2)
        assert driver.cut_out(site / "samples" / "coffee.png")["width"] == 600


def test_cancel_during_inference(driver: Driver, site: Path) -> None:
    """WebAssembly inference hears nothing until it ends; the page is free at once all the same."""
    driver.open(model="isnet")
    driver.choose(site / "samples" / "chelsea.png")
    driver.page.click("#licence-accept")
    expect(driver.page.locator("#status")).to_contain_text("subject", timeout=120_000)
    driver.page.click("#cancel")
    driver.wait_for("ready", seconds=2)
    driver.set(model="tiny")
    assert driver.cut_out(site / "samples" / "coffee.png")["width"] == 600


def test_a_new_photo_replaces_the_one_in_work(driver: Driver, site: Path) -> None:
    driver.open(model="tiny")
    driver.choose(site / "samples" / "chelsea.png")
    driver.choose(site / "samples" / "coffee.png")
    driver.page.locator('#download[download="coffee-cutout.png"]').wait_for(timeout=60_000)
    assert driver.finish()["width"] == 600


def test_an_unknown_model_in_the_address_falls_back_and_says_so(driver: Driver, site: Path) -> None:
    driver.open(model="nothing")
    expect(driver.page.locator("#note")).to_contain_text("nothing")
    assert driver.cut_out(site / "samples" / "chelsea.png")["model"] == "u2netp"


def test_a_gpu_that_is_not_there_is_said_when_it_was_asked_for(page: Page, site_url: str, site: Path) -> None:
    driver = Driver(page, site_url)
    prepend(page, "**/worker/device.js", "delete WorkerNavigator.prototype.gpu;")
    driver.open(model="tiny", device="webgpu")
    driver.choose(site / "samples" / "chelsea.png")
    assert driver.fail_with()["code"] == "webgpu-unavailable"
    driver.set(device="auto")
    report = (
        driver.finish()
        if driver.wait_for("done", "ready") == "done"
        else driver.cut_out(site / "samples" / "chelsea.png")
    )
    assert report["device"]["provider"] == "wasm"
    assert "no WebGPU" in report["device"]["reason"]


def test_python_that_dies_is_said_and_replaced(page: Page, site: Path, site_url: str) -> None:
    """A trap in WebAssembly entered from the event loop reaches no promise of ours."""
    dying = 'pyodide.runPython("import alphacut.pipeline as p, os; p.read_photo = lambda *_: os.abort()");'
    rewrite(
        page, "**/worker/runtime.js", "this.#pyodide = pyodide;", f"this.#pyodide = pyodide; {dying}", times=1
    )
    driver = Driver(page, site_url)
    driver.open(model="tiny")
    driver.choose(site / "samples" / "chelsea.png")
    assert driver.fail_with()["code"] == "runtime-failed"
    page.click("#retry")
    assert driver.finish()["width"] == 451, "the photo was lost"


def test_a_stalled_download_is_given_up(page: Page, site: Path, noted: Noted) -> None:
    rewrite(page, "**/worker/assets.js", "STALL_MS = 30_000", "STALL_MS = 1_500")
    faults = {"pyodide.asm.wasm": Fault(delay=60)}
    with faulty(site, page, faults) as driver:
        driver.open(model="tiny")
        driver.choose(site / "samples" / "chelsea.png")
        error = driver.fail_with(seconds=20)
        assert error["code"] in {"download-failed", "download-cut-off"}
        faults.clear()
        offered = driver.page.locator("#retry").inner_text()
        driver.page.click("#retry")
        assert driver.finish()["width"] == 451
    noted.row(
        "faults",
        fault="a download from which nothing comes for 30 s",
        where="Python",
        what_is_read=f"{error['message']} ({error['code']})",
        what_is_offered=offered,
        what_is_kept="the photo",
    )


def wait_for_workers(page: Page) -> None:
    """A worker that starts hears nothing for longer than a second where other processes have the cores."""
    rewrite(page, "**/client/worker-client.js", "GRACE_MS = 1000", "GRACE_MS = 60_000")


def test_a_photo_replaced_while_python_starts_costs_no_second_start(page: Page, site: Path) -> None:
    wait_for_workers(page)
    faults = {"pyodide.asm.wasm": Fault(delay=2.5)}
    with faulty(site, page, faults) as driver:
        driver.open(model="tiny")
        driver.choose(site / "samples" / "chelsea.png")
        driver.page.wait_for_timeout(300)
        driver.choose(site / "samples" / "coffee.png")
        driver.page.locator('#download[download="coffee-cutout.png"]').wait_for(timeout=60_000)
        assert len([url for url in driver.requests if "pyodide.asm.wasm" in url]) == 1
        assert len([worker for worker in driver.page.workers if "worker/worker" in worker.url]) == 1


def test_cancelling_the_model_leaves_python_alone(page: Page, site: Path) -> None:
    wait_for_workers(page)
    faults = {"weights-": Fault(bytes_per_second=100_000), "pyodide.asm.wasm": Fault(delay=2)}
    with faulty(site, page, faults) as driver:
        driver.open(model="u2netp-64")
        driver.choose(site / "samples" / "chelsea.png")
        driver.page.wait_for_timeout(600)
        driver.page.click("#cancel")
        faults.clear()
        driver.page.click("#again")
        assert driver.finish()["width"] == 451
        assert len([url for url in driver.requests if "python.tar" in url]) == 1


def test_cancel_keeps_the_photo(driver: Driver, site: Path) -> None:
    driver.open(model="u2netp")
    driver.choose(site / "samples" / "chelsea.png")
    driver.page.keyboard.press("Escape")
    driver.wait_for("ready")
    expect(driver.page.locator("#original")).to_be_visible()
    driver.page.click("#again")
    assert driver.finish()["width"] == 451


def test_declining_the_only_model_downloads_nothing(page: Page, site: Path) -> None:
    """Where a site offers nothing but a model with a notice, declining it ends the matter."""
    only = json.loads((site / "site.json").read_text("utf-8"))
    only["models"] = [model for model in only["models"] if model["id"] == "isnet"]
    page.route(
        "**/site.json", lambda route: route.fulfill(body=json.dumps(only), content_type="application/json")
    )
    with serving(site) as url:
        driver = Driver(page, url)
        driver.open(model="isnet")
        driver.choose(site / "samples" / "chelsea.png")
        driver.page.click("#licence-decline")
        driver.wait_for("ready")
        driver.page.wait_for_timeout(500)
        assert not [request for request in driver.requests if "/models/" in request]


def test_a_switch_of_model_that_fails_leaves_the_one_before(page: Page, site: Path) -> None:
    faults: dict[str, Fault] = {}
    with faulty(site, page, faults) as driver:
        driver.open(model="tiny")
        driver.cut_out(site / "samples" / "chelsea.png")
        faults["models/"] = Fault(status=503)
        driver.set(model="half")
        assert driver.fail_with()["code"] == "download-failed"
        driver.set(model="tiny")
        driver.wait_for("ready", "done")
        assert driver.cut_out(site / "samples" / "coffee.png")["width"] == 600


@pytest.mark.parametrize("part", ["page/main-", "page/chunk-"])
def test_a_page_whose_script_does_not_load_says_so(page: Page, site: Path, part: str) -> None:
    with faulty(site, page, {part: Fault(status=503)}) as driver:
        driver.page.goto(driver.url)
        expect(driver.page.locator("#status")).to_contain_text("did not load", timeout=10_000)


def test_an_editor_that_does_not_load_is_asked_for_again(page: Page, site: Path) -> None:
    """It is a part of its own, which comes after the page stands."""
    faults: dict[str, Fault] = {"page/editor-": Fault(status=503)}
    with faulty(site, page, faults) as driver:
        driver.open(model="tiny")
        driver.choose(site / "samples" / "chelsea.png")
        assert driver.fail_with()["code"] == "download-failed"
        faults.clear()
        driver.page.click("#retry")
        assert driver.finish()["width"] == 451
