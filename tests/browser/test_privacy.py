"""Nothing leaves the browser: every request of every view and of whole jobs, online and offline; what is kept
of photos goes when it is cleared; files tell nothing that was not asked for.

One visitor with a camera, whose browser keeps the site for offline use, goes through all views in the order
of the tests. What counts as a breach is shown to be noticed first, here and by a page that commits them all.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserType, Page, expect

from tests.browser import bad_site, leftovers
from tests.browser.driver import SECOND, Driver
from tests.browser.editing import Editor, red_on_blue
from tests.browser.embedder import Host, hosting
from tests.browser.host import Api
from tests.browser.listening import (
    KINDS,
    Promise,
    Sight,
    Watch,
    breaches,
    overhearing,
    secrets_of,
)
from tests.browser.test_batch import NO_PICKERS, Batch, wait_until_kept
from tests.browser.test_camera import FAKE, start
from tests.browser.test_embed import embedding
from tests.browser.test_kept import wait_until_safe
from tests.browser.test_offline import is_offline_ready
from tests.browser.test_own_model import SIDE, add, pick, third
from tests.browser.test_pwa import share
from tests.helpers import Bytes8, pixels_of
from tests.noting import Noted
from tests.traces import ASKED, NAME, TOLD, beside_the_picture, jpeg, told_by
from tools.bundle import served

SITE = "http://127.0.0.1:1"
PROMISE = Promise(
    frozenset({SITE}), (NAME, "/9j/4AAQ"), frozenset({f"{SITE}/?model=tiny"}), frozenset({f"{SITE}/share"})
)
GOOD = Sight("server", "GET", f"{SITE}/index.html", headers={"Referer": SITE})


# ---- each breach is noticed ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sight", "kinds"),
    [
        (GOOD, set()),
        (replace(GOOD, url=f"{SITE}/?model=tiny"), set()),
        (replace(GOOD, url="blob:http://127.0.0.1:1/a-photo"), set()),
        (replace(GOOD, url="http://elsewhere.example/"), {"other origins"}),
        (replace(GOOD, url="http://127.0.0.1:2/"), {"other origins"}),
        (replace(GOOD, kind="ping"), {"beacons"}),
        (replace(GOOD, kind="cspviolationreport"), {"beacons"}),
        (replace(GOOD, headers={"Upgrade": "websocket"}), {"beacons"}),
        (replace(GOOD, headers={"Ping-To": SITE}), {"beacons"}),
        (replace(GOOD, method="PUT"), {"other methods"}),
        (replace(GOOD, body=1), {"bodies"}),
        (replace(GOOD, headers={"Cookie": "seen=1"}), {"cookies"}),
        (replace(GOOD, headers={"Referer": f"{SITE}/{NAME}"}), {"photo in an address"}),
        (replace(GOOD, url=f"{SITE}/{NAME}.jpg"), {"photo in an address"}),
        (replace(GOOD, url=f"{SITE}/?d=%2F9j%2F4AAQ"), {"photo in an address"}),
        (replace(GOOD, url=f"{SITE}/?page=2"), {"photo in an address"}),
        (replace(GOOD, url=f"{SITE}/{'a' * 300}"), {"photo in an address"}),
        (Sight("page", "POST", f"{SITE}/share", 9_000), set()),
        (Sight("server", "POST", f"{SITE}/share", 9_000), {"other methods", "bodies"}),
    ],
)
def test_each_breach_is_noticed(sight: Sight, kinds: set[str]) -> None:
    assert {kind for kind, found in breaches([sight], PROMISE).items() if found} == kinds


# ---- one visitor -----------------------------------------------------------------------------------


ARRIVED = {
    "online": "files of the site only",
    "offline": "sw.js at most, which the browser itself asks for",
}
"""What the server was asked for, as `Visit.note` checks it."""


def path_of(sight: Sight) -> str:
    """The path of what was asked for, without its origin."""
    return urlsplit(sight.url).path.removeprefix("/")


class Visit:
    """The visitor's tab, and what was overheard of it."""

    def __init__(self, watch: Watch, url: str, site: Path, folder: Path) -> None:
        self.watch, self.url, self.site, self.folder = watch, url, site, folder
        self.page = watch.context.new_page()
        self.page.add_init_script(NO_PICKERS)
        self.driver = Driver(self.page, url)
        self.photo = folder / f"{NAME}.jpg"
        self.photo.write_bytes(jpeg(_pixels(folder)))
        self.own = leftovers.own_files(site)
        self.addresses = {url, f"{url}?model=tiny&device=wasm", f"{url}?shared", f"{url}index.html?shared"}
        self.origins = {url.rstrip("/")}

    @property
    def promise(self) -> Promise:
        photo = self.photo.read_bytes()
        return Promise(
            frozenset(self.origins), secrets_of(NAME, photo), frozenset(self.addresses),
            frozenset({f"{self.url}share"}),
        )  # fmt: skip

    def judge(self, *pages: Page) -> list[Sight]:
        """Hold all that was overheard since the last time against the promise."""
        self.watch.settle(self.page)
        sights, carriers = self.watch.take(*(pages or (self.page,)))
        assert breaches(sights, self.promise) == {kind: [] for kind in KINDS}
        assert set(carriers) <= {f"form {address}" for address in self.promise.posts}
        assert self.watch.context.cookies() == []
        paths = {path_of(sight) for sight in sights if sight.seen_by == "server"}
        assert {path for path in paths if not (self.site / path).exists()} <= {"favicon.ico"}
        return [sight for sight in sights if sight.url.startswith("http")]

    def note(self, noted: Noted, view: str, network: str = "online", pages: tuple[Page, ...] = ()) -> None:
        """Judge, and note what was asked for."""
        sights = self.judge(*pages)
        arrived = [sight for sight in sights if sight.seen_by == "server"]
        if network == "offline":  # the browser itself looks for a new service worker, by a way of its own
            assert {(path_of(sight), sight.headers.get("Service-Worker")) for sight in arrived} <= {
                ("sw.js", "script")
            }, "the server was asked though there was no network"
        is_own = all(sight.url.startswith(self.url) for sight in sights)
        methods = {sight.method for sight in sights}
        assert methods <= {"GET", "POST"}
        noted.row(
            "privacy", view=view, network=network,
            requests=f"own origin{' only' if is_own else ', and the page around it'}, "
            f"{'GET, and a POST that the service worker takes' if methods > {'GET'} else 'GET only'}",
            reached_the_server=ARRIVED[network],
            **{kind.replace(" ", "_"): "0" for kind in KINDS},
        )  # fmt: skip

    def kept(self) -> str:
        """What the browser keeps of photos, in words."""
        return leftovers.said(leftovers.traces(self.page, NAME, self.own))

    def note_cleared(self, noted: Noted, what: str, by: str, before: str) -> None:
        """See that nothing is left of what was kept before, and note it."""
        after = self.kept()
        assert after == "nothing"
        noted.row("leftovers", what=what, cleared_by=by, before=before, after=after)


