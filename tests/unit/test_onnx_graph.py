"""Rewriting published networks: smaller graphs, the same numbers, all targets from one file of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import ModelProto, TensorProto, helper

from alphacut.errors import BadModelError
from alphacut.models import ModelSpec
from alphacut.onnx_graph import TARGETS, Target, ship
from tests.graphs import (
    GPU,
    assert_levels_of,
    graph_of,
    network_around,
    ops,
    published,
    run_shipped,
    scaled,
    shipped,
)
from tests.helpers import Bytes8, noise, spec
from tests.networks import network, node, weights

SIZE = (24, 16)  # width, height
SPEC = spec(*SIZE)
ELEMENT: dict[Target, int] = {
    "webgpu-float16": TensorProto.FLOAT16,
    "webgpu-float32": TensorProto.FLOAT,
    "wasm-float32": TensorProto.FLOAT,
}


def photo(size: tuple[int, int] = SIZE) -> Bytes8:
    return noise(*size, seed=7)[None]


def apart(first: Bytes8, second: Bytes8) -> int:
    return int(np.abs(first.astype(int) - second).max())


# ---- the same numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("size", [(24, 16), (23, 17), (25, 16)])
def test_every_target_gives_what_the_published_network_gives(
    half: bool, shuffled: bool, size: tuple[int, int], tmp_path: Path
) -> None:
    described, pixels, floats = spec(*size), photo(size), published(network(half=half))
    made = shipped(network(half=half, shuffled=shuffled), described, *TARGETS)
    levels = run_shipped(made, pixels, tmp_path)
    assert levels.std() > 2  # or the comparison would say little
    if half:  # there the published one computes in float16, and ours is the more exact one
        exact = floats(
            np.ascontiguousarray((pixels / 255 - described.mean) / described.std, np.float32).transpose(
                0, 3, 1, 2
            )
        )
        assert np.abs(levels - 255 * exact[0, 0]).max() <= 1.5
    else:
        assert_levels_of(levels, floats, described, pixels)
    for target in GPU:
        assert apart(run_shipped(made, pixels, tmp_path, target), levels) <= 1


def test_side_outputs_can_be_the_one_that_is_kept(tmp_path: Path) -> None:
    made = shipped(network(), SPEC, output="side")
    assert_levels_of(run_shipped(made, photo(), tmp_path), published(network(), "side"), SPEC, photo())
    assert "Resize" not in ops(graph_of(made))  # only the other output needs it


# ---- several targets, one file ---------------------------------------------------------------------


@pytest.mark.parametrize("half", [False, True])
def test_one_file_of_weights_serves_every_target(half: bool) -> None:
    every = shipped(network(half=half), SPEC, *TARGETS)
    assert tuple(every.graphs) == tuple(every.largest) == TARGETS
    for target in TARGETS:
        alone = shipped(network(half=half), SPEC, target)
        assert alone.weights == every.weights
        assert alone.graphs == {target: every.graphs[target]}


def test_weights_are_stored_once_in_the_published_precision_and_aligned() -> None:
    made = shipped(network(half=True), SPEC, *TARGETS)
    published_ = {t.name: onnx.numpy_helper.to_array(t) for t in network(half=True).graph.initializer}
    for target in TARGETS:
        stored = [t for t in graph_of(made, target).initializer if t.data_location == TensorProto.EXTERNAL]
        for tensor in stored:
            place = {entry.key: entry.value for entry in tensor.external_data}
            offset, length = int(place["offset"]), int(place["length"])
            assert place["location"] == "weights.bin"
            assert offset % 64 == 0
            np.testing.assert_array_equal(
                np.frombuffer(made.weights[offset : offset + length], np.float16),
                published_[tensor.name.removesuffix("_stored")].ravel(),
            )
        assert {"w1", "w2"} <= {tensor.name.removesuffix("_stored") for tensor in stored}
    assert len(made.weights) < sum(values.nbytes for values in published_.values()) + 64 * len(stored)


def test_graphs_hold_no_weights_so_that_another_target_costs_next_to_nothing() -> None:
    made = shipped(network(), SPEC, *TARGETS)
    assert len(made.weights) > 9000
    assert all(len(graph) < 9000 for graph in made.graphs.values())


@pytest.mark.parametrize("target", TARGETS)
def test_each_graph_computes_in_one_precision(target: Target) -> None:
    graph = graph_of(shipped(network(half=True), SPEC, target), target)
    types = {info.name: info.type.tensor_type.elem_type for info in graph.value_info}
    convolved = [types[n.output[0]] for n in graph.node if n.op_type == "Conv" and n.output[0] in types]
    assert len(convolved) > 2
    assert set(convolved) == {ELEMENT[target]}


# ---- a smaller graph -------------------------------------------------------------------------------


def test_what_only_side_outputs_needed_is_gone_weights_too() -> None:
    graph = graph_of(shipped(network(), SPEC))
    names = {name for n in graph.node for name in (*n.input, *n.output)} | {t.name for t in graph.initializer}
    assert [o.name for o in graph.output] == ["alpha"]
    assert not names & {"side", "dside", "wside"}


@pytest.mark.parametrize("half", [False, True])
def test_shapes_are_folded(half: bool) -> None:
    graph = graph_of(shipped(network(half=half), SPEC))
    computed_at_run_time = {"Shape", "Gather", "Unsqueeze", "Slice", "Constant", "Concat"}
    assert ops(graph)["Concat"] == 1  # that of feature maps
    assert set(ops(graph)) & computed_at_run_time == {"Concat"}
    (resize,) = (n for n in graph.node if n.op_type == "Resize")
    target = next(t for t in graph.initializer if t.name == resize.input[3])
    assert onnx.numpy_helper.to_array(target).tolist() == [1, 8, 16, 24]


def test_casts_between_floats_are_gone_but_those_of_weights_and_levels() -> None:
    made = shipped(network(half=True), SPEC, *TARGETS)
    casts = {t: [n.name for n in graph_of(made, t).node if n.op_type == "Cast"] for t in TARGETS}
    assert casts["webgpu-float16"] == []
    assert casts["webgpu-float32"]
    assert all(name.endswith("_cast") for name in casts["webgpu-float32"])
    ends = [name for name in casts["wasm-float32"] if not name.endswith("_cast")]
    assert len(ends) == 2  # from uint8 and to it
    assert len(casts["wasm-float32"]) == len(casts["webgpu-float32"]) + 2


@pytest.mark.parametrize("target", TARGETS)
def test_nodes_come_out_in_topological_order(target: Target) -> None:
    graph = graph_of(shipped(network(shuffled=True), SPEC, target), target)
    known = {i.name for i in graph.input} | {t.name for t in graph.initializer} | {""}
    for n in graph.node:
        assert set(n.input) <= known, n.name
        known |= set(n.output)


# ---- the largest tensor ----------------------------------------------------------------------------


def test_the_largest_tensor_is_told_in_bytes_of_each_targets_precision() -> None:
    """Of `network` it is what the first convolution gives: 20 channels at the photo's size."""
    largest = shipped(network(), SPEC, *TARGETS).largest
    elements = 20 * 16 * 24
    assert largest == {
        "webgpu-float16": 2 * elements,
        "webgpu-float32": 4 * elements,
        "wasm-float32": 4 * elements,
    }


