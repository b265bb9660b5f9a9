"""What the worker calls when someone brings a network: plain JavaScript values in, plain objects out.

Apart from entry.py, because it needs onnx, which is loaded for this only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, get_args

from alphacut.browser.buffers import Buffers, ForeignInterface, JsObject
from alphacut.browser.entry import to_wire
from alphacut.errors import AlphacutError, OutOfMemoryError
from alphacut.models import ModelSpec, Output
from alphacut.onnx_family import NORMALISATIONS
from alphacut.onnx_inspect import Inspection, inspect
from alphacut.own_model import rewrite

_NO_MEMORY = "The model is too large for the memory that is left."


class OwnModels:
    """Inspects and rewrites networks."""

    def __init__(self, ffi: ForeignInterface, from_entries: JsObject) -> None:
        self._buffers = Buffers(ffi, from_entries)

    def inspect(self, data: JsObject, file_name: str) -> JsObject:
        """Return ``{value}``, JSON of an `Inspection` of web/shared/protocol.js, or ``{error}``.

        JSON, because Pyodide makes None undefined, not null.
        """
        return self._answer(lambda: to_json(inspect(self._buffers.to_bytes(data), file_name)))

    def rewrite(self, data: JsObject, spec: str, output: str) -> JsObject:
        """Return ``{value: {spec, weights, graphs, largest}}`` or ``{error}``; `spec` is a JSON object."""

        def made() -> dict[str, Any]:
            model = ModelSpec.from_table(json.loads(spec))
            shipped = rewrite(self._buffers.to_bytes(data), model, output)
            return {
                "spec": model.to_table(), "weights": shipped.weights,
                "graphs": dict(shipped.graphs), "largest": dict(shipped.largest),
            }  # fmt: skip

        return self._answer(made)

    def _answer(self, call: Callable[[], Mapping[str, Any] | str]) -> JsObject:
        try:
            return self._buffers.to_object({"value": call()})
        except AlphacutError as error:
            return self._buffers.to_object({"error": to_wire(error)})
        except MemoryError:
            return self._buffers.to_object({"error": to_wire(OutOfMemoryError(_NO_MEMORY))})


def to_json(found: Inspection) -> str:
    """Make JSON, with the ways of feeding and reading a network that there are to choose from."""
    choices = {
        "normalisations": [asdict(one) for one in NORMALISATIONS],
        "activations": list(get_args(Output)),
    }
    return json.dumps(asdict(found) | choices)
