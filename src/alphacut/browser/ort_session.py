"""A `Session` over the network that the JavaScript side (web/worker/ort.js) has loaded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alphacut.browser.buffers import Buffers, JsObject
from alphacut.errors import AlphacutError, SessionError


class HostError(AlphacutError):
    """An error that the host reported; it keeps the host's code."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.code = code  # type: ignore[misc]


class OrtSession:
    """Runs the network through `host.run(data, *shape)`.

    The host's function reads `data` before it returns and resolves, never rejects, to
    ``{data, shape}`` or ``{error: {code, message, hint}}``: a promise rejected with something that is
    no Error would never wake Python.
    """

    def __init__(self, host: JsObject, buffers: Buffers) -> None:
        self._host = host
        self._buffers = buffers

    async def run(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Session.run`."""
        with self._buffers.lend(pixels) as view:
            promise = self._host.run(view, *pixels.shape)
        reply = await promise
        raise_if_error(reply)
        dims = tuple(int(n) for n in reply.shape)
        if len(reply.data) != int(np.prod(dims)):
            raise SessionError(f"The network gave {len(reply.data)} numbers for the shape {dims}.")
        return self._buffers.take(reply.data, dims)


def raise_if_error(reply: JsObject) -> None:
    """Raise what the host reported."""
    error = getattr(reply, "error", None)
    if error is not None:
        raise HostError(str(error.code), str(error.message), str(error.hint))
