"""The tool in pages of others: of another site, isolated or not, sandboxed, several at once, ill-mannered."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, BrowserType, Frame, Page, expect

from tests.browser.driver import SECOND
from tests.browser.embedder import ISOLATING, Host, allowing, hosting
from tests.browser.native import cut_out
from tests.browser.site import OUT
from tests.helpers import ROOT
from tools import chromium
from tools.bundle import served
from tools.serve import serving

AXE = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
TOOL = "alpha-cut iframe"
DONE = "html[data-state=done]"

IN_PAGE = Path(__file__).with_name("embed-page.js")


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with hosting() as host:
        yield host


@pytest.fixture(scope="module")
def listed_url(site: Path, host: Host) -> Iterator[str]:
    """A site that has the host on its list."""
    with serving(site, faults=lambda path: allowing(host.origin) if path == "embed.html" else None) as url:
        yield url


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that complains about nothing."""
    page, complaints = context.new_page(), list[str]()
    page.add_init_script(path=IN_PAGE)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    yield page
    expected = ("Failed to load resource", "valid digest")  # of requests that tests have fail
    assert [text for text in complaints if not any(part in text for part in expected)] == []


def embedding(url: str, *tags: str) -> str:
    """Write a host page with these elements, or one."""
    elements = "".join(tags) or '<alpha-cut model="tiny" device="wasm">A moment.</alpha-cut>'
    return f'<script type="module" src="{url}embed.js"></script>{elements}'


def opened(page: Page, address: str) -> Frame:
    """Open a host page; return the tool's frame once it is ready."""
    page.goto(address)
    page.locator("alpha-cut[data-ready]").first.wait_for()
    frame = page.locator(TOOL).first.element_handle().content_frame()
    assert frame
    return frame


def remove(page: Page, photo: Path, kind: str = "Blob", element: str = "alpha-cut", **options: object) -> Any:
    """Have the host send a photo, and return what it gets."""
    return page.evaluate("window.send", [element, text_of(photo), kind, options])


def text_of(photo: Path) -> str:
    return base64.b64encode(photo.read_bytes()).decode()


def picture(result: dict[str, Any]) -> Image.Image:
    assert "data" in result, result
    return Image.open(io.BytesIO(base64.b64decode(result["data"])))


def events(page: Page, kind: str) -> list[dict[str, Any]]:
    return [event for event in page.evaluate("window.events") if event["type"] == kind]


@pytest.fixture(scope="module")
def photo(site: Path) -> Path:
    return site / "samples" / "chelsea.png"


# ---- Who may what ----------------------------------------------------------------------------------


def test_a_listed_host_of_another_site_gets_what_native_code_makes(
    page: Page, listed_url: str, host: Host, photo: Path, tmp_path: Path
) -> None:
    opened(page, host.page(embedding(listed_url)))
    assert events(page, "ready")[0]["trusted"] is True
    result = remove(page, photo)
    expected = cut_out(OUT, "tiny", photo, tmp_path)
    assert np.abs(np.asarray(picture(result)).astype(int) - expected).max() <= 3  # see test_main_job.py
    assert (result["type"], result["model"], result["device"]["provider"]) == ("image/png", "tiny", "wasm")
    assert (result["height"], result["width"]) == expected.shape[:2]
    told = events(page, "progress")
    assert {event["id"] for event in told} == {result["id"]}
    assert {"runtime", "decode", "inference", "encode"} <= {event["stage"] for event in told}


@pytest.mark.parametrize("kind", ["ArrayBuffer", "ImageBitmap"])
def test_buffers_and_bitmaps_are_transferred(
    page: Page, listed_url: str, host: Host, photo: Path, kind: str
) -> None:
    opened(page, host.page(embedding(listed_url)))
    with Image.open(photo) as original:
        assert picture(remove(page, photo, kind)).size == original.size


def test_an_unlisted_host_shows_a_tool_that_works_and_learns_nothing(
    page: Page, site_url: str, host: Host, photo: Path
) -> None:
    frame = opened(page, host.page(embedding(site_url)))
    assert events(page, "ready")[0]["trusted"] is False
    refused = remove(page, photo)
    assert (refused["code"], bool(refused["hint"])) == ("origin-refused", True)
    frame.set_input_files("#photo-input", photo)
    frame.wait_for_selector(DONE, timeout=60 * SECOND)
    assert {event["type"] for event in page.evaluate("window.events")} == {"ready", "error"}
    assert set(page.evaluate("window.raw.map(({ type }) => type)")) == {"ready", "error", "resize"}
    for message in page.evaluate("window.raw.filter(({ type }) => type === 'resize')"):
        assert message.keys() == {"alphacut", "type", "height", "image"}


