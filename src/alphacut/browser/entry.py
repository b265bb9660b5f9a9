"""What the worker calls: plain JavaScript values in, plain JavaScript objects out, errors included."""

from __future__ import annotations

import hashlib
import json
import traceback
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from alphacut.browser.buffers import Buffers, ForeignInterface, JsObject
from alphacut.browser.decoder import decoder_of
from alphacut.browser.options import SIDES, read_export, read_options, read_refine
from alphacut.browser.ort_session import HostError, OrtSession, raise_if_error
from alphacut.browser.png_pool import PngPool
from alphacut.clock import Checkpoint
from alphacut.edits import Edit, Patch
from alphacut.errors import AlphacutError, BadOptionsError, OutOfMemoryError
from alphacut.export import Exported, Source, export, refine
from alphacut.finish import EMPTY
from alphacut.live import live_mask
from alphacut.masking import apply_mask
from alphacut.models import ModelSpec
from alphacut.pipeline import Cutout, Stage, remove_background


class Application:
    """The Python side of the worker."""

    def __init__(self, ffi: ForeignInterface, from_entries: JsObject) -> None:
        self._buffers = Buffers(ffi, from_entries)

    async def remove(
        self, photo: JsObject, spec: str, host: JsObject, options: str = "{}", picture: JsObject = None
    ) -> JsObject:
        """Cut out a photo.

        Parameters
        ----------
        photo : Uint8Array
            The file.
        spec : str
            JSON of the model's `ModelSpec`.
        host : object
            `run(data)`, see OrtSession; `decode(type, space, limit)`, and `decodePicture` for the picture,
            see `decoder_of`; `lanes` and `deflate(...)`, see PngPool; `checkpoint(stage)`, which resolves to
            an object with `error` where the job must end.
        options : str
            JSON of what the request asks for; see `alphacut.browser.options`.
        picture : Uint8Array or None
            The file of a background picture.

        Returns
        -------
        object
            ``{value}`` with the fields of `Cutout`, or ``{error}`` as in web/shared/protocol.js.
        """
        return await self._answer(self._remove(photo, spec, host, options, picture))

    async def export(self, files: JsObject, host: JsObject, options: str) -> JsObject:
        """Make the finished file of a photo.

        Parameters
        ----------
        files : object
            `photo`, `master` and `picture` (which may be undefined), each a Uint8Array, as
            `alphacut.export.export` takes them; `patches`, an Array of those that edits are. With `mask`,
            what `alphacut.masking.apply_mask` makes of photo and mask.
        host : object
            As for `remove`, without `run`.
        options : str
            JSON, see `alphacut.browser.options.read_export`.

        Returns
        -------
        object
            ``{value}`` with the fields of `Exported`, or ``{error}``.
        """
        return await self._answer(self._export(files, host, options))

    async def refine(self, files: JsObject, host: JsObject, options: str) -> JsObject:
        """Find alpha anew under a stroke; likewise, ``{value}`` with the fields of `Patch`."""
        return await self._answer(self._refine(files, host, options))

    async def mask(self, pixels: JsObject, width: int, height: int, spec: str, host: JsObject) -> JsObject:
        """Mask one picture of a camera: RGBA, four bytes a pixel. ``{value}`` has alpha, width and height."""
        return await self._answer(self._mask(pixels, (height, width, 4), spec, host))

    def sha256(self, data: JsObject) -> str:
        """SHA-256 of a Uint8Array in hexadecimal, for pages where the browser offers none."""
        return hashlib.sha256(self._buffers.to_bytes(data)).hexdigest()

    async def _answer(self, work: Awaitable[Mapping[str, Any]]) -> JsObject:
        try:
            return self._buffers.to_object({"value": await work})
        except AlphacutError as error:
            return self._buffers.to_object({"error": to_wire(error)})
        except MemoryError:
            return self._buffers.to_object({"error": to_wire(OutOfMemoryError("Memory ran out."))})

    async def _remove(
        self, photo: JsObject, spec: str, host: JsObject, options: str, picture: JsObject
    ) -> dict[str, Any]:
        model = ModelSpec.from_table(json.loads(spec))
        cutout = await remove_background(
            self._buffers.to_bytes(photo), OrtSession(host, self._buffers), model,
            decoder=decoder_of(host.decode, self._buffers), **self._making(host, picture),
            **read_options(options),
        )  # fmt: skip
        return to_table(cutout)

    async def _export(self, files: JsObject, host: JsObject, options: str) -> dict[str, Any]:
        asked = read_export(options, self._patches(files))
        if files.mask is not None:
            return exported_table(await self._apply_mask(files, host, asked))
        source = self._source(files, host, asked.pop("edits", ()))
        return exported_table(await export(source, **self._making(host, files.picture), **asked))

    async def _apply_mask(self, files: JsObject, host: JsObject, asked: dict[str, Any]) -> Exported:
        """Make the file of a request that holds a mask: nothing of a master has a part in it."""
        if asked.pop("edits", ()) or asked.pop("finish", EMPTY) != EMPTY:
            raise BadOptionsError("A picture with a mask of its own has no edits and no finish.")
        return await apply_mask(
            self._buffers.to_bytes(files.photo), self._buffers.to_bytes(files.mask),
            decoder=decoder_of(host.decode, self._buffers),
            mask_decoder=decoder_of(host.decodeMask, self._buffers),
            **self._making(host, None), **asked,
        )  # fmt: skip

    async def _refine(self, files: JsObject, host: JsObject, options: str) -> dict[str, Any]:
        asked = read_refine(options, self._patches(files))
        source = self._source(files, host, asked.get("edits", ()))
        return patch_table(await refine(source, asked["stroke"], checkpoint=_checkpoint_of(host)))

    async def _mask(
        self, pixels: JsObject, shape: tuple[int, ...], spec: str, host: JsObject
    ) -> dict[str, Any]:
        model = ModelSpec.from_table(json.loads(spec))
        picture = self._buffers.take(pixels, shape)
        alpha = await live_mask(picture, OrtSession(host, self._buffers), model)
        return {"alpha": alpha.tobytes(), "width": alpha.shape[1], "height": alpha.shape[0]}

    def _patches(self, files: JsObject) -> list[bytes]:
        return [self._buffers.to_bytes(patch) for patch in files.patches]

    def _source(self, files: JsObject, host: JsObject, edits: Sequence[Edit]) -> Source:
        photo, master = self._buffers.to_bytes(files.photo), self._buffers.to_bytes(files.master)
        decoder = decoder_of(host.decode, self._buffers)
        return Source(photo=photo, master=master, edits=edits, decoder=decoder)

    def _making(self, host: JsObject, picture: JsObject) -> dict[str, Any]:
        """Give what is the same for all files that are made."""
        made: dict[str, Any] = {
            "checkpoint": _checkpoint_of(host), "encode_png": PngPool(host, self._buffers).encode,
        }  # fmt: skip
        if not picture:
            return made
        decoder = decoder_of(host.decodePicture, self._buffers)
        return {**made, "picture": self._buffers.to_bytes(picture), "picture_decoder": decoder}


def _checkpoint_of(host: JsObject) -> Checkpoint:
    async def checkpoint(stage: Stage) -> None:
        raise_if_error(await host.checkpoint(stage))

    return checkpoint


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
        "data": cutout.data, "type": cutout.type, "preview": cutout.preview, "thumbnail": cutout.thumbnail,
        "subject": None if cutout.subject is None else dict(zip(SIDES, cutout.subject, strict=True)),
        "width": cutout.width, "height": cutout.height, "format": cutout.format,
        "notes": list(cutout.notes), "ms": dict(cutout.ms),
    }  # fmt: skip


def exported_table(exported: Exported) -> dict[str, Any]:
    """Make plain data of a finished file."""
    return {
        "data": exported.data, "type": exported.type, "width": exported.width, "height": exported.height,
        "notes": list(exported.notes), "ms": dict(exported.ms),
    }  # fmt: skip


def patch_table(patch: Patch) -> dict[str, Any]:
    """Make plain data of a patch."""
    return {
        "left": patch.left, "top": patch.top, "width": patch.width, "height": patch.height,
        "data": patch.data,
    }  # fmt: skip
