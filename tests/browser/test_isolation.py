"""Threads on a server that sends no isolation headers: from the second visit on, by the service worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, Page, Response

from tests.browser.driver import Driver, with_worker
from tools.bundle import served
from tools.serve import Fault, serving

pytestmark = pytest.mark.browser_context_args(service_workers="allow")

ISOLATION = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "cross-origin",
}


@pytest.fixture(params=["/", "/some/where/else/"])
def plain_url(request: pytest.FixtureRequest, site: Path) -> Iterator[str]:
    with serving(site, plain=True, base=request.param) as url:
        yield url


def visit(driver: Driver, site: Path) -> dict[str, Any]:
    """Open the page anew, cut out a photo and return the page's account of its device."""
    driver.open(model="tiny")
    device: dict[str, Any] = driver.cut_out(site / "samples" / "chelsea.png")["device"]
    return device


def registrations(page: Page) -> list[str]:
    """Scopes of the service workers that this origin has."""
    scopes: list[str] = page.evaluate(
        "navigator.serviceWorker.getRegistrations().then((all) => all.map(({ scope }) => scope))"
    )
    return scopes


def is_ready(page: Page) -> None:
    """Wait until the service worker can take the next visit."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def test_threads_come_with_the_second_visit(page: Page, site: Path, plain_url: str) -> None:
    driver = Driver(page, plain_url)
    opened = list[str]()
    page.on("framenavigated", lambda frame: opened.append(frame.url))
    first = visit(driver, site)
    assert first["threads"] == 1
    assert "next visit" in first["reason"]
    is_ready(page)
    assert registrations(page) == [plain_url]
    loaded = [address for address in opened if "#" not in address]  # a view's name is no new page
    assert len(loaded) == 1  # nothing was reloaded under the reader

    answers = list[Response]()
    page.context.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - no builtins here
    second = visit(driver, site)
    assert page.evaluate("crossOriginIsolated")
    assert second["threads"] == min(page.evaluate("navigator.hardwareConcurrency"), 16)
    assert "next visit" not in second["reason"]
    check_that_only_pages_and_workers_are_made_anew(answers, plain_url, site)
    driver.assert_clean()


def check_that_only_pages_and_workers_are_made_anew(answers: list[Response], url: str, site: Path) -> None:
    """The server sent none of these headers; what has them was made anew by the service worker."""
    isolated = [a for a in answers if a.all_headers().items() >= ISOLATION.items()]
    names = {urlsplit(answer.url).path.removeprefix(urlsplit(url).path) for answer in isolated}
    # ONNX Runtime starts its threads, which are workers, from the script that it was loaded from.
    threads = {name for name in names if name.startswith("runtime/ort/ort-wasm") and name.endswith(".js")}
    assert names - threads == {"", *(served(site, f"worker/{name}.js") for name in ("worker", "png-strip"))}
    wasm = [answer for answer in answers if ".wasm" in answer.url]
    assert wasm
    assert not [answer.url for answer in wasm if answer in isolated], (
        "it would not be compiled ahead any more"
    )


def test_a_worker_made_anew_on_the_first_visit_still_works(page: Page, site: Path) -> None:
    """The service worker is there by then and serves its script; the page is not isolated."""
    with serving(site, plain=True) as url:
        Driver(page, url).open(model="tiny")
        is_ready(page)
        ready = page.evaluate(
            with_worker("""() => new Promise((resolve, reject) => {
            const worker = new Worker("worker/worker.js", { type: "module" });
            worker.onmessage = ({ data }) => { if (data.type !== "progress") resolve(data); };
            worker.onerror = () => reject(new Error("did not start"));
            worker.postMessage({ id: 1, type: "start", model: "tiny", device: "wasm" });
        })""")
        )
    assert ready["type"] == "result"
    assert ready["value"]["device"]["threads"] == 1


def test_a_server_that_isolates_gives_threads_at_once(driver: Driver, site: Path) -> None:
    device = visit(driver, site)
    assert device["threads"] > 1
    assert "next visit" not in device["reason"]


def test_one_that_is_left_over_does_no_harm(page: Page, site: Path) -> None:
    """The server sends headers from the second visit on; the browser still has scripts from the first."""
    with serving(site, plain=True) as url:
        visit(Driver(page, url), site)
        is_ready(page)
    with serving(site, port=int(urlsplit(url).port or 0)) as url:
        driver = Driver(page, url)
        assert visit(driver, site)["threads"] > 1
        missing = page.goto(f"{url}nothing.html")
        assert missing is not None
        assert missing.from_service_worker
        assert missing.all_headers()["content-security-policy"]  # the server's own answer
        driver.assert_clean()


def test_nothing_is_promised_where_the_service_worker_does_not_load(page: Page, site: Path) -> None:
    with serving(site, plain=True, faults=lambda path: Fault(404) if path == "sw.js" else None) as url:
        device = visit(Driver(page, url), site)
    assert device["threads"] == 1
    assert "next visit" not in device["reason"]


def test_failures_stay_what_they_are(page: Page, site: Path) -> None:
    with serving(site, plain=True) as url:
        driver = Driver(page, url)
        driver.open(model="tiny")
        is_ready(page)
        driver.open(model="tiny")  # from now on the service worker is in between
        missing = page.goto(f"{url}nothing.html")
        assert missing is not None
        assert (missing.status, missing.from_service_worker) == (404, True)
        redirected = page.goto(f"{url}page")
        assert redirected is not None
        assert redirected.url == f"{url}page/"
    with pytest.raises(Error, match="net::ERR"):
        page.goto(f"{url}nothing.html")
