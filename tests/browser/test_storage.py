"""Models are downloaded once, go on where they were cut off, and are kept until somebody clears them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType, Page, expect

from tests.browser.driver import SECOND, Driver, prepend, with_worker
from tests.noting import Noted
from tools.serve import Fault, serving

# Changes files in the store from outside, as a bad disk would: flips the first byte, or cuts most of it off.
DAMAGE = """async ({ flipped, short }) => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("alphacut-models");
  const change = async (name, edit) => {
    const writable = await (await folder.getFileHandle(name)).createWritable({ keepExistingData: true });
    await edit(writable);
    await writable.close();
  };
  await change(flipped, async (file) => {
    const first = await (await (await folder.getFileHandle(flipped)).getFile()).slice(0, 1).bytes();
    await file.write({ type: "write", position: 0, data: new Uint8Array([first[0] ^ 1]) });
  });
  await change(short, (file) => file.truncate(1000));
}"""

NOTHING = {"bytes": 0, "models": [], "others": 0, "refused": False}
ASK = """request => new Promise((resolve, reject) => {
  const worker = new Worker("worker/worker.js", { type: "module" });
  worker.onmessage = ({ data }) => {
    if (data.type === "error") reject(new Error(JSON.stringify(data.error)));
    else { worker.terminate(); resolve(data.value); }
  };
  worker.postMessage({ id: 1, ...request });
})"""

# What a browser says that lets one tab alone open a file directly.
ONE_AT_A_TIME = """{
  const plain = FileSystemFileHandle.prototype.createSyncAccessHandle;
  FileSystemFileHandle.prototype.createSyncAccessHandle = async function (options) {
    if (options) throw new DOMException("open in another tab", "NoModificationAllowedError");
    return plain.call(this);
  };
}"""


class Visit:
    """A page on a server that notes which files of models are asked for and can be made to fail."""

    def __init__(self, page: Page, url: str, asked: list[str], faults: dict[str, Fault]) -> None:
        self.driver = Driver(page, url)
        self.asked = asked
        self.faults = faults

    def again(self) -> None:
        """Reload, and count from zero."""
        self.asked.clear()
        self.driver.page.reload()

    def asked_for(self) -> list[str]:
        """Names of the files of models asked for, in order of their names."""
        return sorted(path.rsplit("/", 1)[1] for path in self.asked)


@contextmanager
def visiting(site: Path, page: Page) -> Iterator[Visit]:
    asked: list[str] = []
    faults: dict[str, Fault] = {}

    def fault_of(path: str) -> Fault | None:
        if path.startswith("models/"):
            asked.append(path)
        return next((fault for part, fault in faults.items() if part in path), None)

    with serving(site, faults=fault_of) as url:
        yield Visit(page, url, asked, faults)


def chunks_of(site: Path, model: str) -> list[dict[str, Any]]:
    models = json.loads((site / "site.json").read_text("utf-8"))["models"]
    chunks: list[dict[str, Any]] = next(one for one in models if one["id"] == model)["weights"]["chunks"]
    return chunks


def storage_remarks(report: dict[str, Any]) -> str:
    return " ".join(remark["text"] for remark in report["remarks"] if remark["topic"] == "storage")


def test_a_download_that_was_cut_off_goes_on_after_a_reload(page: Page, site: Path) -> None:
    with visiting(site, page) as visit:
        visit.faults["weights-003"] = Fault(cut_after=300_000)
        visit.driver.open(model="u2netp")
        assert visit.driver.fail_with()["code"] == "download-cut-off"
        assert visit.asked_for().count("weights-003.bin") == 3, "a chunk that fails is tried again, twice"
        assert {"weights-000.bin", "weights-004.bin"} < set(visit.asked_for())
        visit.faults.clear()
        visit.again()
        report = visit.driver.cut_out(site / "samples" / "chelsea.png")
        assert visit.asked_for() == ["weights-003.bin"]
        assert storage_remarks(report) == ""


def test_a_chunk_that_fails_once_is_nobodys_trouble(page: Page, site: Path) -> None:
    with visiting(site, page) as visit:
        visit.faults["weights-000"] = Fault(status=503)
        visit.driver.open(model="half")
        expect_asked(visit, "weights-000.bin")
        visit.faults.clear()
        visit.driver.wait_for("ready")
        assert visit.asked_for() == ["check.bin", "wasm-float32.onnx", "weights-000.bin", "weights-000.bin"]


def expect_asked(visit: Visit, name: str) -> None:
    for _ in range(200):
        if name in visit.asked_for():
            return
        visit.driver.page.wait_for_timeout(25)
    pytest.fail(f"{name} was not asked for")


def test_cancelling_keeps_what_has_arrived(page: Page, site: Path) -> None:
    with visiting(site, page) as visit:
        visit.faults["weights-004"] = Fault(delay=20)
        visit.driver.open(model="u2netp")
        visit.driver.choose(site / "samples" / "chelsea.png")
        expect(visit.driver.page.locator("#status-detail")).to_contain_text(
            "4.1 of 4.6 MB", timeout=30 * SECOND
        )
        visit.driver.page.click("#cancel")
        visit.driver.wait_for("ready")
        visit.faults.clear()
        visit.asked.clear()
        visit.driver.page.click("#again")
        visit.driver.finish()
        assert visit.asked_for() == ["weights-004.bin"]


@pytest.mark.parametrize("script", ["", ONE_AT_A_TIME], ids=["alone", "open in another tab"])
def test_a_second_visit_asks_for_no_model(page: Page, site: Path, script: str) -> None:
    prepend(page, "**/worker/store.js", script)
    with visiting(site, page) as visit:
        visit.driver.open(model="u2netp")
        visit.driver.wait_for("ready")
        assert len(visit.asked) == 2 + len(chunks_of(site, "u2netp"))
        visit.faults["models/"] = Fault(status=503)
        visit.again()
        visit.driver.cut_out(site / "samples" / "chelsea.png")
        assert visit.asked == []
        expect(page.locator("#kept-words")).to_contain_text("4.6 MB")
        visit.driver.assert_clean()


def test_what_was_damaged_is_found_and_fetched_again(page: Page, site: Path) -> None:
    chunks = chunks_of(site, "u2netp")
    with visiting(site, page) as visit:
        visit.driver.open(model="u2netp")
        visit.driver.wait_for("ready")
        page.evaluate(DAMAGE, {"flipped": chunks[1]["sha256"], "short": chunks[3]["sha256"]})
        visit.again()
        report = visit.driver.cut_out(site / "samples" / "chelsea.png")
        assert visit.asked_for() == ["weights-001.bin", "weights-003.bin"]
        assert "damaged" in storage_remarks(report)
        visit.again()
        report = visit.driver.cut_out(site / "samples" / "chelsea.png")
        assert visit.asked == [], "it was not kept the second time"
        assert storage_remarks(report) == ""


def test_full_storage_is_said_and_costs_no_photo(page: Page, site: Path, noted: Noted) -> None:
    with visiting(site, page) as visit:
        devtools = page.context.new_cdp_session(page)
        origin = visit.driver.url.rstrip("/")
        devtools.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 2_500_000})
        visit.driver.open(model="u2netp")
        report = visit.driver.cut_out(site / "samples" / "chelsea.png")
        said = storage_remarks(report)
        assert "full" in said
        expect(page.locator("#remarks")).to_contain_text("full")
        devtools.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 50_000_000})
        visit.again()
        report = visit.driver.cut_out(site / "samples" / "chelsea.png")
        assert 1 < len(visit.asked) < 2 + len(chunks_of(site, "u2netp")), "what fitted was kept"
        assert storage_remarks(report) == ""
    noted.row(
        "faults",
        fault="the browser's storage is full in mid-download",
        where="the model",
        what_is_read=f"a remark beside the cutout: {said}",
        what_is_offered="nothing is needed",
        what_is_kept="the photo; what fitted is not fetched again",
    )


def test_clear_deletes_everything(page: Page, site: Path) -> None:
    with visiting(site, page) as visit:
        visit.driver.open(model="half")
        visit.driver.wait_for("ready")
        expect(page.locator("#kept-words")).to_contain_text("9 kB")
        page.click("#storage > summary")
        page.click("#forget")
        expect(page.locator("#kept-words")).to_contain_text("No model is kept")
        expect(page.locator("#forget")).to_be_hidden()
        assert page.evaluate(with_worker(ASK), {"type": "storage"}) == NOTHING
        visit.again()
        visit.driver.wait_for("ready")
        assert visit.asked_for() == ["check.bin", "wasm-float32.onnx", "weights-000.bin"]


def test_one_model_is_forgotten_others_stay(page: Page, site: Path) -> None:
    with visiting(site, page) as visit:
        for model in ("u2netp", "half"):
            visit.driver.open(model=model)
            visit.driver.wait_for("ready")
        before = page.evaluate(with_worker(ASK), {"type": "storage"})
        # U²-Netp at 64 x 64 has the same weights, which are kept once.
        assert {kept["model"] for kept in before["models"]} == {"u2netp", "u2netp-64", "half"}
        after = page.evaluate(with_worker(ASK), {"type": "forget", "model": "u2netp"})
        assert [kept["model"] for kept in after["models"]] == ["half"]
        assert after["bytes"] == next(kept["bytes"] for kept in before["models"] if kept["model"] == "half")


def test_what_another_version_of_the_site_left_is_told_and_left_alone(page: Page, site: Path) -> None:
    with visiting(site, page) as visit:
        visit.driver.open(model="half")
        visit.driver.wait_for("ready")
        page.route("**/site.json", without("half"))
        visit.driver.open(model="tiny")
        visit.driver.wait_for("ready")
        kept = page.evaluate(with_worker(ASK), {"type": "storage"})
        assert kept["others"] > 4000
        assert [one["model"] for one in kept["models"]] == ["tiny"]


def without(model: str) -> Callable[[Any], None]:
    def answer(route: Any) -> None:
        described = route.fetch().json()
        described["models"] = [one for one in described["models"] if one["id"] != model]
        route.fulfill(body=json.dumps(described), content_type="application/json")

    return answer


def test_a_browser_that_keeps_nothing_works_and_says_so(page: Page, site: Path) -> None:
    refuse = 'async () => { throw new DOMException("no", "SecurityError"); }'
    prepend(page, "**/worker/store.js", f"StorageManager.prototype.getDirectory = {refuse};")
    with visiting(site, page) as visit:
        visit.driver.open(model="half")
        report = visit.driver.cut_out(site / "samples" / "chelsea.png")
        assert "keeps no files" in storage_remarks(report)
        assert page.locator("#kept").is_hidden()


def test_plain_http_from_another_machine_works_and_says_so(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], site: Path
) -> None:
    """There the browser offers neither storage nor SHA-256."""
    flags = [*browser_type_launch_args["args"], "--host-resolver-rules=MAP alphacut.test 127.0.0.1"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": flags})
    try:
        with serving(site, plain=True) as url:
            driver = Driver(browser.new_page(), url.replace("127.0.0.1", "alphacut.test"))
            driver.open(model="half")
            report = driver.cut_out(site / "samples" / "chelsea.png")
            assert not driver.page.evaluate("isSecureContext")
            assert "plain HTTP" in storage_remarks(report)
            driver.assert_clean()
    finally:
        browser.close()


def test_two_tabs_that_open_at_once_do_not_get_in_each_others_way(page: Page, site: Path) -> None:
    with visiting(site, page) as visit:
        other = Driver(page.context.new_page(), visit.driver.url)
        for driver in (visit.driver, other):
            driver.open(model="u2netp")
        for driver in (visit.driver, other):
            report = driver.cut_out(site / "samples" / "chelsea.png")
            assert storage_remarks(report) == ""
            driver.assert_clean()
