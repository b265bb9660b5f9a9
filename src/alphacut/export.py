"""A finished file from a photo, its cutout, what was changed by hand, and a finish; no network is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from PIL import Image, ImageChops

from alphacut import touchup
from alphacut.clock import Checkpoint, Clock, Stage, pass_by
from alphacut.compose import cut_out
from alphacut.edits import Edit, Patch, Stroke
from alphacut.encode import encode
from alphacut.errors import BadOptionsError, OutOfMemoryError
from alphacut.feather import feather
from alphacut.finish import EMPTY, BlurBackground, Finish, PictureBackground
from alphacut.foreground import clean
from alphacut.foreign import Decoder, read_photo
from alphacut.framing import subject_box
from alphacut.image import Photo, decode
from alphacut.notes import Note, notes_of_photo
from alphacut.output import Output
from alphacut.png import PngEncoder, encode_alone
from alphacut.render import Setting, render, set_up
from alphacut.touchup import apply_edits

_PNG = Output()
_IS_ZERO = [255] + [0] * 255  # lookup table


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A finished file: its bytes, MIME type, size in pixels, notes, and milliseconds each stage took."""

    data: bytes
    type: str
    width: int
    height: int
    notes: tuple[Note, ...] = ()
    ms: dict[Stage, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a file is made of.

    Attributes
    ----------
    photo, master : bytes
        The photo's file, and the PNG that `remove_background` made of it without a finish.
    edits : sequence of Edit
        Changes to the master's alpha, in their order.
    decoder : callable or None
        The browser's, for photos that Pillow can't read.
    """

    photo: bytes
    master: bytes
    edits: Sequence[Edit] = ()
    decoder: Decoder | None = None


async def export(
    source: Source,
    *,
    finish: Finish = EMPTY,
    output: Output = _PNG,
    picture: bytes | None = None,
    picture_decoder: Decoder | None = None,
    encode_png: PngEncoder = encode_alone,
    checkpoint: Checkpoint = pass_by,
) -> Exported:
    """Make the finished file.

    Pixels whose alpha is the master's keep the master's colours; where it was changed the photo's come back,
    and the old background is taken out of them anew. The photo is decoded only if something of it is needed:
    without edits and with an empty finish the file holds the master's pixels.

    Parameters
    ----------
    picture : bytes or None
        The file of a background picture.
    checkpoint : callable
        Awaited at the beginning of each stage; what it raises ends the job.

    Raises
    ------
    AlphacutError
        BadOptionsError where photo, master, edits and picture don't belong together or the file can't be
        made; else as `alphacut.foreign.read_photo`.
    """
    clock, finish = Clock(checkpoint), adapted(finish, output)
    try:
        await clock.enter("decode")
        work = await _read(source, finish, output)
        background = await read_picture(finish, picture, picture_decoder)
        await clock.enter("mask")
        alpha, setting = _settled(work, source.edits, finish, background)
        output.check_size((setting.frame.width, setting.frame.height))
        await clock.enter("foreground")
        cutout = work.cutout(alpha)
        await clock.enter("compose")
        finished = render(cutout, setting)
        await clock.enter("encode")
        file = await encode_finished(finished, work.original, setting, output, encode_png)
        clock.stop()
    except MemoryError as error:
        raise OutOfMemoryError("Memory ran out while the file was made.") from error
    return Exported(
        data=file, type=output.type, width=finished.width, height=finished.height,
        notes=(*_lost(work.original, output), *setting.notes), ms=clock.ms,
    )  # fmt: skip


async def refine(source: Source, stroke: Stroke, *, checkpoint: Checkpoint = pass_by) -> Patch:
    """Find alpha anew under a stroke, after the edits before it; see `alphacut.touchup.refine`.

    Raises
    ------
    AlphacutError
        As `export`.
    """
    try:
        await checkpoint("decode")
        master = _master(source.master)
        photo = await _photo(source, master, _PNG)
        await checkpoint("mask")
        return touchup.refine(photo.rgb, apply_edits(_alpha(master), source.edits), stroke)
    except MemoryError as error:
        raise OutOfMemoryError("Memory ran out while the mask was refined.") from error


async def read_picture(finish: Finish, picture: bytes | None, decoder: Decoder | None) -> Photo | None:
    """Read the picture that a finish shows; None where it shows none.

    Raises
    ------
    AlphacutError
        BadOptionsError where there is none; else as `alphacut.foreign.read_photo`.
    """
    if not isinstance(finish.background, PictureBackground):
        return None
    if picture is None:
        raise BadOptionsError("The background is a picture, and no picture came with it.")
    return await read_photo(picture, _PNG, decoder)


async def encode_finished(
    finished: Image.Image, photo: Photo, setting: Setting, output: Output, encode_png: PngEncoder
) -> bytes:
    """Make the file of a finished picture, with what is kept of the photo's metadata."""
    if output == _PNG:
        return await encode_png(finished, photo.icc_profile)
    low = setting.low(photo.low)
    return encode(finished, output, icc_profile=photo.icc_profile, exif=photo.exif, low=low)


def adapted(finish: Finish, output: Output) -> Finish:
    """Leave out what a mask has no part in: it is the subject's alpha alone."""
    return replace(finish, background=None, shadow=None) if output.is_mask else finish


def with_edges(alpha: Image.Image, finish: Finish, existing: Image.Image | None) -> Image.Image:
    """Soften and shift edges as a finish says; modes are L, `existing` is the alpha of the photo itself."""
    if not finish.changes_edges:
        return alpha
    return _within(feather(alpha, finish.softness, finish.shift), existing)


@dataclass(frozen=True)
class _Work:
    """Decoded files; `photo` is None where nothing of it is needed."""

    master: Photo
    photo: Photo | None

    @property
    def original(self) -> Photo:
        """Where profile and metadata are."""
        return self.photo or self.master

    def cutout(self, alpha: Image.Image) -> Image.Image:
        """Put alpha to colours: the master's where it is the master's alpha. Both photos are used up."""
        if self.photo is None:
            return cut_out(self.master, alpha)
        changed = ImageChops.difference(alpha, _alpha(self.master))
        if changed.getbbox() is None:
            return cut_out(self.master, alpha)
        clean(self.photo.rgb, alpha, self.photo.alpha)
        self.photo.rgb.paste(self.master.rgb, mask=changed.point(_IS_ZERO, "1"))
        return cut_out(self.photo, alpha)


async def _read(source: Source, finish: Finish, output: Output) -> _Work:
    master = _master(source.master)
    blurs = isinstance(finish.background, BlurBackground)
    asks = output.depth == 16 or output.metadata == "keep"
    if source.edits or finish.changes_edges or blurs or asks:
        return _Work(master, await _photo(source, master, output))
    return _Work(master, None)


def _lost(photo: Photo, output: Output) -> list[Note]:
    """Tell what this file lacks; all else about the photo was told when it was cut out."""
    return [note for note in notes_of_photo(photo, output) if note in {"metadata-lost", "background-colour"}]


def _master(data: bytes) -> Photo:
    master = decode(data)
    if master.format != "PNG":
        raise BadOptionsError("The cutout to go on from is not a PNG file.")
    return master


def _alpha(master: Photo) -> Image.Image:
    return master.alpha or Image.new("L", master.size, 255)


async def _photo(source: Source, master: Photo, output: Output) -> Photo:
    photo = await read_photo(source.photo, output, source.decoder)
    if photo.size != master.size:
        raise BadOptionsError(
            f"The photo has {photo.size[0]} by {photo.size[1]} pixels,"
            f" the cutout to go on from {master.size[0]} by {master.size[1]}."
        )
    return photo


def _settled(
    work: _Work, edits: Sequence[Edit], finish: Finish, picture: Photo | None
) -> tuple[Image.Image, Setting]:
    """Alpha as it will be, and what the cutout is put into."""
    photo, existing = work.original, None if work.photo is None else work.photo.alpha
    alpha = _within(apply_edits(_alpha(work.master), edits), existing)
    subject = subject_box(alpha)
    alpha = with_edges(alpha, finish, existing)
    setting = set_up(finish, photo.rgb, alpha, subject, picture=picture, profile=photo.icc_profile)
    return alpha, setting


def _within(alpha: Image.Image, existing: Image.Image | None) -> Image.Image:
    """Keep alpha below what the photo brought along: what it lacks can't be brought back."""
    return alpha if existing is None else ImageChops.darker(alpha, existing)
