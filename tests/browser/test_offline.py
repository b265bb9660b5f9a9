"""After one visit the page needs no network: server stopped or browser offline, under any path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driver import SECOND, Driver
from tests.browser.faults import told
from tests.noting import Noted
from tools.bundle import served
from tools.serve import serving

pytestmark = pytest.mark.browser_context_args(service_workers="allow")

ALL_KEYS = """async () => {
  const keys = [];
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) keys.push(url);
  }
  return keys;
}"""


class Server:
    """A server that can be stopped and started again at the same address."""

    def __init__(self, site: Path, *, plain: bool, base: str) -> None:
        self.site = site
        self.plain, self.base = plain, base
        self.url = ""
        self._stack = ExitStack()

    def start(self, site: Path | None = None) -> None:
        port = urlsplit(self.url).port or 0
        self.site = site or self.site
        self._stack = ExitStack()
        self.url = self._stack.enter_context(serving(self.site, plain=self.plain, base=self.base, port=port))

    def stop(self) -> None:
        self._stack.close()


@contextmanager
def server_of(site: Path, *, plain: bool = False, base: str = "/") -> Iterator[Server]:
    server = Server(site, plain=plain, base=base)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def is_offline_ready(page: Page) -> None:
    page.locator('html[data-offline="ready"]').wait_for(state="attached", timeout=60 * SECOND)
    expect(page.locator("#offline")).to_have_text("Ready to work offline.")


@pytest.mark.parametrize(("plain", "base"), [(False, "/"), (True, "/some/where/else/")])
def test_a_photo_is_cut_out_with_the_server_stopped(page: Page, site: Path, plain: bool, base: str) -> None:
    with server_of(site, plain=plain, base=base) as server:
        driver = Driver(page, server.url)
        driver.open(model="u2netp")
        is_offline_ready(page)
        server.stop()
        page.reload()
        first = driver.cut_out(site / "samples" / "chelsea.png")
        assert first["model"] == "u2netp"
        assert first["device"]["threads"] > 1, "from the second visit on the page is isolated"
        assert page.evaluate("crossOriginIsolated")
        is_offline_ready(page)  # looked at anew
        page.goto(f"{server.url}index.html?model=u2netp&device=wasm#batch")
        expect(page.locator("#batch-view")).to_be_attached()
        assert "/models/" not in " ".join(page.evaluate(ALL_KEYS)), "models are kept by the worker, once"
        driver.assert_clean()


def test_the_airplane_mode_of_the_browser(page: Page, site: Path, site_url: str) -> None:
    driver = Driver(page, site_url)
    driver.open(model="tiny")
    is_offline_ready(page)
    page.context.set_offline(True)
    page.reload()
    assert driver.cut_out(site / "samples" / "coffee.png")["width"] == 600
    driver.set(model="u2netp")
    assert driver.wait_for("error", "ready") == "error"
    assert driver.error()["code"] == "offline"  # that one was never used
    driver.set(model="tiny")
    driver.wait_for("ready", "done")
    assert driver.cut_out(site / "samples" / "chelsea.png")["width"] == 451
    page.context.set_offline(False)
    driver.assert_clean()


def test_readiness_is_said_only_while_it_is_true_and_mended(page: Page, site: Path, noted: Noted) -> None:
    with server_of(site) as server:
        driver = Driver(page, server.url)
        driver.open(model="tiny")
        is_offline_ready(page)
        # Deleted while the page runs: the page works on, and the next start brings it again.
        assert page.evaluate(
            "caches.keys().then((all) => Promise.all(all.map((name) => caches.delete(name))))"
        )
        assert driver.cut_out(site / "samples" / "chelsea.png")["width"] == 451
        read = told(page)
        page.reload()
        is_offline_ready(page)
        assert any("pyodide.asm.wasm" in key for key in page.evaluate(ALL_KEYS))
        page.click("#storage > summary")
        page.click('[data-kept="tiny"] button')
        expect(page.locator("html")).not_to_have_attribute("data-offline", "ready")
        expect(page.locator("#offline")).not_to_have_text("Ready to work offline.")
    noted.row(
        "faults",
        fault="Cache Storage is deleted while the page runs",
        where="before a photo",
        what_is_read=read,
        what_is_offered="nothing is needed: the network gives what is missing, the next visit keeps it again",
        what_is_kept="the photo",
    )


def test_where_there_is_no_room_the_page_says_so_and_works_online(page: Page, site: Path) -> None:
    with server_of(site) as server:
        devtools = page.context.new_cdp_session(page)
        origin = server.url.rstrip("/")
        devtools.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 3_000_000})
        driver = Driver(page, server.url)
        driver.open(model="tiny")
        assert driver.cut_out(site / "samples" / "chelsea.png")["width"] == 451
        page.locator('html[data-offline="full"]').wait_for(state="attached", timeout=30 * SECOND)
        expect(page.locator("#offline")).to_contain_text("no room")
        page.reload()
        assert driver.cut_out(site / "samples" / "chelsea.png")["width"] == 451
        devtools.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 200_000_000})
        page.reload()
        is_offline_ready(page)
        driver.assert_clean()


def test_each_file_is_kept_once_and_is_the_one_of_this_version(page: Page, site: Path, site_url: str) -> None:
    driver = Driver(page, site_url)
    driver.open(model="tiny")
    is_offline_ready(page)
    keys = [key.removeprefix(site_url).partition("?")[0] for key in page.evaluate(ALL_KEYS)]
    assert len(keys) == len(set(keys))
    described = json.loads((site / "site.json").read_text("utf-8"))
    assert {asset["path"] for asset in described["pyodide"]["assets"]} < set(keys)
    main = served(site, "page/main.js")
    assert {"", main, "sw.js"} & set(keys) == {"", main}
    assert not [key for key in keys if "asyncify" in key], "one build of ONNX Runtime is enough"
