"""Rewrites convolutions of an ONNX graph so that a CPU has fewer multiplications to do.

On WebAssembly a network of the U²-Net family spends nine tenths of its time in 3 x 3 convolutions, and those
already run near what its SIMD can do: only fewer multiplications make it faster. Winograd's minimal
filtering F(4 x 4, 3 x 3) needs 36 of them for 16 pixels instead of 144 (Lavin and Gray, Fast Algorithms for
Convolutional Neural Networks, CVPR 2016). ONNX Runtime has no such kernel for WebAssembly; here it is written
with ordinary operators. The result is the same up to rounding in float32. Imports onnx.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, helper, numpy_helper

from alphacut.graph_passes import assign

_TILE = 4  # output pixels of a tile along a side
_POINTS = 6  # values a tile has along a side once transformed: _TILE + 3 - 1
_SQUARE = _POINTS * _POINTS
# The transforms cost by the sum of the channels, what they save goes by the product. Beyond these limits a
# convolution is not worth its time or its memory (bench/wasm_variants.py).
_LEAST_GAIN = 30  # product of the channels over their sum
_FEWEST_TILES = 256  # transformed weights are four times as large as the weights: many tiles must share them
_LARGEST = 128_000_000  # bytes of a layer's transformed input, which is there twice for a moment

# The matrices of F(4, 3) with the interpolation points 0, 1, -1, 2, -2 and infinity.
_INPUT = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    np.float64,
)
_KERNEL = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]], np.float64) / 24
_OUTPUT = np.array(
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], np.float64
)


@dataclass(frozen=True)
class _Layer:
    """A convolution that is worth rewriting: its node, the Relu that alone follows it, and its sizes."""

    conv: NodeProto
    relu: NodeProto | None
    taken: int  # channels
    given: int
    rows: int  # of tiles
    columns: int

    @property
    def result(self) -> str:
        """Name of the tensor that the rest of the graph reads."""
        return str((self.relu or self.conv).output[0])


def winograd(graph: GraphProto, shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Rewrite, in place, the large 3 x 3 convolutions of a float32 graph by Winograd's F(4 x 4, 3 x 3).

    Chosen are those of stride 1 with one zero around the input, enough channels on both sides, and sides that
    divide by 4 into enough tiles. Weights stay where they are: the graph computes the transformed ones from
    them, which ONNX Runtime does once, while it loads.

    Parameters
    ----------
    graph : GraphProto
        Float32 network with NCHW tensors and batch size 1; opset 11 or later.
    shapes : mapping of str to tuple of int
        Shapes by tensor name; a convolution whose input or kernels it lacks is left alone.

    Returns
    -------
    list of str
        The outputs of the convolutions that were rewritten; empty if none was worth it.
    """
    layers = {layer.conv.output[0]: layer for layer in _layers(graph, shapes)}
    relus = {layer.relu.output[0] for layer in layers.values() if layer.relu}
    nodes, constants = list[NodeProto](), dict[str, NDArray[np.generic]]()
    for node in graph.node:
        layer = layers.get(node.output[0])
        if layer is not None:
            nodes += _rewritten(layer, constants)
        elif node.output[0] not in relus:
            nodes.append(node)
    assign(graph.node, nodes)
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    return list(layers)


