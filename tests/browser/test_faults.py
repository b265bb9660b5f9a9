"""Everything breaks once: what a person reads then, what is offered, and that nothing is lost.

Each fault is a row of RELIABILITY.md; more rows come from the tests of what they are about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from bench import cuts
from tests.browser.driver import SECOND, Driver, pixels
from tests.browser.editing import Editor, red_on_blue
from tests.browser.faults import (
    LOADING,
    STAGES,
    Act,
    Seen,
    Tools,
    Trouble,
    network_faults,
    read_error,
    told,
    troubled,
)
from tests.browser.test_batch import NO_PICKERS, Batch, photo, wait_until_kept
from tests.noting import Noted
from tools.serve import Fault

PHOTO = "chelsea.png"
ASKS = "() => !dispatchEvent(new Event('beforeunload', { cancelable: true }))"
# Downloads may stall for five seconds.
IMPATIENT = """{
  const { setInterval } = self;
  self.setInterval = (act, ms) => setInterval(act, ms === 3_000 ? 500 : ms);
}
"""
# What the page asks its service worker, and an end to its patience after a second.
ASKED_OF_SERVICE = """
  const asked = [], { setTimeout } = window, { postMessage } = ServiceWorker.prototype;
  window.asked = asked;
  window.setTimeout = (act, ms, ...more) => setTimeout(act, ms === 120_000 ? 1_000 : ms, ...more);
  ServiceWorker.prototype.postMessage = function (request, ...more) {
    asked.push(request.type);
    return postMessage.call(this, request, ...more);
  };