def test_what_the_visitor_does_is_told_to_a_listed_host(
    page: Page, listed_url: str, host: Host, photo: Path
) -> None:
    frame = opened(page, host.page(embedding(listed_url)))
    frame.set_input_files("#photo-input", ROOT / "pyproject.toml")
    frame.wait_for_selector("html[data-state=error]", timeout=60 * SECOND)
    expect(frame.locator("#error-code")).to_have_text("not-an-image")
    expect(frame.locator("#choose")).to_be_visible()
    frame.set_input_files("#photo-input", photo)
    frame.wait_for_selector(DONE, timeout=60 * SECOND)
    (result,) = events(page, "result")
    assert result["id"] is None
    assert {event["id"] for event in events(page, "progress")} == {None}
    frame.set_input_files("#photo-input", ROOT / "pyproject.toml")  # which costs nothing of what is done
    expect(frame.locator("#error")).to_be_visible()
    expect(frame.locator("#cutout")).to_be_visible()
    assert [event["error"]["code"] for event in events(page, "error")] == ["not-an-image"] * 2
    with page.expect_download() as download:
        frame.click("#download")
    assert download.value.suggested_filename == "chelsea-cutout.png"


def test_the_sites_own_pages_need_no_list(page: Page, site: Path, photo: Path, tmp_path: Path) -> None:
    with serving(site, faults=lambda path: None) as url:
        page.route(
            f"{url}host.html", lambda route: route.fulfill(body=embedding(url), content_type="text/html")
        )
        opened(page, f"{url}host.html")
        assert events(page, "ready")[0]["trusted"] is True
        assert picture(remove(page, photo)).mode == "RGBA"


def test_a_page_may_pin_the_script_it_loads(page: Page, site: Path, listed_url: str, host: Host) -> None:
    digest = json.loads((site / "site.json").read_text("utf-8"))["integrity"]["embed.js"]
    tag = '<script type="module" crossorigin integrity="{}" src="{}embed.js"></script><alpha-cut></alpha-cut>'
    opened(page, host.page(tag.format(digest, listed_url)))
    with page.expect_event("console", lambda message: "integrity" in message.text):
        page.goto(host.page(tag.format(digest.replace("sha384-", "sha384-A"), listed_url)))
    assert page.evaluate("customElements.get('alpha-cut')") is None
    page.goto("about:blank")


# ---- Where it runs ---------------------------------------------------------------------------------


def test_threads_come_where_the_host_is_isolated_and_grants_it(
    page: Page, listed_url: str, host: Host, photo: Path
) -> None:
    threads = {}
    for name, headers in {"isolated": ISOLATING, "plain": {}}.items():
        opened(page, host.page(embedding(listed_url), headers))
        assert page.evaluate("crossOriginIsolated") is (name == "isolated")
        assert events(page, "ready")[0]["threads"] is (name == "isolated")
        threads[name] = remove(page, photo)["device"]["threads"]
    assert threads["plain"] == 1
    assert threads["isolated"] > 1


def test_a_sandbox_needs_scripts_and_the_tools_own_origin(
    page: Page, listed_url: str, host: Host, photo: Path
) -> None:
    flags = "allow-scripts allow-same-origin allow-downloads"
    address = f"{listed_url}embed.html?model=tiny&device=wasm"
    page.goto(host.page(f'<iframe sandbox="{flags}" src="{address}" width="400" height="400"></iframe>'))
    tool = page.frame_locator("iframe")
    tool.locator("#photo-input").set_input_files(photo)
    tool.locator(DONE).wait_for(timeout=60 * SECOND)
    with page.expect_download() as download:
        tool.locator("#download").click()
    assert download.value.suggested_filename == "chelsea-cutout.png"


def test_a_sandbox_that_takes_the_origin_away_is_explained(page: Page, listed_url: str, host: Host) -> None:
    frame = f'<iframe sandbox="allow-scripts" src="{listed_url}embed.html" width="400" height="400"></iframe>'
    page.goto(host.page(frame))
    expect(page.frame_locator("iframe").locator("#error-code")).to_have_text("sandboxed")
    expect(page.frame_locator("iframe").locator("#error-hint")).to_contain_text("allow-same-origin")


def test_a_lazy_tool_waits_until_it_is_near(page: Page, listed_url: str, host: Host) -> None:
    asked = list[str]()
    page.on("request", lambda request: asked.append(request.url))
    tag = '<div style="height: 9000px"></div><alpha-cut loading="lazy" model="tiny"></alpha-cut>'
    page.goto(host.page(embedding(listed_url, tag)))
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "embed.html" in url]
    page.locator("alpha-cut").scroll_into_view_if_needed()
    page.locator("alpha-cut[data-ready]").wait_for()


