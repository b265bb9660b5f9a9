"""The main job: from the bytes of a photo to those of a finished file."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image

from alphacut.clock import STAGES, Checkpoint, Clock, Stage, pass_by
from alphacut.cutting import Part, Work, finish_photo
from alphacut.encode import encode_preview, encode_thumbnail
from alphacut.errors import BROWSER_FORMATS, OutOfMemoryError
from alphacut.export import adapted, encode_finished, read_picture
from alphacut.finish import EMPTY, Finish
from alphacut.foreign import Decoder, read_photo
from alphacut.image import Photo
from alphacut.models import ModelSpec
from alphacut.notes import Note, notes_of_photo
from alphacut.output import Output
from alphacut.png import PngEncoder, encode_alone
from alphacut.recipe import DEFAULT, Recipe
from alphacut.session import Session
from alphacut.tiles import Box

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
        photo = await read_photo(data, output, decoder)
        preview = _preview(photo)  # before the photo's colours are changed in place
        work = Work(
            session=session, spec=spec, output=output, keep=keep, finish=finish, picture=background,
            region=region, recipe=recipe, clock=clock,
        )  # fmt: skip
        finished = await finish_photo(photo, work)
        small = _thumbnail(finished.image, thumbnail, photo)
        await clock.enter("encode")
        file = await encode_finished(finished.image, photo, finished.setting, output, encode_png)
        clock.stop()
    except MemoryError as error:
        raise OutOfMemoryError("Memory ran out while the photo was processed.") from error
    return Cutout(
        data=file, type=output.type, width=finished.image.width, height=finished.image.height,
        format=photo.format, preview=preview, thumbnail=small, subject=finished.subject,
        notes=(*notes_of_photo(photo, output), *finished.notes), ms=clock.ms,
    )  # fmt: skip


def _thumbnail(finished: Image.Image, side: int | None, photo: Photo) -> bytes | None:
    if side is None:
        return None
    return encode_thumbnail(finished, side, icc_profile=photo.icc_profile)


def _preview(photo: Photo) -> bytes | None:
    if photo.format in _SHOWN_BY_BROWSERS:
        return None
    return encode_preview(photo.rgb, icc_profile=photo.icc_profile)
