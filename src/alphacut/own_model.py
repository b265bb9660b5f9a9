"""A network someone brings becomes the files that the site runs: `rewrite`.

Imports onnx; in the browser it is loaded when someone brings one.
"""

from __future__ import annotations

from alphacut.errors import BadModelError
from alphacut.models import ModelSpec
from alphacut.onnx_graph import TARGETS, Shipped, ship
from alphacut.onnx_inspect import Inspection, inspect

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
    if output not in {one.name for one in found.outputs}:
        raise BadModelError(f"There is no mask “{output}” in the model.")
    _check_size(found, spec)
    return ship(
        data, spec, output=output, targets=TARGETS, weights_name=WEIGHTS_NAME, layout=found.input.layout
    )


def _check_size(found: Inspection, spec: ModelSpec) -> None:
    for fixed, wanted in ((found.input.width, spec.width), (found.input.height, spec.height)):
        if fixed is not None and fixed != wanted:
            raise BadModelError(f"The model takes photos of {found.width} x {found.height} pixels only.")
    if not all(SMALLEST <= side <= LARGEST for side in (spec.width, spec.height)):
        raise BadModelError(f"Width and height must be between {SMALLEST} and {LARGEST} pixels.")