def _pixels(folder: Path) -> Bytes8:
    return pixels_of(red_on_blue(folder / "ball.png", (480, 360)).read_bytes())


@pytest.fixture(scope="module")
def browser_with_camera(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> Iterator[Browser]:
    flags = [*browser_type_launch_args["args"], *FAKE]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": flags})
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def visit(
    browser_with_camera: Browser, site: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Visit]:
    heard: list[Sight] = []
    with (
        overhearing(site, heard) as url,
        browser_with_camera.new_context(
            service_workers="allow", viewport={"width": 1280, "height": 900}
        ) as own,
    ):
        yield Visit(Watch(own, heard), url, site, tmp_path_factory.mktemp("privacy"))


def test_a_page_that_breaks_every_promise_is_caught(
    visit: Visit, browser_with_camera: Browser, tmp_path: Path
) -> None:
    """Before anything is believed that was not heard."""
    heard: list[Sight] = []
    bad_site.write(tmp_path)
    with (
        overhearing(tmp_path, heard, plain=True) as url,
        browser_with_camera.new_context() as context,
    ):
        watch = Watch(context, heard)
        page = context.new_page()
        page.goto(f"{url}?name={NAME}")
        watch.settle(page)
        assert context.cookies() != []
        page.goto(f"{url}again")  # with the cookie; what the page before held is not forgotten
        watch.settle(page)
        sights, carriers = watch.take()
        found = breaches(sights, replace(visit.promise, origins=frozenset({url.rstrip("/")})))
    for sign in bad_site.CARRIED:
        assert any(words.startswith(sign) for words in carriers), f"{sign} is not in {carriers}"
    assert all(found.values()), found
    assert any(told.startswith("server: POST") for told in found["bodies"])


def test_the_first_page_and_its_dialogs(visit: Visit, noted: Noted) -> None:
    page, driver = visit.page, visit.driver
    driver.open(model="tiny")
    is_offline_ready(page)
    sights = list(visit.watch.heard)
    assert {sight.seen_by for sight in sights} == {"page", "service worker", "server"}, (
        "someone was not heard"
    )
    assert {"/", "/sw.js", f"/{served(visit.site, 'worker/worker.js')}"} <= visit.watch.recorded
    visit.note(noted, "first page, samples")
    driver.open_settings()
    driver.close_dialog()
    page.click("#help-open")
    driver.close_dialog()
    page.click("#storage > summary")
    expect(page.locator("#kept-table tr").first).to_be_visible()
    page.click("details.parts > summary")
    visit.note(noted, "settings, help, storage, parts and licences")


def test_a_photo_is_cut_out_edited_and_exported(visit: Visit, noted: Noted) -> None:
    editor = Editor(visit.driver, visit.photo).begin()
    page = visit.page
    editor.tab("brush")
    editor.pick("erase")
    editor.drag((0.42, 0.5), (0.5, 0.5))
    editor.tab("edges")
    editor.slide("Softness", 2)
    for tab in ("background", "crop", "subject"):
        editor.tab(tab)
    editor.tab("export")
    told = set[str]()
    for kind in ("png", "webp", "jpeg", "mask-png"):
        editor.pick(kind)
        expect(page.locator(".size")).not_to_contain_text("moment", timeout=60 * SECOND)
        file = editor.save(visit.folder).read_bytes()
        told |= told_by(file)
        assert beside_the_picture(file, kind.removeprefix("mask-")) == set()
    editor.pick("png")
    keep = editor.panel.locator("input[type=checkbox]")
    keep.check(force=True)
    asked_for = told_by(editor.save(visit.folder).read_bytes())
    keep.uncheck(force=True)
    visit.note(noted, "editor: strokes, edges, export of each format")
    assert told == set()
    assert asked_for == set(ASKED)
    noted.row(
        "metadata",
        photo="JPEG, in the browser",
        tells="; ".join(TOLD),
        written_as="PNG; WebP; JPEG; mask",
        told_by_the_files="; ".join(told) or "nothing",
        told_if_EXIF_was_asked_for="; ".join(part for part in ASKED if part in asked_for),
    )


def test_what_the_editor_keeps_goes_when_it_is_cleared(visit: Visit, noted: Noted) -> None:
    page = visit.page
    wait_until_safe(page)
    before = visit.kept()
    assert before != "nothing"
    clear(visit, "photo")
    visit.note_cleared(noted, "photo in the editor", "storage panel", before)
    Editor(visit.driver, visit.photo).begin()
    wait_until_safe(page)
    page.reload()
    before = visit.kept()
    assert before != "nothing"
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("#left")).to_be_hidden()
    visit.note_cleared(noted, "photo of an earlier visit", "Discard, first page", before)
    visit.judge()


