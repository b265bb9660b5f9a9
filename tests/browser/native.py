"""The same job under CPython: what the browser's result is held against."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphacut.models import ModelSpec
from alphacut.native import NativeSession
from alphacut.pipeline import remove_background
from alphacut.store.networks import WEIGHTS
from tests.browser.driver import pixels


def cut_out(site: Path, model: str, photo: Path, folder: Path) -> NDArray[np.int16]:
    """RGBA of the cutout that native onnxruntime makes with the site's own model files."""
    entry = next(m for m in json.loads((site / "site.json").read_text())["models"] if m["id"] == model)
    session = NativeSession(_joined(site, entry, folder))
    job = remove_background(photo.read_bytes(), session, ModelSpec.from_table(entry["spec"]))
    with ThreadPoolExecutor() as pool:  # Playwright's own event loop runs in this thread
        result = pool.submit(asyncio.run, job).result()
    path = folder / "native.png"
    path.write_bytes(result.data)
    return pixels(path)


def _joined(site: Path, entry: dict[str, Any], folder: Path) -> Path:
    """Put the graph beside its weights, joined from their chunks; return the graph."""
    graph = folder / "wasm-float32.onnx"
    graph.write_bytes((site / entry["graphs"]["wasm-float32"]["path"]).read_bytes())
    chunks = [(site / chunk["path"]).read_bytes() for chunk in entry["weights"]["chunks"]]
    (folder / WEIGHTS).write_bytes(b"".join(chunks))
    return graph
