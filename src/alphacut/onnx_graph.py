"""Rewrites a published salient-object network (ONNX) into the graphs we ship.

One set of weights serves several graphs: the weights are written once, in the published precision,
as external data; each graph names them and differs in the precision of its arithmetic only.
Imports onnx; build_site.py runs it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.shape_inference import infer_shapes

from alphacut.errors import BadModelError

Precision = Literal["float16", "float32"]

_ELEMENT: dict[Precision, int] = {"float16": TensorProto.FLOAT16, "float32": TensorProto.FLOAT}
_FLOATS = frozenset(_ELEMENT.values())
_SMALL = 1024  # bytes; smaller tensors (shapes, scalars) stay in the graph
_ALIGN = 64  # of each tensor in the weights file, so that it can be used in place


@dataclass(frozen=True)
class Shipped:
    """What `ship` makes of a model: the weights file and, for each precision, a graph that names it."""

    weights: bytes
    graphs: dict[Precision, bytes]


def ship(
    published: bytes,
    *,
    size: tuple[int, int],
    output: str,
    precisions: Iterable[Precision],
    weights_name: str,
) -> Shipped:
    """Rewrite a published model.

    Parameters
    ----------
    published : bytes
        The .onnx file.
    size : tuple of int
        Width and height the network is fixed to.
    output : str
        Name of the one output that is kept.
    precisions : iterable of {"float16", "float32"}
        Arithmetic of the graphs to make.
    weights_name : str
        File name under which the graphs look for the weights.

    Raises
    ------
    BadModelError
        Not ONNX, no such output, or a graph that can't be rewritten.
    """
    try:
        model = onnx.load_model_from_string(published)
        keep_output(model.graph, output)
        fix_size(model, size)
        fold_constants(model)
        _check_shapes(model.graph, size)
        floor_pools(model)
        drop_float_casts(model.graph)
        weights = _Weights(model.graph)
        graphs = {
            precision: _with_precision(model, precision, weights, weights_name) for precision in precisions
        }
    except (
        onnx.checker.ValidationError,
        onnx.shape_inference.InferenceError,
        ValueError,
        TypeError,
    ) as error:
        raise BadModelError(f"The network can't be rewritten: {error}") from error
    except Exception as error:
        if type(error).__name__ == "DecodeError":  # protobuf's, which is no dependency of ours by name
            raise BadModelError("The file is not an ONNX model.") from error
        raise
    return Shipped(bytes(weights.blob), graphs)


def keep_output(graph: GraphProto, name: str) -> None:
    """Drop every output but `name`, and all that only the others needed."""
    kept = [output for output in graph.output if output.name == name]
    if not kept:
        raise BadModelError(
            f"There is no output {name!r}; there are {', '.join(o.name for o in graph.output)}."
        )
    _assign(graph.output, kept)
    _prune(graph)


def fix_size(model: ModelProto, size: tuple[int, int]) -> None:
    """Make the input's shape (1, 3, height, width) and forget shapes inferred for another."""
    graph = model.graph
    width, height = size
    shape = graph.input[0].type.tensor_type.shape
    _assign(
        shape.dim,
        helper.make_tensor_value_info(
            "", TensorProto.FLOAT, [1, 3, height, width]
        ).type.tensor_type.shape.dim,
    )
    graph.output[0].type.tensor_type.ClearField("shape")
    del graph.value_info[:]


def fold_constants(model: ModelProto) -> None:
    """Compute every node whose value is known once the input's size is: shapes and what is made of them."""
    while known := _known_values(model):
        for node in [n for n in model.graph.node if n.output and n.output[0] in known]:
            model.graph.node.remove(node)
        model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in known.items())
        _prune(model.graph)
    _infer(model)


def floor_pools(model: ModelProto) -> None:
    """Set ceil_mode to 0 where every pooled side divides by its stride, so that nothing changes.

    onnxruntime-web's older WebGPU provider refuses ceil_mode = 1. Needs inferred shapes.
    """
    shapes = _shapes(model.graph)
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
        if node.op_type == "Cast" and node.attribute[0].i in _FLOATS and node.input[0] not in integers:
            renamed[node.output[0]] = node.input[0]
            graph.node.remove(node)
    _restore_output(graph, renamed)
    del graph.value_info[:]


class _Weights:
    """The large tensors of a graph, laid out one after the other."""

    def __init__(self, graph: GraphProto) -> None:
        self.blob = bytearray()
        self.offsets: dict[str, tuple[int, int]] = {}
        for tensor in graph.initializer:
            raw = numpy_helper.to_array(tensor).tobytes()
            if tensor.data_type in _FLOATS and len(raw) > _SMALL:
                self.blob += bytes(-len(self.blob) % _ALIGN)
                self.offsets[tensor.name] = (len(self.blob), len(raw))
                self.blob += raw