"""


@contextmanager
def hurt(page: Page, site: Path, *lives: Sequence[Act]) -> Iterator[tuple[Driver, Trouble]]:
    """A page whose first workers meet these acts, one list each; those after them live."""
    with troubled(site, *lives) as trouble:
        driver = Driver(page, trouble.url)
        yield driver, trouble
        driver.assert_clean()


def try_again(driver: Driver) -> Seen:
    """Read the error, and do what the page offers."""
    seen = read_error(driver)
    driver.page.click("#retry")
    return seen


def test_a_worker_that_ends_without_a_word_is_missed_in_each_stage(
    page: Page, site: Path, noted: Noted
) -> None:
    """As where the browser ends it, or a bug closes it: no event tells, but its lock is free."""
    stages = [*LOADING, *STAGES]
    with hurt(page, site, *([(stage, "end")] for stage in stages)) as (driver, trouble):
        driver.open(model="tiny")
        seen = {stage: try_again(driver) for stage in LOADING}
        driver.wait_for("ready")
        driver.choose(site / "samples" / PHOTO)
        seen |= {stage: try_again(driver) for stage in STAGES}
        assert driver.finish()["width"] == 451, "the photo was lost"
        assert not trouble.lives
    assert {one.code for one in seen.values()} == {"worker-crashed"}
    noted.row(
        "faults",
        fault="the worker ends without a word",
        where=", ".join(seen),
        what_is_read=seen["mask"].words,
        what_is_offered=seen["mask"].offers,
        what_is_kept="the photo: one photo met the end in each stage, and its cutout came in the end",
    )


def test_a_worker_that_traps_or_throws_is_replaced(page: Page, site: Path, noted: Noted) -> None:
    acts = [("decode", "trap"), ("inference", "trap"), ("encode", "trap"), ("mask", "throw")]
    with hurt(page, site, *([act] for act in acts)) as (driver, trouble):
        driver.open(model="tiny")
        driver.wait_for("ready")
        driver.choose(site / "samples" / PHOTO)
        seen = {act: try_again(driver) for act in acts}
        assert driver.finish()["width"] == 451, "the photo was lost"
        assert not trouble.lives
    for kind, what in (("trap", "WebAssembly traps"), ("throw", "the worker throws")):
        met = {stage: one for (stage, act), one in seen.items() if act == kind}
        words = {one.words for one in met.values()}
        assert len(words) == 1
        noted.row(
            "faults",
            fault=what,
            where=", ".join(met),
            what_is_read=words.pop(),
            what_is_offered=next(iter(met.values())).offers,
            what_is_kept="the photo",
        )


def test_a_batch_outlives_three_workers(page: Page, site: Path, tmp_path: Path, noted: Noted) -> None:
    """The third one ends with a photo that was under way before: it has failed, and can be tried again."""
    lives = [[("mask", "end")], [("encode", "end")], [("decode", "end")]]
    with hurt(page, site, *lives) as (driver, trouble):
        batch = Batch(driver)
        batch.add(*(photo(tmp_path, n) for n in range(4)))
        batch.wait(4)
        assert not trouble.lives
        states = list(batch.states().values())
        assert sorted(states) == ["done", "done", "done", "failed"]
        said = page.locator(".tile[data-state=failed] .tile-state").text_content() or ""
        batch.do("retry")
        expect(page.locator(".tile[data-state=done]")).to_have_count(4, timeout=60 * SECOND)
        saved = batch.zip(tmp_path)
    noted.row(
        "faults",
        fault="the worker of a batch ends three times",
        where="mask, encode, decode",
        what_is_read=said,
        what_is_offered="photos under way are tried again by themselves, a second time by a button",
        what_is_kept=f"{len(saved)} of 4 photos",
    )


def test_a_stroke_and_a_file_outlive_the_worker(page: Page, site: Path, tmp_path: Path, noted: Noted) -> None:
    """The hint brush asks again by itself; what was to be saved is saved at the next click."""
    lives: list[list[Act]] = [
        [("decode", "spare"), ("decode", "end")],
        [("decode", "spare"), ("encode", "end")],
    ]
    with hurt(page, site, *lives) as (driver, trouble):
        editor = Editor(driver, red_on_blue(tmp_path / "ball.png")).begin()
        editor.tab("brush")
        editor.pick("erase")
        editor.drag((0.42, 0.5), (0.46, 0.5), (0.5, 0.52))
        editor.wait_for_alpha(0.46, 0.5, 0)
        editor.pick("hint")
        editor.drag((0.5, 0.2), (0.55, 0.25))
        expect(page.locator("#announcer")).to_contain_text("The edge was refined", timeout=60 * SECOND)
        announced = page.locator("#announcer > *", has_text="edge").last.inner_text()
        refined = f"an error or a note: {told(page)}; announced: {announced}"
        assert len(trouble.lives) == 0
        editor.settle()
        page.click("#download")
        expect(page.locator("#note")).to_contain_text("has stopped", timeout=60 * SECOND)
        said = page.locator("#note").inner_text().splitlines()[0]
        assert editor.alpha_at(0.46, 0.5) == 0, "the stroke is gone"
        made = pixels(editor.save(tmp_path))
        assert (made[360, 441, 3], made[360, 560, 3]) == (0, 255), "the stroke is not in the file"
    noted.row(
        "faults",
        fault="the worker ends while an edge is refined",
        where="the editor",
        what_is_read=refined,
        what_is_offered="it is asked for again by itself",
        what_is_kept="the stroke of the hint brush, and those before",
    )
    noted.row(
        "faults",
        fault="the worker ends while a file is made to be saved",
        where="the editor",
        what_is_read=said,
        what_is_offered="the button that saves",
        what_is_kept="strokes and patch: the next click saves them",
    )


def large(folder: Path) -> Path:
    """Make a photo of 12 megapixels: what Python has at its start is not enough for it."""
    path = folder / "large.jpg"
    with Image.open(photo(folder, 0, 640)) as image:
        image.resize((4000, 3000)).save(path, quality=90)
    return path


def test_memory_that_does_not_grow_is_said_and_a_new_worker_tries(
    page: Page, site: Path, tmp_path: Path, noted: Noted
) -> None:
    """No page of WebAssembly's memory is to be had from a stage on, by Python or by ONNX Runtime."""
    loading, working = ("runtime", "session"), ("decode", "inference")
    with hurt(page, site, *([(stage, "starve")] for stage in (*loading, *working))) as (driver, trouble):
        driver.open(model="u2netp")
        seen = {stage: try_again(driver) for stage in loading}
        driver.wait_for("ready")
        driver.choose(large(tmp_path))
        seen |= {stage: try_again(driver) for stage in working}
        assert driver.complaints  # ONNX Runtime met it, and says so in its own words
        assert all("bad_alloc" in complaint for complaint in driver.complaints)
        driver.complaints.clear()
        assert driver.finish(seconds=240)["width"] == 4000, "the photo was lost"
        assert not trouble.lives
    assert {stage: one.code for stage, one in seen.items() if one.code != "out-of-memory"} == {}
    for stage, one in seen.items():
        noted.row(
            "faults",
            fault=f"no more memory for WebAssembly from “{stage}” on",
            where="U²-Netp, a photo of 12 megapixels",
            what_is_read=one.words,
            what_is_offered=one.offers,
            what_is_kept="the photo: a new worker has memory of its own",
        )


