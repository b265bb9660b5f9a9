"""Looks into a network someone brings (ONNX): what it takes and gives, and whether alphacut can use it.

Imports onnx. Nothing is computed: shapes are inferred on the graph without its weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, helper
from onnx.shape_inference import InferenceError, infer_shapes

from alphacut.errors import BadModelError
from alphacut.models import Output
from alphacut.onnx_check import EXPORT, listed, load, opset_of, refuse_what_can_not_run
from alphacut.onnx_family import Family, family_of, output_of

_FLOATS = {TensorProto.FLOAT: "float32", TensorProto.FLOAT16: "float16"}
_LARGE = 1024  # bytes; larger tensors are weights, smaller ones may be shapes
_DAMAGE = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RuntimeError, InferenceError,
)  # fmt: skip

Dim = int | str | None
"""A side that is fixed, one that has a name, or one of which nothing is known."""


@dataclass(frozen=True)
class Input:
    """The one input: `shape` as it is declared; `width` and `height` are None where any will do."""

    name: str
    dtype: str
    shape: tuple[Dim, ...]
    layout: str
    channels: int
    width: int | None
    height: int | None


@dataclass(frozen=True)
class Map:
    """An output that may be the mask; `activation` is what its values are, and `why` how that is known."""

    name: str
    dtype: str
    shape: tuple[Dim, ...]
    activation: Output
    why: str


@dataclass(frozen=True)
class Inspection:
    """What `inspect` finds.

    Attributes
    ----------
    name, producer : str
        As the file says; may be empty.
    opset, nodes, parameters : int
        Version of the operators, number of nodes, number of weights.
    input : Input
    outputs : tuple of Map
        Candidates for the mask, the likeliest first.
    others : tuple of str
        Names of the outputs that can't be the mask.
    width, height : int
        The fixed size, or one to propose.
    family : Family
        Proposed normalisation, and why.
    precisions : tuple of str
        Arithmetic the rewritten graphs can have.
    remarks : tuple of str
        Sentences about what may go wrong.
    """

    name: str
    producer: str
    opset: int
    nodes: int
    parameters: int
    input: Input
    outputs: tuple[Map, ...]
    others: tuple[str, ...]
    width: int
    height: int
    family: Family
    precisions: tuple[str, ...]
    remarks: tuple[str, ...]


def inspect(data: bytes, file_name: str = "", size: tuple[int, int] | None = None) -> Inspection:
    """Look into a published .onnx file.

    Parameters
    ----------
    data : bytes
        The file.
    file_name : str
        May tell the family.
    size : tuple of int or None
        Width and height to infer shapes for, where the network takes photos of any size.

    Raises
    ------
    BadModelError
        The file can't be used; the message says why, the hint what to do about it.
    """
    model = load(data)
    try:
        return _inspect(model, file_name, size)
    except _DAMAGE as error:
        raise BadModelError(
            f"The graph in the file is damaged: {error}", hint="Download it again."
        ) from error


def _inspect(model: ModelProto, file_name: str, size: tuple[int, int] | None) -> Inspection:
    refuse_what_can_not_run(model)
    graph = model.graph
    taken = _input(graph)
    parameters = sum(math.prod(tensor.dims) for tensor in graph.initializer)
    half = any(t.data_type == TensorProto.FLOAT16 and _bytes(t) > _LARGE for t in graph.initializer)
    family = family_of(graph, taken.name, (taken.width, taken.height), file_name)
    free_width, free_height = size or (family.side, family.side)
    width, height = taken.width or free_width, taken.height or free_height
    hollow(graph)
    maps, others = _maps(model, taken, (width, height))
    return Inspection(
        name=graph.name, producer=f"{model.producer_name} {model.producer_version}".strip(),
        opset=opset_of(model), nodes=len(graph.node), parameters=parameters,
        input=taken, outputs=maps, others=others, width=width, height=height, family=family,
        precisions=("float16", "float32") if half else ("float32",),
        remarks=tuple(_remarks(graph, taken, maps)),
    )  # fmt: skip


def _input(graph: GraphProto) -> Input:
    """Check the one input: (1, 3, height, width) or (1, height, width, 3) of floats."""
    stored = {tensor.name for tensor in graph.initializer}
    inputs = [info for info in graph.input if info.name not in stored]
    if len(inputs) != 1:
        raise BadModelError(
            f"The model needs {len(inputs)} inputs ({listed([i.name for i in inputs])}); "
            "a photo is all there is here.",
            hint="Networks for video or with a trimap as second input can't be used.",
        )
    (info,) = inputs
    tensor = info.type.tensor_type
    if tensor.elem_type not in _FLOATS:
        kind = TensorProto.DataType.Name(tensor.elem_type).lower() if tensor.elem_type else "nothing known"
        raise BadModelError(
            f"The model takes {kind}, not float32 or float16.", hint=f"{EXPORT} with a float input."
        )
    shape = _dims(info)
    if len(shape) != 4:
        raise BadModelError(
            f"The input “{info.name}” has the shape {_words(shape)}; a batch of photos has four sides.",
            hint=f"{EXPORT} with an input of shape 1 x 3 x height x width.",
        )
    layout, channels = _layout(shape)
    batch, (height, width) = shape[0], shape[2:] if layout == "NCHW" else shape[1:3]
    if isinstance(batch, int) and batch != 1:
        raise BadModelError(
            f"The model takes {batch} photos at once; here it is one.", hint=f"{EXPORT} with batch size 1."
        )
    if channels != 3:
        what = {1: "grey photos (1 channel)", 4: "4 channels"}.get(channels, f"{channels} channels")
        raise BadModelError(
            f"The model takes {what}; alphacut gives it three: red, green and blue.",
            hint="A fourth channel is often a trimap or a rough mask; such networks can't be used.",
        )
    return Input(
        info.name, _FLOATS[tensor.elem_type], shape, layout, channels,
        width if isinstance(width, int) else None, height if isinstance(height, int) else None,
    )  # fmt: skip


def _layout(shape: tuple[Dim, ...]) -> tuple[str, int]:
    """Tell where the channels are; where nothing says so they are first, as PyTorch exports them."""
    if shape[1] == 3 or (shape[3] != 3 and shape[1] in {1, 4}):
        return "NCHW", int(shape[1] or 0)
    if isinstance(shape[3], int) and shape[3] <= 4:
        return "NHWC", shape[3]
    return "NCHW", shape[1] if isinstance(shape[1], int) else 3


def hollow(graph: GraphProto) -> None:
    """Drop the weights, which shapes don't depend on: what works on the graph then costs little memory."""
    for tensor in graph.initializer:
        if _bytes(tensor) > _LARGE:
            for field in ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
                tensor.ClearField(field)


