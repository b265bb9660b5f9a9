"""What the worker calls: plain JavaScript values in, plain JavaScript objects out, errors included."""

from __future__ import annotations

import hashlib
import json
import traceback
from typing import Any

from alphacut.browser.buffers import Buffers, ForeignInterface, JsObject
from alphacut.browser.decoder import decoder_of
from alphacut.browser.options import read_options
from alphacut.browser.ort_session import HostError, OrtSession, raise_if_error
from alphacut.browser.png_pool import PngPool
from alphacut.errors import AlphacutError, OutOfMemoryError
from alphacut.models import ModelSpec
from alphacut.pipeline import Cutout, Stage, remove_background


class Application:
    """The Python side of the worker."""

    def __init__(self, ffi: ForeignInterface, from_entries: JsObject) -> None:
        self._buffers = Buffers(ffi, from_entries)

    async def remove(self, photo: JsObject, spec: str, host: JsObject, options: str = "{}") -> JsObject:
        """Cut out a photo.

        Parameters
        ----------
        photo : Uint8Array
            The file.
        spec : str
            JSON of the model's `ModelSpec`.
        host : object
            `run(data)`, see OrtSession; `decode(type, space, limit)`, see `decoder_of`; `lanes` and
            `deflate(...)`, see PngPool; `checkpoint(stage)`, which resolves to an object with `error` where
            the job must end.
        options : str
            JSON of what the request asks for; see `alphacut.browser.options`.

        Returns
        -------
        object
            ``{value}`` with the fields of `Cutout`, or ``{error}`` as in web/shared/protocol.js.
        """
        try:
            cutout = await self._remove(photo, spec, host, options)
            return self._buffers.to_object({"value": to_table(cutout)})
        except AlphacutError as error:
            return self._buffers.to_object({"error": to_wire(error)})
        except MemoryError:
            return self._buffers.to_object({"error": to_wire(OutOfMemoryError("Memory ran out."))})

    def sha256(self, data: JsObject) -> str:
        """SHA-256 of a Uint8Array in hexadecimal, for pages where the browser offers none."""
        return hashlib.sha256(self._buffers.to_bytes(data)).hexdigest()

    async def _remove(self, photo: JsObject, spec: str, host: JsObject, options: str) -> Cutout:
        async def checkpoint(stage: Stage) -> None:
            raise_if_error(await host.checkpoint(stage))

        model = ModelSpec.from_table(json.loads(spec))
        session, pool = OrtSession(host, self._buffers), PngPool(host, self._buffers)
        return await remove_background(
            self._buffers.to_bytes(photo), session, model, checkpoint=checkpoint,
            decoder=decoder_of(host, self._buffers), encode_png=pool.encode, **read_options(options),
        )  # fmt: skip


def to_wire(error: AlphacutError) -> dict[str, str | bool]:
    """Make the `WireError` of web/shared/protocol.js."""
    details = "".join(traceback.format_exception(error))
    wire: dict[str, str | bool] = {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, HostError):
        return wire | {"details": f"{error.details}\n{details}", "fatal": error.fatal}
    return wire | {"details": details}


def to_table(cutout: Cutout) -> dict[str, Any]:
    """Make plain data of a cutout."""
    return {
        "data": cutout.data, "type": cutout.type, "preview": cutout.preview,
        "width": cutout.width, "height": cutout.height, "format": cutout.format,
        "notes": list(cutout.notes), "ms": dict(cutout.ms),
    }  # fmt: skip
