"""Puts normalisation and scaling into a network: uint8 pixels in, uint8 alpha out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from alphacut.errors import BadModelError
from alphacut.graph_passes import assign, shapes_of
from alphacut.models import ModelSpec

PHOTO, ALPHA = "photo", "alpha"
"""Names of a shipped graph's input and output."""

_FLAT = 1e-4  # a map whose values differ by less shows no subject; stretching it would show noise


def add_ends(graph: GraphProto, spec: ModelSpec, element: int, *, outer: int = TensorProto.UINT8) -> None:
    """Make the graph take levels, ``photo`` (1, height, width, 3), and give levels, ``alpha`` (1, 1, h, w).

    Parameters
    ----------
    element : int
        TensorProto.FLOAT or FLOAT16, the type of everything between the ends.
    outer : int
        Type of both ends. With floats, the fraction of alpha is to be dropped by whoever takes it.

    Raises
    ------
    BadModelError
        The network's output is not one map.
    """
    _free_names(graph)
    first = _normalisation(graph, spec, element, outer)
    last = _quantisation(graph, spec, element, outer)
    assign(graph.node, [*first, *graph.node, *last])
    size = [1, spec.height, spec.width, 3]
    assign(graph.input, [helper.make_tensor_value_info(PHOTO, outer, size)])
    assign(graph.output, [helper.make_tensor_value_info(ALPHA, outer, None)])
    del graph.value_info[:]


def _normalisation(graph: GraphProto, spec: ModelSpec, element: int, outer: int) -> list[NodeProto]:
    """Nodes from PHOTO to the network's input: ``(rgb - 255 mean) / (255 std)``.

    In this order float16 keeps what matters: levels are exact in it, and differences small.
    """
    taken = graph.input[0]
    is_nchw = taken.type.tensor_type.shape.dim[1].dim_value == 3
    _constant(graph, "end_mean", 255 * np.array(spec.mean), element)
    _constant(graph, "end_scale", 1 / (255 * np.array(spec.std)), element)
    scaled = "end_scaled" if is_nchw else taken.name
    levels = PHOTO if outer == element else "end_levels"
    nodes = [
        helper.make_node("Sub", [levels, "end_mean"], ["end_centred"], "end_centred"),
        helper.make_node("Mul", ["end_centred", "end_scale"], [scaled], "end_scaled"),
    ]
    if levels != PHOTO:
        nodes.insert(0, helper.make_node("Cast", [PHOTO], [levels], levels, to=element))
    if is_nchw:
        nodes.append(helper.make_node("Transpose", [scaled], [taken.name], "end_planes", perm=[0, 3, 1, 2]))
    return nodes


def _quantisation(graph: GraphProto, spec: ModelSpec, element: int, outer: int) -> list[NodeProto]:
    """Nodes from the network's output to ALPHA: the nearest of 256 levels."""
    nodes: list[NodeProto] = []
    current = graph.output[0].name

    def add(op: str, *others: str) -> None:
        nonlocal current
        name = f"end_{op.lower()}_{len(nodes)}"
        nodes.append(helper.make_node(op, [current, *others], [name], name))
        current = name

    _as_planes(graph, add)
    if spec.output == "logits":
        add("Sigmoid")
    if spec.output == "minmax":
        _stretch(graph, add, nodes, element)
    if spec.output == "alpha" and not _ends_in_sigmoid(graph):
        _constant(graph, "end_zero", np.array(0.0), element)
        _constant(graph, "end_one", np.array(1.0), element)
        add("Max", "end_zero")
        add("Min", "end_one")
    _constant(graph, "end_white", np.array(255.0), element)
    _constant(graph, "end_half", np.array(0.5), element)
    add("Mul", "end_white")
    add("Add", "end_half")  # the cast drops the fraction
    if outer == element:
        nodes[-1].output[0] = ALPHA
    else:
        nodes.append(helper.make_node("Cast", [current], [ALPHA], ALPHA, to=outer))
    return nodes


def _as_planes(graph: GraphProto, add: Callable[..., None]) -> None:
    """Bring the map to the shape (1, 1, h, w)."""
    shape = shapes_of(graph)[graph.output[0].name]
    sides = [side for side in shape if side != 1]
    if len(sides) > 2 or len(shape) < 2:
        raise BadModelError(f"The network's output has the shape {shape} instead of one map.")
    if len(shape) != 4 or shape[:2] != (1, 1):
        height, width = shape[-3:-1] if len(shape) == 4 else shape[-2:]
        wanted = numpy_helper.from_array(np.array([1, 1, height, width], np.int64), "end_shape")
        graph.initializer.append(wanted)
        add("Reshape", "end_shape")


def _stretch(graph: GraphProto, add: Callable[..., None], nodes: list[NodeProto], element: int) -> None:
    """``(map - least) / (greatest - least)``."""
    values = nodes[-1].output[0] if nodes else graph.output[0].name
    nodes += [
        helper.make_node("ReduceMin", [values], ["end_least"], "end_least"),
        helper.make_node("ReduceMax", [values], ["end_greatest"], "end_greatest"),
        helper.make_node("Sub", ["end_greatest", "end_least"], ["end_range"], "end_range"),
        helper.make_node("Max", ["end_range", "end_flat"], ["end_divisor"], "end_divisor"),
    ]
    _constant(graph, "end_flat", np.array(_FLAT), element)
    add("Sub", "end_least")
    add("Div", "end_divisor")


def _ends_in_sigmoid(graph: GraphProto) -> bool:
    return any(graph.output[0].name in node.output and node.op_type == "Sigmoid" for node in graph.node)


def _constant(
    graph: GraphProto, name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], element: int
) -> None:
    dtype = helper.tensor_dtype_to_np_dtype(element)
    graph.initializer.append(numpy_helper.from_array(values.astype(dtype), name))


def _free_names(graph: GraphProto) -> None:
    """Rename what the published network calls by a name of ours: tensors may have any name."""

    def freed(name: str) -> str:
        ours = name in {PHOTO, ALPHA} or name.startswith(("end_", "inner_"))
        return f"inner_{name}" if ours else name

    for node in graph.node:
        assign(node.input, map(freed, node.input))
        assign(node.output, map(freed, node.output))
    for named in (*graph.input, *graph.output, *graph.initializer):
        named.name = freed(named.name)
