"""Rewriting published networks: smaller graphs, the same numbers, two precisions from one file of weights."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import ModelProto, TensorProto, helper

from alphacut.errors import BadModelError
from alphacut.onnx_graph import Precision, Shipped, ship
from tests.helpers import Floats, network, node, weights

SIZE = (24, 16)  # width, height


def shipped(
    model: ModelProto, *precisions: Precision, size: tuple[int, int] = SIZE, output: str = "alpha"
) -> Shipped:
    return ship(
        model.SerializeToString(),
        size=size,
        output=output,
        precisions=precisions or ("float32",),
        weights_name="w.bin",
    )


def graph_of(made: Shipped, precision: Precision = "float32") -> onnx.GraphProto:
    return onnx.load_model_from_string(made.graphs[precision]).graph


def ops(graph: onnx.GraphProto) -> Counter[str]:
    return Counter(node.op_type for node in graph.node)


def photo(size: tuple[int, int] = SIZE) -> Floats:
    return np.random.default_rng(7).normal(size=(1, 3, size[1], size[0])).astype(np.float32)


def quiet() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return options


def run_published(model: ModelProto, pixels: Floats, output: str = "alpha") -> Floats:
    session = onnxruntime.InferenceSession(model.SerializeToString(), quiet(), ["CPUExecutionProvider"])
    return np.asarray(session.run([output], {session.get_inputs()[0].name: pixels})[0])


def run_shipped(made: Shipped, pixels: Floats, folder: Path, precision: Precision = "float32") -> Floats:
    (folder / "w.bin").write_bytes(made.weights)
    (folder / "graph.onnx").write_bytes(made.graphs[precision])
    session = onnxruntime.InferenceSession(str(folder / "graph.onnx"), quiet(), ["CPUExecutionProvider"])
    outputs = session.run(None, {session.get_inputs()[0].name: pixels})
    assert len(outputs) == 1
    return np.asarray(outputs[0])


# ---- the same numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("size", [(24, 16), (23, 17), (25, 16)])
def test_the_float32_graph_gives_what_the_published_network_gives(
    half: bool, shuffled: bool, size: tuple[int, int], tmp_path: Path
) -> None:
    published = network(half=half)
    made = shipped(network(half=half, shuffled=shuffled), size=size)
    expected = run_published(published, photo(size))
    # Where the published one computes in float16, ours is the more exact one.
    np.testing.assert_allclose(
        run_shipped(made, photo(size), tmp_path), expected, atol=4e-3 if half else 1e-6
    )
    assert expected.std() > 0.01  # or the comparison would say little


def test_the_float16_graph_gives_what_the_published_float16_network_gives(tmp_path: Path) -> None:
    made = shipped(network(half=True), "float16")
    result = run_shipped(made, photo(), tmp_path, "float16")
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, run_published(network(half=True), photo()), atol=4e-3)


def test_side_outputs_can_be_the_one_that_is_kept(tmp_path: Path) -> None:
    made = shipped(network(), output="side")
    expected = run_published(network(), photo(), "side")
    np.testing.assert_allclose(run_shipped(made, photo(), tmp_path), expected, atol=1e-6)
    assert "Resize" not in ops(graph_of(made))  # only the other output needs it


# ---- two precisions, one file ----------------------------------------------------------------------


@pytest.mark.parametrize("half", [False, True])
def test_one_file_of_weights_serves_both_precisions(half: bool, tmp_path: Path) -> None:
    both = shipped(network(half=half), "float16", "float32")
    assert both.weights == shipped(network(half=half), "float16").weights
    assert both.weights == shipped(network(half=half), "float32").weights
    exact = run_shipped(both, photo(), tmp_path, "float32")
    coarse = run_shipped(both, photo(), tmp_path, "float16")
    assert np.abs(exact - coarse).max() < 4e-3  # not the same arithmetic, but the same network


def test_weights_are_stored_once_in_the_published_precision_and_aligned() -> None:
    made = shipped(network(half=True), "float16", "float32")
    stored = {
        t.name: t for t in graph_of(made, "float16").initializer if t.data_location == TensorProto.EXTERNAL
    }
    published = {t.name: onnx.numpy_helper.to_array(t) for t in network(half=True).graph.initializer}
    for name, tensor in stored.items():
        place = {entry.key: entry.value for entry in tensor.external_data}
        offset, length = int(place["offset"]), int(place["length"])
        assert place["location"] == "w.bin"
        assert offset % 64 == 0
        np.testing.assert_array_equal(
            np.frombuffer(made.weights[offset : offset + length], np.float16), published[name].ravel()
        )
    assert {"w1", "w2"} <= set(stored)
    assert len(made.weights) < sum(values.nbytes for values in published.values()) + 64 * len(stored)


def test_graphs_hold_no_weights_so_that_a_second_precision_costs_next_to_nothing() -> None:
    made = shipped(network(), "float16", "float32")
    assert len(made.weights) > 9000
    assert all(len(graph) < 9000 for graph in made.graphs.values())


@pytest.mark.parametrize("precision", ["float16", "float32"])
@pytest.mark.parametrize("half", [False, True])
def test_input_and_output_are_float32_of_fixed_size_whatever_is_between(
    half: bool, precision: Precision
) -> None:
    graph = graph_of(shipped(network(half=half), precision), precision)
    (taken,), (given_,) = graph.input, graph.output
    assert taken.type.tensor_type.elem_type == given_.type.tensor_type.elem_type == TensorProto.FLOAT
    assert [d.dim_value for d in taken.type.tensor_type.shape.dim] == [1, 3, 16, 24]
    assert [d.dim_value for d in given_.type.tensor_type.shape.dim] == [1, 1, 16, 24]
    assert given_.name == "alpha"


def test_the_float16_graph_computes_in_float16_and_the_other_never_does() -> None:
    made = shipped(network(half=True), "float16", "float32")
    elements: dict[Precision, int] = {"float16": TensorProto.FLOAT16, "float32": TensorProto.FLOAT}
    for precision, element in elements.items():
        graph = graph_of(made, precision)
        types = {info.name: info.type.tensor_type.elem_type for info in graph.value_info}
        convolved = [types[n.output[0]] for n in graph.node if n.op_type == "Conv" and n.output[0] in types]
        assert len(convolved) > 2
        assert set(convolved) == {element}


# ---- a smaller graph -------------------------------------------------------------------------------


def test_what_only_side_outputs_needed_is_gone_weights_too() -> None:
    graph = graph_of(shipped(network()))
    names = {name for n in graph.node for name in (*n.input, *n.output)} | {t.name for t in graph.initializer}
    assert [o.name for o in graph.output] == ["alpha"]
    assert not names & {"side", "dside", "wside"}


@pytest.mark.parametrize("half", [False, True])
def test_shapes_are_folded(half: bool) -> None:
    graph = graph_of(shipped(network(half=half)))
    computed_at_run_time = {"Shape", "Gather", "Unsqueeze", "Slice", "Constant", "Concat"}
    assert ops(graph)["Concat"] == 1  # that of feature maps
    assert set(ops(graph)) & computed_at_run_time == {"Concat"}
    (resize,) = (n for n in graph.node if n.op_type == "Resize")
    target = next(t for t in graph.initializer if t.name == resize.input[3])
    assert onnx.numpy_helper.to_array(target).tolist() == [1, 8, 16, 24]


def test_casts_between_floats_are_gone_but_those_of_weights_and_ends() -> None:
    made = shipped(network(half=True), "float16", "float32")
    half_casts = [n.name for n in graph_of(made, "float16").node if n.op_type == "Cast"]
    assert half_casts == ["cast_in", "cast_out"]
    full_casts = [n.name for n in graph_of(made, "float32").node if n.op_type == "Cast"]
    assert full_casts
    assert all(name.endswith("_cast") for name in full_casts)


def test_nodes_come_out_in_topological_order() -> None:
    graph = graph_of(shipped(network(shuffled=True)))
    known = {i.name for i in graph.input} | {t.name for t in graph.initializer} | {""}
    for n in graph.node:
        assert set(n.input) <= known, n.name
        known |= set(n.output)


# ---- ceil_mode -------------------------------------------------------------------------------------


def ceil_modes(graph: onnx.GraphProto) -> list[int]:
    pools = [n for n in graph.node if n.op_type == "MaxPool"]
    return [a.i for n in pools for a in n.attribute if a.name == "ceil_mode"]


def test_ceil_mode_is_cleared_where_it_changes_nothing() -> None:
    assert ceil_modes(network().graph) == [1]
    assert ceil_modes(graph_of(shipped(network()))) == [0]


@pytest.mark.parametrize("size", [(25, 16), (24, 17), (25, 17)])
def test_ceil_mode_stays_where_a_side_is_odd(size: tuple[int, int], tmp_path: Path) -> None:
    made = shipped(network(), size=size)
    assert ceil_modes(graph_of(made)) == [1]
    expected = run_published(network(), photo(size))
    np.testing.assert_allclose(run_shipped(made, photo(size), tmp_path), expected, atol=1e-6)


def pooling(**attributes: Any) -> ModelProto:
    """A network that is one pool and one convolution of the same weights' worth."""
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
    made = shipped(pooling(**attributes), size=size)
    assert ceil_modes(graph_of(made)) == [kept]
    expected = run_published(pooling(**attributes), photo(size))
    np.testing.assert_allclose(run_shipped(made, photo(size), tmp_path), expected, atol=1e-6)