def test_a_gpu_that_is_lost_in_each_stage_costs_no_photo(
    page: Page, site: Path, tmp_path: Path, noted: Noted
) -> None:
    """One device a stage; in the end the adapter is gone, too, and in the next visit there is none."""
    acts: list[Act] = [("session", "lose next"), *((stage, "lose") for stage in STAGES)]
    with hurt(page, site, [*acts, ("decode", "unplug")], [("runtime", "unplug")]) as (driver, _):
        driver.open(model="half", device="webgpu")
        driver.wait_for("ready", seconds=180)
        reports = [cut_out_anew(driver, photo(tmp_path, n)) for n in range(len(STAGES) + 1)]
        assert [report["device"]["provider"] for report in reports] == ["webgpu"] * len(STAGES) + ["wasm"]
        remarks = [one["text"] for one in reports[-2]["remarks"] if one["topic"] == "device"]
        last = re.sub(r" \([^()]*\) failed", " failed", str(reports[-1]["device"]["reason"]))  # no GPU's name
        page.reload()
        driver.choose(site / "samples" / PHOTO)
        gone = read_error(driver)
        page.click("#retry-cpu")
        assert driver.finish()["device"]["provider"] == "wasm"
    assert remarks
    noted.row(
        "faults",
        fault="the GPU device is lost",
        where=", ".join(stage for stage, _ in acts),
        what_is_read=f"a remark beside the cutout: {remarks[-1]}",
        what_is_offered="nothing is needed: a new device finishes the photo, or the next one",
        what_is_kept=f"{len(STAGES)} of {len(STAGES)} photos",
    )
    noted.row(
        "faults",
        fault="the GPU is gone for good",
        where="decode",
        what_is_read=f"a remark beside the cutout, and why the CPU works: {last}",
        what_is_offered="nothing is needed: the CPU finishes the photo",
        what_is_kept="the photo",
    )
    noted.row(
        "faults",
        fault="the GPU is gone between two visits",
        where="a visitor who chose it",
        what_is_read=gone.words,
        what_is_offered=gone.offers,
        what_is_kept="the photo",
    )


def cut_out_anew(driver: Driver, path: Path) -> dict[str, Any]:
    """Cut out a photo after another one: the page is done with that."""
    driver.choose(path)
    link = driver.page.locator(f'#download[download^="{path.stem}"]')
    expect(link).to_be_visible(timeout=180 * SECOND)
    return driver.finish()


# A file of each kind, and how it fails; all files at many more places: bench/cuts.py.
FAILING = {
    "the page": "cut",
    "styles": "500",
    "its scripts": "other bytes",
    "its words": "404",
    "the site's description": "cut",
    "the worker's scripts": "other type",
    "Python": "reset",
    "ONNX Runtime": "other type",
    "the model": "other bytes",
    "pictures": "cut",
}


