"""Builds what the comparison with @imgly/background-removal needs into dist/bench-peer.

The folder holds its page code, its ONNX Runtime and its network, so that it can be carried to a host without
network; no folder in it is larger than 48 MiB. The network is the file that it publishes, with `ceil_mode=0`:
with 1 its ONNX Runtime refuses it on WebGPU, and at 1024 x 1024 every pooled size is even, so that both mean
the same.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import onnx

from alphacut.store.catalog import read_models
from alphacut.store.fetch import Cache, fetch_all
from alphacut.store.node import node_command
from bench.peer import BUILT
from tools.catalog import ROOT

HERE = Path(__file__).resolve().parent
WORK = ROOT / "dist" / "bench-peer-packages"
STAMP = "built-from"
CHUNK = 4 << 20  # bytes, as the package publishes its files
FOLDER = 48 << 20
RUNTIME = tuple(
    f"ort-wasm-simd-threaded{variant}.{suffix}" for variant in ("", ".jsep") for suffix in ("mjs", "wasm")
)
TYPES = {".mjs": "text/javascript", ".wasm": "application/wasm", ".onnx": "application/octet-stream"}


def build() -> Path:
    """Build the folder unless it is current, and return it. Raises FetchError, NodeMissingError."""
    network = read_models()["isnet"].published
    key = _key(network.sha256)
    stamp = BUILT / STAMP
    if stamp.exists() and stamp.read_text() == key:
        return BUILT
    published = fetch_all([network], Cache.default(), offline=False)[network.name]
    _install()
    shutil.rmtree(BUILT, ignore_errors=True)
    BUILT.mkdir(parents=True)
    _bundle(BUILT / "peer.js")
    runtime = WORK / "node_modules" / "onnxruntime-web" / "dist"
    files = {f"/onnxruntime-web/{name}": (runtime / name).read_bytes() for name in RUNTIME}
    files["/models/isnet_fp16"] = without_ceil(published.read_bytes())
    (BUILT / "resources.json").write_text(json.dumps(lay_out(files, BUILT), indent=1))
    stamp.write_text(key)
    return BUILT


def without_ceil(model: bytes) -> bytes:
    """Return the ONNX model with `ceil_mode=0` in every node that has it."""
    proto = onnx.load_from_string(model)
    for node in proto.graph.node:
        for attribute in node.attribute:
            if attribute.name == "ceil_mode":
                attribute.i = 0
    return bytes(proto.SerializeToString())


def lay_out(files: dict[str, bytes], folder: Path) -> dict[str, Any]:
    """Write the files in chunks named by their hash, and return what the package reads as resources.json."""
    resources: dict[str, Any] = {}
    written = 0
    for key, data in files.items():
        chunks = []
        for start in range(0, len(data), CHUNK):
            chunk = data[start : start + CHUNK]
            name = f"part-{written // FOLDER}/{hashlib.sha256(chunk).hexdigest()}"
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(chunk)
            written += CHUNK
            chunks.append({"name": name, "offsets": [start, start + len(chunk)]})
        mime = TYPES[Path(key).suffix or ".onnx"]
        resources[key] = {"chunks": chunks, "size": len(data), "mime": mime}
    return resources


def _install() -> None:
    """Install what package-lock.json names, beside what is built: the repository stays clean."""
    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "peer.js"):
        shutil.copyfile(HERE / name, WORK / name)
    npm = [*node_command("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(npm, cwd=WORK, check=True)


def _bundle(target: Path) -> None:
    esbuild = WORK / "node_modules" / "esbuild" / "bin" / "esbuild"
    flags = ["--bundle", "--format=esm", "--log-level=error", f"--outfile={target}"]
    subprocess.run([*node_command(), str(esbuild), "peer.js", *flags], cwd=WORK, check=True)


def _key(network: str) -> str:
    digest = hashlib.sha256(network.encode())
    for name in ("package-lock.json", "peer.js", "build.py"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()
