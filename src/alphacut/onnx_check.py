"""Whether a file someone brings is a network that can run here at all; if not, why, in words.

Imports onnx.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import onnx
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, TypeProto, defs

from alphacut.errors import BadModelError

NEWEST_OPSET = 26
NEWEST_IR = 13
"""Of ONNX Runtime Web 1.30; onnx itself knows newer ones."""

EXPORT = "Export the network again"
"""How many hints begin."""

_BOXES = "NonMaxSuppression"
_OURS = {"", "ai.onnx"}
_HOLD_GRAPHS = {"If", "Loop", "Scan"}
_PARTS_OF_BYTES = {"INT4", "UINT4", "FLOAT4E2M1", "INT2", "UINT2", "FLOAT6E2M3", "FLOAT6E3M2"}
_NAMES_OF_TYPES = frozenset(
    ("to", "dtype", "output_dtype", "output_datatype", "stash_type", "precision", "softmax_precision")
)
"""Attributes of ONNX's operators whose number is a type of tensors."""
_OF_A_TYPE = (TypeProto.Tensor, TypeProto.SparseTensor)


def load(data: bytes) -> ModelProto:
    """Read the file; raises BadModelError where it is no ONNX, or not whole."""
    try:
        model = onnx.load_model_from_string(data)
    except MemoryError:
        raise
    except Exception as error:  # protobuf's own kinds, and whatever its decoder runs into
        raise _no_onnx() from error
    if not model.graph.node or not model.opset_import:
        raise _no_onnx()
    return model


def _no_onnx() -> BadModelError:
    return BadModelError(
        "The file is not an ONNX model.", hint="Choose a file that ends in .onnx, downloaded in full."
    )


def refuse_what_can_not_run(model: ModelProto) -> None:
    """Raise BadModelError for versions, operators and files that don't work here."""
    _refuse_versions(model)
    _refuse_operators(model)
    parts = list(_parts_of(model))
    for part in parts:
        if isinstance(part, TensorProto):
            _refuse_external(part)
    _refuse_what_harms(model, parts)


def _refuse_versions(model: ModelProto) -> None:
    opset = opset_of(model)
    if opset > NEWEST_OPSET or model.ir_version > NEWEST_IR:
        raise BadModelError(
            f"The model uses ONNX operators of version {opset} (file format {model.ir_version}); "
            f"versions up to {NEWEST_OPSET} ({NEWEST_IR}) run here.",
            hint=f"{EXPORT} with opset 17.",
        )


def _refuse_operators(model: ModelProto) -> None:
    opset = opset_of(model)
    nodes, local = list(nodes_of(model)), {f.name for f in model.functions}
    foreign = {f"{n.domain}.{n.op_type}" for n in nodes if n.domain not in _OURS}
    unknown = foreign | {
        n.op_type
        for n in nodes
        if n.domain in _OURS and n.op_type not in local and not defs.has(n.op_type, opset)
    }
    if unknown:
        raise BadModelError(
            f"The model needs operators that are not part of ONNX {opset}: {listed(sorted(unknown))}.",
            hint=f"{EXPORT} with standard operators only, without optimising it for one runtime.",
        )
    if any(node.op_type == _BOXES for node in model.graph.node):
        raise BadModelError(
            f"The model finds boxes (it ends in {_BOXES}), not a mask.",
            hint="Choose a network for background removal, matting or salient objects.",
        )


def _refuse_what_harms(model: ModelProto, parts: list[Any]) -> None:
    """Refuse what leads ONNX Runtime 1.30.0 beyond its memory, as the notes of 1.30.1 say."""
    kinds = {number for name, number in TensorProto.DataType.items() if name in _PARTS_OF_BYTES}
    strange = any(_graphs_in([node]) and node.op_type not in _HOLD_GRAPHS for node in nodes_of(model))
    doubled = any({value.name for value in graph.input} & {*_stored(graph)} for graph in _inner_graphs(model))
    if kinds & _types_in(parts) or strange or doubled:
        raise BadModelError(
            "The model holds numbers of less than a byte, or graphs in its nodes, in an unsafe way.",
            hint=f"{EXPORT} in float32, without control flow.",
        )


def _types_in(parts: list[Any]) -> set[int]:
    """Types of tensors that a model's parts have, declare or ask for."""
    tensors = {part.data_type for part in parts if isinstance(part, TensorProto)}
    declared = {part.elem_type for part in parts if isinstance(part, _OF_A_TYPE)}
    attributes = [part for part in parts if isinstance(part, AttributeProto)]
    names = _names_of_types(attributes)
    return tensors | declared | {a.i for a in attributes if a.name in names}


def _names_of_types(attributes: list[AttributeProto]) -> set[str]:
    """Names of attributes that are types: ONNX's own, and those by which functions hand them on."""
    names, known = set(_NAMES_OF_TYPES), 0
    while known < len(names):
        known = len(names)
        names |= {a.ref_attr_name for a in attributes if a.name in names and a.ref_attr_name}
    return names


def _stored(graph: GraphProto) -> Iterator[str]:
    yield from (tensor.name for tensor in graph.initializer)
    yield from (tensor.values.name for tensor in graph.sparse_initializer)


def _parts_of(model: ModelProto) -> Iterator[Any]:
    """Give all messages in a model, wherever they are: a place that was forgotten would be let through."""
    waiting: list[Any] = [model]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, TensorProto):
            continue  # to list its fields would copy its numbers
        for field, value in part.ListFields():
            if field.message_type is not None:
                waiting += [value] if hasattr(value, "ListFields") else value


def graphs_of(model: ModelProto) -> list[GraphProto]:
    """Return a model's graph and those in its nodes, at any depth."""
    return [model.graph, *_inner_graphs(model)]


def _inner_graphs(model: ModelProto) -> Iterator[GraphProto]:
    waiting = _graphs_in(model.graph.node)
    waiting += (graph for function in model.functions for graph in _graphs_in(function.node))
    while waiting:
        graph = waiting.pop()
        yield graph
        waiting += _graphs_in(graph.node)


def nodes_of(model: ModelProto) -> Iterator[NodeProto]:
    """Give all nodes of a model, those in functions and in other nodes' graphs too."""
    for graph in graphs_of(model):
        yield from graph.node
    for function in model.functions:
        yield from function.node


def _graphs_in(nodes: Iterable[NodeProto]) -> list[GraphProto]:
    kinds = AttributeProto.GRAPH, AttributeProto.GRAPHS
    held = [a for node in nodes for a in node.attribute if a.type in kinds]
    return [graph for a in held for graph in ([a.g] if a.type == AttributeProto.GRAPH else a.graphs)]


def _refuse_external(tensor: TensorProto) -> None:
    if tensor.data_location == TensorProto.EXTERNAL:
        where = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
        raise BadModelError(
            f"The model's weights are in another file{f' (“{where}”)' if where else ''}.",
            hint="Save the model as one file: onnx.save_model(model, path, save_as_external_data=False).",
        )


def opset_of(model: ModelProto) -> int:
    """Version of the standard operators."""
    return max((int(o.version) for o in model.opset_import if o.domain in _OURS), default=1)


def listed(names: list[str], most: int = 5) -> str:
    """Join names, the first few of them."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
