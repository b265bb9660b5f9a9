"""The main job: the way of a photo from bytes to bytes, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alphacut.clock import STAGES, Checkpoint, Clock, Stage, pass_by
from alphacut.compose import cut_out
from alphacut.encode import encode, encode_preview
from alphacut.errors import BROWSER_FORMATS, OutOfMemoryError
from alphacut.foreground import estimate
from alphacut.foreign import Decoder, read_photo
from alphacut.image import Photo
from alphacut.mask import Alpha, alpha_of, placed, times
from alphacut.models import ModelSpec
from alphacut.notes import Note, notes_of_map, notes_of_photo
from alphacut.output import Output
from alphacut.png import PngEncoder, encode_alone
from alphacut.preprocess import network_input
from alphacut.recipe import DEFAULT, Recipe
from alphacut.region import around
from alphacut.session import Session

__all__ = ["STAGES", "Cutout", "Note", "Stage", "remove_background"]

_SHOWN_BY_BROWSERS = {"JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "ICO", *BROWSER_FORMATS}
_PNG = Output()


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """A finished cutout.

    Attributes
    ----------
    data : bytes
        The file, at the photo's size.
    type : str
        Its MIME type.
    preview : bytes or None
        JPEG of the original where browsers can't show its format.
    ms : dict
        Milliseconds each stage took.
    """

    data: bytes
    type: str
    width: int
    height: int
    format: str
    preview: bytes | None = None
    notes: tuple[Note, ...] = ()
    ms: dict[Stage, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What all stages need."""

    session: Session
    spec: ModelSpec
    output: Output
    region: tuple[float, float, float, float] | None
    recipe: Recipe
    decoder: Decoder | None
    encode_png: PngEncoder
    clock: Clock


async def remove_background(
    data: bytes,
    session: Session,
    spec: ModelSpec,
    *,
    output: Output = _PNG,
    region: tuple[float, float, float, float] | None = None,
    recipe: Recipe = DEFAULT,
    decoder: Decoder | None = None,
    encode_png: PngEncoder = encode_alone,
    checkpoint: Checkpoint = pass_by,
) -> Cutout:
    """Cut the subject out of a photo.

    Parameters
    ----------
    data : bytes
        The photo's file.
    session : Session
        The network that `spec` describes.
    output : Output
        What file to make.
    region : tuple of float or None
        Left, top, right and bottom, in pixels of the upright photo, of the part that holds the subject: the
        network sees it and a margin alone, and everything else is transparent.
    recipe : Recipe
        How masks are made; its scaling is the session's affair.
    decoder : callable or None
        The browser's, for what Pillow can't read.
    encode_png : callable
        Makes the usual PNG: Pillow, unless there is something faster.
    checkpoint : callable
        Awaited at the beginning of each stage; what it raises ends the job.

    Raises
    ------
    AlphacutError
        See `alphacut.foreign.read_photo`, `Output.check_size`, `alphacut.region.around` and `Session.run`;
        OutOfMemoryError wherever memory runs out.
    """
    job = _Job(
        session=session, spec=spec, output=output, region=region, recipe=recipe, decoder=decoder,
        encode_png=encode_png, clock=Clock(checkpoint),
    )  # fmt: skip
    try:
        return await _run(data, job)
    except MemoryError as error:
        raise OutOfMemoryError("Memory ran out while the photo was processed.") from error


async def _run(data: bytes, job: _Job) -> Cutout:
    await job.clock.enter("decode")
    photo = await read_photo(data, job.output, job.decoder)
    job.output.check_size(photo.size)
    preview = _preview(photo)  # before the photo's colours are changed in place
    alpha, levels = await _find_alpha(photo, job)
    await _clean_colours(photo, alpha, job)
    await job.clock.enter("compose")
    cutout = cut_out(photo, times(alpha, photo.alpha))
    await job.clock.enter("encode")
    file = await _encode(cutout, photo, job)
    job.clock.stop()
    width, height = photo.size
    return Cutout(
        data=file, type=job.output.type, width=width, height=height, format=photo.format, preview=preview,
        notes=(*notes_of_photo(photo, job.output), *notes_of_map(levels)), ms=job.clock.ms,
    )  # fmt: skip


def _preview(photo: Photo) -> bytes | None:
    if photo.format in _SHOWN_BY_BROWSERS:
        return None
    return encode_preview(photo.rgb, icc_profile=photo.icc_profile)


async def _find_alpha(photo: Photo, job: _Job) -> tuple[Alpha, NDArray[np.uint8]]:
    """Return the network's alpha at the photo's size, and its map."""
    await job.clock.enter("preprocess")
    box = (0, 0, *photo.size) if job.region is None else around(job.region, photo.size)
    part = photo if job.region is None else photo.part(box)
    pixels = network_input(part, job.spec, job.recipe.resampling.shrink)
    await job.clock.enter("inference")
    levels = await job.session.run(pixels)
    await job.clock.enter("mask")
    alpha = alpha_of(levels, part.rgb, pixels[0], job.recipe)
    return placed(alpha, box, photo.size), levels


async def _clean_colours(photo: Photo, alpha: Alpha, job: _Job) -> None:
    """Take the old background out of soft pixels. Where a photo brought alpha along, somebody has done so."""
    await job.clock.enter("foreground")
    if job.recipe.colours and photo.alpha is None and job.output.format != "mask-png":
        estimate(photo.rgb, alpha)


async def _encode(cutout: Image.Image, photo: Photo, job: _Job) -> bytes:
    if job.output == _PNG:
        return await job.encode_png(cutout, photo.icc_profile)
    return encode(cutout, job.output, icc_profile=photo.icc_profile, exif=photo.exif, low=photo.low)
