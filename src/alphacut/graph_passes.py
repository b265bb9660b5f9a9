"""Passes over a published graph that change what is stored or named and not what is computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.shape_inference import infer_shapes

from alphacut.errors import BadModelError

FLOATS = frozenset((TensorProto.FLOAT16, TensorProto.FLOAT))
SMALL = 1024  # bytes; smaller tensors (shapes, scalars) stay in the graph


def keep_output(graph: GraphProto, name: str) -> None:
    """Drop every output but `name`, and all that only the others needed."""
    kept = [output for output in graph.output if output.name == name]
    if not kept:
        raise BadModelError(
            f"There is no output {name!r}; there are {', '.join(o.name for o in graph.output)}."
        )
    assign(graph.output, kept)
    prune(graph)


def fix_shape(model: ModelProto, shape: Sequence[int]) -> None:
    """Fix the input's shape and forget the shapes inferred for another."""
    graph = model.graph
    wanted = helper.make_tensor_value_info("", TensorProto.FLOAT, shape).type.tensor_type.shape
    assign(graph.input[0].type.tensor_type.shape.dim, wanted.dim)
    graph.output[0].type.tensor_type.ClearField("shape")
    del graph.value_info[:]


def fold_constants(model: ModelProto) -> None:
    """Compute every node whose value is known once the input's size is: shapes and what is made of them."""
    while known := _known_values(model):
        for node in [n for n in model.graph.node if n.output and n.output[0] in known]:
            model.graph.node.remove(node)
        model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in known.items())
        prune(model.graph)
    infer(model)


def floor_pools(model: ModelProto) -> None:
    """Set ceil_mode to 0 where every pooled side divides by its stride, so that nothing changes.

    onnxruntime-web's older WebGPU provider refuses ceil_mode = 1. Needs inferred shapes.
    """
    shapes = shapes_of(model.graph)
    for node in model.graph.node:
        ceil_mode = next((a for a in node.attribute if a.name == "ceil_mode" and a.i), None)
        if node.op_type != "MaxPool" or ceil_mode is None:
            continue
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        kernel = attributes["kernel_shape"]
        strides, dilations = (attributes.get(name, [1] * len(kernel)) for name in ("strides", "dilations"))
        sides = zip(shapes[node.input[0]][2:], kernel, strides, dilations, strict=True)
        fits = all(
            (side - (length - 1) * dilation - 1) % stride == 0 for side, length, stride, dilation in sides
        )
        if fits and not any(attributes.get("pads", ())):
            ceil_mode.i = 0


def drop_float_casts(graph: GraphProto) -> None:
    """Drop casts between float16 and float32: each graph has one precision throughout."""
    integers = _integers(graph)
    renamed: dict[str, str] = {}
    for node in list(graph.node):
        for index, name in enumerate(node.input):
            node.input[index] = renamed.get(name, name)
        if node.op_type == "Cast" and node.attribute[0].i in FLOATS and node.input[0] not in integers:
            renamed[node.output[0]] = node.input[0]
            graph.node.remove(node)
    _restore_output(graph, renamed)
    del graph.value_info[:]


def _known_values(model: ModelProto) -> dict[str, NDArray[np.generic]]:
    """Values of the nodes that can be computed now, given shapes and the graph's small constants."""
    infer(model)
    graph = model.graph
    shapes = shapes_of(graph)
    constants = {t.name: t for t in graph.initializer if t.data_type not in FLOATS or byte_size(t) <= SMALL}
    known: dict[str, NDArray[np.generic]] = {}
    for node in graph.node:
        if node.op_type == "Shape" and (shape := shapes.get(node.input[0])) and not node.attribute:
            known[node.output[0]] = np.array(shape, np.int64)
        elif all(not name or name in constants for name in node.input):
            inputs = {name: numpy_helper.to_array(constants[name]) for name in node.input if name}
            known[node.output[0]] = _evaluate(node, inputs, model)
    return known


def _evaluate(
    node: NodeProto, inputs: dict[str, NDArray[np.generic]], model: ModelProto
) -> NDArray[np.generic]:
    infos = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in inputs.items()
    ]
    result = helper.make_empty_tensor_value_info(node.output[0])
    alone = helper.make_model(
        helper.make_graph([node], "node", infos, [result]),
        opset_imports=model.opset_import,
        ir_version=model.ir_version,
    )
    return np.asarray(ReferenceEvaluator(alone).run(None, inputs)[0])  # type: ignore[index]


def infer(model: ModelProto) -> None:
    """Infer shapes, those that are computed in the graph included."""
    model.CopyFrom(infer_shapes(model, data_prop=True))


def shapes_of(graph: GraphProto) -> dict[str, tuple[int, ...]]:
    """Shapes that are known completely."""
    found = {}
    for info in (*graph.input, *graph.value_info, *graph.output):
        dims = info.type.tensor_type.shape.dim
        if info.type.tensor_type.HasField("shape") and all(d.HasField("dim_value") for d in dims):
            found[info.name] = tuple(d.dim_value for d in dims)
    return found


def check_shapes(graph: GraphProto) -> None:
    """Every shape must be known by now: some exports hold sizes that fit their own input size only."""
    shapes = shapes_of(graph)
    if any(name not in shapes for node in graph.node for name in node.output):
        *_, height, width = shapes[graph.input[0].name]
        raise BadModelError(f"The network can't take photos of {width} x {height} pixels.")


def prune(graph: GraphProto) -> None:
    """Keep what the outputs depend on, nodes in topological order (published graphs are not always)."""
    producers = {name: node for node in graph.node for name in node.output}
    needed, nodes = set[str](), list[NodeProto]()
    pending = [(output.name, False) for output in graph.output]
    while pending:
        name, inputs_done = pending.pop()
        node = producers.get(name)
        if inputs_done and node is not None:
            nodes.append(node)
        elif name not in needed:
            needed.update((name,) if node is None else node.output)
            if node is not None:
                pending.append((name, True))
                pending += [(taken, False) for taken in reversed(node.input)]
    assign(graph.node, nodes)
    assign(graph.initializer, [t for t in graph.initializer if t.name in needed])
    stored = {t.name for t in graph.initializer}
    assign(graph.input, [i for i in graph.input if i.name not in stored])


def _restore_output(graph: GraphProto, renamed: dict[str, str]) -> None:
    """Give the tensor that now feeds the output the output's name."""
    name = graph.output[0].name
    source = renamed.get(name)
    if source is None:
        return
    for node in graph.node:
        assign(node.output, [name if output == source else output for output in node.output])
        assign(node.input, [name if taken == source else taken for taken in node.input])


def _integers(graph: GraphProto) -> set[str]:
    infos = (*graph.value_info, *graph.input)
    return {i.name for i in infos if i.type.tensor_type.elem_type not in FLOATS} | {
        t.name for t in graph.initializer if t.data_type not in FLOATS
    }


def byte_size(tensor: TensorProto) -> int:
    """Bytes the tensor's values take."""
    return (
        int(np.prod(tensor.dims or [1]))
        * np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type)).itemsize
    )


def assign(field: object, items: Iterable[object]) -> None:
    """Replace the items of a repeated protobuf field."""
    kept = list(items)
    del field[:]  # type: ignore[attr-defined]
    field.extend(kept)  # type: ignore[attr-defined]
