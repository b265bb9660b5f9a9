"""The main job: the way of a photo from bytes to bytes, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from alphacut.clock import STAGES, Checkpoint, Clock, Stage, pass_by
from alphacut.compose import cut_out
from alphacut.encode import encode_preview, encode_thumbnail
from alphacut.errors import BROWSER_FORMATS, OutOfMemoryError
from alphacut.export import adapted, encode_finished, read_picture, with_edges
from alphacut.finish import EMPTY, Finish
from alphacut.foreground import clean
from alphacut.foreign import Decoder, read_photo
from alphacut.framing import subject_box
from alphacut.image import Photo
from alphacut.mask import Alpha, alpha_of, placed, times
from alphacut.models import ModelSpec
from alphacut.notes import Note, notes_of_map, notes_of_photo
from alphacut.output import Output
from alphacut.png import PngEncoder, encode_alone
from alphacut.preprocess import network_input
from alphacut.recipe import DEFAULT, Recipe
from alphacut.region import crop_around
from alphacut.render import Setting, render, set_up
from alphacut.session import Session
from alphacut.tiles import Box

__all__ = ["STAGES", "Cutout", "Note", "Stage", "remove_background"]

Part = Literal["subject", "background"]

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
    thumbnail : bytes or None
        WebP of the finished picture, where it was asked for.
    subject : tuple of int or None
        Left, top, right and bottom of what has alpha >= 128, in pixels of the photo.
    width, height : int
        Of the file's picture.
    ms : dict
        Milliseconds each stage took.
    """

    data: bytes
    type: str
    width: int
    height: int
    format: str
    preview: bytes | None = None
    thumbnail: bytes | None = None
    subject: Box | None = None
    notes: tuple[Note, ...] = ()
    ms: dict[Stage, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What all stages need."""

    session: Session
    spec: ModelSpec
    output: Output
    keep: Part
    finish: Finish
    picture: Photo | None
    thumbnail: int | None
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
    keep: Part = "subject",
    finish: Finish = EMPTY,
    picture: bytes | None = None,
    thumbnail: int | None = None,
    region: tuple[float, float, float, float] | None = None,
    recipe: Recipe = DEFAULT,
    decoder: Decoder | None = None,
    picture_decoder: Decoder | None = None,
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
    keep : Part
        What the file shows; where it is the background, the subject is transparent.
    finish : Finish
        What is done to the cutout; it holds a `picture`, the bytes of a file, if its background is one.
    thumbnail : int or None
        Longer side in pixels of a small picture of what was made, if one is wanted.
    region : tuple of float or None
        Left, top, right and bottom, in pixels of the upright photo, of the part that holds the subject: the
        network sees it and what is around, and all but the region and a margin is transparent.
    recipe : Recipe
        How masks are made; its scaling is the session's affair.
    decoder, picture_decoder : callable or None
        The browser's, for what Pillow can't read.
    encode_png : callable
        Makes the usual PNG: Pillow, unless there is something faster.
    checkpoint : callable
        Awaited at the beginning of each stage; what it raises ends the job.

    Raises
    ------
    AlphacutError
        See `alphacut.foreign.read_photo`, `Output.check_size`, `alphacut.region.crop_around`, `Session.run`
        and `alphacut.render.set_up`; OutOfMemoryError wherever memory runs out.
    """
    finish, clock = adapted(finish, output), Clock(checkpoint)
    try:
        await clock.enter("decode")
        background = await read_picture(finish, picture, picture_decoder)
        job = _Job(
            session=session, spec=spec, output=output, keep=keep, finish=finish, picture=background,
            thumbnail=thumbnail, region=region, recipe=recipe, decoder=decoder, encode_png=encode_png,
            clock=clock,
        )  # fmt: skip
        return await _run(data, job)
    except MemoryError as error:
        raise OutOfMemoryError("Memory ran out while the photo was processed.") from error


async def _run(data: bytes, job: _Job) -> Cutout:
    photo = await read_photo(data, job.output, job.decoder)
    preview = _preview(photo)  # before the photo's colours are changed in place
    if job.finish == EMPTY:
        job.output.check_size(photo.size)  # before the network has run for nothing
    mask, levels = await _find_mask(photo, job)
    alpha = times(mask, photo.alpha)
    subject = subject_box(alpha)
    if job.keep == "background":
        alpha = times(ImageChops.invert(mask), photo.alpha)
    alpha, setting = _settled(photo, alpha, subject, job)
    await _clean_colours(photo, alpha, job)
    await job.clock.enter("compose")
    finished = render(cut_out(photo, alpha), setting)
    thumbnail = _thumbnail(finished, photo, job)
    await job.clock.enter("encode")
    file = await encode_finished(finished, photo, setting, job.output, job.encode_png)
    job.clock.stop()
    return Cutout(
        data=file, type=job.output.type, width=finished.width, height=finished.height, format=photo.format,
        preview=preview, thumbnail=thumbnail, subject=subject,
        notes=(*notes_of_photo(photo, job.output), *notes_of_map(levels), *setting.notes), ms=job.clock.ms,
    )  # fmt: skip


def _thumbnail(finished: Image.Image, photo: Photo, job: _Job) -> bytes | None:
    if job.thumbnail is None:
        return None
    return encode_thumbnail(finished, job.thumbnail, icc_profile=photo.icc_profile)


def _preview(photo: Photo) -> bytes | None:
    if photo.format in _SHOWN_BY_BROWSERS:
        return None
    return encode_preview(photo.rgb, icc_profile=photo.icc_profile)


async def _find_mask(photo: Photo, job: _Job) -> tuple[Alpha, NDArray[np.uint8]]:
    """Return the subject's alpha at the photo's size, and the network's map."""
    await job.clock.enter("preprocess")
    crop = None if job.region is None else crop_around(job.region, photo.size)
    part = photo if crop is None else photo.part(crop.seen)
    pixels = network_input(part, job.spec, job.recipe.resampling.shrink)
    await job.clock.enter("inference")
    levels = await job.session.run(pixels)
    await job.clock.enter("mask")
    alpha = alpha_of(levels, part.rgb, pixels[0], job.recipe, part.noise)
    if crop is not None:
        alpha = placed(crop.alpha(alpha), crop.kept, photo.size)
    return alpha, levels


def _settled(photo: Photo, alpha: Alpha, subject: Box | None, job: _Job) -> tuple[Alpha, Setting]:
    """Alpha with the edges that are wished for, and what the cutout is put into."""
    alpha = with_edges(alpha, job.finish, photo.alpha)
    setting = set_up(job.finish, photo.rgb, alpha, subject, picture=job.picture, profile=photo.icc_profile)
    job.output.check_size((setting.frame.width, setting.frame.height))
    return alpha, setting


async def _clean_colours(photo: Photo, alpha: Alpha, job: _Job) -> None:
    """Take the old background out of soft pixels."""
    await job.clock.enter("foreground")
    if job.recipe.colours and not job.output.is_mask:
        clean(photo.rgb, alpha, photo.alpha)
