"""Networks that tests make, rewrite and run: published ones, and shipped ones as each target runs them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from alphacut.models import ModelSpec
from alphacut.onnx_graph import Layout, Shipped, Target, ship
from alphacut.scaling import FloatNetwork, ScaledSession, normalise, unit_map
from tests.helpers import Bytes8, Floats, run
from tests.networks import node

WASM: Target = "wasm-float32"
GPU: tuple[Target, ...] = ("webgpu-float32", "webgpu-float16")

_NUMPY = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}


def shipped(
    model: ModelProto, spec: ModelSpec, *targets: Target, output: str = "alpha", layout: Layout = "NCHW"
) -> Shipped:
    return ship(
        model.SerializeToString(), spec, output=output, targets=targets or (WASM,),
        weights_name="weights.bin", layout=layout,
    )  # fmt: skip


def graph_of(made: Shipped, target: Target = WASM) -> GraphProto:
    return onnx.load_model_from_string(made.graphs[target]).graph


def ops(graph: GraphProto) -> Counter[str]:
    return Counter(node.op_type for node in graph.node)


# ---- running them ----------------------------------------------------------------------------------


def opened(graph: str | bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False  # it never gives memory back
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(graph, options, ["CPUExecutionProvider"])


def published(model: ModelProto, output: str = "alpha", layout: Layout = "NCHW") -> FloatNetwork:
    """The network as it is: float32 NCHW in, whatever its own layout, and its own numbers out."""
    session = opened(model.SerializeToString())
    (taken,) = session.get_inputs()
    axes = (0, 1, 2, 3) if layout == "NCHW" else (0, 2, 3, 1)

    def network(planes: Floats) -> Floats:
        values = np.asarray(session.run([output], {taken.name: planes.transpose(axes)})[0])
        return values[..., 0] if values.ndim == 4 and values.shape[1] != 1 else values

    return network


def run_graph(graph: Path | onnxruntime.InferenceSession, pixels: Bytes8) -> Bytes8:
    """Run a shipped graph; levels cross float ends as in web/worker/gpu-io.js: cast, fraction dropped."""
    session = opened(str(graph)) if isinstance(graph, Path) else graph
    (taken,), (given,) = session.get_inputs(), session.get_outputs()
    assert (taken.name, given.name, taken.type) == ("photo", "alpha", given.type)
    assert taken.shape == list(pixels.shape)
    levels = session.run(None, {"photo": pixels.astype(_NUMPY[taken.type])})[0]
    assert levels.shape[:2] == (1, 1)
    assert levels.min() >= 0
    assert levels.max() < 256
    return np.asarray(levels[0, 0], np.uint8)


def run_shipped(made: Shipped, pixels: Bytes8, folder: Path, target: Target = WASM) -> Bytes8:
    (folder / "weights.bin").write_bytes(made.weights)
    graph = folder / f"{target}.onnx"
    graph.write_bytes(made.graphs[target])
    return run_graph(graph, pixels)


def assert_levels_of(levels: Bytes8, network: FloatNetwork, spec: ModelSpec, pixels: Bytes8) -> None:
    """The levels are those of the published network; one off only where it lies between two of them."""
    exact = 255 * unit_map(network(normalise(pixels, spec)), spec).astype(np.float64)
    expected = run(ScaledSession(network, spec).run(pixels))
    off = levels.astype(int) - expected
    assert levels.shape == expected.shape
    assert np.abs(off).max() <= 1
    between = np.abs(exact - np.floor(exact) - 0.5)
    assert between[off != 0].max(initial=0) < 0.02


# ---- making them -----------------------------------------------------------------------------------


def scaled(name: str, *shape: int, seed: int = 0, gain: float = 1.0) -> TensorProto:
    """Weights of shape (out, in, ...) that keep the size of the numbers they are multiplied with."""
    spread = gain / math.sqrt(math.prod(shape[1:]))
    return numpy_helper.from_array(
        np.random.default_rng([seed, *name.encode()]).normal(0, spread, shape).astype(np.float32), name
    )


def tensor(name: str, values: NDArray[np.generic]) -> TensorProto:
    return numpy_helper.from_array(values, name)


def network_around(
    nodes: Sequence[NodeProto],
    stored: Sequence[TensorProto],
    *,
    channels: int,
    last: int,
    size: tuple[int, int],
    opset: int = 13,
) -> ModelProto:
    """A network whose inside takes `features` of `channels` channels and gives `inside` of `last` channels.

    `size` is (width, height) of the photo and of the features.
    """
    graph = helper.make_graph(
        [
            node("Conv", "photo lift", "lifted"),
            node("Relu", "lifted", "features"),
            *nodes,
            node("Conv", "inside drop", "dropped"),
            node("Sigmoid", "dropped", "alpha"),
        ],
        "net",
        [helper.make_tensor_value_info("photo", TensorProto.FLOAT, [1, 3, size[1], size[0]])],
        [helper.make_tensor_value_info("alpha", TensorProto.FLOAT, [1, 1, None, None])],
        [scaled("lift", channels, 3, 1, 1), *stored, scaled("drop", 1, last, 1, 1, gain=2)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