def test_three_tools_of_a_page_share_one_worker_which_outlives_its_frame(
    page: Page, listed_url: str, host: Host, photo: Path, site: Path
) -> None:
    asked = list[str]()
    page.context.on("request", lambda request: asked.append(request.url))
    tags = [f'<alpha-cut id="t{at}" model="tiny" device="wasm"></alpha-cut>' for at in range(3)]
    page.goto(host.page(embedding(listed_url, *tags)))
    page.wait_for_function("document.querySelectorAll('alpha-cut[data-ready]').length === 3")
    data = {remove(page, photo, element=f"#t{at}")["data"] for at in range(3)}
    assert len(data) == 1
    worker = served(site, "worker/worker.js")
    assert len([url for url in asked if url.endswith(worker)]) == 1

    # The first one's frame has the worker. It goes while the second is at work: nothing is lost.
    result = page.evaluate("window.sendWhileGone", ["#t1", "#t0", text_of(photo)])
    assert result["data"] in data
    assert remove(page, photo, element="#t2")["data"] in data
    assert len([url for url in asked if url.endswith(worker)]) == 2


def test_a_frame_that_goes_takes_its_photo_along_and_the_last_one_the_worker(
    page: Page, listed_url: str, host: Host, photo: Path
) -> None:
    tags = [f'<alpha-cut id="t{at}" model="tiny" device="wasm"></alpha-cut>' for at in range(2)]
    page.goto(host.page(embedding(listed_url, *tags)))
    page.wait_for_function("document.querySelectorAll('alpha-cut[data-ready]').length === 2")
    assert "data" in remove(page, photo, element="#t0")  # whose frame has the worker from now on
    gone = page.evaluate("window.sendWhileGone", ["#t1", "#t1", text_of(photo)])
    assert gone["code"] == "cancelled"
    assert "data" in remove(page, photo, element="#t0")
    assert page.workers
    page.evaluate("document.querySelector('#t0').dispose()")
    for _ in range(50):
        page.wait_for_timeout(100)
        if not page.workers:
            break
    assert not page.workers
    assert "data" in remove(page, photo, element="#t0")


THIRD_PARTIES = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}
"""As most browsers are set up: a frame of another site has storage, apart for each site around it."""


@pytest.mark.parametrize("may_keep", [True, False], ids=["partitioned", "refused"])
def test_models_are_kept_in_partitioned_storage_and_done_without_where_it_is_refused(
    browser_type: BrowserType, listed_url: str, host: Host, photo: Path, may_keep: bool
) -> None:
    """A photo goes through on each of two visits; the browser's cache aside, the second downloads nothing."""
    asked = list[str]()
    address = host.page(embedding(listed_url, '<alpha-cut model="u2netp-64" device="wasm"></alpha-cut>'))
    with TemporaryDirectory() as profile:
        preferences = Path(profile) / "Default" / "Preferences"
        preferences.parent.mkdir()
        preferences.write_text(json.dumps(THIRD_PARTIES if may_keep else {}))
        context = browser_type.launch_persistent_context(
            profile, executable_path=chromium.find(), args=["--enable-features=ThirdPartyStoragePartitioning"]
        )
        context.on("request", lambda request: asked.append(request.url))
        fetched = list[int]()
        for _ in range(2):
            page = context.new_page()
            page.add_init_script(path=IN_PAGE)
            opened(page, address)
            assert picture(remove(page, photo)).mode == "RGBA"
            fetched.append(len([url for url in asked if "/models/u2netp-64" in url and url.endswith(".bin")]))
            page.close()
        context.close()
    assert fetched[0] > 1
    assert fetched[1] == fetched[0] * (1 if may_keep else 2)


# ---- Options ---------------------------------------------------------------------------------------


