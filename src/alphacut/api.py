"""The Python API: what `import alphacut` offers, under CPython and in a page that runs Pyodide."""

from __future__ import annotations

import warnings
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alphacut.backend import Backend, Opened
from alphacut.cutting import Finished, Work, finish_photo
from alphacut.errors import BadOptionsError, OutOfMemoryError
from alphacut.export import adapted
from alphacut.finish import ColourBackground, Crop, Finish
from alphacut.foreign import read_photo
from alphacut.image import Photo
from alphacut.inputs import photo_of
from alphacut.output import Output, read_colour
from alphacut.region import read_region

DEFAULT_MODEL = "u2netp"
Device = Literal["auto", "webgpu", "wasm"]

_backends: list[Backend] = []
"""The one that was made, if one was."""
_told: set[str] = set()
"""Models whose licence notice was given."""


class LicenceWarning(UserWarning):
    """A model's licence is not free of doubt; given once for each such model, before it is fetched.

    Where warnings are made errors nothing is fetched: ``warnings.simplefilter("error", LicenceWarning)``.
    """


async def remove_background(
    image: bytes | Image.Image | NDArray[np.uint8],
    *,
    model: str = DEFAULT_MODEL,
    region: tuple[float, float, float, float] | None = None,
    background: str | None = None,
    crop: bool | float | None = None,
    mask_only: bool = False,
) -> Image.Image:
    """Cut the subject out of a photo.

    The first call opens the network, which the first time ever means to download it (under CPython with
    progress on standard error, into $ALPHACUT_CACHE or ~/.cache/alphacut); further calls, also at the same
    time, use the same. Decoding and composing run in the caller's event loop, the network beside it.

    Parameters
    ----------
    image : bytes, PIL.Image.Image or ndarray
        The bytes of a file of any format that can be read; a picture of any mode; or an array, uint8, of
        shape (h, w): grey, (h, w, 3): RGB, or (h, w, 4): RGBA, straight alpha. EXIF orientation is applied.
        Transparency is kept: what was transparent stays so. What is given is not changed.
    model : str, default "u2netp"
        Id of the network: "u2netp", small and quick, or "isnet", large and exact, whose licence is unclear
        (see `LicenceWarning`); in a page, any that the site has.
    region : tuple of 4 float, optional
        Left, top, right and bottom in pixels of the upright photo: the part that holds the subject. All but
        it and a margin around it becomes transparent. Fractions are rounded to whole pixels.
    background : str, optional
        A colour of sRGB as "#rrggbb" that the cutout is laid on; the result is RGB then.
    crop : bool or float, optional
        True crops to the subject, whose box is what has alpha of 128 or more; a number from 0 to 1 leaves a
        margin of that share of the box's longer side, which may reach beyond the photo. False or None
        leaves the photo's size.
    mask_only : bool, default False
        Return the alpha alone.

    Returns
    -------
    PIL.Image.Image
        Mode RGBA, straight alpha, colours 0 where alpha is 0; mode RGB with `background`; mode L, 0 for
        background and 255 for subject, with `mask_only`. Of the photo's size unless `crop` is given. Colours
        are in the space of the photo's profile, which is ``info["icc_profile"]`` where there is one.

    Raises
    ------
    AlphacutError
        Each has a stable ``code``, a ``message`` and a ``hint``. Among them: BadOptionsError ("bad-options")
        for arguments that make no sense, BadRegionError ("bad-region") for a region beside the photo,
        ImageError and its kinds ("not-an-image", "unsupported-format", "truncated-image", "empty-file",
        "zero-size-image", "image-too-large") for photos that can't be used, UnknownModelError
        ("unknown-model"), RuntimeMissingError ("runtime-failed") without ``alphacut[native]``, "offline",
        "download-failed" and "hash-mismatch" where the model can't be had, SessionError
        ("inference-failed"), OutOfMemoryError ("out-of-memory").

    Warns
    -----
    LicenceWarning
        Before a model is fetched whose licence is not free of doubt.

    Examples
    --------
    >>> import asyncio, pathlib
    >>> import alphacut
    >>> photo = pathlib.Path("photo.jpg").read_bytes()
    >>> cutout = asyncio.run(alphacut.remove_background(photo))  # in a notebook: await alphacut.…
    >>> cutout.save("cutout.png", icc_profile=cutout.info.get("icc_profile"))
    """
    output = Output(format="mask-png") if mask_only else Output()
    finish = Finish(background=_background(background, mask_only), crop=_crop(crop))
    box = None if region is None else _region(region)
    try:
        photo = await _read(image, output)
        profile = photo.icc_profile
        opened = await _open(model)
        work = Work(
            session=opened.session,
            spec=opened.spec,
            output=output,
            finish=adapted(finish, output),
            region=box,
        )
        finished = await finish_photo(photo, work)
        return _result(finished, profile, mask_only=mask_only, opaque=background is not None)
    except MemoryError as error:
        raise OutOfMemoryError("Memory ran out while the photo was processed.") from error