# ---- what can't be rewritten -----------------------------------------------------------------------


def test_an_output_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(BadModelError, match="'mask'") as caught:
        shipped(network(), output="mask")
    assert "side" in caught.value.message
    assert "alpha" in caught.value.message


@pytest.mark.parametrize("data", [b"", b"hello", b"\x08", bytes(1000), b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_what_is_no_network_is_a_bad_model(data: bytes) -> None:
    with pytest.raises(BadModelError):
        ship(data, size=SIZE, output="alpha", precisions=("float32",), weights_name="w.bin")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(network().SerializeToString()) - 1))
def test_a_network_cut_off_anywhere_is_a_bad_model(length: int) -> None:
    with pytest.raises(BadModelError):
        ship(
            network().SerializeToString()[:length],
            size=SIZE,
            output="alpha",
            precisions=("float32",),
            weights_name="w.bin",
        )


def test_a_network_that_can_not_take_the_size_is_a_bad_model() -> None:
    model = network()
    target = helper.make_tensor("fixed", TensorProto.INT64, [4], [1, 8, 5, 5])
    model.graph.initializer.append(target)
    next(n for n in model.graph.node if n.op_type == "Resize").input[3] = "fixed"
    with pytest.raises(BadModelError, match="24 x 16"):
        shipped(model)


# ---- reproducible ----------------------------------------------------------------------------------


def test_the_same_network_gives_the_same_bytes() -> None:
    first, second = (shipped(network(half=True), "float16", "float32") for _ in range(2))
    assert first == second


def test_nothing_tells_who_made_the_published_file() -> None:
    model = network()
    model.producer_name, model.producer_version, model.doc_string = "pytorch", "1.0", "/home/someone/net.py"
    made = onnx.load_model_from_string(shipped(model).graphs["float32"])
    assert (made.producer_name, made.producer_version, made.doc_string) == ("alphacut", "", "")
