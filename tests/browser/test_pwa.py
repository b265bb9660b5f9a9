"""An app: installable, updated with consent only, given photos by other apps, telling what it keeps."""

from __future__ import annotations

import json
import os
import re
import shutil
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.driver import SECOND, Driver
from tests.browser.test_batch import photo
from tests.browser.test_offline import Server, is_offline_ready, server_of
from tests.noting import Noted
from tools.offline import HASH_LENGTH

pytestmark = pytest.mark.browser_context_args(service_workers="allow")

# What another app does that shares photos: a form is posted from nowhere near the page.
SHARE = """photos => {
  const form = Object.assign(document.createElement("form"), {
    method: "post", action: "share", enctype: "multipart/form-data",
  });
  const input = document.createElement("input");
  Object.assign(input, { type: "file", name: "photos", multiple: true });
  const files = new DataTransfer();
  for (const [name, type, bytes] of photos) {
    files.items.add(new File([new Uint8Array(bytes)], name, { type }));
  }
  input.files = files.files;
  form.append(input);
  document.body.append(form);
  form.submit();
}"""

# A browser that opens files with the app: its queue keeps them until the page asks.
LAUNCH = """Object.defineProperty(globalThis, "launchQueue", { value: {
  setConsumer(consumer) { globalThis.launch = consumer; },
} });"""


def share(page: Page, *photos: Path) -> None:
    sent = [[path.name, f"image/{path.suffix[1:]}", list(path.read_bytes())] for path in photos]
    page.evaluate(SHARE, sent)


def wait_for_job(driver: Driver) -> dict[str, Any]:
    """The cutout of a photo that nobody chose on the page."""
    driver.wait_for("done", "error")
    return driver.finish()


CHANGED = ("site.json", "messages/en.json", "runtime/pyodide/pyodide-lock.json")


