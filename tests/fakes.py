"""Stand-ins for what Pyodide and the worker give Python: they fail where the real ones would."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphacut.errors import AlphacutError
from alphacut.session import Session
from tests.helpers import Bytes8
from tests.strips import Promise, deflated


class TypedArray:
    """A typed array of JavaScript as Python sees it; may be a view of Python's own memory."""

    def __init__(self, values: NDArray[Any]) -> None:
        self._values: NDArray[Any] | None = values

    @property
    def values(self) -> NDArray[Any]:
        assert self._values is not None, "the view was released: in JavaScript it would be empty by now"
        return self._values

    def detach(self) -> None:
        self._values = None

    def __len__(self) -> int:
        return self.values.size

    def assign_to(self, target: NDArray[Any]) -> None:
        assert target.flags.c_contiguous
        assert target.nbytes == self.values.nbytes, "JavaScript refuses buffers of another size"
        target[:] = self.values

    def to_bytes(self) -> bytes:
        return self.values.tobytes()


class Proxy:
    """A PyProxy of an array."""

    def __init__(self, array: NDArray[Any], log: list[str]) -> None:
        self._array, self._log, self.alive = array, log, True

    def getBuffer(self, kind: str) -> Any:  # noqa: N802 - JavaScript's name
        assert self.alive
        assert kind == "u8"
        assert self._array.flags.c_contiguous
        data = TypedArray(self._array.reshape(-1).view())
        self._log.append("buffer")

        def release() -> None:
            data.detach()
            self._log.append("release")

        return SimpleNamespace(data=data, release=release)

    def destroy(self) -> None:
        assert self.alive, "a proxy is destroyed once"
        self.alive = False
        self._log.append("destroy")


class Ffi:
    """`pyodide.ffi`: counts proxies, copies plain data only."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.proxies: list[Proxy] = []

    def create_proxy(self, obj: Any, /) -> Proxy:
        self.proxies.append(Proxy(obj, self.log))
        return self.proxies[-1]

    def to_js(self, obj: Any, /, **options: Any) -> Any:
        assert options["create_pyproxies"] is False, "a proxy made in passing would never be destroyed"
        if isinstance(obj, dict):
            return options["dict_converter"](
                [(key, self.to_js(value, **options)) for key, value in obj.items()]
            )
        if isinstance(obj, list | tuple):
            return [self.to_js(item, **options) for item in obj]
        if isinstance(obj, bytes):
            return TypedArray(np.frombuffer(bytearray(obj), np.uint8))
        assert obj is None or isinstance(obj, bool | int | float | str), f"{type(obj)} can't be posted"
        return obj

    @property
    def alive(self) -> int:
        return sum(proxy.alive for proxy in self.proxies)


def from_entries(pairs: Iterable[tuple[str, Any]]) -> SimpleNamespace:
    """`Object.fromEntries`."""
    return SimpleNamespace(**dict(pairs))


class Host:
    """The object that the worker passes: runs a network and reports cancelling, never rejects.

    Like the real one it knows the size of the network's input, (width, height). `fails` is how often the
    device fails first, so that the pixels are asked for again. Of the strips of a PNG, `lanes` at a time, it
    answers number `strip_fails_at` with `strip_reply`.
    """

    def __init__(
        self,
        session: Session | None = None,
        *,
        size: tuple[int, int] = (8, 6),
        cancel_at: str = "",
        reply: Any = None,
        fails: int = 0,
        lanes: int = 0,
        strip_fails_at: int = -1,
        strip_reply: Any = None,
    ) -> None:
        self.session, self.size, self.cancel_at, self.reply = session, size, cancel_at, reply
        self.fails, self.releases = fails, 0
        self.lanes, self.strip_fails_at, self.strip_reply = lanes, strip_fails_at, strip_reply
        self.strips = 0
        self.stages: list[str] = []
        self.seen: list[NDArray[Any]] = []

    def run(self, data: TypedArray) -> Awaitable[Any]:
        self.seen.append(data.values)
        width, height = self.size
        copied: Bytes8 = data.values.reshape(1, height, width, 3).copy()  # read before its call returns

        async def resolve() -> Any:
            await asyncio.sleep(0)
            if len(self.seen) <= self.fails:
                return SimpleNamespace(again=True)
            if self.reply is not None:
                return self.reply
            assert self.session is not None
            try:
                output = await self.session.run(copied)
            except AlphacutError as error:
                return SimpleNamespace(
                    error=SimpleNamespace(code=error.code, message=error.message, hint=error.hint)
                )
            return self.answer(output, (1, 1, *output.shape))

        return resolve()

    def answer(self, levels: Bytes8, shape: Iterable[int]) -> SimpleNamespace:
        """Levels in memory of the device: gone once released, which must happen once."""
        data = TypedArray(levels.reshape(-1).copy())

        def release() -> None:
            self.releases += 1
            data.values[:] = 255 - data.values  # the device uses its memory again
            data.detach()

        return SimpleNamespace(data=data, shape=list(shape), release=release)

    async def decode(self, mime: str, space: str, limit: int) -> Any:
        return SimpleNamespace(refused="unsupported")

    decodePicture = decode  # noqa: N815 - JavaScript's name
    decodeMask = decode  # noqa: N815

    async def checkpoint(self, stage: str) -> Any:
        self.stages.append(stage)
        if stage == self.cancel_at:
            return SimpleNamespace(error=SimpleNamespace(code="cancelled", message="Cancelled.", hint=""))
        return SimpleNamespace()

    def deflate(self, rows: TypedArray, width: int, has_above: bool, is_last: bool) -> Awaitable[Any]:
        pixels: Bytes8 = rows.values.reshape(-1, width, 4).copy()  # read before its call returns
        number, self.strips = self.strips, self.strips + 1

        async def resolve() -> Any:
            await asyncio.sleep(0)
            if number == self.strip_fails_at:
                return self.strip_reply
            strip = deflated(pixels, has_above, is_last)
            data = np.frombuffer(strip.data, np.uint8).copy()
            return SimpleNamespace(data=TypedArray(data), adler32=float(strip.adler32))

        return Promise(resolve)
