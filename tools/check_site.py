"""Checks a built site as the last step of the build, and says what a first visit downloads."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import brotli

from tools.bundle import PYTHON

_IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")
_TYPES = re.compile(r"/\*\* @import [^*]*\*/")  # of declarations, which are not served
_WORKER = re.compile(r"""new URL\(\s*["'](\.{1,2}/[^"']+\.js)["']""")
_ADDRESS = re.compile(r"""(?:src|href)\s*=\s*["']([^"'#]+)["']""")
_NOT_LOADED = re.compile(r"<(?:a|base)\s[^>]*>", re.IGNORECASE)


SCRIPT_BYTES = 221_000
"""What all scripts of our own may have together, as they are served and before compression.

The aim was 150,000; the editor takes about 68,000, the worker 50,000 and batches 28,000.
"""


class CheckError(Exception):
    """The built site is not whole. The message lists what is wrong."""


def check(out: Path, *, plain: bool = False) -> str:
    """Check the site in `out` and return a line about its size; with `plain` its scripts may be large.

    Raises
    ------
    CheckError
        A file named in site.json is missing or differs, a module or page names a file that is not
        there or is on another host, an entry of the Python lock file has another hash, or our scripts
        are larger than `SCRIPT_BYTES` together.
    """
    site = json.loads((out / "site.json").read_text("utf-8"))
    problems = [
        *_wrong_files(out, site), *_wrong_weights(site), *_wrong_lock(out, site), *_wrong_references(out),
        *([] if plain else _too_much_script(out)),
    ]  # fmt: skip
    if problems:
        raise CheckError("the built site is not whole:\n  " + "\n  ".join(problems))
    first = first_visit(out, site)
    raw = sum(path.stat().st_size for path in first)
    with ThreadPoolExecutor() as pool:  # both compressors let other threads run
        gzip, br = sum(pool.map(_gzip_size, first)), sum(pool.map(_brotli_size, first))
    return (
        f"  first visit, default model: {len(first)} files, {raw / 1e6:.1f} MB; "
        f"compressed in transit {gzip / 1e6:.1f} MB (gzip -9), {br / 1e6:.1f} MB (brotli 9); "
        f"our scripts {sum(path.stat().st_size for path in _scripts(out)) / 1e3:.0f} kB"
    )


def first_visit(out: Path, site: dict[str, Any]) -> list[Path]:
    """List the files a current Chromium fetches to cut out its first photo with the default model."""
    model = site["models"][0]
    runtime = [asset["path"] for asset in site["pyodide"]["assets"]]
    ort = site["ort"]["index"]
    ort_files = [f"{ort}{name}" for name in ("ort.jspi.min.js", "ort-wasm-simd-threaded.jspi.js",
                                              "ort-wasm-simd-threaded.jspi.wasm")]  # fmt: skip
    graph = model["graphs"][f"webgpu-{model['gpuPrecision']}"]
    network = [file["path"] for file in (*model["weights"]["chunks"], graph, model["check"])]
    samples = [sample["thumb"]["path"] for sample in site["samples"]]
    page = [path for path in out.rglob("*") if path.is_file() and path.relative_to(out).parts[0] in _PAGE]
    page = [path for path in page if path.suffix != ".map"]
    return [*page, *(out / name for name in (*runtime, *ort_files, *network, *samples))]


_SCRIPTS = ("client", "page", "shared", "worker")
_PAGE = {
    "index.html",
    "style.css",
    "base.css",
    "app.css",
    "editor.css",
    "batch.css",
    "camera.css",
    "pwa.css",
    "icon.svg",
}
_PAGE |= {
    "site.json",
    "manifest.webmanifest",
    "messages",
    "client",
    "page",
    "shared",
    "sw.js",
    "vendor",
    "worker",
}


def _wrong_files(out: Path, site: dict[str, Any]) -> Iterator[str]:
    for entry in _entries(site):
        path = out / entry["path"]
        if not path.is_file():
            yield f"{entry['path']} is missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            yield f"{entry['path']} differs from its hash in site.json"


def _wrong_weights(site: dict[str, Any]) -> Iterator[str]:
    for model in site["models"]:
        weights = model["weights"]
        joined = sum(chunk["bytes"] for chunk in weights["chunks"])
        if joined != weights["bytes"]:
            yield f"the weights of {model['id']} have {weights['bytes']} bytes, their chunks {joined}"


def _too_much_script(out: Path) -> Iterator[str]:
    scripts = _scripts(out)
    total = sum(path.stat().st_size for path in scripts)
    if total > SCRIPT_BYTES:
        largest = sorted(scripts, key=lambda path: -path.stat().st_size)[:3]
        named = ", ".join(path.relative_to(out).as_posix() for path in largest)
        yield f"our scripts have {total} bytes, more than the {SCRIPT_BYTES} they may have; largest: {named}"


def _scripts(out: Path) -> list[Path]:
    """List the scripts that a visitor of the page may get; those for pages of others are not among them."""
    scripts = [out / "sw.js", *(path for name in _SCRIPTS for path in (out / name).rglob("*.js"))]
    return [path for path in scripts if path.is_file()]


def _entries(value: Any) -> Iterator[dict[str, Any]]:
    """Find every `SiteFile` in site.json, wherever it is."""
    if isinstance(value, dict):
        if value.keys() == {"path", "bytes", "sha256"}:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _entries(item)


def _wrong_lock(out: Path, site: dict[str, Any]) -> Iterator[str]:
    folder = out / site["pyodide"]["index"]
    lock = json.loads((folder / "pyodide-lock.json").read_text("utf-8"))
    for package in lock["packages"].values():
        wheel = folder / package["file_name"]
        if not wheel.is_file() or hashlib.sha256(wheel.read_bytes()).hexdigest() != package["sha256"]:
            yield f"{package['file_name']} is missing or differs from its hash in pyodide-lock.json"


def _wrong_references(out: Path) -> Iterator[str]:
    folders = (*_SCRIPTS, PYTHON.partition("/")[0])
    for path in sorted([*out.glob("*.html"), *(p for f in folders for p in (out / f).rglob("*.js"))]):
        text = path.read_text("utf-8")
        if path.suffix == ".html":
            named = _ADDRESS.findall(_NOT_LOADED.sub("", text))
        else:
            text = _TYPES.sub("", text)
            named = _IMPORT.findall(text) + _WORKER.findall(text)
        for name in named:
            if "//" in name:
                yield f"{path.relative_to(out)} names another host: {name}"
            elif not name.startswith("data:") and not (path.parent / name).exists():
                yield f"{path.relative_to(out)} names {name}, which is not there"


def _gzip_size(path: Path) -> int:
    return len(zlib.compress(path.read_bytes(), 9))


def _brotli_size(path: Path) -> int:
    return len(brotli.compress(path.read_bytes(), quality=9))
