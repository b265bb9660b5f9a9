"""Passes for graphs that run on WebGPU only: the same function, in the form that its kernels like.

onnxruntime's WebGPU provider computes convolutions and pooling channels-last, and puts transposes around
whatever else it finds between them. Its convolution kernel gives each workgroup 32 pixels by 32 channels
and walks through all taps and channels of the input one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, helper, numpy_helper

from alphacut.graph_passes import assign

Shapes = Mapping[str, tuple[int, ...]]

_TO_LAST, _TO_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]
_TILE = 32  # side of what one workgroup of the convolution kernel computes, and length of its steps
_FEW_WORKGROUPS = 256  # no more than these leave a large GPU idle
_MANY_STEPS = 72
_TAPS = 9
_GEOMETRY = {"pads": [0] * 4, "strides": [1] * 2, "dilations": [1] * 2}


def prepare_for_gpu(model: ModelProto, shapes: Shapes, element: int) -> None:
    """Apply every pass; `shapes` are those of the tensors (NCHW), `element` the type they are to have."""
    resize_channels_last(model.graph, shapes)
    sum_taps(model.graph, element)
    gather_small_convolutions(model, shapes, element)


def resize_channels_last(graph: GraphProto, shapes: Shapes) -> None:
    """Let every linear Resize work channels-last: transposes around it cancel those around convolutions.

    The provider's bilinear kernel takes the last two axes for height and width whatever the scales say, so
    the map goes through it as a volume of the shape (height, width, channels), which is interpolated along
    all three axes, the last one by a factor of 1.
    """
    rebuilt = _Rebuilt(graph)
    for node in graph.node:
        factors = _factors(node, rebuilt, shapes)
        if factors is None:
            rebuilt.keep(node)
            continue
        name, (_, channels, height, width) = node.output[0], shapes[node.output[0]]
        _, _, rows, columns = shapes[node.input[0]]
        scales = np.array([*factors, 1], np.float32)
        last = rebuilt.add("Transpose", [node.input[0]], f"{name}_last", perm=_TO_LAST)
        volume = rebuilt.reshape(last, [rows, columns, channels])
        region = rebuilt.constant(
            "resize_region", np.zeros(0, np.float32)
        )  # none; older opsets want it named
        inputs = [volume, region, rebuilt.constant(f"{name}_scales", scales)]
        grown = rebuilt.add("Resize", inputs, f"{name}_grown", **_attributes(node))
        batch = rebuilt.reshape(grown, [1, height, width, channels])
        rebuilt.add("Transpose", [batch], name, perm=_TO_FIRST)
    rebuilt.finish()


def _factors(node: NodeProto, rebuilt: _Rebuilt, shapes: Shapes) -> list[np.float32] | None:
    """By how much a linear Resize stretches height and width; None for what is no plain linear Resize.

    Factors that it is given are kept, because the size they lead to may be rounded. Those of a given size
    must not be less than the ratio of the sizes when they are float32, or the last row would be dropped.
    """
    attributes = _attributes(node)
    if node.op_type != "Resize" or attributes.get("mode") != b"linear":
        return None
    cropped = attributes.get("coordinate_transformation_mode") == b"tf_crop_and_resize"
    if cropped or "axes" in attributes or attributes.get("antialias"):
        return None
    if len(node.input) < 3 or len(shapes[node.output[0]]) != 4:  # opset 10 has no region
        return None
    if node.input[2] in rebuilt.tensors:
        given = numpy_helper.to_array(rebuilt.tensors[node.input[2]])
        if given.size:
            return list(given[2:])
    sides = zip(shapes[node.input[0]][2:], shapes[node.output[0]][2:], strict=True)
    factors = [(np.float32(new / old), new / old) for old, new in sides]
    return [np.nextafter(f, np.float32(np.inf)) if float(f) < ratio else f for f, ratio in factors]


def sum_taps(graph: GraphProto, element: int) -> None:
    """Turn 3 x 3 convolutions that give one channel into products per pixel and a sum of shifted maps.

    The kernel would compute 32 channels for each one that is wanted. A 1 x 1 convolution to the nine taps
    is a small matrix product; a 3 x 3 convolution of ones then adds the taps up, each at its place.
    """
    rebuilt = _Rebuilt(graph)
    padded = _TAPS + 3  # four at a time
    for node in graph.node:
        weights = _weights_shape(node, rebuilt)
        if weights is None or weights[0] != 1 or weights[2:] != (3, 3) or weights[1] == 1:
            rebuilt.keep(node)
            continue
        name, channels = node.output[0], weights[1]
        taps = rebuilt.reshape(node.input[1], [channels, _TAPS], f"{name}_weights")
        taps = rebuilt.add("Transpose", [taps], f"{name}_taps", perm=[1, 0])
        rest = rebuilt.zeros(f"{name}_rest", [padded - _TAPS, channels], element)
        taps = rebuilt.add("Concat", [taps, rest], f"{name}_padded", axis=0)
        taps = rebuilt.reshape(taps, [padded, channels, 1, 1])
        products = rebuilt.add("Conv", [node.input[0], taps], f"{name}_products", kernel_shape=[1, 1])
        ones = np.zeros((1, padded, 3, 3), _dtype(element))
        ones[0, np.arange(_TAPS), np.arange(_TAPS) // 3, np.arange(_TAPS) % 3] = 1
        inputs = [products, rebuilt.constant("tap_places", ones), *node.input[2:]]
        rebuilt.add("Conv", inputs, name, **_attributes(node))
    rebuilt.finish()


def gather_small_convolutions(model: ModelProto, shapes: Shapes, element: int) -> None:
    """Turn 3 x 3 convolutions of many channels on small maps into matrix products, one a tap.

    On a small map few workgroups walk a long way while most of the GPU waits. Here each tap's input is
    gathered and multiplied on its own, all at once, and the nine products are summed; a tenth one, of a row
    that holds a 1 and the bias, saves adding the bias. In float16 it is also more exact, because sums are
    shorter. It costs memory for ten copies of the map.
    """
    rebuilt = _Rebuilt(model.graph, next((o.version for o in model.opset_import if not o.domain), 1))
    for node in model.graph.node:
        conv = _small_convolution(node, rebuilt, shapes)
        if conv is None:
            rebuilt.keep(node)
        else:
            _gather(node, conv, rebuilt, element)
    rebuilt.finish()


@dataclass(frozen=True)
class _Convolution:
    """A 3 x 3 convolution with a bias."""

    channels_in: int
    channels_out: int
    size_in: tuple[int, int]
    size_out: tuple[int, int]
    pads: Sequence[int]
    strides: Sequence[int]
    dilations: Sequence[int]

    @property
    def is_long_way_for_few(self) -> bool:
        pixels = self.size_out[0] * self.size_out[1]
        workgroups = -(-pixels // _TILE) * -(-self.channels_out // _TILE)
        return workgroups <= _FEW_WORKGROUPS and self.channels_in * _TAPS // _TILE >= _MANY_STEPS

    def rows(self) -> NDArray[np.int32]:
        """Index of the pixel that each tap reads for each output pixel; shape (10, pixels).

        After the pixels come a row of zeros, for taps outside the map, and the row of the bias.
        """
        (height, width), (rows, columns) = self.size_in, self.size_out
        zeros, bias = height * width, height * width + 1
        found = np.full((_TAPS + 1, rows * columns), bias, np.int32)
        for tap in range(_TAPS):
            y = np.arange(rows) * self.strides[0] - self.pads[0] + tap // 3 * self.dilations[0]
            x = np.arange(columns) * self.strides[1] - self.pads[1] + tap % 3 * self.dilations[1]
            inside = ((y >= 0) & (y < height))[:, None] & ((x >= 0) & (x < width))[None, :]
            found[tap] = np.where(inside, y[:, None] * width + x[None, :], zeros).reshape(-1)
        return found


def _small_convolution(node: NodeProto, rebuilt: _Rebuilt, shapes: Shapes) -> _Convolution | None:
    weights = _weights_shape(node, rebuilt)
    attributes = _attributes(node)
    is_plain = attributes.get("group", 1) == 1 and attributes.get("auto_pad", b"NOTSET") == b"NOTSET"
    has_bias = len(node.input) == 3 and node.input[2] != ""
    if weights is None or weights[2:] != (3, 3) or not is_plain or not has_bias:
        return None
    if node.output[0] not in shapes or node.input[0] not in shapes:
        return None
    _, _, *size_in = shapes[node.input[0]]
    _, _, *size_out = shapes[node.output[0]]
    conv = _Convolution(
        weights[1], weights[0], (size_in[0], size_in[1]), (size_out[0], size_out[1]),
        *(attributes.get(key, default) for key, default in _GEOMETRY.items()),
    )  # fmt: skip
    return conv if conv.is_long_way_for_few else None


def _gather(node: NodeProto, conv: _Convolution, rebuilt: _Rebuilt, element: int) -> None:
    name, taken, given = node.output[0], conv.channels_in, conv.channels_out
    # Weights: (out, in, 3, 3) to (tap, in, out), and the bias as the first row of a tenth matrix.
    matrices = rebuilt.reshape(node.input[1], [given, taken, _TAPS], f"{name}_weights")
    matrices = rebuilt.add("Transpose", [matrices], f"{name}_matrices", perm=[2, 1, 0])
    bias = rebuilt.reshape(node.input[2], [1, 1, given], f"{name}_bias")
    rest = rebuilt.zeros(f"{name}_rest", [1, taken - 1, given], element)
    bias = rebuilt.add("Concat", [bias, rest], f"{name}_bias_matrix", axis=1)
    matrices = rebuilt.add("Concat", [matrices, bias], f"{name}_all", axis=0)
    # Pixels: (height * width + 2, in), gathered to (tap, pixels out, in).
    extra = np.zeros((2, taken), _dtype(element))
    extra[1, 0] = 1
    last = rebuilt.add("Transpose", [node.input[0]], f"{name}_last", perm=_TO_LAST)
    pixels = rebuilt.reshape(last, [conv.size_in[0] * conv.size_in[1], taken])
    pixels = rebuilt.add("Concat", [pixels, rebuilt.constant(f"rows_{taken}", extra)], f"{name}_rows", axis=0)
    where = "_".join(str(n) for n in (*conv.size_in, *conv.pads, *conv.strides, *conv.dilations))
    rows = rebuilt.constant(f"taps_{where}", conv.rows())
    gathered = rebuilt.add("Gather", [pixels, rows], f"{name}_gathered", axis=0)
    products = rebuilt.add("MatMul", [gathered, matrices], f"{name}_products")
    total = rebuilt.sum_first_axis(products, f"{name}_total")
    total = rebuilt.reshape(total, [1, *conv.size_out, given])
    rebuilt.add("Transpose", [total], name, perm=_TO_FIRST)


class _Rebuilt:
    """The nodes of a graph on their way to another list of nodes."""

    def __init__(self, graph: GraphProto, opset: int = 0) -> None:
        self.graph = graph
        self.opset = opset
        self.tensors = {tensor.name: tensor for tensor in graph.initializer}
        self.nodes: list[NodeProto] = []

    def keep(self, node: NodeProto) -> None:
        self.nodes.append(node)

    def add(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a node with one output and name both the same."""
        self.nodes.append(helper.make_node(op, inputs, [output], output, **attributes))
        return output

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Make a tensor of the graph, unless it is there."""
        if name not in self.tensors:
            self.tensors[name] = numpy_helper.from_array(values, name)
            self.graph.initializer.append(self.tensors[name])
        return name

    def integers(self, values: Sequence[int]) -> str:
        return self.constant("integers_" + "_".join(map(str, values)), np.array(values, np.int64))

    def reshape(self, name: str, shape: Sequence[int], output: str = "") -> str:
        return self.add("Reshape", [name, self.integers(shape)], output or f"{name}_reshaped")

    def zeros(self, name: str, shape: Sequence[int], element: int) -> str:
        """Zeros that take no bytes in the file; onnxruntime folds them while loading."""
        value = helper.make_tensor("value", element, [1], [0])
        return self.add("ConstantOfShape", [self.integers(shape)], name, value=value)

    def sum_first_axis(self, name: str, output: str) -> str:
        if self.opset < 13:
            return self.add("ReduceSum", [name], output, axes=[0], keepdims=0)
        return self.add("ReduceSum", [name, self.integers([0])], output, keepdims=0)

    def finish(self) -> None:
        assign(self.graph.node, self.nodes)


def _weights_shape(node: NodeProto, rebuilt: _Rebuilt) -> tuple[int, ...] | None:
    """Shape of a convolution's stored weights; None for other nodes and computed weights."""
    if node.op_type != "Conv" or node.input[1] not in rebuilt.tensors:
        return None
    return tuple(rebuilt.tensors[node.input[1]].dims)


def _attributes(node: NodeProto) -> dict[str, Any]:
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _dtype(element: int) -> np.dtype[Any]:
    return np.dtype(helper.tensor_dtype_to_np_dtype(element))