def clear(visit: Visit, part: str) -> None:
    """Clear a part by its button of the storage panel, and say yes."""
    page = visit.page
    if not page.locator("#storage[open]").count():
        page.click("#storage > summary")
    page.once("dialog", lambda asked: asked.accept())
    page.click(f'[data-kept="{part}"] button')
    expect(page.locator(f'[data-kept="{part}"]')).to_have_count(0, timeout=20 * SECOND)


def photos(visit: Visit) -> list[Path]:
    """Three photos with all that photos tell."""
    made = [visit.folder / f"{NAME}-{number}.jpg" for number in range(3)]
    for path in made:
        path.write_bytes(visit.photo.read_bytes())
    return made


def batch_of(visit: Visit) -> Batch:
    visit.page.click('.views a[href="#batch"]')
    expect(visit.page.locator("#batch-view h1")).to_be_visible()
    batch = Batch.__new__(Batch)
    batch.driver, batch.page = visit.driver, visit.page
    batch.add(*photos(visit))
    batch.wait(3)
    return batch


def test_a_batch_and_its_zip(visit: Visit, noted: Noted) -> None:
    batch = batch_of(visit)
    for name, file in batch.zip(visit.folder).items():
        assert told_by(file.read_bytes()) == set(), name
        assert beside_the_picture(file.read_bytes(), "png") == set(), name
    archive = visit.folder / "all.zip"
    with zipfile.ZipFile(archive) as packed:
        assert all(info.comment == b"" for info in packed.infolist())
        assert packed.comment == b""
        assert all(info.date_time[0] > 2019 for info in packed.infolist()), "the time of the photo"
    told = {name for name in told_by(archive.read_bytes()) if name != "name of the file"}
    assert told == set()
    visit.note(noted, "batch, saved as a ZIP")


