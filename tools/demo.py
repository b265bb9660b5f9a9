"""Cuts out one photo through the built page in headless Chromium, as a person would, and saves the download.

    python -m tools.demo [--photo in.jpg] [--out cutout.png] [--model u2netp] [--device auto|webgpu|wasm]

Without a photo a sample is used. The last line printed is one JSON object with what ran and how long it took.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright

from tools import chromium
from tools.catalog import ROOT
from tools.chromium import Device, Gpu
from tools.serve import serving

SITE = ROOT / "dist" / "site"
SAMPLE = SITE / "samples" / "astronaut.png"
TIMEOUT_S = 900.0  # a software GPU takes minutes for what a real one does in milliseconds
STAGES = (
    "start",
    "model",
    "decode",
    "preprocess",
    "inference",
    "mask",
    "foreground",
    "compose",
    "encode",
    "total",
)


class DemoError(Exception):
    """The page reported an error; the message is the page's own."""


@dataclass(frozen=True)
class Job:
    """One photo to cut out."""

    photo: Path = SAMPLE
    out: Path = Path("cutout.png")
    model: str = ""
    device: Device = "auto"


def run(job: Job) -> dict[str, Any]:
    """Do the job and return the report. Raises DemoError, chromium.NoChromiumError."""
    offered = [model["id"] for model in json.loads((SITE / "site.json").read_text("utf-8"))["models"]]
    if job.model and job.model not in offered:
        raise DemoError(f"the site has no model {job.model}; it has {', '.join(offered)}")
    browser_path, gpu = chromium.ensure(), machine_gpu(job.device)
    with serving(SITE) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=chromium.launch_args(job.device, gpu), headless=True
        )
        try:
            page = browser.new_page()
            page.goto(f"{url}?{_query(job)}")
            return cut_out(page, job)
        finally:
            browser.close()


def machine_gpu(device: Device) -> Gpu:
    """Say whether this machine has a GPU; where WebGPU is asked for without one, software stands in."""
    has_gpu = (
        any(Path("/dev").glob("dri/renderD*")) or Path("/dev/nvidia0").exists() or sys.platform != "linux"
    )
    if device == "webgpu" and not has_gpu:
        print(
            "demo: no GPU on this machine; Chromium's software adapter takes minutes for one photo",
            flush=True,
        )
        return "software"
    return "hardware"


def cut_out(page: Page, job: Job) -> dict[str, Any]:
    """Give the photo to the open page and save its download. Raises DemoError."""
    page.locator("#model:not([disabled])").wait_for(state="attached", timeout=60_000)
    page.set_input_files("#photo-input", job.photo)
    _wait(page)
    with page.expect_download() as download:
        page.click("#download")
    download.value.save_as(job.out)
    print(f"demo: {job.photo} -> {job.out}", flush=True)
    return summary(json.loads(page.locator("#report").text_content() or "{}"), job.out)


def summary(report: dict[str, Any], out: Path) -> dict[str, Any]:
    """Make the one object that is printed from what the page reports."""
    device = report["device"]
    return {
        "model": report["model"], "device": device["provider"], "adapter": device["adapter"],
        "threads": device["threads"], "width": report["width"], "height": report["height"],
        "ms": {stage: round(report["ms"][stage], 1) for stage in STAGES}, "bytes_out": out.stat().st_size,
    }  # fmt: skip


def _query(job: Job) -> str:
    model = f"model={job.model}&" if job.model else ""
    return f"{model}device={job.device}"


def _accept_licence(page: Page) -> None:
    """Where the model has a licence notice, print it and accept it: whoever names the model has chosen it."""
    if page.locator("#licence-dialog").is_visible():
        print(f"demo: {page.locator('#licence-notice').inner_text()}", flush=True)
        page.click("#licence-accept")


def _wait(page: Page) -> None:
    """Wait for the cutout, saying each new step."""
    deadline, said = time.monotonic() + TIMEOUT_S, ""
    while (state := page.locator("html").get_attribute("data-state")) not in {"done", "error"}:
        if time.monotonic() > deadline:
            raise DemoError(f"no cutout after {TIMEOUT_S:.0f} s; the page says: {said}")
        _accept_licence(page)
        status = page.locator("#status").inner_text()
        if status != said:
            print(f"demo: {status}", flush=True)
            said = status
        page.wait_for_timeout(50)
    if state == "error":
        texts = (page.locator(part).inner_text() for part in ("#error-message", "#error-hint", "#error-code"))
        message, hint, code = texts
        raise DemoError(f"{message} {hint} ({code})")


def _parse(arguments: Sequence[str] | None) -> Job:
    parser = argparse.ArgumentParser(description="Cut out one photo through the built page.")
    parser.add_argument("--photo", type=Path, default=Job.photo)
    parser.add_argument("--out", type=Path, default=Job.out)
    parser.add_argument("--model", default=Job.model)
    parser.add_argument("--device", choices=get_args(Device), default=Job.device)
    job = Job(**vars(parser.parse_args(arguments)))
    if not job.photo.is_file():
        parser.error(f"there is no file {job.photo}")
    return job


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the command line says; errors people can mend are printed without a traceback."""
    try:
        report = run(_parse(arguments))
    except (DemoError, chromium.NoChromiumError, PlaywrightError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
