"""The Python API in any page that runs Pyodide: networks by way of web/python/session.js."""

from __future__ import annotations

import asyncio
import hashlib
import json
import weakref
from collections.abc import Awaitable, Callable
from importlib.metadata import PackageNotFoundError, distribution
from typing import Protocol

from alphacut.backend import Opened, Tell
from alphacut.browser.buffers import Buffers, ForeignInterface, JsObject
from alphacut.browser.decoder import decoder_of
from alphacut.browser.ort_session import OrtSession, raise_if_error
from alphacut.errors import RuntimeMissingError
from alphacut.foreign import Decoder
from alphacut.models import ModelSpec

SCRIPT = "python/session.js"
"""Below the site's root."""
WHEELS = ("python/", "runtime/pyodide/")
"""Folders of the site that hold the wheel."""

Load = Callable[[str], Awaitable[JsObject]]


class PageInterface(ForeignInterface, Protocol):
    """What is used of `pyodide.ffi` here."""

    JsException: type[Exception]
    """What Python raises for what JavaScript threw."""


class PageModels:
    """The `alphacut.backend.Backend` of a page.

    Parameters
    ----------
    ffi : PageInterface
        Pyodide's `pyodide.ffi`, or a stand-in.
    from_entries : JavaScript function
        `Object.fromEntries`.
    load : callable
        Imports the module at an address of JavaScript's.
    wheel : str or None
        Address that the wheel came from.
    """

    def __init__(self, ffi: PageInterface, from_entries: JsObject, load: Load, wheel: str | None) -> None:
        self._ffi = ffi
        self._buffers = Buffers(ffi, from_entries)
        self._load = load
        self._site = site_of(wheel)
        self._device = "auto"
        self._module: JsObject = None
        self._digest: JsObject = None
        self._opening: dict[str, asyncio.Future[Opened]] = {}

    def configure(self, site: str | None, device: str | None) -> None:
        """See `Backend.configure`; what is open stays as it is."""
        if site is not None and site != self._site:
            self._site, self._module = site, None
        self._device = device or self._device

    async def open(self, model: str, tell: Tell) -> Opened:
        """See `Backend.open`."""
        opening = self._opening.get(model)
        if opening is None:
            opening = self._opening[model] = asyncio.ensure_future(self._open(model, tell))
            opening.add_done_callback(lambda done: self._forget(model, done))
        return await asyncio.shield(opening)  # others may wait for it too

    async def dispose(self) -> None:
        """See `Backend.dispose`; each goes when the last photo that needs it is finished."""
        self._opening.clear()

    def decoder(self, data: bytes) -> Decoder:
        """See `Backend.decoder`: the browser."""

        async def ask(mime: str, space: str, limit: int) -> JsObject:
            module = await self._script()
            photo = self._buffers.to_object({"data": data}).data
            return await module.decodePhoto(photo, mime, space, limit)

        return decoder_of(ask, self._buffers)

    async def _open(self, model: str, tell: Tell) -> Opened:
        module = await self._script()
        if self._digest is None:
            self._digest = self._buffers.keep(self._sha256)
        found = await module.find(model)
        raise_if_error(found)
        title, notice = str(found.title), str(found.notice)
        tell(title, notice)
        reply = await found.open(self._device, self._digest)
        raise_if_error(reply)
        session = OrtSession(reply, self._buffers)
        weakref.finalize(session, reply.release)
        spec = ModelSpec.from_table(json.loads(str(reply.spec)))
        return Opened(session, spec, title, notice)

    async def _script(self) -> JsObject:
        if self._site is None:
            raise RuntimeMissingError(
                "It is not known which site the models come from.",
                hint='Say alphacut.configure(site="https://…/"), or install the wheel from the site.',
            )
        if self._module is None:
            try:
                self._module = await self._load(f"{self._site}{SCRIPT}")
            except self._ffi.JsException as error:
                raise RuntimeMissingError(
                    f"{self._site}{SCRIPT} can't be loaded: {error}",
                    hint="Is that the site? Its server must send Access-Control-Allow-Origin to this page.",
                ) from error
        return self._module

    def _forget(self, model: str, done: asyncio.Future[Opened]) -> None:
        """Let the next call try again where this one failed."""
        if (done.cancelled() or done.exception()) and self._opening.get(model) is done:
            del self._opening[model]

    def _sha256(self, data: JsObject) -> str:
        return hashlib.sha256(self._buffers.to_bytes(data)).hexdigest()


def site_of(wheel: str | None) -> str | None:
    """Tell the site by the address of the wheel that it serves; None where that says nothing."""
    if wheel is None or not wheel.startswith(("http://", "https://")):
        return None
    folder = wheel.rpartition("/")[0] + "/"
    return next((folder.removesuffix(place) for place in WHEELS if folder.endswith(f"/{place}")), None)


def installed_from() -> str | None:
    """Return the address that micropip has installed this package from, which it notes beside it."""
    try:
        return distribution("alphacut").read_text("PYODIDE_URL")
    except PackageNotFoundError:
        return None