def _maps(model: ModelProto, taken: Input, size: tuple[int, int]) -> tuple[tuple[Map, ...], tuple[str, ...]]:
    """Find outputs that can be the mask: those of the input's size first, else as the file lists them."""
    declared = {info.name: _dims(info) for info in model.graph.output}
    shapes = _inferred(model, taken, size)
    maps: list[tuple[float, Map]] = []
    others: list[str] = []
    for info in model.graph.output:
        shape = shapes.get(info.name, ())
        if not all(isinstance(dim, int) for dim in shape) or not shape:
            shape = declared[info.name] or shape
        scale = _scale(shape, size)
        element = info.type.tensor_type.elem_type or TensorProto.FLOAT
        if scale is None or element not in _FLOATS:
            others.append(f"{info.name} {_words(shape)}")
            continue
        activation, why = output_of(model.graph, info.name)
        maps.append((scale, Map(info.name, _FLOATS[element], shape, activation, why)))
    if not maps:
        raise BadModelError(
            f"No output of the model can be a mask, one number for each pixel: {listed(others)}.",
            hint="Choose a network for background removal, matting or salient objects.",
        )
    return tuple(found for _, found in sorted(maps, key=lambda entry: entry[0])), tuple(others)


def _inferred(model: ModelProto, taken: Input, size: tuple[int, int]) -> dict[str, tuple[Dim, ...]]:
    """Shapes of the outputs for an input of that size, as far as they can be told."""
    width, height = size
    shape = [1, 3, height, width] if taken.layout == "NCHW" else [1, height, width, 3]
    alone = ModelProto()
    alone.CopyFrom(model)
    for info in alone.graph.input:
        if info.name == taken.name:
            info.CopyFrom(helper.make_tensor_value_info(info.name, info.type.tensor_type.elem_type, shape))
    for info in alone.graph.output:
        info.type.tensor_type.ClearField("shape")
    del alone.graph.value_info[:]
    try:
        made = infer_shapes(alone, data_prop=True)
    except (InferenceError, RuntimeError, ValueError):
        return {}  # then what the file declares is all that is known
    return {info.name: _dims(info) for info in made.graph.output if info.type.tensor_type.HasField("shape")}


def _scale(shape: tuple[Dim, ...], size: tuple[int, int]) -> float | None:
    """How many times smaller (or larger) than the input a map is; 2 where unknown; None if it is no map."""
    if len(shape) == 4:
        channels = shape[3] if shape[3] == 1 and shape[1] != 1 else shape[1]
        shape = shape[1:3] if channels is shape[3] else shape[2:]
        if isinstance(channels, int) and channels != 1:
            return None
    elif shape and len(shape) not in {2, 3}:
        return None
    height, width = shape[-2:] if shape else (None, None)
    if not isinstance(height, int) or not isinstance(width, int):
        return 2.0  # nothing is known before it has run
    if width < 2 or height < 2 or width > size[0] * 4 or width * size[1] != height * size[0]:
        return None
    return max(size[0] / width, width / size[0])


def _remarks(graph: GraphProto, taken: Input, maps: tuple[Map, ...]) -> Iterable[str]:
    if any(node.op_type in {"QLinearConv", "ConvInteger", "DequantizeLinear"} for node in graph.node):
        yield "The weights are quantised; on a graphics card this can be slower than float16."
    if taken.width is None:
        yield "The network takes photos of any size; some work only with multiples of 32."
    if not all(isinstance(dim, int) for dim in maps[0].shape) or not maps[0].shape:
        yield "The size of the mask can't be told before the network has run."


def _dims(info: ValueInfoProto) -> tuple[Dim, ...]:
    return tuple(
        d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else d.dim_param or None
        for d in info.type.tensor_type.shape.dim
    )


def _bytes(tensor: TensorProto) -> int:
    return int(math.prod(tensor.dims)) * 4


def _words(shape: tuple[Dim, ...]) -> str:
    return " x ".join("?" if dim is None else str(dim) for dim in shape) or "unknown"
