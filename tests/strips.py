"""A deflater made of zlib, for what is on the Python side of a PNG made in strips."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import numpy as np
from PIL import Image

from alphacut.png import Strip
from tests.helpers import Bytes8

UP = 2  # PNG's number of the filter that subtracts the row above: it shows whether that row is the right one


def deflated(rows: Bytes8, has_above: bool, is_last: bool) -> Strip:
    """Filter and deflate as a strip's worker does."""
    above = rows[:-1] if has_above else np.concatenate([np.zeros_like(rows[:1]), rows[:-1]])
    differences = (rows[1:] if has_above else rows) - above
    flat = differences.reshape(len(differences), -1)
    filtered = np.insert(flat, 0, UP, axis=1).tobytes()
    stream = zlib.compressobj(wbits=-15)
    data = stream.compress(filtered) + stream.flush(zlib.Z_FINISH if is_last else zlib.Z_SYNC_FLUSH)
    return Strip(data, zlib.adler32(filtered))


class Promise:
    """Something that may be awaited or not, as promises of JavaScript."""

    def __init__(self, resolve: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._resolve = resolve

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._resolve().__await__()


class Deflater:
    """See `alphacut.png.Deflater`; counts what was begun and not awaited yet."""

    def __init__(self, lanes: int = 2, *, fails_at: int = -1, error: Exception | None = None) -> None:
        self.lanes, self.fails_at, self.error = lanes, fails_at, error
        self.begun = self.awaited = self.most = self.most_bytes = 0

    def deflate(self, rows: Bytes8, *, has_above: bool, is_last: bool) -> Promise:
        number, self.begun = self.begun, self.begun + 1
        self.most = max(self.most, self.begun - self.awaited)
        self.most_bytes = max(self.most_bytes, rows.nbytes)

        async def resolve() -> Strip:
            self.awaited += 1
            if number == self.fails_at:
                assert self.error is not None
                raise self.error
            return deflated(rows, has_above, is_last)

        return Promise(resolve)


def rgba(pixels: Bytes8) -> Image.Image:
    """An RGBA image of pixels, shape (height, width, 4)."""
    return Image.fromarray(pixels)
