"""Every conversion between NumPy and JavaScript memory, and every `destroy()`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

JsObject = Any
"""A value of JavaScript as Python sees it (JsProxy)."""


class ForeignInterface(Protocol):
    """What is used of Pyodide's module `pyodide.ffi`."""

    def create_proxy(self, obj: Any, /) -> JsObject:
        """Make an object that JavaScript may hold until it is destroyed."""
        ...

    def to_js(self, obj: Any, /, **options: Any) -> JsObject:
        """Copy a value into JavaScript."""
        ...


class Buffers:
    """Moves arrays and bytes across the border.

    Parameters
    ----------
    ffi : ForeignInterface
        Pyodide's `pyodide.ffi`, or a stand-in.
    from_entries : JavaScript function
        `Object.fromEntries`: dictionaries become plain objects.
    """

    def __init__(self, ffi: ForeignInterface, from_entries: JsObject) -> None:
        self._ffi = ffi
        self._from_entries = from_entries

    @contextmanager
    def lend(self, array: NDArray[np.uint8]) -> Iterator[JsObject]:
        """Give JavaScript a Uint8Array over the array's own memory, without a copy.

        The view ends with the `with` block, and dies earlier if the WASM heap grows: the receiver must
        have read it before anything else runs. The array must be uint8 and C-contiguous.
        """
        if array.dtype != np.uint8 or not array.flags.c_contiguous:
            raise ValueError("only C-contiguous uint8 arrays can be lent")
        proxy = self._ffi.create_proxy(array)
        try:
            view = proxy.getBuffer("u8")
            try:
                yield view.data
            finally:
                view.release()
        finally:
            proxy.destroy()

    def take(self, data: JsObject, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """Copy a Uint8Array into a new array, once."""
        array = np.empty(shape, np.uint8)
        data.assign_to(array.reshape(-1))
        return array

    def to_bytes(self, data: JsObject) -> bytes:
        """Copy a Uint8Array into bytes, once."""
        return bytes(data.to_bytes())

    def keep(self, function: Callable[..., Any]) -> JsObject:
        """Give JavaScript a function to call as long as it likes: its proxy is never destroyed."""
        return self._ffi.create_proxy(function)

    def to_object(self, table: Mapping[str, Any]) -> JsObject:
        """Copy a dictionary of plain data and bytes into a plain object that can be posted."""
        return self._ffi.to_js(table, dict_converter=self._from_entries, create_pyproxies=False)
