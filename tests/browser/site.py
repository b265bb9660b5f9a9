"""The site that browser tests run on: real page and models, and small networks for the software GPU."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

import build_site
from tools.catalog import MODELS_FOLDER, ROOT

OUT = ROOT / "dist" / "test-site"
CHUNK_BYTES = 1_000_000  # so that the small network comes in several chunks

TOML = """\
title = "Network {name} of the tests"
summary = "Two convolutions at most."
default = false

[licence]
name = "Apache-2.0"
url = "https://www.apache.org/licenses/LICENSE-2.0"
notice = ""
credit = "made by the tests"

[published]
sha256 = "{sha256}"
bytes = {bytes}
sources = [{{ file = "{name}.onnx" }}]

[graph]
output = "map"
gpu_precision = "{precision}"

[spec]
width = 32
height = 16
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
output = "logits"
"""


def build() -> Path:
    """Build the test site: the real models, U²-Netp at 64 x 64, and two networks of one TOML file each."""
    folder = ROOT / "dist" / "test-models"
    folder.mkdir(parents=True, exist_ok=True)
    write_if_changed(folder / "u2netp-64.toml", shrunk((MODELS_FOLDER / "u2netp.toml").read_text("utf-8")))
    write_network(folder, "tiny", tiny(), "float32")
    write_network(folder, "half", half(), "float16")
    options = build_site.Options(model_folders=(MODELS_FOLDER, folder), out=OUT, chunk_bytes=CHUNK_BYTES)
    return build_site.build(options)


def shrunk(toml: str) -> str:
    """The same network at 64 x 64, without notice: what software WebGPU can run in seconds."""
    lines = []
    for line in toml.splitlines():
        key = line.split(" = ")[0]
        lines.append(
            {"width": "width = 64", "height": "height = 64", "default": "default = false"}.get(key, line)
        )
    return "\n".join(lines) + "\n"


def tiny() -> onnx.ModelProto:
    """Make a network whose map is brighter where the photo is redder than it is blue."""
    weights = np.array([8, 0, -8], np.float32).reshape(1, 3, 1, 1)
    return network([helper.make_node("Conv", ["photo", "weights"], ["map"])], weights=weights)


def half() -> onnx.ModelProto:
    """Make a network with fp16 weights and fp16 arithmetic between float32 ends, as ISNet is published."""
    first = np.random.default_rng(0).normal(0, 0.5, (64, 3, 3, 3)).astype(np.float16)
    last = np.random.default_rng(1).normal(0, 0.5, (1, 64, 3, 3)).astype(np.float16)
    nodes = [
        helper.make_node("Cast", ["photo"], ["photo16"], to=TensorProto.FLOAT16),
        helper.make_node("Conv", ["photo16", "first"], ["features"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["features"], ["kept"]),
        helper.make_node("Conv", ["kept", "last"], ["map16"], pads=[1, 1, 1, 1]),
        helper.make_node("Cast", ["map16"], ["map"], to=TensorProto.FLOAT),
    ]
    return network(nodes, first=first, last=last)


def network(nodes: list[onnx.NodeProto], **weights: NDArray[np.generic]) -> onnx.ModelProto:
    """Make a checked network from `photo` (1, 3, 16, 32) to `map` (1, 1, 16, 32)."""
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("photo", TensorProto.FLOAT, [1, 3, 16, 32])],
        [helper.make_tensor_value_info("map", TensorProto.FLOAT, [1, 1, 16, 32])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def write_network(folder: Path, name: str, model: onnx.ModelProto, precision: str) -> None:
    """Write a network and the one TOML file that adds it to a site."""
    data = model.SerializeToString(deterministic=True)
    write_if_changed(folder / f"{name}.onnx", data)
    toml = TOML.format(name=name, sha256=sha256(data).hexdigest(), bytes=len(data), precision=precision)
    write_if_changed(folder / f"{name}.toml", toml)


def write_if_changed(path: Path, content: str | bytes) -> None:
    """Leave a file alone that holds this already; other processes that read it meanwhile find it whole."""
    data = content.encode() if isinstance(content, str) else content
    if path.exists() and path.read_bytes() == data:
        return
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_bytes(data)
    fresh.replace(path)
