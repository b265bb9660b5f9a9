"""The network under CPython: a `Session` on native onnxruntime."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alphacut.errors import BadModelError, SessionError
from alphacut.session import map_shape

# From 1.32 on, onnxruntime tells its makers of each use, unless it reads here that it shall not.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as _binding

# onnxruntime's own have no base class in common.
_OWN_ERRORS = (kind for kind in vars(_binding).values() if isinstance(kind, type))
_ERRORS: tuple[type[Exception], ...] = (
    *(kind for kind in _OWN_ERRORS if issubclass(kind, Exception)), RuntimeError, OSError, ValueError,
)  # fmt: skip


class NativeSession:
    """Runs a graph that build_site.py wrote; its weights lie beside it."""

    def __init__(self, graph: Path, *, threads: int = 0) -> None:
        """Load the graph; `threads` 0 leaves their number to onnxruntime. Raises BadModelError."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False  # it would hold gigabytes between two photos
        try:
            self._session = onnxruntime.InferenceSession(str(graph), options, ["CPUExecutionProvider"])
        except _ERRORS as error:
            raise BadModelError(f"{graph.name} can't be loaded: {error}") from error
        self._input = self._session.get_inputs()[0].name

    async def run(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """See `Session.run`."""
        return await asyncio.to_thread(self.infer, pixels)

    def infer(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Do what `run` does, at once."""
        try:
            outputs = self._session.run(None, {self._input: pixels})
        except _ERRORS as error:
            raise SessionError(f"The network failed: {error}") from error
        return np.asarray(outputs[0]).reshape(map_shape(outputs[0].shape))