def test_what_the_gpu_passes_add_counts() -> None:
    """Ten copies of a small map of 256 channels, but one without the pass."""
    convolution = node("Conv", "features w b", "inside", pads=[1] * 4)
    stored = [scaled("w", 4, 256, 3, 3), weights("b", 4, seed=0)]
    model = network_around([convolution], stored, channels=256, last=4, size=SIZE)
    largest = shipped(model, SPEC, *TARGETS).largest
    assert largest["wasm-float32"] == 4 * 256 * 16 * 24
    assert largest["webgpu-float32"] == 4 * 10 * 256 * 16 * 24
    assert largest["webgpu-float16"] == largest["webgpu-float32"] // 2


@pytest.mark.parametrize("half", [False, True])
def test_weights_count(half: bool) -> None:
    """They are bound like any other tensor; stored in another precision too."""
    model = network_around(
        [node("Conv", "features w", "inside", pads=[2] * 4)],
        [scaled("w", 32, 40, 5, 5)],
        channels=40, last=32, size=(4, 3),
    )  # fmt: skip
    if half:
        for tensor in model.graph.initializer:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
        model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT16
        model.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT16
    largest = shipped(model, spec(4, 3), *TARGETS).largest
    assert largest["wasm-float32"] == largest["webgpu-float32"] == 4 * 32 * 40 * 25
    assert largest["webgpu-float16"] == 2 * 32 * 40 * 25


# ---- ceil_mode -------------------------------------------------------------------------------------


def ceil_modes(graph: onnx.GraphProto) -> list[int]:
    pools = [n for n in graph.node if n.op_type == "MaxPool"]
    return [a.i for n in pools for a in n.attribute if a.name == "ceil_mode"]


def test_ceil_mode_is_cleared_where_it_changes_nothing() -> None:
    assert ceil_modes(network().graph) == [1]
    assert ceil_modes(graph_of(shipped(network(), SPEC))) == [0]


