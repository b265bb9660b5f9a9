"""A network someone brings becomes the files that the site runs: `rewrite`.

Imports onnx; in the browser it is loaded when someone brings one.
"""

from __future__ import annotations

from typing import Any

import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper

from alphacut.errors import BadModelError
from alphacut.models import ModelSpec
from alphacut.onnx_graph import TARGETS, Shipped, ship
from alphacut.onnx_inspect import Inspection, Map, inspect

WEIGHTS_NAME = "weights.bin"
"""Under which web/worker/ort.js hands the weights to ONNX Runtime."""

SMALLEST, LARGEST = 16, 4096  # sides in pixels


def rewrite(data: bytes, spec: ModelSpec, output: str) -> Shipped:
    """Make graphs and weights of a published file, fed and read as `spec` says.

    Parameters
    ----------
    data : bytes
        The .onnx file.
    spec : ModelSpec
        Size, normalisation and what the output holds, as the visitor chose.
    output : str
        Name of the output that is the mask.

    Raises
    ------
    BadModelError
        The file can't be used, or not with these choices.
    """
    found = inspect(data, size=(spec.width, spec.height))
    chosen = next((one for one in found.outputs if one.name == output), None)
    if chosen is None:
        raise BadModelError(f"There is no mask “{output}” in the model.")
    _check_size(found, spec)
    published, kept = as_usual(data, found, chosen, spec)
    return ship(published, spec, output=kept, targets=TARGETS, weights_name=WEIGHTS_NAME)


def _check_size(found: Inspection, spec: ModelSpec) -> None:
    for fixed, wanted in ((found.input.width, spec.width), (found.input.height, spec.height)):
        if fixed is not None and fixed != wanted:
            raise BadModelError(f"The model takes photos of {found.width} x {found.height} pixels only.")
    if not all(SMALLEST <= side <= LARGEST for side in (spec.width, spec.height)):
        raise BadModelError(f"Width and height must be between {SMALLEST} and {LARGEST} pixels.")


def as_usual(data: bytes, found: Inspection, chosen: Map, spec: ModelSpec) -> tuple[bytes, str]:
    """Wrap a network that is not float32 NCHW in and a map of shape (1, 1, h, w) out, so that it is.

    Returns the file and the name of the output; both unchanged where nothing has to be done.
    """
    taken = found.input
    is_usual_in = taken.layout == "NCHW" and taken.dtype == "float32"
    is_usual_out = chosen.dtype == "float32" and (len(chosen.shape) in {0, 4} and chosen.shape[-1:] != (1,))
    if is_usual_in and is_usual_out:
        return data, chosen.name
    model = onnx.load_model_from_string(data)
    if not is_usual_in:
        _wrap_input(model, found, spec)
    kept = chosen.name if is_usual_out else _wrap_output(model, chosen)
    return model.SerializeToString(), kept


def _wrap_input(model: ModelProto, found: Inspection, spec: ModelSpec) -> None:
    """Put a cast and a transposition before the network."""
    taken = found.input
    steps: list[tuple[str, dict[str, Any]]] = []
    if taken.dtype == "float16":
        steps.append(("Cast", {"to": TensorProto.FLOAT16}))
    if taken.layout == "NHWC":
        steps.append(("Transpose", {"perm": [0, 2, 3, 1]}))
    first = f"{taken.name}_photo"
    nodes, _ = _chain(steps, first)
    nodes[-1].output[0] = taken.name
    kept = [info for info in model.graph.input if info.name != taken.name]
    shape = [1, 3, spec.height, spec.width]
    del model.graph.input[:]
    model.graph.input.extend([helper.make_tensor_value_info(first, TensorProto.FLOAT, shape), *kept])
    others = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *others])


def _wrap_output(model: ModelProto, chosen: Map) -> str:
    """Put a cast and a change of shape behind the network; returns the new output's name."""
    sides = [dim for dim in chosen.shape if isinstance(dim, int)]
    if len(sides) != len(chosen.shape):
        raise BadModelError(f"The shape of the output “{chosen.name}” can't be told from the file.")
    if len(sides) == 4 and sides[3] == 1 and sides[1] != 1:
        sides = sides[:3]
    shape = helper.make_tensor(f"{chosen.name}_shape", TensorProto.INT64, [4], [1, 1, *sides[-2:]])
    model.graph.initializer.append(shape)
    nodes, last = _chain([("Cast", {"to": TensorProto.FLOAT}), ("Reshape", {})], chosen.name)
    nodes[-1].input.append(shape.name)
    model.graph.node.extend(nodes)
    model.graph.output.append(helper.make_tensor_value_info(last, TensorProto.FLOAT, None))
    return last


def _chain(steps: list[tuple[str, dict[str, Any]]], name: str) -> tuple[list[NodeProto], str]:
    """Make nodes that follow each other; returns them and the name of what the last one gives."""
    nodes = []
    for op, attributes in steps:
        nodes.append(helper.make_node(op, [name], [f"{name}_{op.lower()}"], **attributes))
        name = nodes[-1].output[0]
    return nodes, name