def _layers(graph: GraphProto, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[_Layer]:
    known = {**shapes, **{tensor.name: tuple(tensor.dims) for tensor in graph.initializer}}
    kept = {output.name for output in graph.output}
    for conv in graph.node:
        if conv.op_type != "Conv" or not _is_plain(conv):
            continue
        kernel, shape = (known.get(name, ()) for name in (conv.input[1], conv.input[0]))
        if kernel[2:] != (3, 3) or len(shape) != 4 or shape[2] % _TILE or shape[3] % _TILE:
            continue
        (given, taken), rows, columns = kernel[:2], shape[2] // _TILE, shape[3] // _TILE
        if _is_worth_it(taken, given, rows * columns):
            users = [node for node in graph.node if conv.output[0] in node.input]
            alone = len(users) == 1 and users[0].op_type == "Relu" and conv.output[0] not in kept
            yield _Layer(conv, users[0] if alone else None, taken, given, rows, columns)


def _is_worth_it(taken: int, given: int, tiles: int) -> bool:
    enough = given * taken >= _LEAST_GAIN * (given + taken) and tiles >= _FEWEST_TILES
    return enough and taken * tiles * _SQUARE * np.dtype(np.float32).itemsize <= _LARGEST


def _is_plain(conv: NodeProto) -> bool:
    """Whether it is of stride 1, not dilated, not grouped, with a ring of one zero around the input."""
    found = {a.name: helper.get_attribute_value(a) for a in conv.attribute}
    return (
        list(found.get("pads", [])) == [1, 1, 1, 1]
        and found.get("group", 1) == 1
        and all(value == 1 for name in ("strides", "dilations") for value in found.get(name, []))
        and found.get("auto_pad", b"NOTSET") == b"NOTSET"
    )


def _rewritten(layer: _Layer, constants: dict[str, NDArray[np.generic]]) -> list[NodeProto]:
    """Return the nodes that take the convolution's place; the constants they name are added."""
    make = _Maker(layer.conv.output[0], constants)
    photo, kernels, *bias = layer.conv.input
    tiles = layer.rows * layer.columns
    split = _into_points(make, photo, layer.taken)
    # Channels first to points first: then each point is one matrix product over all channels.
    split = _swapped(make, split, (layer.taken, _SQUARE, tiles), (layer.rows, layer.columns))
    mixed = make("Conv", split, _transformed_kernels(make, kernels, layer), group=_SQUARE)
    mixed = _swapped(make, mixed, (_SQUARE, layer.given, tiles), (layer.rows, layer.columns))
    back = make.tiled("back", np.kron(_OUTPUT, _OUTPUT)[:, :, None, None], layer.given)
    joined = make("Conv", mixed, back, *_repeated(make, bias, layer.given), group=layer.given)
    if layer.relu is not None:
        joined = make("Relu", joined)  # next to the convolution, so that ONNX Runtime makes one of both
    make("DepthToSpace", joined, to=layer.result, blocksize=_TILE, mode="CRD")
    return make.nodes


def _into_points(make: _Maker, photo: str, channels: int) -> str:
    """Transform overlapping tiles of 6 x 6 pixels, down, then across: (1, channels * 36, rows, columns)."""
    down = make.tiled("down", _INPUT[:, None, :, None], channels)
    across = make.tiled("across", _INPUT[:, None, None, :], channels * _POINTS)
    half = make("Conv", photo, down, group=channels, strides=[_TILE, 1], pads=[1, 0, 1, 0])
    return make("Conv", half, across, group=channels * _POINTS, strides=[1, _TILE], pads=[0, 1, 0, 1])


def _transformed_kernels(make: _Maker, kernels: str, layer: _Layer) -> str:
    """Transform the kernels to (36 * given, taken, 1, 1)."""
    flat = make("Reshape", kernels, make.sizes("flat", layer.given * layer.taken, 9))
    turned = make("Transpose", flat, perm=[1, 0])
    points = make("MatMul", make.floats("kernel", np.kron(_KERNEL, _KERNEL)), turned)
    return make("Reshape", points, make.sizes("points", _SQUARE * layer.given, layer.taken, 1, 1))


def _swapped(make: _Maker, name: str, shape: tuple[int, int, int], tiles: tuple[int, int]) -> str:
    """Swap the two factors (first, second) that the channels are made of."""
    first, second, _ = shape
    apart = make("Reshape", name, make.sizes("apart", *shape))
    swapped = make("Transpose", apart, perm=[1, 0, 2])
    return make("Reshape", swapped, make.sizes("whole", 1, first * second, *tiles))


def _repeated(make: _Maker, bias: Iterable[str], channels: int) -> Iterator[str]:
    """Repeat the bias, if there is one, for each of a tile's 16 pixels."""
    for name in bias:
        column = make("Reshape", name, make.sizes("column", channels, 1))
        spread = make("Expand", column, make.sizes("spread", channels, _TILE * _TILE))
        yield make("Reshape", spread, make.sizes("biases", channels * _TILE * _TILE))


class _Maker:
    """Makes nodes and constants with names that begin with the convolution's."""

    def __init__(self, prefix: str, constants: dict[str, NDArray[np.generic]]) -> None:
        self.nodes: list[NodeProto] = []
        self._prefix = f"{prefix}_winograd"
        self._constants = constants

    def __call__(self, operator: str, *inputs: str, to: str = "", **attributes: Any) -> str:
        """Add a node; returns the name of its output."""
        name = f"{self._prefix}_{len(self.nodes)}"
        output = to or f"{name}_{operator.lower()}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name, **attributes))
        return output

    def floats(self, name: str, values: NDArray[np.floating]) -> str:
        """Add a float32 constant."""
        return self._add(name, values.astype(np.float32))

    def tiled(self, name: str, values: NDArray[np.floating], times: int) -> str:
        """Add a float32 constant that is repeated along its first axis while the graph is loaded."""
        repeats = (times, *[1] * (values.ndim - 1))
        return self("Tile", self.floats(name, values), self.sizes(name, *repeats))

    def sizes(self, name: str, *values: int) -> str:
        """Add a shape."""
        return self._add(f"{len(self.nodes)}_{name}", np.array(values, np.int64))

    def _add(self, name: str, values: NDArray[np.generic]) -> str:
        full = f"{self._prefix}_{name}"
        self._constants[full] = values
        return full
