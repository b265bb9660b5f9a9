"""`make demo`: what it does with the page once that is open."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tools.demo import Job, cut_out


def test_a_photo_is_cut_out_without_a_person(page: Page, site: Path, site_url: str, tmp_path: Path) -> None:
    out = tmp_path / "cutout.png"
    page.goto(f"{site_url}?model=tiny&device=wasm")
    made = cut_out(page, Job(site / "samples" / "chelsea.png", out, "tiny", "wasm"))
    with Image.open(out) as cutout:
        assert (cutout.mode, *cutout.size) == ("RGBA", made["width"], made["height"])
    assert (made["model"], made["device"], made["bytes_out"]) == ("tiny", "wasm", out.stat().st_size)
    assert made["ms"]["total"] > 0