def test_each_kind_of_file_fails_in_a_way_of_its_own(browser: Browser, site: Path, noted: Noted) -> None:
    with cuts.visiting(browser, site, "tiny") as visits:
        assets = visits.assets()
        for kind, fault in FAILING.items():
            found = [one for one in assets if cuts.kind_of(one) == kind]
            path = max(found, key=lambda one: len(visits.content(one)))
            content = visits.content(path)
            faults = {"cut": Fault(cut_after=len(content) // 2), **network_faults(content)}
            outcome = visits.visit({path: faults[fault]})
            assert outcome.after != "never", f"{path}, {fault}: {outcome.said}"
            noted.row(
                "faults",
                fault=f"{kind}: {'cut off in the middle' if fault == 'cut' else fault}",
                where="the first visit",
                what_is_read=outcome.said or "nothing",
                what_is_offered=outcome.after,
                what_is_kept="the photo",
            )


def test_a_sample_that_is_cut_off_is_asked_for_again(page: Page, site: Path, noted: Noted) -> None:
    with hurt(page, site) as (driver, trouble):
        trouble.faults["samples/coffee.png"] = Fault(cut_after=5_000)
        driver.open(model="tiny")
        driver.wait_for("ready")
        page.locator('#samples button:has(img[src*="coffee"])').click()
        seen = read_error(driver)
        trouble.faults.clear()
        page.click("#retry")
        assert driver.finish()["width"] == 600
    noted.row(
        "faults",
        fault="a sample photo: cut off",
        where="the first visit",
        what_is_read=seen.words,
        what_is_offered=seen.offers,
        what_is_kept="the wish for that photo",
    )


SLOW_3G = Fault(delay=0.4, bytes_per_second=50_000)


def test_on_a_slow_line_progress_is_told_and_cancel_is_heard(page: Page, site: Path, noted: Noted) -> None:
    with hurt(page, site) as (driver, trouble):
        trouble.everything = SLOW_3G
        driver.open(model="tiny")
        driver.choose(site / "samples" / PHOTO)
        detail = page.locator("#status-detail")
        expect(detail).to_contain_text(re.compile(r"\d\.[1-9] of \d+\.\d MB"), timeout=60 * SECOND)
        before = megabytes(detail)
        expect(detail).not_to_contain_text(f"{before} of", timeout=60 * SECOND)
        assert megabytes(detail) > before
        page.click("#cancel")
        driver.wait_for("ready", seconds=60)
        said = page.locator("#status").text_content() or ""
        trouble.everything = None
        page.reload()
        driver.cut_out(site / "samples" / PHOTO)
    noted.row(
        "faults",
        fault="slow 3G (400 kbit/s, 400 ms)",
        where="every answer",
        what_is_read=f"how many megabytes have come, of how many; after Cancel: {said}",
        what_is_offered="Cancel, which is heard before all has come",
        what_is_kept="the photo",
    )


def megabytes(words: Locator) -> float:
    """How many have come."""
    return float((words.text_content() or "").split(" of ")[0].split()[-1])


def test_where_there_is_no_room_at_all(page: Page, site: Path, tmp_path: Path, noted: Noted) -> None:
    with hurt(page, site) as (driver, trouble):
        Tools.of(page).allow(1_000, trouble.url.rstrip("/"))  # none means no limit to Chromium
        editor = Editor(driver, red_on_blue(tmp_path / "ball.png")).begin()
        report = driver.finish()
        editor.tab("brush")
        editor.pick("erase")
        editor.drag((0.42, 0.5), (0.46, 0.5), (0.5, 0.52))
        editor.wait_for_alpha(0.46, 0.5, 0)
        page.wait_for_function(ASKS)
        assert pixels(editor.save(tmp_path))[360, 441, 3] == 0, "the stroke is not in the file"
        batch = Batch(driver)
        page.evaluate(NO_PICKERS)
        batch.add(*(photo(tmp_path, n) for n in range(2)))
        batch.wait(2)
        saved = batch.zip(tmp_path)
        words = page.locator(".batch-kept").text_content()
    said = next(one["text"] for one in report["remarks"] if one["topic"] == "storage")
    noted.row(
        "faults",
        fault="no room at all in the browser's storage",
        where="photo, editor, batch",
        what_is_read=f"{said} / {words}",
        what_is_offered="the page asks before it is left",
        what_is_kept=f"the stroke, in the file that is saved, and {len(saved)} of 2 photos of a batch",
    )


def test_what_is_kept_is_deleted_under_a_batch(page: Page, site: Path, tmp_path: Path, noted: Noted) -> None:
    """As by the browser's own "Clear site data", in mid batch: originals and cutouts are files no more."""
    with hurt(page, site) as (driver, _):
        batch = Batch(driver)
        batch.add(*(photo(tmp_path, n) for n in range(3)))
        batch.wait(3)
        wait_until_kept(batch, 3)
        Tools.of(page).wipe("all")
        page.click("#batch-zip")
        report = page.locator(".batch-report")
        expect(report).to_contain_text("could not be saved")
        said = (report.locator("p").nth(1).text_content() or "").replace("\n", " ")
        batch.wait(3)
        batch.add(photo(tmp_path, 3))
        batch.wait(4)
        assert set(batch.states().values()) == {"done"}
        saved = batch.zip(tmp_path)
    noted.row(
        "faults",
        fault="what the browser keeps is deleted under the page",
        where="a batch whose photos are done",
        what_is_read=said,
        what_is_offered="they are made again from the files themselves; then the same button",
        what_is_kept=f"{len(saved)} of 4 photos",
    )


def test_a_tab_that_was_frozen_goes_on(page: Page, site: Path, tmp_path: Path, noted: Noted) -> None:
    """Longer than a download may stall, while one is under way; then in mid batch; then after a stroke."""
    with troubled(site, prelude=IMPATIENT) as trouble:
        driver, tools = Driver(page, trouble.url), Tools.of(page)
        trouble.faults["runtime/pyodide/python.tar"] = Fault(bytes_per_second=3_000_000)
        driver.open(model="tiny")
        driver.choose(site / "samples" / PHOTO)
        expect(page.locator("#status-detail")).to_contain_text(" of ")
        frozen(tools, page, seconds=7.5)
        assert driver.finish()["width"] == 451
        read = [told(page)]
        editor = Editor(driver, red_on_blue(tmp_path / "ball.png")).begin()
        editor.tab("brush")
        editor.pick("erase")
        editor.drag((0.42, 0.5), (0.46, 0.5), (0.5, 0.52))
        frozen(tools, page)
        editor.wait_for_alpha(0.46, 0.5, 0)
        page.wait_for_function(f"() => !({ASKS})()")
        read.append(told(page))
        batch = Batch(driver)
        batch.add(*(photo(tmp_path, n) for n in range(4)))
        expect(page.locator(".tile[data-state=done]")).not_to_have_count(0, timeout=60 * SECOND)
        frozen(tools, page)
        batch.wait(4)
        done = list(batch.states().values()).count("done")
        read.append(told(page))
        driver.assert_clean()
    assert done == 4
    noted.row(
        "faults",
        fault="the tab is frozen and thawed",
        where="a download, a batch, after a stroke",
        what_is_read="; ".join(dict.fromkeys(read)),
        what_is_offered="nothing is needed: the work goes on",
        what_is_kept=f"the photo, {done} of 4 photos, the stroke",
    )


def frozen(tools: Tools, page: Page, *, seconds: float = 2.5) -> None:
    """Freeze the tab; in mid download for longer than `IMPATIENT` lets it wait for a byte."""
    tools.freeze()
    page.wait_for_timeout(seconds * SECOND)
    tools.thaw()


@pytest.mark.browser_context_args(service_workers="allow")
def test_a_service_worker_that_is_killed_is_started_again(page: Page, site: Path, noted: Noted) -> None:
    """In the middle of keeping the site: no answer comes from it any more."""
    page.add_init_script(ASKED_OF_SERVICE)
    with troubled(site) as trouble:
        driver, tools = Driver(page, trouble.url), Tools.of(page)
        trouble.faults["samples/coffee.png"] = Fault(bytes_per_second=1_000)
        driver.open(model="tiny")
        page.wait_for_function("() => asked.includes('keep')", timeout=60 * SECOND)
        trouble.wait_for("samples/coffee.png", page)
        tools.kill_service_worker()
        trouble.faults.clear()
        assert driver.cut_out(site / "samples" / PHOTO)["width"] == 451
        read = told(page)
        page.wait_for_function("() => asked.filter((type) => type === 'claim').length === 2")
        line = page.locator("#offline")
        expect(line).to_have_text(re.compile("^Not ready to work offline yet"))
        said = line.text_content() or ""
        page.reload()
        page.locator('html[data-offline="ready"]').wait_for(state="attached", timeout=60 * SECOND)
        driver.choose(site / "samples" / PHOTO)
        tools.kill_service_worker()
        assert driver.finish()["width"] == 451
        driver.assert_clean()
    noted.row(
        "faults",
        fault="the service worker is killed",
        where="while it keeps the site; while a photo is worked on",
        what_is_read=f"with the photo: {read}; below: {said}",
        what_is_offered="nothing is needed: the next visit brings what is missing",
        what_is_kept="the photo",
    )
