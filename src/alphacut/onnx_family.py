"""Guesses which family a network is of, and so how to feed and read it: `family_of`, `output_of`.

The normalisation a network was trained with is not written in its file; its shape and names are hints.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from onnx import GraphProto, NodeProto, numpy_helper

from alphacut.models import Output

_PASSES = {"Cast", "Identity", "Squeeze", "Unsqueeze", "Reshape", "Transpose", "Resize", "Slice", "Upsample"}
"""Operators that leave the kind of values as it is."""
_CONVOLVES = {"Conv", "ConvTranspose", "FusedConv", "QLinearConv", "ConvInteger"}
_RAW = _CONVOLVES | {"Add", "Sub", "MatMul", "Gemm", "Concat", "BatchNormalization", "Mul"}

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Normalisation:
    """`(rgb / 255 - mean) / std`, under a name."""

    id: str
    title: str
    mean: Triple
    std: Triple


NORMALISATIONS = (
    Normalisation("imagenet", "ImageNet mean and deviation", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    Normalisation("centred", "0.5 and 1: from -0.5 to 0.5", (0.5, 0.5, 0.5), (1.0, 1.0, 1.0)),
    Normalisation("signed", "0.5 and 0.5: from -1 to 1", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    Normalisation("unit", "none: from 0 to 1", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    Normalisation("bytes", "none: from 0 to 255", (0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255)),
)


@dataclass(frozen=True)
class Family:
    """A guess: `normalisation` is an id of `NORMALISATIONS`; `side` is proposed where any size will do.

    `sure` is False where nothing in the file speaks for the guess.
    """

    normalisation: str
    side: int
    why: str
    sure: bool


def family_of(graph: GraphProto, taken: str, size: tuple[int | None, int | None], file_name: str) -> Family:
    """Guess from the first operators, the names, the kind of layers and the size, in this order."""
    names = f"{file_name} {graph.name}".lower()
    side = next((known for known in size if known is not None), None)
    ops = Counter(node.op_type for node in graph.node)
    first = _first(graph, taken)
    if family := _scales_itself(graph, first):
        return family
    for words, found in _NAMED:
        if any(word in names for word in words):
            return found
    if ops["LayerNormalization"] or (ops["Softmax"] and ops["MatMul"] > 8):
        return Family("imagenet", 1024, "It holds transformer layers, as BiRefNet does.", True)
    if ops["InstanceNormalization"]:
        return Family("signed", 512, "It holds instance normalisation, as MODNet does.", True)
    if _is_nested_u(ops):
        return _nested_u(first, side)
    return Family(
        "imagenet", 320, "This can't be told from the file; most networks of this kind use it.", False
    )


_NAMED = (
    (("rmbg-1", "rmbg_1", "rmbg1", "isnet", "is-net", "dis_"), Family(
        "centred", 1024, "The name is that of an ISNet (DIS) or of RMBG 1.", True)),
    (("birefnet", "rmbg-2", "inspyrenet", "ben2"), Family(
        "imagenet", 1024, "The name is that of a network with a transformer.", True)),
    (("modnet",), Family("signed", 512, "The name is that of MODNet.", True)),
    (("u2net", "u-2-net", "silueta", "basnet"), Family(
        "imagenet", 320, "The name is that of a U²-Net.", True)),
)  # fmt: skip


def _is_nested_u(ops: Counter[str]) -> bool:
    """Whether it is built of U-shaped blocks: many poolings, much concatenation."""
    return ops["MaxPool"] >= 10 and ops["Concat"] >= 20


def _nested_u(first: NodeProto | None, side: int | None) -> Family:
    """Tell U²-Net from ISNet, which halves the photo in its first convolution."""
    strides = next((list(a.ints) for a in first.attribute if a.name == "strides"), []) if first else []
    if strides == [2, 2]:
        why = "Its U-shaped blocks after a first step of 2 are those of ISNet (DIS)."
        return Family("centred", 1024, why, True)
    size = f" at {side} pixels" if side else ""
    return Family("imagenet", 320, f"Its U-shaped blocks{size} are those of U²-Net.", True)


def _scales_itself(graph: GraphProto, first: NodeProto | None) -> Family | None:
    """Find a graph that begins by scaling: a constant well above 1 says that it takes 0 to 255."""
    if first is None or first.op_type not in {"Sub", "Div", "Mul", "Add"}:
        return None
    stored = {tensor.name: tensor for tensor in graph.initializer}
    constants = [numpy_helper.to_array(stored[name]) for name in first.input if name in stored]
    constants += [
        numpy_helper.to_array(attribute.t)
        for node in graph.node
        if node.op_type == "Constant" and node.output and node.output[0] in first.input
        for attribute in node.attribute
        if attribute.name == "value"
    ]
    if not constants or not constants[0].size or not np.issubdtype(constants[0].dtype, np.floating):
        return None
    value = float(np.abs(constants[0].astype(np.float64)).mean())
    is_bytes = value > 2 if first.op_type in {"Sub", "Div", "Add"} else value < 0.1
    taken = "bytes" if is_bytes else "unit"
    told = f"The graph itself begins with {first.op_type} by {value:.3g}, so it scales the photo by itself."
    return Family(taken, 320, told, True)


def output_of(graph: GraphProto, name: str) -> tuple[Output, str]:
    """Tell what an output holds by the operator it comes from; returns it with the reason."""
    producers = {output: node for node in graph.node for output in node.output}
    seen: set[str] = set()
    node = producers.get(name)
    while node is not None and node.op_type in _PASSES and node.input and name not in seen:
        seen.add(name)
        name = node.input[0]
        node = producers.get(name)
    if node is None:
        return "alpha", "This can't be told from the file."
    if node.op_type in {"Sigmoid", "HardSigmoid", "Softmax"}:
        return "alpha", f"It ends in {node.op_type}: values from 0 to 1."
    if node.op_type == "Clip":
        return "alpha", "It ends in Clip: values within bounds."
    if node.op_type == "Div" and _is_stretched(node, producers):
        return "alpha", "It is stretched to 0 to 1 in the graph."
    if node.op_type in _RAW:
        return "logits", f"It ends in {node.op_type}, without a sigmoid."
    return "alpha", f"It ends in {node.op_type}; what its values are can't be told from the file."


def _is_stretched(node: NodeProto, producers: dict[str, NodeProto]) -> bool:
    """Whether a division is (map - least) / (greatest - least)."""
    above = [producers[name] for name in node.input if name in producers]
    least = [producers[name].op_type for step in above for name in step.input if name in producers]
    return bool({"ReduceMin", "ReduceMax"} & set(least))


def _first(graph: GraphProto, taken: str) -> NodeProto | None:
    """Return the first operator that does something to the input."""
    users: dict[str, list[NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    seen: set[str] = set()
    while taken in users and taken not in seen:
        seen.add(taken)
        node = next((n for n in users[taken] if n.op_type != "Shape"), None)
        if node is None or node.op_type not in {"Cast", "Transpose", "Identity"} or not node.output:
            return node
        taken = node.output[0]
    return None