def test_what_a_batch_keeps_goes_when_it_is_cleared(visit: Visit, noted: Noted) -> None:
    page = visit.page
    page.reload()  # what was saved is let go
    expect(page.locator("#batch-view h1")).to_be_visible()
    for what, by in (
        ("photos of a batch", "Clear all, batch"),
        ("photos of the next batch", "storage panel"),
        ("batch of an earlier visit", "Delete them, batch"),
    ):
        batch = batch_of(visit)
        wait_until_kept(batch, 3, ".photo")
        before = visit.kept()
        assert before != "nothing"
        if by == "Delete them, batch":
            page.reload()
            expect(page.locator(".batch-left")).to_be_visible()
            batch.do("rest.clear")
            expect(page.locator(".batch-left")).to_be_hidden()
        elif by == "storage panel":
            clear(visit, "batch")
        else:
            page.once("dialog", lambda asked: asked.accept())
            batch.do("clear")
            expect(page.locator(".tile")).to_have_count(0)
        visit.note_cleared(noted, what, by, before)
    visit.judge()


def test_the_camera(visit: Visit, noted: Noted) -> None:
    visit.page.click('.views a[href="#camera"]')
    start(visit.driver)
    visit.note(noted, "camera")
    visit.page.goto(f"{visit.url}?model=tiny&device=wasm")
    visit.driver.wait_for("ready")
    assert visit.kept() == "nothing"


def test_photos_that_are_shared_with_the_app(visit: Visit, noted: Noted) -> None:
    page = visit.page
    page.evaluate("localStorage.setItem('alphacut.model', 'tiny')")
    share(page, visit.photo)
    page.locator(f'#download[download="{NAME}-cutout.png"]').wait_for(timeout=90 * SECOND)
    visit.driver.finish()
    visit.note(noted, "photo shared with the app")
    wait_until_safe(page)
    caches = page.evaluate("caches.keys()")
    assert not [name for name in caches if "shared" in name and page.evaluate(SHARED_SIZE, name)]
    clear(visit, "photo")
    assert visit.kept() == "nothing"


SHARED_SIZE = "async (name) => (await (await caches.open(name)).keys()).length"


def test_a_model_of_ones_own(visit: Visit, noted: Noted) -> None:
    page = visit.page
    page.goto(f"{visit.url}?model=tiny&device=wasm")
    visit.driver.wait_for("ready")
    model = visit.folder / f"{NAME}.onnx"
    model.write_bytes(third().SerializeToString())
    pick(page, model)
    expect(page.locator("#own-form")).to_be_visible(timeout=120_000)
    page.fill("#own-width", str(SIDE))
    page.fill("#own-height", str(SIDE))
    add(page, seconds=240)
    visit.driver.cut_out(visit.photo)
    visit.note(noted, "own model: added, used")
    page.click("#settings-open")
    page.click("#own-remove")
    visit.driver.close_dialog()
    wait_until_safe(page)
    clear(visit, "photo")
    assert visit.kept() == "nothing", "of a model's file"


@pytest.fixture
def host() -> Iterator[Host]:
    with hosting() as host:
        yield host


