"""The main job: the way of a photo from bytes to bytes, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, cast

from alphacut.compose import cut_out
from alphacut.encode import encode_preview
from alphacut.errors import OutOfMemoryError
from alphacut.image import decode
from alphacut.mask import Alpha, alpha_of
from alphacut.models import ModelSpec
from alphacut.png import PngEncoder, encode_alone
from alphacut.preprocess import network_input
from alphacut.recipe import DEFAULT, Resampling
from alphacut.session import Session

Stage = Literal["decode", "preprocess", "inference", "mask", "compose", "encode"]
STAGES: tuple[Stage, ...] = ("decode", "preprocess", "inference", "mask", "compose", "encode")
"""In the order they are passed; web/shared/protocol.js names the same."""

Note = Literal["first-frame", "empty-mask", "full-mask"]

Checkpoint = Callable[[Stage], Awaitable[None]]
"""Awaited when a stage begins; raises Cancelled to end the job there."""

_SHOWN_BY_BROWSERS = {"JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "ICO"}
_EMPTY_BELOW = 13  # alpha of 5%: nothing a person would call a subject
_FULL_ABOVE = 242


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """A finished cutout.

    Attributes
    ----------
    png : bytes
        RGBA, straight alpha, at the photo's size.
    preview : bytes or None
        JPEG of the original where browsers can't show its format.
    ms : dict
        Milliseconds each stage took.
    """

    png: bytes
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
    resampling: Resampling = DEFAULT.resampling,
    checkpoint: Checkpoint = _pass_by,
    encode_png: PngEncoder = encode_alone,
) -> Cutout:
    """Cut the subject out of a photo.

    Parameters
    ----------
    data : bytes
        The photo's file.
    session : Session
        The network that `spec` describes.
    checkpoint : callable
        Awaited at the beginning of each stage; what it raises ends the job.
    encode_png : callable
        Makes the PNG: Pillow, unless there is something faster.

    Raises
    ------
    AlphacutError
        See `alphacut.image.decode` and `Session.run`; OutOfMemoryError wherever memory runs out.
    """
    clock = _Clock(checkpoint)
    try:
        return await _run(data, session, spec, resampling, clock, encode_png=encode_png)
    except MemoryError as error:
        raise OutOfMemoryError("Memory ran out while the photo was processed.") from error


async def _run(
    data: bytes,
    session: Session,
    spec: ModelSpec,
    resampling: Resampling,
    clock: _Clock,
    *,
    encode_png: PngEncoder,
) -> Cutout:
    await clock.enter("decode")
    photo = decode(data)
    await clock.enter("preprocess")
    pixels = network_input(photo, spec, resampling.shrink)
    await clock.enter("inference")
    levels = await session.run(pixels)
    await clock.enter("mask")
    alpha = alpha_of(levels, photo.size, photo.alpha, resampling.grow)
    await clock.enter("compose")
    preview = None if photo.format in _SHOWN_BY_BROWSERS else encode_preview(photo.rgb)
    cutout = cut_out(photo, alpha)
    await clock.enter("encode")
    png = await encode_png(cutout, photo.icc_profile)
    clock.stop()
    width, height = photo.size
    return Cutout(
        png=png, width=width, height=height, format=photo.format, preview=preview,
        notes=_notes(photo.frames, alpha), ms=clock.ms,
    )  # fmt: skip


def _notes(frames: int, alpha: Alpha) -> tuple[Note, ...]:
    least, greatest = cast(tuple[int, int], alpha.getextrema())  # of one band
    notes: list[Note] = ["first-frame"] if frames > 1 else []
    if greatest < _EMPTY_BELOW:
        notes.append("empty-mask")
    elif least > _FULL_ABOVE:
        notes.append("full-mask")
    return tuple(notes)