async def preload(*, model: str = DEFAULT_MODEL) -> None:
    """Download and open a network now, so that the first photo need not wait for it.

    Parameters
    ----------
    model : str, default "u2netp"
        See `remove_background`.

    Raises
    ------
    AlphacutError
        As `remove_background`, where the network can't be had.

    Warns
    -----
    LicenceWarning
        As `remove_background`.
    """
    await _open(model)


async def dispose() -> None:
    """Let go of the networks that are open, and of their memory; photos under way are finished.

    The next call opens what it needs again. Files that were downloaded stay.
    """
    for backend in _backends:
        await backend.dispose()


def configure(*, site: str | None = None, device: Device | None = None) -> None:
    """Say where networks come from, and what they run on, in a page that runs Pyodide.

    Networks that are open stay as they are: call this first, or `dispose` before. Under CPython it has no
    effect: networks come from where they were published, and run on the CPU.

    Parameters
    ----------
    site : str, optional
        Address of the site that serves models and ONNX Runtime, such as "https://example.org/alphacut/".
        Only needed where alphacut was not installed from that site's own wheel.
    device : {"auto", "webgpu", "wasm"}, optional
        "auto", which is how it begins, takes the GPU where there is one.

    Raises
    ------
    BadOptionsError
        The site is no address of http or https, or there is no such device.
    """
    if site is not None and not (isinstance(site, str) and site.startswith(("http://", "https://"))):
        raise BadOptionsError(f"A site is an address that begins with http:// or https://, not {site!r}.")
    if device not in {None, *get_args(Device)}:
        raise BadOptionsError(f"A device is {', '.join(get_args(Device))}, not {device!r}.")
    _backend().configure(None if site is None else f"{site.removesuffix('/')}/", device)


async def _read(image: object, output: Output) -> Photo:
    if isinstance(image, bytes | bytearray | memoryview):
        data = bytes(image)
        return await read_photo(data, output, _backend().decoder(data))
    return photo_of(image)


async def _open(model: str) -> Opened:
    def tell(title: str, notice: str) -> None:
        if notice and model not in _told:
            warnings.warn(f"{title}: {notice}", LicenceWarning, stacklevel=1)  # the caller is asyncio
            _told.add(model)

    return await _backend().open(model, tell)


def _result(finished: Finished, profile: bytes | None, *, mask_only: bool, opaque: bool) -> Image.Image:
    image = finished.image
    if mask_only:
        image = image.getchannel("A")
    elif opaque:
        image = image.convert("RGB")
    elif type(image) is not Image.Image:
        image = image.copy()  # of a file's class, which would name the photo's format as its own
    image.info = {"icc_profile": profile} if profile and not mask_only else {}
    return image


def _background(colour: str | None, mask_only: bool) -> ColourBackground | None:
    if colour is None:
        return None
    if mask_only:
        raise BadOptionsError("A mask has no background: give background or mask_only, not both.")
    return ColourBackground(colour=read_colour(colour))


def _crop(crop: bool | float | None) -> Crop | None:
    if crop is None or crop is False:
        return None
    if crop is True:
        return Crop()
    try:
        return Crop(margin=crop)
    except BadOptionsError as error:
        raise BadOptionsError(f"crop is True or a margin from 0 to 1, not {crop!r}.") from error


def _region(region: Any) -> tuple[int, int, int, int]:
    try:
        return read_region([float(side) if isinstance(side, np.number) else side for side in region])
    except TypeError as error:
        raise BadOptionsError(f"A region is left, top, right and bottom, not {region!r}.") from error


def _backend() -> Backend:
    if not _backends:
        _backends.append(_found())
    return _backends[0]


def _found() -> Backend:
    try:
        from alphacut.browser.realm import page_models
    except ModuleNotFoundError as error:
        if error.name != "js":  # it is there where there is JavaScript
            raise
        from alphacut.store.opening import NativeModels

        return NativeModels()
    return page_models()
