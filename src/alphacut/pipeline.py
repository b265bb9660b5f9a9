"""The main job: the way of a photo from bytes to bytes, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, cast

from alphacut.compose import cut_out
from alphacut.encode import encode, encode_preview
from alphacut.errors import BROWSER_FORMATS, OutOfMemoryError
from alphacut.foreign import Decoder, read_photo
from alphacut.image import Photo
from alphacut.mask import Alpha, alpha_of
from alphacut.models import ModelSpec
from alphacut.output import Output
from alphacut.preprocess import network_input
from alphacut.recipe import DEFAULT, Resampling
from alphacut.session import Session

Stage = Literal["decode", "preprocess", "inference", "mask", "compose", "encode"]
STAGES: tuple[Stage, ...] = ("decode", "preprocess", "inference", "mask", "compose", "encode")
"""In the order they are passed; web/shared/protocol.js names the same."""

Note = Literal["first-frame", "empty-mask", "full-mask", "approximate-colours", "metadata-lost"]

Checkpoint = Callable[[Stage], Awaitable[None]]
"""Awaited when a stage begins; raises Cancelled to end the job there."""

_SHOWN_BY_BROWSERS = {"JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "ICO", *BROWSER_FORMATS}
_PNG = Output()
_EMPTY_BELOW = 13  # alpha of 5%: nothing a person would call a subject
_FULL_ABOVE = 242


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


async def _pass_by(stage: Stage) -> None:
    """Do nothing at a checkpoint."""


@dataclass
class _Clock:
    """Announces each stage and measures it."""

    checkpoint: Checkpoint
    ms: dict[Stage, float] = field(default_factory=dict)
    _running: Stage | None = None
    _since: float = 0.0

    async def enter(self, stage: Stage) -> None:
        self.stop()
        await self.checkpoint(stage)
        self._running, self._since = stage, time.perf_counter()

    def stop(self) -> None:
        if self._running is not None:
            self.ms[self._running] = 1000 * (time.perf_counter() - self._since)
            self._running = None


async def remove_background(
    data: bytes,
    session: Session,
    spec: ModelSpec,
    *,
    output: Output = _PNG,
    decoder: Decoder | None = None,
    resampling: Resampling = DEFAULT.resampling,
    checkpoint: Checkpoint = _pass_by,
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
    decoder : callable or None
        The browser's, for what Pillow can't read.
    checkpoint : callable
        Awaited at the beginning of each stage; what it raises ends the job.

    Raises
    ------
    AlphacutError
        See `alphacut.foreign.read_photo`, `Output.check_size` and `Session.run`; OutOfMemoryError wherever
        memory runs out.
    """
    clock = _Clock(checkpoint)
    try:
        await clock.enter("decode")
        photo = await read_photo(data, output, decoder)
        output.check_size(photo.size)
        alpha = await _find_alpha(photo, session, spec, resampling, clock)
        return await _finish(photo, alpha, output, clock)
    except MemoryError as error:
        raise OutOfMemoryError("Memory ran out while the photo was processed.") from error


async def _find_alpha(
    photo: Photo, session: Session, spec: ModelSpec, resampling: Resampling, clock: _Clock
) -> Alpha:
    await clock.enter("preprocess")
    pixels = network_input(photo, spec, resampling.shrink)
    await clock.enter("inference")
    levels = await session.run(pixels)
    await clock.enter("mask")
    return alpha_of(levels, photo.size, photo.alpha, resampling.grow)


async def _finish(photo: Photo, alpha: Alpha, output: Output, clock: _Clock) -> Cutout:
    await clock.enter("compose")
    preview = None if photo.format in _SHOWN_BY_BROWSERS else encode_preview(photo.rgb)
    cutout = cut_out(photo, alpha)
    await clock.enter("encode")
    data = encode(cutout, output, icc_profile=photo.icc_profile, exif=photo.exif, low=photo.low)
    clock.stop()
    width, height = photo.size
    return Cutout(
        data=data, type=output.type, width=width, height=height, format=photo.format, preview=preview,
        notes=(*_notes_of_photo(photo, output), *_notes_of_alpha(alpha)), ms=clock.ms,
    )  # fmt: skip


def _notes_of_photo(photo: Photo, output: Output) -> Iterator[Note]:
    if photo.frames > 1:
        yield "first-frame"
    if photo.managed != "exact":
        yield "approximate-colours"
    if output.metadata == "keep" and photo.exif is None and photo.format in BROWSER_FORMATS:
        yield "metadata-lost"


def _notes_of_alpha(alpha: Alpha) -> Iterator[Note]:
    least, greatest = cast(tuple[int, int], alpha.getextrema())  # of one band
    if greatest < _EMPTY_BELOW:
        yield "empty-mask"
    elif least > _FULL_ABOVE:
        yield "full-mask"