def test_the_embedded_tool_alone_and_in_a_page_of_others(visit: Visit, noted: Noted, host: Host) -> None:
    alone = f"{visit.url}embed.html?model=tiny&device=wasm"
    visit.addresses |= {alone}
    page = visit.watch.context.new_page()
    page.goto(alone)
    page.set_input_files("#photo-input", visit.photo)
    page.wait_for_selector("html[data-state=done]", timeout=90 * SECOND)
    visit.note(noted, "embed.html alone", pages=(page,))
    visit.origins |= {host.origin}  # whose page it is: the tool in it asks its own origin alone
    page.goto(host.page(embedding(visit.url)))
    page.locator("alpha-cut[data-ready]").first.wait_for()
    frame = page.frames[-1]
    visit.addresses |= {frame.url.partition("#")[0]}
    frame.set_input_files("#photo-input", visit.photo)
    frame.wait_for_selector("html[data-state=done]", timeout=90 * SECOND)
    of_the_host = [sight.url for sight in visit.watch.heard if sight.url.startswith(host.origin)]
    assert set(of_the_host) <= {page.url, f"{host.origin}/favicon.ico"}
    visit.note(noted, "embed.html in a page of another site", pages=(page,))
    page.close()
    visit.judge()
    visit.origins -= {host.origin}


def test_scripts_that_call_alphacut_js(visit: Visit, noted: Noted) -> None:
    page = visit.watch.context.new_page()
    page.goto(f"{visit.url}site.json")  # of the same origin; it does nothing by itself
    page.evaluate("import('./alphacut.js').then((module) => { window.alphacut = module; })")
    api = Api(page)
    for kind in ("png", "webp", "jpeg"):
        config = f'{{ ...usual, output: {{ format: "image/{kind}" }} }}'
        made = api.call(
            f"await alphacut.removeBackground(photo, {config})", visit.photo.read_bytes(), "image/jpeg"
        )
        assert made.error is None, made.error
        assert told_by(made.data) == set()
        assert beside_the_picture(made.data, kind) == set()
    visit.note(noted, "alphacut.js, called by a script", pages=(page,))
    page.close()


def test_the_same_without_a_network(visit: Visit, noted: Noted) -> None:
    """A photo, a batch and its ZIP; the service worker answers all there is to ask."""
    page = visit.page
    page.goto(f"{visit.url}?model=tiny&device=wasm")
    is_offline_ready(page)
    visit.judge()
    page.context.set_offline(True)
    page.reload()
    editor = Editor(visit.driver, visit.photo).begin()
    editor.tab("export")
    editor.pick("webp")
    with Image.open(editor.save(visit.folder)) as image:
        assert image.size == (480, 360)
    visit.note(noted, "without network: first page, editor, export", "offline")
    batch = batch_of(visit)
    assert len(batch.zip(visit.folder)) == 3
    visit.note(noted, "without network: batch, saved as a ZIP", "offline")
    page.context.set_offline(False)


def test_all_at_once_when_the_tab_is_closed(visit: Visit, noted: Noted) -> None:
    """What a closed tab leaves is meant to be there; a new tab clears it."""
    own = visit.watch.context
    visit.page.goto(f"{visit.url}?model=tiny&device=wasm")
    visit.driver.wait_for("ready")
    Editor(visit.driver, visit.photo).begin()
    wait_until_safe(visit.page)
    wait_until_kept(batch_of(visit), 3, ".photo")
    visit.page.close()
    visit.page = own.new_page()
    visit.driver = Driver(visit.page, visit.url)
    visit.page.goto(f"{visit.url}?model=tiny&device=wasm")
    visit.driver.wait_for("ready")
    before = visit.kept()
    assert before != "nothing"
    for part in ("photo", "batch"):
        clear(visit, part)
    if visit.page.locator('[data-kept="settings"]').count():
        clear(visit, "settings")
    visit.note_cleared(noted, "all that a closed tab left", "storage panel, new tab", before)
    assert visit.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('alphacut'))") == []
    visit.judge()


def test_a_picture_is_found_wherever_it_is_kept(visit: Visit) -> None:
    """Or it could not be missed; last, for nothing cleans up behind it."""
    visit.page.evaluate(leftovers.PLANT, [NAME, list(visit.photo.read_bytes()[:5_000])])
    found = leftovers.traces(visit.page, NAME, visit.own)
    assert {item.where for item in found} == {
        "OPFS", "Cache Storage", "IndexedDB", "localStorage", "sessionStorage", "cookies",
    }  # fmt: skip
