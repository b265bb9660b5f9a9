"""Normalisation and quantisation inside the graph, against the same in NumPy around the published network."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from onnx import ModelProto, TensorProto, helper

from alphacut.errors import BadModelError
from alphacut.models import Output
from alphacut.onnx_graph import Layout, Target
from alphacut.scaling import normalise
from tests.graphs import (
    GPU,
    WASM,
    assert_levels_of,
    graph_of,
    ops,
    published,
    run_shipped,
    scaled,
    shipped,
    tensor,
)
from tests.helpers import noise, spec
from tests.networks import node

NAMES = ("photo", "alpha", "inner_photo", "end_mean", "end_scaled", "x")


def network(
    size: tuple[int, int],
    *,
    layout: Layout = "NCHW",
    map_shape: str = "11hw",
    ending: str = "",
    names: tuple[str, str, str] = ("x", "y", "w"),
    stride: int = 1,
    gain: float = 1.0,
) -> ModelProto:
    """One convolution, with whatever comes before and after; `names` are of input, output and weights."""
    (width, height), (taken, given_, weights) = size, names
    columns, rows = -(-width // stride), -(-height // stride)
    shape = {
        "11hw": [1, 1, rows, columns],
        "1hw": [1, rows, columns],
        "1hw1": [1, rows, columns, 1],
        "hw": [rows, columns],
    }[map_shape]
    steps: list[tuple[str, list[str], dict[str, Any]]] = [
        *([("Transpose", [], {"perm": [0, 3, 1, 2]})] if layout == "NHWC" else []),
        ("Conv", [weights, "offset"], {"strides": [stride] * 2}),
        *([(ending, [], {})] if ending else []),
        *([("Reshape", ["shape"], {})] if map_shape != "11hw" else []),
    ]
    nodes, current = [], taken
    for index, (op, others, attributes) in enumerate(steps):
        result = given_ if index == len(steps) - 1 else f"step_{index}"
        nodes.append(helper.make_node(op, [current, *others], [result], **attributes))
        current = result
    graph = helper.make_graph(
        nodes,
        "net",
        [
            helper.make_tensor_value_info(
                taken, TensorProto.FLOAT, [1, 3, height, width] if layout == "NCHW" else [1, height, width, 3]
            )
        ],
        [helper.make_tensor_value_info(given_, TensorProto.FLOAT, shape)],
        [
            scaled(weights, 1, 3, 1, 1, seed=5, gain=gain),
            tensor("offset", np.array([0.3], np.float32)),
            tensor("shape", np.array(shape, np.int64)),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


CHANNEL = st.tuples(*[st.floats(0, 1)] * 3)
SIZES = st.tuples(st.integers(4, 19), st.integers(4, 19))


@settings(max_examples=120, deadline=None)
@given(
    size=SIZES,
    mean=CHANNEL,
    std=st.tuples(*[st.floats(0.05, 2)] * 3),
    layout=st.sampled_from(["NCHW", "NHWC"]),
    output=st.sampled_from(["alpha", "logits", "minmax"]),
    map_shape=st.sampled_from(["11hw", "1hw", "1hw1", "hw"]),
    sigmoid=st.booleans(),
    names=st.permutations(NAMES),
    stride=st.integers(1, 2),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_shipped_graph_takes_and_gives_levels_as_numpy_would_around_the_published_one(
    *,
    size: tuple[int, int],
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
    layout: Layout,
    output: Output,
    map_shape: str,
    sigmoid: bool,
    names: list[str],
    stride: int,
    seed: int,
) -> None:
    ending = "Sigmoid" if sigmoid and output == "alpha" else ""
    taken, given_, weights, *_ = names
    model = network(
        size, layout=layout, map_shape=map_shape, ending=ending, names=(taken, given_, weights), stride=stride
    )
    described = spec(*size, mean=mean, std=std, output=output)
    pixels, floats = noise(*size, seed=seed)[None], published(model, given_, layout)
    if output == "minmax":
        assume(np.ptp(floats(normalise(pixels, described))) > 0.1)  # or it magnifies differences in rounding
    made = shipped(model, described, output=given_, layout=layout)
    with tempfile.TemporaryDirectory() as folder:
        levels = run_shipped(made, pixels, Path(folder))
    assert_levels_of(levels, floats, described, pixels)
    assert made.weights == b""  # whose names are part of the graph


@pytest.mark.parametrize("target", [WASM, *GPU])
@pytest.mark.parametrize("output", ["alpha", "logits", "minmax"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_every_target_gives_the_same_levels(
    layout: Layout, output: Output, target: Target, tmp_path: Path
) -> None:
    model = network((32, 24), layout=layout, ending="Sigmoid" if output == "alpha" else "")
    described, pixels = spec(32, 24, output=output), noise(32, 24)[None]
    made = shipped(model, described, WASM, target, output="y", layout=layout)
    levels = run_shipped(made, pixels, tmp_path, target).astype(int)
    assert np.abs(levels - run_shipped(made, pixels, tmp_path)).max() <= 1
    assert levels.std() > 20  # or the comparison would say little


def test_large_weights_may_have_the_names_of_the_ends_too(tmp_path: Path) -> None:
    """They are in the weights file, not in the graph."""
    nodes = [
        node("Conv", "x photo", "c1"),
        node("Conv", "c1 alpha", "y"),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 6, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 6, 8])],
        [scaled("photo", 300, 3, 1, 1), scaled("alpha", 1, 300, 1, 1)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    described, pixels = spec(output="logits"), noise(8, 6)[None]
    made = shipped(model, described, WASM, *GPU, output="y")
    assert len(made.weights) > 4000
    assert_levels_of(run_shipped(made, pixels, tmp_path), published(model, "y"), described, pixels)
    for target in GPU:
        off = run_shipped(made, pixels, tmp_path, target).astype(int) - run_shipped(made, pixels, tmp_path)
        assert np.abs(off).max() <= 1


# ---- what the map holds ----------------------------------------------------------------------------


def test_a_network_that_ends_without_sigmoid_is_clipped_and_one_with_it_is_not(tmp_path: Path) -> None:
    without = network((32, 24), gain=3)
    values = published(without, "y")(normalise(noise(32, 24)[None], spec(32, 24)))
    assert values.min() < -0.5
    assert values.max() > 1.5
    made = shipped(without, spec(32, 24), output="y")
    levels = run_shipped(made, noise(32, 24)[None], tmp_path)
    assert (levels[values[0, 0] <= 0] == 0).all()
    assert (levels[values[0, 0] >= 1] == 255).all()
    assert {"Max", "Min"} <= set(ops(graph_of(made)))
    with_sigmoid = graph_of(shipped(network((32, 24), ending="Sigmoid"), spec(32, 24), output="y"))
    assert not {"Max", "Min"} & set(ops(with_sigmoid))


@pytest.mark.parametrize("target", [WASM, *GPU])
@pytest.mark.parametrize(("spread", "shows"), [(0.0, False), (2.0**-15, False), (2.0**-9, True)])
def test_a_map_that_is_all_but_flat_is_not_stretched_to_noise(
    spread: float, shows: bool, target: Target, tmp_path: Path
) -> None:
    described = spec(32, 24, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), output="minmax")
    model = network((32, 24))
    weights = np.array([spread, 0, 0], np.float32).reshape(1, 3, 1, 1)
    model.graph.initializer[0].CopyFrom(tensor("w", weights))
    model.graph.initializer[1].CopyFrom(tensor("offset", np.array([0.0], np.float32)))
    made = shipped(model, described, target, output="y")
    levels = run_shipped(made, noise(32, 24)[None], tmp_path, target)
    assert (levels.max() == 255) == shows
    assert levels.max() <= 128 or shows
    assert levels.min() == 0


# ---- types and names -------------------------------------------------------------------------------

OUTER: dict[Target, int] = {
    "wasm-float32": TensorProto.UINT8,
    "webgpu-float32": TensorProto.FLOAT,
    "webgpu-float16": TensorProto.FLOAT16,
}


@pytest.mark.parametrize("target", OUTER)
@pytest.mark.parametrize("map_shape", ["11hw", "1hw", "1hw1", "hw"])
def test_ends_have_one_name_type_and_shape_whatever_the_published_ones(
    map_shape: str, target: Target
) -> None:
    model = network((9, 7), layout="NHWC", map_shape=map_shape, stride=2)
    graph = graph_of(shipped(model, spec(9, 7), target, output="y", layout="NHWC"), target)
    (taken,), (given_,) = graph.input, graph.output
    assert (taken.name, given_.name) == ("photo", "alpha")
    assert taken.type.tensor_type.elem_type == given_.type.tensor_type.elem_type == OUTER[target]
    assert [d.dim_value for d in taken.type.tensor_type.shape.dim] == [1, 7, 9, 3]
    assert [d.dim_value for d in given_.type.tensor_type.shape.dim] == [1, 1, 4, 5]


def test_networks_that_take_the_photos_layout_are_spared_a_transpose() -> None:
    model = network((9, 7), layout="NHWC")
    graph = graph_of(shipped(model, spec(9, 7), output="y", layout="NHWC"))
    assert ops(graph)["Transpose"] == 1  # the network's own


# ---- what is not one map ---------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [[1, 3, 6, 8], [1, 2, 6, 12], [3, 6, 8], [144], [1, 6, 8, 3], [2, 3, 4, 6]])
def test_an_output_that_is_not_one_map_is_a_bad_model_that_tells_the_shape(shape: list[int]) -> None:
    graph = helper.make_graph(
        [node("Reshape", "x shape", "y")],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 6, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [tensor("shape", np.array(shape, np.int64))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    with pytest.raises(BadModelError) as caught:
        shipped(model, spec(), output="y")
    assert str(tuple(shape)) in caught.value.message