def _with_precision(model: ModelProto, precision: Precision, weights: _Weights, weights_name: str) -> bytes:
    """Make the graph that computes in `precision`; weights of another one are cast when it is loaded."""
    made = ModelProto()
    made.CopyFrom(model)
    graph, element = made.graph, _ELEMENT[precision]
    casts: list[NodeProto] = []
    tensors: list[TensorProto] = []
    exact = {name for node in graph.node if node.op_type == "Resize" for name in node.input[1:3]}
    for tensor in graph.initializer:
        if tensor.name in exact:
            tensors.append(tensor)  # regions and scales of Resize are float32 whatever it resizes
        elif tensor.name in weights.offsets:
            tensors.append(_external(tensor, weights.offsets[tensor.name], weights_name))
            casts += _cast(tensors[-1], element)
        else:
            tensors.append(_converted(tensor, element))
    _assign(graph.initializer, tensors)
    _assign(graph.node, [*casts, *graph.node])
    _cast_ends(graph, element)
    made.producer_name, made.producer_version, made.doc_string = "alphacut", "", ""
    _infer(made)
    onnx.checker.check_model(_without_external(made), full_check=True)
    return bytes(made.SerializeToString(deterministic=True))


def _cast(tensor: TensorProto, element: int) -> list[NodeProto]:
    """Rename a stored tensor and cast it to its old name; onnxruntime folds that while loading."""
    if tensor.data_type == element:
        return []
    name = tensor.name
    tensor.name = f"{name}_stored"
    return [helper.make_node("Cast", [tensor.name], [name], f"{name}_cast", to=element)]


def _cast_ends(graph: GraphProto, element: int) -> None:
    """Input and output stay float32 whatever the arithmetic between them is."""
    if element == TensorProto.FLOAT:
        return
    taken, given = graph.input[0].name, graph.output[0].name
    for node in graph.node:
        _assign(node.input, [f"{taken}_half" if name == taken else name for name in node.input])
        _assign(node.output, [f"{given}_half" if name == given else name for name in node.output])
    first = helper.make_node("Cast", [taken], [f"{taken}_half"], "cast_in", to=element)
    last = helper.make_node("Cast", [f"{given}_half"], [given], "cast_out", to=TensorProto.FLOAT)
    _assign(graph.node, [first, *graph.node, last])


def _converted(tensor: TensorProto, element: int) -> TensorProto:
    if tensor.data_type not in _FLOATS or tensor.data_type == element:
        return tensor
    values = numpy_helper.to_array(tensor).astype(helper.tensor_dtype_to_np_dtype(element))
    return numpy_helper.from_array(values, tensor.name)


def _external(tensor: TensorProto, place: tuple[int, int], weights_name: str) -> TensorProto:
    made = TensorProto(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)
    made.data_location = TensorProto.EXTERNAL
    for key, value in (("location", weights_name), ("offset", place[0]), ("length", place[1])):
        made.external_data.add(key=key, value=str(value))
    return made


def _without_external(model: ModelProto) -> ModelProto:
    """Return a copy whose stored tensors are inputs: the checker would look for the file otherwise."""
    copy = ModelProto()
    copy.CopyFrom(model)
    stored = [t for t in copy.graph.initializer if t.data_location == TensorProto.EXTERNAL]
    for tensor in stored:
        copy.graph.initializer.remove(tensor)
        copy.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return copy


def _known_values(model: ModelProto) -> dict[str, NDArray[np.generic]]:
    """Values of the nodes that can be computed now, given shapes and the graph's small constants."""
    _infer(model)
    graph = model.graph
    shapes = _shapes(graph)
    constants = {t.name: t for t in graph.initializer if t.data_type not in _FLOATS or _bytes(t) <= _SMALL}
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


def _infer(model: ModelProto) -> None:
    model.CopyFrom(infer_shapes(model, data_prop=True))


def _shapes(graph: GraphProto) -> dict[str, tuple[int, ...]]:
    """Shapes that are known completely."""
    found = {}
    for info in (*graph.input, *graph.value_info, *graph.output):
        dims = info.type.tensor_type.shape.dim
        if info.type.tensor_type.HasField("shape") and all(d.HasField("dim_value") for d in dims):
            found[info.name] = tuple(d.dim_value for d in dims)
    return found


def _check_shapes(graph: GraphProto, size: tuple[int, int]) -> None:
    """Every shape must be known by now: some exports hold sizes that fit their own input size only."""
    shapes = _shapes(graph)
    if any(name not in shapes for node in graph.node for name in node.output):
        raise BadModelError(f"The network can't take photos of {size[0]} x {size[1]} pixels.")


def _prune(graph: GraphProto) -> None:
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
    _assign(graph.node, nodes)
    _assign(graph.initializer, [t for t in graph.initializer if t.name in needed])
    stored = {t.name for t in graph.initializer}
    _assign(graph.input, [i for i in graph.input if i.name not in stored])


def _restore_output(graph: GraphProto, renamed: dict[str, str]) -> None:
    """Give the tensor that now feeds the output the output's name."""
    name = graph.output[0].name
    source = renamed.get(name)
    if source is None:
        return
    for node in graph.node:
        _assign(node.output, [name if output == source else output for output in node.output])
        _assign(node.input, [name if taken == source else taken for taken in node.input])


def _integers(graph: GraphProto) -> set[str]:
    infos = (*graph.value_info, *graph.input)
    return {i.name for i in infos if i.type.tensor_type.elem_type not in _FLOATS} | {
        t.name for t in graph.initializer if t.data_type not in _FLOATS
    }


def _bytes(tensor: TensorProto) -> int:
    return (
        int(np.prod(tensor.dims or [1]))
        * np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type)).itemsize
    )


def _assign(field: object, items: Iterable[object]) -> None:
    """Replace the items of a repeated protobuf field."""
    kept = list(items)
    del field[:]  # type: ignore[attr-defined]
    field.extend(kept)  # type: ignore[attr-defined]