def test_options_show(page: Page, listed_url: str, host: Host, photo: Path) -> None:
    look = 'theme="dark" accent="#ffcc00" controls="choose" lang="de"'
    tag = f'<alpha-cut model="tiny" device="wasm" {look}></alpha-cut>'
    frame = opened(page, host.page(embedding(listed_url, tag)))
    button = frame.locator("#choose .button")
    expect(button).to_have_text("Foto wählen")
    expect(button).to_have_css("background-color", "rgb(255, 204, 0)")
    expect(button).to_have_css("color", "rgb(0, 0, 0)")
    assert frame.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    expect(frame.locator("#samples")).to_be_hidden()
    frame.set_input_files("#photo-input", photo)
    frame.wait_for_selector(DONE, timeout=60 * SECOND)
    for hidden in ("#download", "#grounds", ".compare"):
        expect(frame.locator(hidden)).to_be_hidden()
    page.evaluate("document.querySelector('alpha-cut').setAttribute('controls', 'download background')")
    expect(frame.locator("#download")).to_be_visible()
    expect(frame.locator("#grounds")).to_be_visible()
    page.evaluate("document.querySelector('alpha-cut').setAttribute('theme', 'pink')")
    page.wait_for_function("window.events.some(({ error }) => error?.code === 'bad-options')")
    page.evaluate("document.querySelector('alpha-cut').removeAttribute('theme')")
    frame.wait_for_function("getComputedStyle(document.documentElement).colorScheme === 'light dark'")


def test_what_changes_before_the_tool_is_ready_counts(page: Page, listed_url: str, host: Host) -> None:
    html = embedding(listed_url, '<alpha-cut model="tiny" theme="light" controls="choose"></alpha-cut>')
    change = """<script type="module">
      await customElements.whenDefined("alpha-cut");
      const element = document.querySelector("alpha-cut");
      element.setAttribute("theme", "dark");
      element.removeAttribute("controls");
    </script>"""
    frame = opened(page, host.page(html + change))
    frame.wait_for_function("getComputedStyle(document.documentElement).colorScheme === 'dark'")
    expect(frame.locator("#samples .sample").first).to_be_visible()


def test_the_visitors_background_is_his_own(page: Page, listed_url: str, host: Host, photo: Path) -> None:
    frame = opened(page, host.page(embedding(listed_url)))
    frame.set_input_files("#photo-input", photo)
    frame.wait_for_selector(DONE, timeout=60 * SECOND)
    frame.locator("#grounds input").nth(2).check()
    with page.expect_download() as download:
        frame.click("#download")
    with Image.open(download.value.path()) as picture_of_the_visitor:
        alpha = picture_of_the_visitor.convert("RGBA").getchannel("A")
        assert alpha.getextrema() == (255, 255)
    assert np.asarray(picture(remove(page, photo)))[..., 3].min() < 255


def test_formats_and_backgrounds_are_made(page: Page, listed_url: str, host: Host, photo: Path) -> None:
    opened(page, host.page(embedding(listed_url)))
    jpeg = picture(remove(page, photo, format="jpeg", background="#3366cc"))
    assert jpeg.format == "JPEG"
    with Image.open(photo) as original:
        assert jpeg.size == original.size
    whole = picture(remove(page, photo))
    levels = np.asarray(whole).astype(float)
    alpha = levels[..., 3:] / 255
    laid = levels[..., :3] * alpha + np.array([0x33, 0x66, 0xCC]) * (1 - alpha)
    assert np.abs(np.asarray(jpeg) - laid).mean() < 4
    assert (1 - alpha).mean() > 0.1  # or the background would not show
    mask = picture(remove(page, photo, format="mask-png"))
    np.testing.assert_array_equal(np.asarray(mask), np.asarray(whole)[..., 3])
    assert remove(page, photo, format="gif")["code"] == "bad-options"
    assert remove(page, photo, model="nothing")["code"] == "unknown-model"


def test_it_begins_with_a_photo_of_its_own_origin_alone(
    page: Page, listed_url: str, host: Host, photo: Path
) -> None:
    tag = '<alpha-cut model="tiny" device="wasm" src="samples/chelsea.png"></alpha-cut>'
    opened(page, host.page(embedding(listed_url, tag))).wait_for_selector(DONE, timeout=60 * SECOND)
    foreign = f'<alpha-cut model="tiny" device="wasm" src="{host.origin}/photo.png"></alpha-cut>'
    frame = opened(page, host.page(embedding(listed_url, foreign)))
    expect(frame.locator("#error-code")).to_have_text("bad-options")


def test_a_demo_shows_a_sample_and_nothing_else(page: Page, listed_url: str, host: Host, photo: Path) -> None:
    tag = '<alpha-cut model="tiny" device="wasm" demo sample="3" start></alpha-cut>'
    frame = opened(page, host.page(embedding(listed_url, tag)))
    frame.wait_for_selector(DONE, timeout=60 * SECOND)
    expect(frame.locator("#download")).to_be_hidden()
    frame.click("#another")
    expect(frame.locator("#samples .sample")).to_have_count(1)
    expect(frame.locator("#choose")).to_be_hidden()


