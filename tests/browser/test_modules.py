"""Python's modules: a job needs no more than the start brings; what that does not bring can still be had."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.driver import Driver, rewrite
from tools.bundle import served
from tools.preload import imports
from tools.serve import Fault, serving

LATE = "python-late.tar"
STARTED = "installLateModules(pyodide, files, folder);"


def photo_files(folder: Path) -> dict[Path, str]:
    """A file of every readable format, with its name in Pillow, and of modes that take another way."""
    rgb = Image.effect_noise((48, 32), 60).convert("RGB")
    formats = {
        "jpg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF", "bmp": "BMP",
        "tif": "TIFF", "ico": "ICO", "ppm": "PPM", "tga": "TGA",
    }  # fmt: skip
    made = {}
    for suffix, kind in formats.items():
        rgb.save(folder / f"photo.{suffix}", kind, **({"sizes": [(48, 32)]} if kind == "ICO" else {}))
        made[folder / f"photo.{suffix}"] = kind
    Image.new("CMYK", (48, 32), (0, 90, 90, 0)).save(folder / "cmyk.jpg", "JPEG")
    Image.new("I;16", (48, 32), 40_000).save(folder / "deep.png", "PNG")
    rgb.quantize(16).save(folder / "palette.png", "PNG", transparency=0, bits=4)
    Image.new("1", (48, 32), 1).save(folder / "bits.tif", "TIFF", compression="packbits")
    rgb.save(folder / "lzw.tif", "TIFF", compression="tiff_lzw")
    rgb.save(folder / "moving.gif", "GIF", save_all=True, append_images=[Image.new("RGB", (48, 32))])
    rgb.save(folder / "pair.jpg", "MPO", save_all=True, append_images=[rgb])
    others = {"cmyk.jpg": "JPEG", "deep.png": "PNG", "palette.png": "PNG", "bits.tif": "TIFF"}
    others |= {"lzw.tif": "TIFF", "moving.gif": "GIF", "pair.jpg": "MPO"}
    return made | {folder / name: kind for name, kind in others.items()}


def test_every_format_is_read_with_the_modules_of_the_start(
    driver: Driver, site: Path, tmp_path: Path
) -> None:
    driver.open(model="tiny")
    driver.wait_for("ready")
    for path, kind in photo_files(tmp_path).items():
        driver.choose(path)
        driver.page.locator(f'#download[download="{path.stem}-cutout.png"]').wait_for(timeout=30_000)
        report = driver.finish()
        assert (report["format"], report["width"], report["height"]) == (kind, 48, 32), path.name
        driver.choose(site / "samples" / "coffee.png")  # so that the next one's name is new
        driver.page.locator('#download[download="coffee-cutout.png"]').wait_for(timeout=30_000)
    (tmp_path / "damaged.webp").write_bytes(b"RIFF\x00\x01\x00\x00WEBPVP8 " + bytes(60))
    driver.choose(tmp_path / "damaged.webp")
    expect(driver.page.locator("#error-code")).to_have_text("truncated-image", timeout=20_000)
    assert any("python.tar" in url for url in driver.requests)
    assert not [url for url in driver.requests if LATE in url]


def python(page: Page, source: str) -> None:
    """Run Python in the worker as soon as it has started."""
    rewrite(page, "**/worker/runtime.js", STARTED, f"{STARTED} pyodide.runPython({source!r});")


def test_other_modules_come_when_they_are_imported(driver: Driver, site: Path) -> None:
    rest = "import csv, numpy.random, xml.dom.minidom; from PIL import _imagingft"
    python(driver.page, f"{rest}; assert numpy.random.default_rng(1).integers(9) < 9")
    driver.open(model="tiny")
    driver.cut_out(site / "samples" / "chelsea.png")
    assert len([url for url in driver.requests if LATE in url]) == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=404), "HTTP 404"),
        (Fault(body=b"short"), "5 of"),
        (Fault(body=None, cut_after=9), "downloaded"),
    ],
    ids=["missing", "short", "cut-off"],
)
def test_a_module_that_can_not_be_fetched_is_explained(
    page: Page, site: Path, fault: Fault, said: str
) -> None:
    python(page, "import csv")
    with serving(site, faults=lambda path: fault if LATE in path else None) as url:
        driver = Driver(page, url)
        driver.open(model="tiny")
        driver.choose(site / "samples" / "chelsea.png")
        error = driver.fail_with()
        assert error["code"] == "runtime-failed"
        assert "csv is fetched when it is first needed, and that failed" in error["details"]
        assert said in error["details"]


def wheel() -> bytes:
    """A package that needs NumPy."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("extra.py", "import numpy\nANSWER = int(numpy.full(6, 7).sum())\n")
        metadata = "Metadata-Version: 2.1\nName: extra\nVersion: 1.0\nRequires-Dist: numpy\n"
        archive.writestr("extra-1.0.dist-info/METADATA", metadata)
        archive.writestr("extra-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("extra-1.0.dist-info/RECORD", "")
    return buffer.getvalue()


def test_packages_of_our_own_site_can_be_added(page: Page, site: Path) -> None:
    """What the lock file names is known to be there: nothing of it is fetched again."""
    code = (
        'await pyodide.loadPackage([`${index}extra-1.0-py3-none-any.whl`, "numpy", "pillow"]);'
        "pyodide.runPython("
        '"import extra, importlib.metadata as m; assert extra.ANSWER == 42; '
        "[m.version(n) for n in ('numpy', 'pillow', 'alphacut', 'extra')]\");"
    )
    rewrite(page, "**/worker/runtime.js", STARTED, f"{STARTED} {code}")
    faults = {"extra-1.0": Fault(body=wheel())}
    with serving(site, faults=lambda path: next((f for p, f in faults.items() if p in path), None)) as url:
        driver = Driver(page, url)
        driver.open(model="tiny")
        driver.cut_out(site / "samples" / "chelsea.png")
        assert [url.rpartition("/")[2] for url in driver.requests if url.endswith(".whl")] == [
            "extra-1.0-py3-none-any.whl"
        ]


def test_tracebacks_name_files_and_lines(page: Page, site: Path) -> None:
    python(page, "from alphacut.encode import encode_png; encode_png(None)")
    with serving(site) as url:
        driver = Driver(page, url)
        driver.open(model="tiny")
        driver.choose(site / "samples" / "chelsea.png")
        details = driver.fail_with()["details"]
        source = Path("src/alphacut/encode.py").read_text("utf-8").splitlines()
        line = next(number for number, text in enumerate(source, 1) if "image.info.clear()" in text)
        assert f'File "alphacut/encode.py", line {line}, in encode_png' in details


def test_the_page_asks_for_each_of_its_modules_once_and_finds_them_all_named(
    driver: Driver, site: Path
) -> None:
    driver.open(model="tiny")
    driver.wait_for("ready")
    asked = [path for url in driver.requests if (path := url.removeprefix(driver.url)).startswith("page/")]
    assert len(asked) == len(set(asked))
    named = re.findall(r'rel="modulepreload" href="(page/[^"]+)"', (site / "index.html").read_text("utf-8"))
    (editor,) = (path for path in asked if path.startswith("page/editor-"))  # once the page has been painted
    later = {editor, *imports(site, editor)} - set(named)
    assert set(asked) - later - {"page/guard.js", served(site, "page/main.js")} == set(named)
