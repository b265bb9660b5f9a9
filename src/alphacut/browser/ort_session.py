"""A `Session` over the network that the JavaScript side (web/worker/network.js) has loaded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alphacut.browser.buffers import Buffers, JsObject
from alphacut.errors import AlphacutError, SessionError
from alphacut.session import map_shape


class HostError(AlphacutError):
    """An error that the host reported; it keeps the host's code, details, and whether the worker must go."""

    def __init__(self, code: str, message: str, hint: str, details: str = "", *, fatal: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.code = code  # type: ignore[misc]
        self.details = details
        self.fatal = fatal


class OrtSession:
    """Runs the network through `host.run(data)`.

    The host's function reads `data` before it returns and resolves, never rejects (a promise rejected
    with something that is no Error would never wake Python), to one of

    - ``{data, shape, release}``: the levels, perhaps in memory of the device, until `release` is called;
    - ``{again: true}``: the device failed and another one is ready, which needs the pixels once more;
    - ``{error: {code, message, hint}}``.
    """

    def __init__(self, host: JsObject, buffers: Buffers) -> None:
        self._host = host
        self._buffers = buffers

    async def run(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """See `Session.run`."""
        reply = await self._ask(pixels)
        while getattr(reply, "again", False):
            reply = await self._ask(pixels)
        raise_if_error(reply)
        try:
            height, width = map_shape(tuple(int(n) for n in reply.shape))
            if len(reply.data) != height * width:
                raise SessionError(f"The network gave {len(reply.data)} levels for {width} x {height}.")
            return self._buffers.take(reply.data, (height, width))
        finally:
            reply.release()

    def _ask(self, pixels: NDArray[np.uint8]) -> JsObject:
        with self._buffers.lend(pixels) as view:
            return self._host.run(view)


def raise_if_error(reply: JsObject) -> None:
    """Raise what the host reported."""
    error = getattr(reply, "error", None)
    if error is not None:
        details, fatal = str(getattr(error, "details", "")), bool(getattr(error, "fatal", False))
        raise HostError(str(error.code), str(error.message), str(error.hint), details, fatal=fatal)
