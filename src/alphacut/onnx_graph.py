"""Rewrites a published salient-object network (ONNX) into the graphs we ship.

A shipped graph takes the photo as it is, uint8 NHWC RGB, and gives alpha as uint8: a quarter of the bytes
to move to the device and back, and nothing to compute around it. One set of weights serves several graphs:
they are written once, in the published precision, as external data; each graph names them and differs in
the precision of its arithmetic only. Imports onnx; build_site.py runs it, and the browser for a user's own
model.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from alphacut.errors import BadModelError
from alphacut.graph_ends import add_ends
from alphacut.graph_fusions import winograd
from alphacut.graph_gpu import prepare_for_gpu
from alphacut.graph_passes import (
    FLOATS,
    SMALL,
    assign,
    check_shapes,
    drop_float_casts,
    fix_shape,
    floor_pools,
    fold_constants,
    infer,
    keep_output,
    prune,
    shapes_of,
)
from alphacut.models import ModelSpec

Target = Literal["webgpu-float16", "webgpu-float32", "wasm-float32"]
"""Execution provider and arithmetic that a graph is for.

On ``wasm`` both ends are uint8. The WebGPU provider has no kernel that casts to or from uint8 (1.30), so on
``webgpu`` the ends are levels as floats, and web/worker/gpu-io.js casts on the GPU.
"""
TARGETS: tuple[Target, ...] = get_args(Target)
Layout = Literal["NCHW", "NHWC"]

_ELEMENT: dict[Target, int] = {
    "webgpu-float16": TensorProto.FLOAT16,
    "webgpu-float32": TensorProto.FLOAT,
    "wasm-float32": TensorProto.FLOAT,
}
# What onnx and its reference evaluator raise for graphs they did not expect, and so do our passes.
_DAMAGED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
_ALIGN = 64  # of each tensor in the weights file, so that it can be used in place


@dataclass(frozen=True)
class Shipped:
    """What `ship` makes of a model: the weights file and, for each target, a graph that names it."""

    weights: bytes
    graphs: dict[Target, bytes]
    largest: dict[Target, int]
    """Bytes of the largest tensor a graph works with: what a GPU must be able to bind."""


def ship(
    published: bytes,
    spec: ModelSpec,
    *,
    output: str,
    targets: Iterable[Target],
    weights_name: str,
    layout: Layout = "NCHW",
) -> Shipped:
    """Rewrite a published model.

    Parameters
    ----------
    published : bytes
        The .onnx file; it takes normalised RGB, float16 or float32.
    spec : ModelSpec
        The size it is fixed to, and what its ends are: normalisation, and what the map holds.
    output : str
        Name of the one output that is kept.
    targets : iterable of Target
        What graphs are made for.
    weights_name : str
        File name under which the graphs look for the weights.
    layout : {"NCHW", "NHWC"}
        Order of the published network's input.

    Returns
    -------
    Shipped
        Graphs with one input ``photo``, levels of shape (1, height, width, 3), and one output ``alpha``,
        levels of shape (1, 1, h, w).

    Raises
    ------
    BadModelError
        Not ONNX, no such output, or a graph that can't be rewritten.
    """
    shape = spec.shape if layout == "NCHW" else (1, spec.height, spec.width, 3)
    try:
        model = onnx.load_model_from_string(published)
        keep_output(model.graph, output)
        fix_shape(model, shape)
        fold_constants(model)
        check_shapes(model.graph)
        floor_pools(model)
        shapes = shapes_of(model.graph)
        drop_float_casts(model.graph)
        prepared = _Prepared(model, shapes, spec, _Weights(model.graph), weights_name)
        graphs = {target: _graph_for(target, prepared) for target in targets}
    except (
        onnx.checker.ValidationError,
        onnx.shape_inference.InferenceError,
        *_DAMAGED,
    ) as error:
        raise BadModelError(f"The network can't be rewritten: {error}") from error
    except Exception as error:
        if type(error).__name__ == "DecodeError":  # protobuf's, which is no dependency of ours by name
            raise BadModelError("The file is not an ONNX model.") from error
        raise
    return Shipped(
        bytes(prepared.weights.blob),
        {target: made.SerializeToString(deterministic=True) for target, made in graphs.items()},
        {target: _largest(made.graph, _ELEMENT[target]) for target, made in graphs.items()},
    )


class _Weights:
    """The large tensors of a graph, laid out one after the other."""

    def __init__(self, graph: GraphProto) -> None:
        self.blob = bytearray()
        self.offsets: dict[str, tuple[int, int]] = {}
        for tensor in graph.initializer:
            raw = numpy_helper.to_array(tensor).tobytes()
            if tensor.data_type in FLOATS and len(raw) > SMALL:
                self.blob += bytes(-len(self.blob) % _ALIGN)
                self.offsets[tensor.name] = (len(self.blob), len(raw))
                self.blob += raw


@dataclass(frozen=True)
class _Prepared:
    """What all targets' graphs are made from."""

    model: ModelProto
    shapes: dict[str, tuple[int, ...]]
    spec: ModelSpec
    weights: _Weights
    weights_name: str


def _graph_for(target: Target, prepared: _Prepared) -> ModelProto:
    """Make a target's graph; weights of another precision are cast when it is loaded."""
    made = ModelProto()
    made.CopyFrom(prepared.model)
    weights = prepared.weights
    graph, element = made.graph, _ELEMENT[target]
    if on_gpu := target.startswith("webgpu"):
        prepare_for_gpu(made, prepared.shapes, element)
    else:
        winograd(graph, prepared.shapes)
    casts: list[NodeProto] = []
    tensors: list[TensorProto] = []
    exact = {name for node in graph.node if node.op_type == "Resize" for name in node.input[1:3]}
    for tensor in graph.initializer:
        if tensor.name in exact:
            tensors.append(tensor)  # regions and scales of Resize are float32 whatever it resizes
        elif tensor.name in weights.offsets:
            tensors.append(_external(tensor, weights.offsets[tensor.name], prepared.weights_name))
            casts += _cast(tensors[-1], element)
        else:
            tensors.append(_converted(tensor, element))
    assign(graph.initializer, tensors)
    assign(graph.node, [*casts, *graph.node])
    add_ends(graph, prepared.spec, element, outer=element if on_gpu else TensorProto.UINT8)
    prune(graph)
    made.producer_name, made.producer_version, made.doc_string = "alphacut", "", ""
    infer(made)
    onnx.checker.check_model(_without_external(made), full_check=True)
    return made


def _largest(graph: GraphProto, element: int) -> int:
    itemsize = np.dtype(helper.tensor_dtype_to_np_dtype(element)).itemsize
    shapes: list[tuple[int, ...]] = [
        *shapes_of(graph).values(),
        *(tuple(tensor.dims) for tensor in graph.initializer),
    ]
    return max(math.prod(shape) for shape in shapes) * itemsize


def _cast(tensor: TensorProto, element: int) -> list[NodeProto]:
    """Rename a stored tensor and cast it to its old name; onnxruntime folds that while loading."""
    if tensor.data_type == element:
        return []
    name = tensor.name
    tensor.name = f"{name}_stored"
    return [helper.make_node("Cast", [tensor.name], [name], f"{name}_cast", to=element)]


def _converted(tensor: TensorProto, element: int) -> TensorProto:
    if tensor.data_type not in FLOATS or tensor.data_type == element:
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