def test_a_model_whose_licence_must_be_seen_is_asked_for(
    page: Page, listed_url: str, host: Host, photo: Path
) -> None:
    frame = opened(
        page, host.page(embedding(listed_url, '<alpha-cut model="isnet" device="wasm"></alpha-cut>'))
    )
    frame.set_input_files("#photo-input", photo)
    expect(frame.locator("#licence-dialog")).to_be_visible()
    expect(frame.locator("#licence-notice")).to_contain_text("DIS5K")
    frame.click("#licence-decline")
    expect(frame.locator("html")).to_have_attribute("data-state", "idle")
    sent = page.evaluate("window.ask", [text_of(photo)])
    expect(frame.locator("#licence-dialog")).to_be_visible()
    page.evaluate("document.querySelector('alpha-cut').cancel()")
    expect(frame.locator("#licence-dialog")).to_be_hidden()
    page.wait_for_function("window.answer === 'cancelled'")
    assert sent is None
    assert picture(remove(page, photo, model="tiny")).mode == "RGBA"  # nothing stands in its way


# ---- How it looks ----------------------------------------------------------------------------------


LOOKS = [(280, "light"), (280, "dark"), (360, "dark"), (900, "light")]


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_it_fits_is_accessible_and_as_high_as_its_content(  # noqa: PLR0917
    browser: Browser, listed_url: str, host: Host, photo: Path, width: int, theme: str
) -> None:
    page = browser.new_page(viewport={"width": width + 16, "height": 800}, bypass_csp=True)
    style = "<meta name=viewport content='width=device-width'><style>body { margin: 8px }</style>"
    tag = f'<alpha-cut model="tiny" device="wasm" theme="{theme}"></alpha-cut>'
    frame = opened(page, host.page(style + embedding(listed_url, tag)))
    check_look(page, frame)
    frame.set_input_files("#photo-input", photo)
    frame.wait_for_selector(DONE, timeout=60 * SECOND)
    check_look(page, frame)
    page.close()


def check_look(page: Page, frame: Frame) -> None:
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    frame.wait_for_function(
        "Math.abs(document.getElementById('tool').getBoundingClientRect().height - innerHeight) <= 1"
    )
    frame.evaluate(AXE)
    found = frame.evaluate("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []


# ---- Hosts of any kind -----------------------------------------------------------------------------


def test_cancel_dispose_and_removal_end_a_photo(page: Page, listed_url: str, host: Host, photo: Path) -> None:
    opened(page, host.page(embedding(listed_url)))
    for how in ("abort", "cancel", "dispose"):
        assert page.evaluate("window.end", [text_of(photo), how]) == "cancelled"
        assert picture(remove(page, photo)).mode == "RGBA"
    assert page.evaluate("window.end", [text_of(photo), "remove"]) == "cancelled"


def test_ten_thousand_messages_of_any_kind_do_no_harm(
    page: Page, listed_url: str, host: Host, photo: Path
) -> None:
    """As a browser clones and transfers them; tests/unit/test_embed_js.py knows what the answers must be."""
    frame = f'<iframe src="{listed_url}embed.html?model=tiny&device=wasm" width="400" height="400"></iframe>'
    page.goto(host.page(frame))
    expect(page.frame_locator("iframe").locator("#choose")).to_be_visible()
    heard = page.evaluate("window.fuzz", [10_000, 7, listed_url.rstrip("/")])
    assert heard.get("error", 0) > 1000
    assert "of another kind" not in heard
    tool = page.frame_locator("iframe")
    tool.locator("#photo-input").set_input_files(photo)
    tool.locator(DONE).wait_for(timeout=60 * SECOND)


def test_a_tool_that_does_not_come_is_reported_and_the_fallback_stays(
    page: Page, site_url: str, host: Host
) -> None:
    page.route("**/embed.html*", lambda route: route.abort())
    hurry = "const later = setTimeout; globalThis.setTimeout = (f, ms) => later(f, ms === 20000 ? 50 : ms);"
    page.add_init_script(hurry)
    page.goto(host.page(embedding(site_url)))
    page.wait_for_function("window.events?.some(({ error }) => error?.code === 'download-failed')")
    expect(page.locator("alpha-cut")).to_contain_text("A moment.")
    assert page.evaluate("window.send", ["alpha-cut", "", "Blob", {}])["code"] == "download-failed"
    assert page.evaluate("window.abortWaiting") == "cancelled"
    page.unroute("**/embed.html*")
    page.evaluate("void document.querySelector('alpha-cut').removeBackground(new Blob()).catch(() => {})")
    page.locator("alpha-cut[data-ready]").wait_for()  # it was tried once more
