"""Graphs for WebGPU compute what the others do; each pass is applied where it gains and nowhere else.

Here a CPU runs them: it has no use for the passes, so whatever differs is their doing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import GraphProto, ModelProto, NodeProto, helper, numpy_helper

from alphacut.graph_gpu import prepare_for_gpu
from alphacut.graph_passes import shapes_of
from alphacut.onnx_graph import Target
from tests.graphs import GPU, WASM, graph_of, network_around, ops, run_shipped, scaled, shipped, tensor
from tests.helpers import noise, spec

SIZE = (9, 7)  # width, height
GATHERED = {"Gather": 1, "MatMul": 1, "ReduceSum": 1}


def assert_same(model: ModelProto, folder: Path, size: tuple[int, int] = SIZE) -> dict[Target, GraphProto]:
    """Every GPU target gives the levels of the wasm target, to one; return the graphs."""
    described, pixels = spec(*size), noise(*size, seed=3)[None]
    made = shipped(model, described, WASM, *GPU)
    expected = run_shipped(made, pixels, folder).astype(int)
    assert expected.std() > 10  # or the comparison would say little
    for target in GPU:
        off = np.abs(run_shipped(made, pixels, folder, target) - expected)
        assert off.max() <= 1, target
    return {target: graph_of(made, target) for target in (WASM, *GPU)}


def count(graph: GraphProto, *names: str) -> dict[str, int]:
    return {name: ops(graph)[name] for name in names}


def producers(graph: GraphProto) -> dict[str, NodeProto]:
    return {name: node for node in graph.node for name in node.output}


def attributes(node: NodeProto) -> dict[str, Any]:
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


# ---- resizing --------------------------------------------------------------------------------------


def resizing(
    *, sizes: tuple[int, int] | None = None, scales: tuple[float, float] | None = None, **attributes: Any
) -> ModelProto:
    """A network that grows its features, shape (1, 4, 7, 9), to `sizes` (height, width) or by `scales`."""
    inputs = ["features", "", "scales"] if scales else ["features", "", "", "sizes"]
    stored = [tensor("scales", np.array([1, 1, *scales], np.float32))] if scales else []
    stored += [tensor("sizes", np.array([1, 4, *sizes], np.int64))] if sizes else []
    node = helper.make_node("Resize", inputs, ["inside"], **{"mode": "linear", **attributes})
    return network_around([node], stored, channels=4, last=4, size=SIZE)


def assert_channels_last(graph: GraphProto, size_in: tuple[int, int], size_out: tuple[int, int]) -> None:
    """Transpose, volume, Resize, batch, Transpose: the first and the last are what convolutions cancel."""
    shapes, by = shapes_of(graph), producers(graph)
    (resize,) = (node for node in graph.node if node.op_type == "Resize")
    volume = by[resize.input[0]]
    to_last = by[volume.input[0]]
    (batch,) = (node for node in graph.node if resize.output[0] in node.input)
    (to_first,) = (node for node in graph.node if batch.output[0] in node.input)
    around = [to_last.op_type, volume.op_type, batch.op_type, to_first.op_type]
    assert around == ["Transpose", "Reshape", "Reshape", "Transpose"]
    assert attributes(to_last)["perm"] == [0, 2, 3, 1]
    assert attributes(to_first)["perm"] == [0, 3, 1, 2]
    assert shapes[volume.output[0]] == (*size_in, 4)
    assert shapes[resize.output[0]] == (*size_out, 4)
    assert shapes[to_first.output[0]] == (1, 4, *size_out)


MODES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
SIZES = [(14, 18), (31, 19), (13, 23), (10, 11), (4, 5), (7, 27), (1, 1)]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("mode", MODES)
def test_linear_resizing_to_any_size_works_channels_last(
    mode: str, sizes: tuple[int, int], tmp_path: Path
) -> None:
    """From 7 to 31 rows: float32(31 / 7) * 7 is less than 31 in float32, 7 to 13 in float64 only."""
    model = resizing(sizes=sizes, coordinate_transformation_mode=mode)
    if sizes == (1, 1):
        graph = graph_of(shipped(model, spec(*SIZE), GPU[0]), GPU[0])
    else:
        graph = assert_same(model, tmp_path)[GPU[0]]
    assert_channels_last(graph, (7, 9), sizes)


@pytest.mark.parametrize("scales", [(2.0, 2.0), (1.5, 2.5), (3.3, 1.0), (0.5, 0.7)], ids=str)
@pytest.mark.parametrize("mode", MODES)
def test_factors_stay_what_they_are_also_where_the_size_they_lead_to_is_rounded(
    mode: str, scales: tuple[float, float], tmp_path: Path
) -> None:
    model = resizing(scales=scales, coordinate_transformation_mode=mode)
    graphs = assert_same(model, tmp_path)
    for target in GPU:
        assert_channels_last(graphs[target], (7, 9), (int(7 * scales[0]), int(9 * scales[1])))


@pytest.mark.parametrize(
    "attributes_",
    [
        {"mode": "nearest"},
        {"mode": "cubic"},
        {"coordinate_transformation_mode": "tf_crop_and_resize"},
    ],
    ids=str,
)
def test_other_resizing_is_left_alone(attributes_: dict[str, Any], tmp_path: Path) -> None:
    model = resizing(sizes=(14, 18), **attributes_)
    if "coordinate_transformation_mode" in attributes_:
        model.graph.initializer.append(tensor("region", np.array([0, 0, 0, 0, 1, 1, 1, 1], np.float32)))
        next(node for node in model.graph.node if node.op_type == "Resize").input[1] = "region"
    for graph in assert_same(model, tmp_path).values():
        (resize,) = (node for node in graph.node if node.op_type == "Resize")
        assert resize.input[0] == "features"


@pytest.mark.parametrize(
    "attributes_", [{"antialias": 1}, {"axes": [2, 3]}, {"axes": [3, 2], "antialias": 0}], ids=str
)
def test_resizing_as_newer_opsets_can_is_left_alone(attributes_: dict[str, Any], tmp_path: Path) -> None:
    model = resizing(sizes=(4, 5), **attributes_)
    model.opset_import[0].version = 18
    if "axes" in attributes_:
        sizes = next(t for t in model.graph.initializer if t.name == "sizes")
        sizes.CopyFrom(tensor("sizes", np.array([4, 5][:: 1 if attributes_["axes"] == [2, 3] else -1])))
    for graph in assert_same(model, tmp_path).values():
        (resize,) = (node for node in graph.node if node.op_type == "Resize")
        assert resize.input[0] == "features"


def test_resizing_of_a_map_without_channels_is_left_alone(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["features", "w"], ["one"]),
        helper.make_node("Squeeze", ["one", "axis"], ["flat"]),
        helper.make_node("Resize", ["flat", "", "", "sizes"], ["grown"], mode="linear"),
        helper.make_node("Unsqueeze", ["grown", "axis"], ["inside"]),
    ]
    stored = [
        scaled("w", 1, 4, 1, 1, gain=4),
        tensor("axis", np.array([1])),
        tensor("sizes", np.array([1, 14, 18])),
    ]
    model = network_around(nodes, stored, channels=4, last=1, size=SIZE)
    for graph in assert_same(model, tmp_path).values():
        (resize,) = (node for node in graph.node if node.op_type == "Resize")
        assert resize.input[0] == "flat"


def test_resizing_of_opset_10_which_has_no_region_is_left_alone(tmp_path: Path) -> None:
    node = helper.make_node("Resize", ["features", "scales"], ["inside"], mode="linear")
    scales = tensor("scales", np.array([1, 1, 2, 2], np.float32))
    model = network_around([node], [scales], channels=4, last=4, size=SIZE, opset=10)
    described, pixels = spec(*SIZE), noise(*SIZE)[None]
    made = shipped(model, described, WASM, GPU[0])
    off = run_shipped(made, pixels, tmp_path, GPU[0]).astype(int) - run_shipped(made, pixels, tmp_path)
    assert np.abs(off).max() <= 1


# ---- one channel -----------------------------------------------------------------------------------


def convolving(
    shape: tuple[int, int, int, int],
    *,
    bias: bool = True,
    opset: int = 13,
    size: tuple[int, int] = SIZE,
    group: int = 1,
    **attributes: Any,
) -> ModelProto:
    """A network with one convolution of that shape (out, in, height, width) inside, named `inside`."""
    inputs = ["features", "w", *(["b"] if bias else [])]
    node = helper.make_node("Conv", inputs, ["inside"], name="inside", group=group, **attributes)
    stored = [scaled("w", *shape, gain=2)]
    if bias:
        stored.append(tensor("b", np.random.default_rng(8).normal(size=shape[0]).astype(np.float32)))
    channels = shape[1] * group
    return network_around([node], stored, channels=channels, last=shape[0], size=size, opset=opset)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    "attributes_",
    [
        {"pads": [1, 1, 1, 1]},
        {},
        {"pads": [2, 2, 2, 2], "dilations": [2, 2]},
        {"pads": [0, 1, 2, 3], "dilations": [1, 2]},
        {"strides": [2, 2], "pads": [1, 1, 1, 1]},
        {"auto_pad": "SAME_UPPER"},
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]},
    ],
    ids=str,
)
def test_convolutions_to_one_channel_become_products_and_a_sum_of_taps(
    attributes_: dict[str, Any], bias: bool, tmp_path: Path
) -> None:
    graphs = assert_same(convolving((1, 20, 3, 3), bias=bias, **attributes_), tmp_path)
    assert count(graphs[WASM], "Conv") == {"Conv": 3}
    for target in GPU:
        assert count(graphs[target], "Conv", "ConstantOfShape") == {"Conv": 4, "ConstantOfShape": 1}
        by, shapes = producers(graphs[target]), shapes_of(graphs[target])
        products = by["inside"].input[0]
        assert by[products].op_type == "Conv"
        assert shapes[products] == (1, 12, 7, 9)  # nine taps, and three to make four at a time
        stored = {t.name: t for t in graphs[target].initializer}
        ones = numpy_helper.to_array(stored[by["inside"].input[1]])
        assert ones.sum() == 9
        assert set(ones.ravel()) == {0, 1}


@pytest.mark.parametrize("shape", [(2, 20, 3, 3), (1, 1, 3, 3), (1, 20, 1, 1), (1, 20, 5, 5), (1, 20, 1, 3)])
def test_other_convolutions_are_not_taken_apart(shape: tuple[int, int, int, int], tmp_path: Path) -> None:
    graphs = assert_same(convolving(shape, pads=[shape[2] // 2, shape[3] // 2] * 2), tmp_path)
    for graph in graphs.values():
        assert count(graph, "Conv", "ConstantOfShape") == {"Conv": 3, "ConstantOfShape": 0}


# ---- many channels on a small map ------------------------------------------------------------------


@pytest.mark.parametrize("opset", [11, 13])
@pytest.mark.parametrize(
    "attributes_",
    [
        {"pads": [1, 1, 1, 1]},
        {},
        {"pads": [2, 2, 2, 2]},
        {"pads": [1, 1, 1, 1], "strides": [2, 2]},
        {"pads": [2, 2, 2, 2], "dilations": [2, 2]},
        {"dilations": [2, 2], "strides": [2, 1], "pads": [0, 1, 2, 1]},
        {"pads": [0, 1, 2, 1], "strides": [1, 2], "dilations": [1, 3]},
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "group": 1, "auto_pad": "NOTSET"},
    ],
    ids=str,
)
def test_small_convolutions_of_many_channels_become_products_of_gathered_taps(
    attributes_: dict[str, Any], opset: int, tmp_path: Path
) -> None:
    """From 256 channels on the kernel takes 72 steps."""
    graphs = assert_same(convolving((16, 256, 3, 3), opset=opset, **attributes_), tmp_path)
    assert count(graphs[WASM], *GATHERED, "Conv") == {"Gather": 0, "MatMul": 0, "ReduceSum": 0, "Conv": 3}
    for target in GPU:
        assert count(graphs[target], *GATHERED, "Conv") == {**GATHERED, "Conv": 2}
        assert producers(graphs[target])["inside"].op_type == "Transpose"


NOT_GATHERED: dict[str, dict[str, Any]] = {
    "no bias": {"shape": (16, 256, 3, 3), "bias": False},
    "groups": {"shape": (16, 256, 3, 3), "group": 2},
    "padded by itself": {"shape": (16, 256, 3, 3), "auto_pad": "SAME_UPPER"},
    "too few channels": {"shape": (16, 255, 3, 3)},
    "another kernel": {"shape": (16, 512, 1, 3)},
    "a larger kernel": {"shape": (4, 256, 5, 5)},
    "enough to do at once": {"shape": (32, 256, 3, 3), "size": (32, 257), "pads": [1] * 4},
}


@pytest.mark.parametrize("what", NOT_GATHERED)
def test_other_convolutions_are_not_gathered(what: str) -> None:
    made = NOT_GATHERED[what]
    size = made.get("size", SIZE)
    shipped_ = shipped(convolving(**made), spec(*size), *GPU)
    for target in GPU:
        assert not set(GATHERED) & set(ops(graph_of(shipped_, target)))


def test_the_largest_map_that_leaves_a_gpu_idle_is_gathered() -> None:
    """256 tiles of pixels by one of channels; one row more, above, is too much."""
    model = convolving((32, 256, 3, 3), size=(32, 256), pads=[1] * 4)
    graph = graph_of(shipped(model, spec(32, 256), GPU[0]), GPU[0])
    assert count(graph, *GATHERED) == GATHERED


def test_computed_weights_are_left_alone(tmp_path: Path) -> None:
    model = convolving((16, 256, 3, 3), pads=[1] * 4)
    model.graph.node.insert(0, helper.make_node("Neg", ["w"], ["negative"]))
    next(node for node in model.graph.node if node.name == "inside").input[1] = "negative"
    for graph in assert_same(model, tmp_path).values():
        assert not set(GATHERED) & set(ops(graph))


def test_convolutions_of_one_geometry_share_their_constants(tmp_path: Path) -> None:
    node = helper.make_node("Conv", ["features", "w", "b"], ["first"], pads=[1] * 4)
    again = helper.make_node("Conv", ["first", "w", "b"], ["inside"], pads=[1] * 4)
    stored = [scaled("w", 256, 256, 3, 3), tensor("b", np.zeros(256, np.float32))]
    model = network_around([node, again], stored, channels=256, last=256, size=SIZE)
    graph = assert_same(model, tmp_path)[GPU[0]]
    rows = [t for t in graph.initializer if t.data_type == onnx.TensorProto.INT32]
    assert ops(graph)["Gather"] == 2
    assert len(rows) == 1
    index = numpy_helper.to_array(rows[0])
    assert index.shape == (10, 63)
    assert (index[9] == 64).all()  # the row of the bias follows that of zeros


# ---- all at once -----------------------------------------------------------------------------------


@pytest.mark.parametrize("opset", [11, 13])
def test_a_network_that_every_pass_changes_computes_the_same(opset: int, tmp_path: Path) -> None:
    """Down to a small map of many channels, up again, a side map of one channel joined in."""
    nodes = [
        helper.make_node("MaxPool", ["features"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["pooled", "w1", "b1"], ["deep"], pads=[2] * 4, dilations=[2, 2]),
        helper.make_node("Relu", ["deep"], ["kept"]),
        helper.make_node("Resize", ["kept", "none", "scales"], ["grown"], mode="linear"),
        helper.make_node("Conv", ["grown", "w2", "b2"], ["side"], pads=[1] * 4),
        helper.make_node("Concat", ["grown", "side"], ["both"], axis=1),
        helper.make_node("Resize", ["both", "none", "none", "sizes"], ["inside"], mode="linear"),
    ]
    stored = [
        scaled("w1", 24, 256, 3, 3),
        tensor("b1", np.linspace(-1, 1, 24, dtype=np.float32)),
        scaled("w2", 1, 24, 3, 3),
        tensor("b2", np.array([0.5], np.float32)),
        tensor("none", np.zeros(0, np.float32)),  # opset 11 wants a name for what is not there
        tensor("scales", np.array([1, 1, 2, 2], np.float32)),
        tensor("sizes", np.array([1, 25, 27, 37], np.int64)),
    ]
    model = network_around(nodes, stored, channels=256, last=25, size=(24, 18), opset=opset)
    graphs = assert_same(model, tmp_path, (24, 18))
    assert count(graphs[WASM], "Conv", *GATHERED) == {"Conv": 4, "Gather": 0, "MatMul": 0, "ReduceSum": 0}
    for target in GPU:
        assert count(graphs[target], "Conv", "Resize", *GATHERED) == {"Conv": 4, "Resize": 2, **GATHERED}
        # Two around each Resize, two around what was gathered, one for weights each way, one for the photo.
        assert count(graphs[target], "Transpose") == {"Transpose": 2 * 2 + 2 + 2 + 1}


def test_only_graphs_for_the_gpu_are_changed_and_weights_are_the_same_file() -> None:
    model = convolving((16, 256, 3, 3), pads=[1] * 4)
    everything, alone = shipped(model, spec(*SIZE), WASM, *GPU), shipped(model, spec(*SIZE), WASM)
    assert everything.graphs[WASM] == alone.graphs[WASM]
    assert everything.weights == alone.weights


def test_what_the_passes_add_takes_next_to_nothing_in_the_file() -> None:
    """Zeros are made when the graph is loaded."""
    made = shipped(convolving((16, 256, 3, 3), pads=[1] * 4), spec(*SIZE), WASM, GPU[0])
    assert len(made.graphs[GPU[0]]) < len(made.graphs[WASM]) + 10 * 4 * 63 + 2 * 4 * 256 + 5000


def test_a_network_without_such_nodes_is_left_as_it_is() -> None:
    model = convolving((16, 20, 3, 3), pads=[1] * 4)
    before = model.SerializeToString(deterministic=True)
    prepare_for_gpu(model, {}, onnx.TensorProto.FLOAT)
    assert model.SerializeToString(deterministic=True) == before