@contextmanager
def updated(site: Path, tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """A server with the site, and the same site as another version: words differ, and a file of Python."""
    other = tmp_path / "other"
    shutil.copytree(site, other, copy_function=os.link)
    version = json.loads((site / "site.json").read_text("utf-8"))["version"]
    script = (site / "sw.js").read_text("utf-8").replace(version, "another-version")
    for name in CHANGED:
        text = (site / name).read_text("utf-8").replace(version, "another-version")
        content = f"{text.replace('Ready to work', 'Quite ready to work')}\n".encode()
        script, changes = re.subn(rf'\["{Path(name).name}","[^"]+",\d+\]', entry(name, content), script)
        assert changes == 1
        write_anew(other / name, content)
    write_anew(other / "sw.js", script.encode())
    with server_of(site) as server:
        yield server, other


def entry(name: str, content: bytes) -> str:
    """What the build stamps into sw.js for a file."""
    hashed = urlsafe_b64encode(sha256(content).digest()).decode()[:HASH_LENGTH]
    return json.dumps([Path(name).name, hashed, len(content)], separators=(",", ":"))


def write_anew(path: Path, content: bytes) -> None:
    path.unlink()  # what is linked stays as it is
    path.write_bytes(content)


def deploy(server: Server, other: Path, page: Page) -> None:
    """The server has another version from now on, and the browser looks."""
    server.stop()
    server.start(other)
    page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")


def test_a_new_version_is_used_when_it_was_agreed_to(page: Page, site: Path, tmp_path: Path) -> None:
    with updated(site, tmp_path) as (server, other):
        driver = Driver(page, server.url)
        driver.open(model="tiny")
        is_offline_ready(page)
        deploy(server, other, page)
        expect(page.locator("#update")).to_contain_text("new version", timeout=30 * SECOND)
        page.click("#update-later")
        expect(page.locator("#update")).to_have_count(0)
        # Declined: the page is still whole and of one version, also when it is opened anew.
        page.reload()
        is_offline_ready(page)
        assert driver.cut_out(site / "samples" / "chelsea.png")["width"] == 451
        # Under another page nothing is exchanged.
        second = page.context.new_page()
        second.goto(server.url)
        page.click("#update-now")
        expect(page.locator("#update")).to_contain_text("another tab")
        second.close()
        server.stop()  # all that the version before kept, this one has fetched before it asked
        with page.expect_navigation():
            page.click("#update-now")
        page.locator('html[data-offline="ready"]').wait_for(state="attached", timeout=60 * SECOND)
        expect(page.locator("#offline")).to_have_text("Quite ready to work offline.")
        assert driver.cut_out(site / "samples" / "chelsea.png")["width"] == 451
        expect(page.locator("#update")).to_have_count(0)
        driver.assert_clean()


def words_of(page: Page) -> str:
    """What stands beside the button."""
    return page.locator("#update [role=status]").inner_text()


NO_ROOM = """() => {
  FileSystemFileHandle.prototype.createWritable = async () => { throw new Error("There is no room."); };
}"""
STUCK = """() => {
  const createWritable = async () => new WritableStream({ write: () => new Promise(() => {}) });
  window.showSaveFilePicker = async () => ({ createWritable });
}"""


def assert_busy(page: Page) -> None:
    """The new version is refused, and stays on offer."""
    page.evaluate("document.querySelector('#update [role=status]').textContent = ''")
    page.click("#update-now")
    expect(page.locator("#update")).to_contain_text("Work is under way")


def test_a_new_version_never_breaks_a_running_job(
    page: Page, site: Path, tmp_path: Path, noted: Noted
) -> None:
    with updated(site, tmp_path) as (server, other):
        driver = Driver(page, server.url)
        driver.open(model="u2netp")
        is_offline_ready(page)
        deploy(server, other, page)
        page.locator("#update-now").wait_for(timeout=30 * SECOND)
        second = page.context.new_page()
        second.goto(server.url)
        is_offline_ready(second)
        driver.choose(site / "samples" / "chelsea.png")
        page.click("#update-now")
        expect(page.locator("#update")).to_contain_text("Work is under way")
        refused = words_of(page)
        second.click("#update-now")  # a tab without work does it no harm either
        expect(second.locator("#update")).to_contain_text("another tab")
        by_other = words_of(second)
        second.close()
        server.stop()  # whatever the job still needs is kept
        assert driver.finish()["width"] == 451
        # Nor does it end work that is kept nowhere, or files that are being written.
        page.evaluate(NO_ROOM)
        page.click("#tab-edges")
        page.locator(".panel:not([hidden])").get_by_label("Softness", exact=True).fill("1")
        assert_busy(page)
        page.keyboard.press("Control+z")
        page.click('nav [data-go="batch"]')
        page.set_input_files("#batch-files", [photo(tmp_path, n) for n in range(2)])
        expect(page.locator('.tile[data-state="done"]')).to_have_count(2, timeout=60 * SECOND)
        page.evaluate(STUCK)
        page.click("#batch-zip")
        expect(page.locator(".batch-report")).to_contain_text("0 of 2")
        assert_busy(page)
        versions = page.evaluate("caches.keys()")
        assert len(versions) == 1, "both versions lie in one cache, what they share but once"
    noted.row(
        "faults",
        fault="the site has a new version while work is under way",
        where="a photo, edits that are kept nowhere, a batch that is being saved",
        what_is_read=refused,
        what_is_offered="the same button, later",
        what_is_kept="the photo, with the server gone; the edits; the files that are written",
    )
    noted.row(
        "faults",
        fault="a second tab wants the new version while the first one works",
        where="a photo",
        what_is_read=by_other,
        what_is_offered="the same button, when it is the only tab",
        what_is_kept="the photo, with the server gone",
    )


def test_shared_photos_arrive(page: Page, site: Path, site_url: str) -> None:
    driver = Driver(page, site_url)
    driver.open(model="tiny")
    is_offline_ready(page)
    page.evaluate("localStorage.setItem('alphacut.model', 'tiny')")  # as if it had been chosen on the page
    page.context.set_offline(True)  # the server has no part in it
    share(page, site / "samples" / "chelsea.png")
    page.locator("#model:enabled").wait_for(state="attached")
    report = wait_for_job(driver)
    assert (report["width"], report["format"]) == (451, "PNG")
    assert "shared" not in page.url
    page.locator('#download[download="chelsea-cutout.png"]').wait_for()
    page.reload()  # given once
    driver.wait_for("ready")
    page.context.set_offline(False)
    driver.assert_clean()


def test_several_shared_photos_go_to_the_batch(page: Page, site: Path, site_url: str) -> None:
    driver = Driver(page, site_url)
    driver.open(model="tiny")
    is_offline_ready(page)
    share(page, site / "samples" / "chelsea.png", site / "samples" / "coffee.png")
    names = page.locator(".tile[data-state=done] .tile-name")
    expect(names).to_have_count(2, timeout=60 * SECOND)
    assert sorted(names.all_text_contents()) == ["chelsea.png", "coffee.png"]
    expect(page.locator("#main")).to_have_attribute("data-view", "batch")
    expect(page.locator("#note")).to_be_empty()
    driver.assert_clean()


def test_files_opened_with_the_app_arrive(page: Page, site: Path, site_url: str) -> None:
    page.add_init_script(LAUNCH)
    driver = Driver(page, site_url)
    driver.open(model="tiny")
    driver.wait_for("ready")
    photo = list((site / "samples" / "coffee.png").read_bytes())
    page.evaluate(
        """bytes => launch({ targetURL: location.href, files: [
             { getFile: async () => new File([new Uint8Array(bytes)], "coffee.png", { type: "image/png" }) },
           ] })""",
        photo,
    )
    assert wait_for_job(driver)["width"] == 600


def test_the_manifest_is_whole_and_its_icons_have_the_sizes_it_says(
    page: Page, site: Path, site_url: str
) -> None:
    page.goto(site_url)
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["errors"] == []
    assert found["url"] == f"{site_url}manifest.webmanifest"
    manifest = json.loads(found["data"])
    sizes = {(icon["sizes"], icon.get("purpose")) for icon in manifest["icons"]}
    assert {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
        ("192x192", "monochrome"),
    } <= sizes
    for icon in manifest["icons"][1:] + manifest.get("screenshots", []):
        with Image.open(site / icon["src"]) as image:
            assert f"{image.width}x{image.height}" == icon["sizes"]
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {error["errorId"] for error in errors} <= {"in-incognito"}  # as every context of a test is


def test_the_button_to_install_comes_when_the_browser_offers_it(page: Page, site_url: str) -> None:
    page.goto(site_url)
    page.click("#storage > summary")
    expect(page.locator("#install-now")).to_have_count(0)
    page.evaluate("""() => {
        const event = Object.assign(new Event("beforeinstallprompt", { cancelable: true }), {
          prompt: async () => { document.documentElement.dataset.asked = "yes"; },
        });
        dispatchEvent(event);
    }""")
    page.click("#install-now")
    expect(page.locator("html")).to_have_attribute("data-asked", "yes")


def test_each_part_that_is_kept_is_told_and_can_be_cleared(page: Page, site: Path, site_url: str) -> None:
    driver = Driver(page, site_url)
    driver.open(model="tiny")
    is_offline_ready(page)
    page.click("#storage > summary")
    kept = {row.get_attribute("data-kept") for row in page.locator("#kept-table tr").all()}
    assert {"shell", "python", "samples", "tiny"} <= kept
    python = sum(
        path.stat().st_size
        for path in (site / "runtime" / "pyodide").iterdir()
        if path.suffix != ".whl" and path.name != "python-late.tar"
    )
    expect(page.locator('[data-kept="python"] td').first).to_have_text(f"{python / 1e6:.1f} MB")
    page.click('[data-kept="python"] button')
    expect(page.locator('[data-kept="python"]')).to_have_count(0)
    expect(page.locator("html")).to_have_attribute("data-offline", "not-yet")
    expect(page.locator('[data-kept="shell"] button')).to_have_count(0)  # the page can't saw off its branch
    assert driver.cut_out(site / "samples" / "chelsea.png")["width"] == 451
    driver.assert_clean()