@pytest.mark.parametrize("size", [(25, 16), (24, 17), (25, 17)])
def test_ceil_mode_stays_where_a_side_is_odd(size: tuple[int, int], tmp_path: Path) -> None:
    made = shipped(network(), spec(*size))
    assert ceil_modes(graph_of(made)) == [1]
    levels = run_shipped(made, photo(size), tmp_path)
    assert_levels_of(levels, published(network()), spec(*size), photo(size))


def pooling(**attributes: Any) -> ModelProto:
    """A network that is one pool and one convolution."""
    graph = helper.make_graph(
        [node("MaxPool", "photo", "pooled", ceil_mode=1, **attributes), node("Conv", "pooled w", "alpha")],
        "net",
        [helper.make_tensor_value_info("photo", TensorProto.FLOAT, [1, 3, None, None])],
        [helper.make_tensor_value_info("alpha", TensorProto.FLOAT, [1, 1, None, None])],
        [weights("w", 1, 3, 1, 1, seed=0)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


@pytest.mark.parametrize(
    ("attributes", "size", "kept"),
    [
        ({"kernel_shape": [2, 2], "strides": [2, 2]}, (8, 6), 0),
        ({"kernel_shape": [3, 3], "strides": [2, 2]}, (9, 7), 0),
        ({"kernel_shape": [3, 3], "strides": [2, 2]}, (8, 6), 1),
        ({"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}, (8, 6), 1),
        ({"kernel_shape": [2, 2]}, (7, 5), 0),
        ({"kernel_shape": [2, 2], "strides": [2, 2], "dilations": [2, 2]}, (8, 6), 1),
    ],
)
def test_ceil_mode_is_cleared_only_where_every_window_fits(
    attributes: dict[str, list[int]], size: tuple[int, int], kept: int, tmp_path: Path
) -> None:
    described = spec(*size, output="logits")
    made = shipped(pooling(**attributes), described)
    assert ceil_modes(graph_of(made)) == [kept]
    levels = run_shipped(made, photo(size), tmp_path)
    assert_levels_of(levels, published(pooling(**attributes)), described, photo(size))
    assert levels.std() > 2


# ---- what can't be rewritten -----------------------------------------------------------------------


def ship_bytes(data: bytes) -> None:
    ship(data, SPEC, output="alpha", targets=TARGETS, weights_name="weights.bin")


def test_an_output_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(BadModelError, match="'mask'") as caught:
        shipped(network(), SPEC, output="mask")
    assert "side" in caught.value.message
    assert "alpha" in caught.value.message


@pytest.mark.parametrize("data", [b"", b"hello", b"\x08", bytes(1000), b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_what_is_no_network_is_a_bad_model(data: bytes) -> None:
    with pytest.raises(BadModelError):
        ship_bytes(data)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(network().SerializeToString()) - 1))
def test_a_network_cut_off_anywhere_is_a_bad_model(length: int) -> None:
    with pytest.raises(BadModelError):
        ship_bytes(network().SerializeToString()[:length])


def test_a_network_that_can_not_take_the_size_is_a_bad_model() -> None:
    model = network()
    target = helper.make_tensor("fixed", TensorProto.INT64, [4], [1, 8, 5, 5])
    model.graph.initializer.append(target)
    next(n for n in model.graph.node if n.op_type == "Resize").input[3] = "fixed"
    with pytest.raises(BadModelError, match="24 x 16"):
        shipped(model, SPEC)


# ---- reproducible ----------------------------------------------------------------------------------


def test_the_same_network_gives_the_same_bytes() -> None:
    first, second = (shipped(network(half=True), SPEC, *TARGETS) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "change", [{"mean": (0.5, 0.5, 0.5)}, {"std": (1.0, 1.0, 1.0)}, {"output": "logits"}]
)
def test_graphs_change_with_what_is_known_of_the_ends_and_weights_do_not(change: dict[str, Any]) -> None:
    described = ModelSpec.from_table(SPEC.to_table() | change)
    first, second = shipped(network(), SPEC, *TARGETS), shipped(network(), described, *TARGETS)
    assert first.weights == second.weights
    assert all(first.graphs[target] != second.graphs[target] for target in TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_tells_who_made_the_published_file(target: Target) -> None:
    model = network()
    model.producer_name, model.producer_version, model.doc_string = "pytorch", "1.0", "/home/someone/net.py"
    made = onnx.load_model_from_string(shipped(model, SPEC, target).graphs[target])
    assert (made.producer_name, made.producer_version, made.doc_string) == ("alphacut", "", "")
