"""The service worker is told what to keep, and the manifest what the app looks like."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from alphacut.store.node import node_command
from tests.helpers import ROOT
from tools.icons import ICONS, icon_name
from tools.offline import finish_manifest, stamp_service_worker

SITE: dict[str, Any] = {
    "version": "0123456789abcdef",
    "samples": [{"file": {"path": "samples/a.png"}, "thumb": {"path": "samples/a-thumb.jpg"}}],
    "pyodide": {"index": "runtime/pyodide/", "assets": [{"path": "runtime/pyodide/pyodide.asm.wasm"}]},
    "ort": {
        "index": "runtime/ort/",
        "builds": {build: [{"path": f"runtime/ort/{build}.wasm"}] for build in ("jspi", "asyncify")},
    },
}
FILES = {
    "index.html", "app.css", "app.css.map", "site.json", "manifest.webmanifest", "page/main.js",
    "page/main.js.map", "page/pwa/service.js", "icons/icon-192.png", "screenshots/app-wide.png",
    "LICENSE", "THIRD_PARTY.md",
    "models/m/weights-000.bin", "samples/a.png", "samples/a-thumb.jpg", "runtime/extra/onnx.whl",
    "runtime/pyodide/pyodide.asm.wasm", "runtime/pyodide/pyodide-lock.json", "runtime/pyodide/numpy.whl",
    "runtime/ort/jspi.wasm", "runtime/ort/asyncify.wasm", "runtime/ort/ort.jspi.min.js",
    "runtime/ort/ort.webgpu.min.js",
}  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"this is {name}")
    (tmp_path / "sw.js").write_text('const VERSION="@version@",STAMPED="@files@";')
    return tmp_path


def stamped(site: Path) -> tuple[str, dict[str, dict[str, list[Any]]]]:
    """Version, and by group and path what is said of a file."""
    stamp_service_worker(site, SITE)
    script = (site / "sw.js").read_text()
    version, _, files = script.removeprefix("const VERSION=").removesuffix(";").partition(",STAMPED=")
    groups: dict[str, dict[str, list[Any]]] = {}
    for group, folder, *entries in json.loads(files):
        groups.setdefault(group, {}).update({folder + name: rest for name, *rest in entries})
    return json.loads(version), groups


def test_what_a_start_needs_is_named_in_groups(site: Path) -> None:
    version, groups = stamped(site)
    assert version == SITE["version"]
    assert {group: set(files) for group, files in groups.items()} == {
        "shell": {
            "", "app.css", "site.json", "manifest.webmanifest", "page/main.js", "page/pwa/service.js",
            "icons/icon-192.png", "samples/a-thumb.jpg",
        },
        "samples": {"samples/a.png"},
        "python": {"runtime/pyodide/pyodide.asm.wasm", "runtime/pyodide/pyodide-lock.json"},
        "jspi": {"runtime/ort/jspi.wasm", "runtime/ort/ort.jspi.min.js"},
        "asyncify": {"runtime/ort/asyncify.wasm", "runtime/ort/ort.webgpu.min.js"},
    }  # fmt: skip


def test_each_file_is_told_by_hash_and_size(site: Path) -> None:
    _, groups = stamped(site)
    content = (site / "page/main.js").read_bytes()
    hashed, size = groups["shell"]["page/main.js"]
    assert urlsafe_b64encode(sha256(content).digest()).decode().startswith(hashed)
    assert len(hashed) == 16
    assert size == len(content)


@pytest.mark.parametrize("script", ['const VERSION="@version@";', 'a("@version@","@version@","@files@")'])
def test_a_service_worker_without_its_marks_is_no_service_worker(site: Path, script: str) -> None:
    (site / "sw.js").write_text(script)
    with pytest.raises(ValueError, match="should hold"):
        stamp_service_worker(site, SITE)


@pytest.mark.parametrize(
    ("others", "used"),
    [
        ([], True),
        (["https://a.test/other/", "https://a.test/"], True),
        (["https://a.test/cut/#batch"], False),
    ],
)
def test_only_pages_of_this_site_hold_up_a_new_version(others: list[str], used: bool) -> None:
    script = """
      const [source, others] = JSON.parse(process.argv[1]), heard = {}, answers = [];
      const windows = ["https://a.test/cut/", ...others].map((url) => ({ url }));
      Object.assign(globalThis, {
        registration: { scope: "https://a.test/cut/" }, clients: { matchAll: async () => windows },
        addEventListener: (type, listener) => { heard[type] = listener; },
        skipWaiting: async () => { answers.push("used"); },
      });
      (0, eval)(source);
      let done;
      const port = { postMessage: (answer) => { answers.push(answer.others); } };
      heard.message({ data: { type: "use" }, ports: [port], waitUntil: (promise) => { done = promise; } });
      done.then(() => console.log(JSON.stringify(answers)));
    """
    source = (ROOT / "web" / "sw.js").read_text("utf-8").replace('"@files@"', "[]")
    command = [*node_command(), "-e", script, json.dumps([source, others])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == (["used", 0] if used else [1])


def test_ours_has_its_marks() -> None:
    script = (ROOT / "web" / "sw.js").read_text("utf-8")
    assert [script.count(f'"{mark}"') for mark in ("@version@", "@files@")] == [1, 1]


def test_the_groups_are_those_that_the_page_asks_for() -> None:
    keeper = (ROOT / "web" / "page" / "pwa" / "keeper.js").read_text("utf-8")
    for group in ("shell", "python", "jspi", "asyncify", "samples"):
        assert f'"{group}"' in keeper
    choice = '"Suspending" in WebAssembly ? "jspi" : "asyncify"'
    assert choice in keeper
    assert choice in (ROOT / "web" / "worker" / "ort.js").read_text("utf-8")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    for name in ("icon.svg", "manifest.webmanifest"):
        shutil.copyfile(ROOT / "web" / name, tmp_path / name)
    return tmp_path


def manifest_of(app: Path, **options: Any) -> dict[str, Any]:
    finish_manifest(app, **{"base": "./", "screenshots": app / "none", **options})
    made: dict[str, Any] = json.loads((app / "manifest.webmanifest").read_text("utf-8"))
    return made


def test_icons_are_drawn_in_the_sizes_that_are_said(app: Path) -> None:
    named = {icon["src"]: icon for icon in manifest_of(app)["icons"]}
    assert set(named) == {"icon.svg", *(f"icons/{icon_name(kind, side)}" for kind, side in ICONS)}
    for name in set(named) - {"icon.svg"}:
        with Image.open(app / name) as image:
            assert f"{image.width}x{image.height}" == named[name]["sizes"]
            assert image.mode == "RGBA"


def test_an_icon_shows_what_the_drawing_shows(app: Path) -> None:
    manifest_of(app)
    with Image.open(app / "icons/icon-512.png") as icon, Image.open(app / "icons/maskable-512.png") as full:
        assert icon.getpixel((0, 0)) == (0, 0, 0, 0)  # a round corner
        assert icon.getpixel((100, 256)) == (0x00, 0x71, 0x4B, 255)
        assert icon.getpixel((448, 64)) == (0xEE, 0xF2, 0xF0, 255)
        assert icon.getpixel((448, 192)) == (0xB4, 0xC0, 0xBB, 255)
        # The curve: at its height of 8 of 32 units the subject reaches to 21.97 of them.
        assert icon.getpixel((345, 128)) == (0x00, 0x71, 0x4B, 255)
        assert icon.getpixel((358, 128)) != (0x00, 0x71, 0x4B, 255)
        assert full.getchannel("A").getextrema() == (255, 255)


def test_a_monochrome_icon_is_told_by_its_alpha(app: Path) -> None:
    manifest_of(app)
    with Image.open(app / "icons/monochrome-192.png") as icon:
        tones = [icon.getpixel(at)[3] for at in ((40, 96), (168, 72), (168, 24))]  # type: ignore[index]
    assert tones == [255, 127, 0]


def test_only_a_site_for_one_base_has_an_identity_of_its_own(app: Path) -> None:
    assert "id" not in manifest_of(app)
    assert manifest_of(app, base="/app/")["id"] == "/app/"


def test_screenshots_are_named_where_there_are_some(app: Path, tmp_path: Path) -> None:
    assert "screenshots" not in manifest_of(app)
    shots = tmp_path / "docs"
    shots.mkdir()
    Image.new("RGB", (72, 144)).save(shots / "app-narrow.png")
    (shown,) = manifest_of(app, screenshots=shots)["screenshots"]
    assert (shown["src"], shown["sizes"], shown["form_factor"]) == (
        "screenshots/app-narrow.png", "72x144", "narrow",
    )  # fmt: skip
    assert (app / shown["src"]).is_file()
