"""The worker's pool (web/worker/png-pool.js) as a `Deflater`, and Pillow where it does not work."""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alphacut.browser.buffers import Buffers, JsObject
from alphacut.browser.ort_session import raise_if_error
from alphacut.png import Strip, StripError, encode_alone, encode_in_strips


class PngPool:
    """Deflates strips through `host.deflate(rows, width, has_above, is_last)`, `host.lanes` at a time.

    The host's function reads `rows` before it returns and resolves, never rejects, to one of

    - ``{data, adler32}``;
    - ``{failed: true}``: the pool is of no use any more, and the host has told people so;
    - ``{error: {code, message, hint}}``: the job must end.
    """

    def __init__(self, host: JsObject, buffers: Buffers) -> None:
        self._host = host
        self._buffers = buffers

    @property
    def lanes(self) -> int:
        """See `Deflater.lanes`."""
        return int(self._host.lanes)

    def deflate(self, rows: NDArray[np.uint8], *, has_above: bool, is_last: bool) -> Awaitable[Strip]:
        """See `Deflater.deflate`."""
        with self._buffers.lend(rows) as view:
            return _Pending(self._host.deflate(view, rows.shape[1], has_above, is_last), self._buffers)

    async def encode(self, image: Image.Image, icc_profile: bytes | None) -> bytes:
        """Encode as PNG, in the pool if it works; a `PngEncoder`."""
        if self.lanes:
            try:
                return await encode_in_strips(image, icc_profile, self)
            except StripError:
                pass  # the host has remarked it
        return await encode_alone(image, icc_profile)


class _Pending:
    """A strip under way: no coroutine, because those must be awaited."""

    def __init__(self, promise: JsObject, buffers: Buffers) -> None:
        self._promise = promise
        self._buffers = buffers

    def __await__(self) -> Generator[Any, Any, Strip]:
        return self._take().__await__()

    async def _take(self) -> Strip:
        reply = await self._promise
        raise_if_error(reply)
        if getattr(reply, "failed", False):
            raise StripError("the pool failed")
        return Strip(self._buffers.to_bytes(reply.data), int(reply.adler32))
