"""Tells the service worker of a site which files it keeps, and finishes the manifest of the app.

What a start needs comes in groups: the shell (page, scripts, words, icons), Python, each build of ONNX
Runtime, the sample photos. Models are not among them: the worker keeps those itself (web/worker/store.js).
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from tools.bundle import PUBLIC, PYTHON
from tools.icons import ICONS, draw_icons, icon_name
from tools.third_party import FOLDER, SITE_PAGE

ICON_FOLDER = "icons"
SCREENSHOT_FOLDER = "screenshots"
HASH_LENGTH = 16  # of base64, 96 bits: enough to tell a file from any other version of it
FORM_FACTORS = ("wide", "narrow")
_NOT_SHELL = {"models", "runtime", "samples", SCREENSHOT_FOLDER, "sw.js", "LICENSE", "THIRD_PARTY.md"}
_NOT_SHELL |= {FOLDER, SITE_PAGE}
_FOR_OTHERS = {*PUBLIC, "embed.html", "embed.css", "embed", PYTHON.partition("/")[0]}
"""What pages of others use, where no service worker of this site helps."""


def finish_manifest(out: Path, *, base: str, screenshots: Path) -> None:
    """Draw the icons and name them in the site's manifest, with the screenshots that there are.

    The app's identity is the address it is started at, unless the site was built for one base: an `id` is
    resolved against the host, where two sites under different paths would be one app.
    """
    draw_icons(out / "icon.svg", out / ICON_FOLDER)
    path = out / "manifest.webmanifest"
    manifest = json.loads(path.read_text("utf-8"))
    if base != "./":
        manifest["id"] = base
    manifest["icons"] = [
        {"src": "icon.svg", "type": "image/svg+xml", "sizes": "any"},
        *(
            {"src": f"{ICON_FOLDER}/{icon_name(kind, side)}", "type": "image/png",
             "sizes": f"{side}x{side}", "purpose": kind}
            for kind, side in ICONS
        ),
    ]  # fmt: skip
    if shown := list(_screenshots(out, screenshots)):
        manifest["screenshots"] = shown
    path.write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")


def _screenshots(out: Path, folder: Path) -> Iterator[dict[str, str]]:
    for factor in FORM_FACTORS:
        source = folder / f"app-{factor}.png"
        if source.is_file():
            (out / SCREENSHOT_FOLDER).mkdir(exist_ok=True)
            shutil.copyfile(source, out / SCREENSHOT_FOLDER / source.name)
            with Image.open(source) as image:
                size = f"{image.width}x{image.height}"
            yield {
                "src": f"{SCREENSHOT_FOLDER}/{source.name}", "type": "image/png", "sizes": size,
                "form_factor": factor,
            }  # fmt: skip


def stamp_service_worker(out: Path, site: dict[str, Any]) -> None:
    """Write version and files into the site's service worker, in the place of its two marks.

    `site` is the content of site.json. Raises ValueError if sw.js has not exactly these marks.
    """
    path = out / "sw.js"
    script = path.read_text("utf-8")
    for mark, value in (("@version@", site["version"]), ("@files@", _by_folder(out, site))):
        if script.count(f'"{mark}"') != 1:
            raise ValueError(f"sw.js should hold {mark} once")
        script = script.replace(f'"{mark}"', json.dumps(value, separators=(",", ":")))
    path.write_text(script, "utf-8")


def _by_folder(out: Path, site: dict[str, Any]) -> list[list[Any]]:
    """List group, folder, and name, hash and bytes of each file in it."""
    tables: dict[tuple[str, str], list[Any]] = {}
    for group, name in _grouped(out, site):
        folder, _, file = name.rpartition("/")
        content = (out / name).read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()[:HASH_LENGTH]
        # The front page goes by the address of its folder: many servers redirect index.html there.
        entry = ["" if name == "index.html" else file, digest, len(content)]
        tables.setdefault((group, f"{folder}/" if folder else ""), []).append(entry)
    return [[*key, *entries] for key, entries in tables.items()]


def _grouped(out: Path, site: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the group and the path of each file that is kept."""
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        name = path.relative_to(out)
        if name.parts[0] not in _NOT_SHELL | _FOR_OTHERS and path.suffix != ".map":
            yield "shell", name.as_posix()
    for sample in site["samples"]:
        yield "shell", sample["thumb"]["path"]
        yield "samples", sample["file"]["path"]
    python = [asset["path"] for asset in site["pyodide"]["assets"]]
    for name in sorted({*python, f"{site['pyodide']['index']}pyodide-lock.json"}):
        yield "python", name
    for build, entry in (("jspi", "ort.jspi.min.js"), ("asyncify", "ort.webgpu.min.js")):
        for name in [
            f"{site['ort']['index']}{entry}",
            *(file["path"] for file in site["ort"]["builds"][build]),
        ]:
            yield build, name
