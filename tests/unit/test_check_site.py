"""The check at the end of the build finds what would fail in a visitor's browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tools.check_site import SCRIPT_BYTES, CheckError, check, first_visit


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site of a few bytes that is whole."""
    files = {
        "index.html": '<link rel="stylesheet" href="app.css"><a href="https://example.org/">elsewhere</a>',
        "app.css": "",
        "page/main.js": 'import { a } from "../shared/protocol.js";\nnew URL("../sw.js", import.meta.url);',
        "sw.js": "",
        "shared/protocol.js": "export const a = 1;",
        "worker/worker.js": 'const m = await import("../shared/protocol.js");',
        "runtime/pyodide/numpy.whl": "numpy",
        "models/m/weights-000.bin": "weights",
        "models/m/webgpu-float16.onnx": "graph",
        "models/m/wasm-float32.onnx": "the other graph",
        "models/m/check.bin": "check",
        "samples/a-thumb.jpg": "thumb",
        "runtime/ort/ort.jspi.min.js": "",
        "runtime/ort/ort-wasm-simd-threaded.jspi.js": "",
        "runtime/ort/ort-wasm-simd-threaded.jspi.wasm": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    lock = {"packages": {"numpy": {"file_name": "numpy.whl", "sha256": sha256(b"numpy").hexdigest()}}}
    (tmp_path / "runtime/pyodide/pyodide-lock.json").write_text(json.dumps(lock))

    def entry(path: str) -> dict[str, Any]:
        data = (tmp_path / path).read_bytes()
        return {"path": path, "bytes": len(data), "sha256": sha256(data).hexdigest()}

    described = {
        "pyodide": {"index": "runtime/pyodide/", "assets": [entry("runtime/pyodide/numpy.whl")]},
        "ort": {"index": "runtime/ort/"},
        "models": [
            {
                "id": "m",
                "weights": {"bytes": 7, "chunks": [entry("models/m/weights-000.bin")]},
                "check": entry("models/m/check.bin"),
                "gpuPrecision": "float16",
                "graphs": {
                    target: entry(f"models/m/{target}.onnx") for target in ("webgpu-float16", "wasm-float32")
                },
            }
        ],
        "samples": [{"thumb": entry("samples/a-thumb.jpg")}],
    }
    (tmp_path / "site.json").write_text(json.dumps(described))
    return tmp_path


def described(site: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((site / "site.json").read_text())
    return found


def test_a_whole_site_passes_and_its_size_is_told(site: Path) -> None:
    assert "first visit" in check(site)


def test_a_first_visit_loads_one_graph_the_weights_and_the_self_check(site: Path) -> None:
    loaded = first_visit(site, described(site))
    names = {path.name for path in loaded if path.parent.name == "m"}
    assert names == {"weights-000.bin", "webgpu-float16.onnx", "check.bin"}
    assert all(path.is_file() for path in loaded)


def append(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(path.read_text() + text)


@pytest.mark.parametrize(
    ("file", "damage", "complaint"),
    [
        ("models/m/weights-000.bin", Path.unlink, "weights-000.bin is missing"),
        ("models/m/weights-000.bin", append("!"), "weights-000.bin differs"),
        ("models/m/wasm-float32.onnx", append("!"), "wasm-float32.onnx differs"),
        ("models/m/check.bin", append("!"), "check.bin differs"),
        ("runtime/pyodide/numpy.whl", append("!"), "numpy.whl"),
        ("app.css", Path.unlink, "names app.css"),
        ("sw.js", Path.unlink, "names ../sw.js"),
        ("shared/protocol.js", Path.unlink, "names ../shared/protocol.js"),
        ("index.html", append('<script src="https://example.org/x.js"></script>'), "another host"),
    ],
)
def test_damage_is_found(site: Path, file: str, damage: Callable[[Path], object], complaint: str) -> None:
    damage(site / file)
    with pytest.raises(CheckError, match=complaint.replace(".", r"\.")):
        check(site)


def test_weights_without_one_of_their_chunks_are_found(site: Path) -> None:
    described = json.loads((site / "site.json").read_text())
    described["models"][0]["weights"]["chunks"].clear()
    (site / "site.json").write_text(json.dumps(described))
    with pytest.raises(CheckError, match="weights of m have 7 bytes, their chunks 0"):
        check(site)


def test_types_that_a_module_names_need_not_be_served(site: Path) -> None:
    script = site / "page/main.js"
    script.write_text(f'/** @import {{ A }} from "../shared/types.js" */\n{script.read_text()}')
    assert "first visit" in check(site, plain=True)


def test_more_script_than_a_page_may_have_is_refused_unless_it_is_left_as_written(site: Path) -> None:
    (site / "page/main.js").write_text("/* much */" * (SCRIPT_BYTES // 10))
    told = rf"our scripts have {SCRIPT_BYTES // 1000}\d\d\d bytes.*largest: page/main\.js"
    with pytest.raises(CheckError, match=told):
        check(site)
    assert "first visit" in check(site, plain=True)
    (site / "page/main.js").rename(site / "page/main.js.map")  # what no page asks for counts nowhere
    assert "first visit" in check(site)
    assert "main.js.map" not in {path.name for path in first_visit(site, described(site))}
