"""Small networks as they are published, made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper


def node(op: str, inputs: str, outputs: str, **attributes: Any) -> NodeProto:
    """An ONNX node; names are separated by spaces."""
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def weights(name: str, *shape: int, seed: int, dtype: type[np.floating[Any]] = np.float32) -> TensorProto:
    values = np.random.default_rng(seed).normal(0, 0.25, shape).astype(dtype)
    return numpy_helper.from_array(values, name)


def network(*, half: bool = False, shuffled: bool = False, ceil_mode: int = 1) -> ModelProto:
    """A salient-object network as they are published, but small: `alpha` is the map, `side` a side output.

    Input of any size; the decoder learns the size to grow to by Shape, Gather and Concat at run time. With
    `half` weights and arithmetic are float16, input and output float32 and growing is done in float32.
    """
    dtype = np.float16 if half else np.float32
    grow_in, grow_out = ("mixed_f", "grown_f") if half else ("mixed", "grown")
    nodes = [
        *([node("Cast", "photo", "pixels", to=TensorProto.FLOAT16)] if half else []),
        node("Conv", f"{'pixels' if half else 'photo'} w1", "c1", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Relu", "c1", "r1"),
        node("MaxPool", "r1", "p1", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=ceil_mode),
        node("Conv", "p1 w2", "c2", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Relu", "c2", "r2"),
        node("Conv", "r2 w3", "mixed", kernel_shape=[1, 1]),
        node("Shape", "c1", "shape"),
        node("Gather", "shape index_h", "h", axis=0),
        node("Gather", "shape index_w", "w", axis=0),
        node("Unsqueeze", "h axes", "h1"),
        node("Unsqueeze", "w axes", "w1d"),
        node("Shape", "mixed", "shape2"),
        node("Slice", "shape2 zero two", "nc"),
        node("Concat", "nc h1 w1d", "target", axis=0),
        *([node("Cast", "mixed", "mixed_f", to=TensorProto.FLOAT)] if half else []),
        helper.make_node(
            "Resize",
            [grow_in, "", "", "target"],
            [grow_out],
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        ),
        *([node("Cast", "grown_f", "grown", to=TensorProto.FLOAT16)] if half else []),
        node("Conv", "r1 w4", "d4", kernel_shape=[1, 1]),
        node("Conv", "d4 wside", "dside", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Sigmoid", "dside", "side_h" if half else "side"),
        node("Concat", "grown d4", "both", axis=1),
        node("Conv", "both w5", "fused", kernel_shape=[1, 1]),
        node("Sigmoid", "fused", "alpha_h" if half else "alpha"),
        *([node("Cast", "side_h", "side", to=TensorProto.FLOAT)] if half else []),
        *([node("Cast", "alpha_h", "alpha", to=TensorProto.FLOAT)] if half else []),
    ]
    if shuffled:
        nodes = [nodes[i] for i in np.random.default_rng(5).permutation(len(nodes))]
    stored = [
        weights("w1", 20, 3, 3, 3, seed=1, dtype=dtype),
        weights("w2", 20, 20, 3, 3, seed=2, dtype=dtype),
        weights("w3", 8, 20, 1, 1, seed=3, dtype=dtype),
        weights("w4", 8, 20, 1, 1, seed=4, dtype=dtype),
        weights("w5", 1, 16, 1, 1, seed=5, dtype=dtype),
        weights("wside", 1, 8, 3, 3, seed=6, dtype=dtype),
        *(
            numpy_helper.from_array(np.array(value, np.int64), name)
            for name, value in {"index_h": 2, "index_w": 3, "axes": [0], "zero": [0], "two": [2]}.items()
        ),
    ]
    free: list[str | int | None] = ["n", 3, "height", "width"]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("photo", TensorProto.FLOAT, free)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1, None, None])
            for name in ("side", "alpha")
        ],
        stored,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
