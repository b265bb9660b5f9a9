"""Convolutions by Winograd's minimal filtering give what the convolution gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from alphacut import graph_fusions
from alphacut.graph_fusions import winograd
from alphacut.graph_passes import infer, shapes_of

TAKEN, GIVEN, HEIGHT, WIDTH = 64, 68, 80, 84


def network(
    *after: NodeProto,
    kernel: tuple[int, int] = (3, 3),
    taken: int = TAKEN,
    height: int = HEIGHT,
    bias: bool = True,
    outputs: tuple[str, ...] = ("z",),
    **attributes: Any,
) -> ModelProto:
    """Make a convolution from `x` to `y`, with nodes after it, whose sides a rewrite needs."""
    rng = np.random.default_rng(0)
    weights = {"kernels": rng.normal(0, 0.1, (GIVEN, taken, *kernel)).astype(np.float32)}
    if bias:
        weights["bias"] = rng.normal(0, 1, GIVEN).astype(np.float32)
    conv = helper.make_node("Conv", ["x", *weights], ["y"], **({"pads": [1, 1, 1, 1]} | attributes))
    graph = helper.make_graph(
        [conv, *after],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, taken, height, WIDTH])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
    infer(model)
    return model


def rewrite(model: ModelProto) -> tuple[ModelProto, list[str]]:
    """Rewrite a copy; it is still a valid network of the same shapes."""
    made = ModelProto()
    made.CopyFrom(model)
    found = winograd(made.graph, shapes_of(made.graph))
    del made.graph.value_info[:]
    infer(made)
    onnx.checker.check_model(made, full_check=True)
    assert shapes_of(made.graph)["z"] == shapes_of(model.graph)["z"]
    return made, found


def photo() -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, 1, (1, TAKEN, HEIGHT, WIDTH)).astype(np.float32)


def run(model: ModelProto) -> list[NDArray[np.float32]]:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return list(session.run(None, {"x": photo()}))


def assert_same(result: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    """Up to the rounding of float32, which the larger numbers of the transforms make coarser."""
    np.testing.assert_allclose(result, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


RELU = helper.make_node("Relu", ["y"], ["z"])
NEGATED = helper.make_node("Neg", ["y"], ["z"])


@pytest.mark.parametrize("after", [RELU, NEGATED], ids=["relu", "none"])
@pytest.mark.parametrize("bias", [True, False])
def test_the_result_is_the_same(after: NodeProto, bias: bool) -> None:
    model = network(after, bias=bias)
    made, found = rewrite(model)
    assert found == ["y"]
    (expected,), (result,) = run(model), run(made)
    assert_same(result, expected)


def test_onnx_itself_agrees() -> None:
    model = network(RELU)
    made, _ = rewrite(model)
    expected, result = (
        np.asarray(ReferenceEvaluator(graph).run(["z"], {"x": photo()})).squeeze(0) for graph in (model, made)
    )
    assert_same(result, expected)


def test_a_map_that_others_read_too_keeps_its_name() -> None:
    """The convolution is an output besides, and what follows reads it twice."""
    model = network(RELU, helper.make_node("Add", ["y", "z"], ["w"]), outputs=("z", "y", "w"))
    made, found = rewrite(model)
    assert found == ["y"]
    for result, expected in zip(run(made), run(model), strict=True):
        assert_same(result, expected)


def test_weights_stay_as_they_are_and_the_graph_stays_small() -> None:
    model = network(RELU)
    made, _ = rewrite(model)
    before: dict[str, TensorProto] = {tensor.name: tensor for tensor in model.graph.initializer}
    after = {tensor.name: tensor for tensor in made.graph.initializer}
    assert all(after[name] == tensor for name, tensor in before.items())
    assert sum(len(tensor.raw_data) for name, tensor in after.items() if name not in before) < 16_384


@pytest.mark.parametrize(
    "options",
    [
        {"kernel": (1, 1), "pads": [0, 0, 0, 0]},
        {"strides": [2, 2]},
        {"dilations": [2, 2], "pads": [2, 2, 2, 2]},
        {"pads": [0, 0, 0, 0]},
        {"taken": 16},  # few channels
        {"height": 82},  # does not divide into tiles
        {"height": 8},  # few tiles
    ],
    ids=str,
)
def test_others_are_left_alone(options: dict[str, Any]) -> None:
    model = network(RELU, **options)
    made, found = rewrite(model)
    assert found == []
    assert made.graph.node == model.graph.node


def test_one_that_would_take_too_much_memory_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    transformed = TAKEN * 36 * (HEIGHT // 4) * (WIDTH // 4) * 4  # bytes
    monkeypatch.setattr(graph_fusions, "_LARGEST", transformed)
    assert rewrite(network(RELU))[1] == ["y"]
    monkeypatch.setattr(graph_fusions, "_LARGEST", transformed - 1)
    assert rewrite(network(RELU))[1] == []
