"""Networks opened under CPython: fetched, checked and made ready where that was not done before."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from alphacut.backend import Opened, Tell
from alphacut.errors import RuntimeMissingError
from alphacut.foreign import Decoder
from alphacut.store.cache import Cache
from alphacut.store.catalog import Model, named
from alphacut.store.fetch import fetch_all
from alphacut.store.fetch_errors import FetchError

if TYPE_CHECKING:
    from alphacut.native import NativeSession
    from alphacut.onnx_graph import Target

TARGET: Target = "wasm-float32"
"""The graph that the site runs on CPUs: the same results."""


class Turns:
    """A session that never runs twice at once, whichever threads and event loops ask."""

    def __init__(self, session: NativeSession) -> None:
        self._session = session
        self._lock = threading.Lock()

    async def run(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """See `Session.run`."""
        return await asyncio.to_thread(self._run, pixels)

    def _run(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        with self._lock:
            return self._session.infer(pixels)


class NativeModels:
    """The `Backend` of CPython.

    Parameters
    ----------
    threads : int
        How many a network runs on; 0 leaves that to onnxruntime.
    """

    def __init__(self, *, threads: int = 0) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._opened: dict[str, Opened] = {}

    async def open(self, model: str, tell: Tell) -> Opened:
        """See `Backend.open`."""
        if (opened := self._opened.get(model)) is not None:
            return opened
        wanted = named(model)
        tell(wanted.title, wanted.licence.notice)
        return await asyncio.to_thread(self.open_now, model)

    def open_now(self, model: str) -> Opened:
        """Do what `open` does, in this thread, and tell nothing."""
        with self._lock:
            opened = self._opened.get(model)
            if opened is None:
                try:
                    opened = self._opened[model] = self._open(named(model))
                except OSError as error:
                    raise FetchError(
                        f"The network can't be kept: {error}.",
                        hint="Free some space, or name another folder in $ALPHACUT_CACHE.",
                    ) from error
            return opened

    async def dispose(self) -> None:
        """See `Backend.dispose`; memory comes back when the last run ends."""
        self._opened.clear()  # not under the lock, which whoever downloads holds

    def configure(self, site: str | None, device: str | None) -> None:
        """Do nothing: models come from where they were published, and run on the CPU."""

    def decoder(self, data: bytes) -> Decoder | None:
        """Return None: Pillow reads all that it can by itself."""
        return None

    def _open(self, model: Model) -> Opened:
        try:  # before anything is fetched that could not run
            from alphacut.native import NativeSession
            from alphacut.store.networks import prepare, ready
        except ModuleNotFoundError as error:
            raise RuntimeMissingError(
                f"Networks can't run: {error.name} is not installed.", hint="pip install 'alphacut[native]'"
            ) from error
        cache = Cache.default()
        published = fetch_all([model.published], cache, offline=False)[model.published.name]
        network = ready(model, cache.root)
        if network is None:
            with cache.lock():  # another process may be about to do the same
                network = prepare(model, published, cache.root)
        session = Turns(NativeSession(network.graph(TARGET), threads=self._threads))
        return Opened(session, model.spec, model.title, model.licence.notice)
