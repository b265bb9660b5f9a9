"""The way of a photo's pixels, stage by stage: from a decoded photo to the finished picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from alphacut.clock import Clock, pass_by
from alphacut.compose import cut_out
from alphacut.export import with_edges
from alphacut.finish import EMPTY, Finish
from alphacut.foreground import clean
from alphacut.framing import subject_box
from alphacut.image import Photo
from alphacut.mask import Alpha, alpha_of, placed, times
from alphacut.models import ModelSpec
from alphacut.notes import Note, notes_of_map
from alphacut.output import Output
from alphacut.preprocess import network_input
from alphacut.recipe import DEFAULT, Recipe
from alphacut.region import crop_around
from alphacut.render import Setting, render, set_up
from alphacut.session import Session
from alphacut.tiles import Box

Part = Literal["subject", "background"]
_PNG = Output()


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is to be done with a photo, and by what.

    Attributes
    ----------
    session : Session
        The network that `spec` describes.
    output : Output
        What file it is for.
    keep : Part
        What is shown; where it is the background, the subject is transparent.
    finish : Finish
        As `alphacut.export.adapted` leaves it.
    picture : Photo or None
        What the finish shows as background, where that is a picture.
    region : tuple of float or None
        See `alphacut.pipeline.remove_background`.
    recipe : Recipe
        How masks are made; its scaling is the session's affair.
    """

    session: Session
    spec: ModelSpec
    output: Output = _PNG
    keep: Part = "subject"
    finish: Finish = EMPTY
    picture: Photo | None = None
    region: tuple[float, float, float, float] | None = None
    recipe: Recipe = DEFAULT
    clock: Clock = field(default_factory=lambda: Clock(pass_by))


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A finished picture: RGBA, straight alpha; the setting it is in, the subject's box, and notes."""

    image: Image.Image
    setting: Setting
    subject: Box | None
    notes: tuple[Note, ...]


async def finish_photo(photo: Photo, work: Work) -> Finished:
    """Cut the subject out of a photo, and put it into what the finish says.

    Parameters
    ----------
    photo : Photo
        Its pixels are used up: they may be changed, or be those of the result.

    Raises
    ------
    AlphacutError
        As `alphacut.pipeline.remove_background`, but for what is wrong with files.
    """
    if work.finish == EMPTY:
        work.output.check_size(photo.size)  # before the network has run for nothing
    mask, levels = await _find_mask(photo, work)
    alpha = times(mask, photo.alpha)
    subject = subject_box(alpha)
    if work.keep == "background":
        alpha = times(ImageChops.invert(mask), photo.alpha)
    alpha, setting = _settled(photo, alpha, subject, work)
    await _clean_colours(photo, alpha, work)
    await work.clock.enter("compose")
    image = render(cut_out(photo, alpha), setting)
    notes = (*notes_of_map(levels), *setting.notes)
    return Finished(image=image, setting=setting, subject=subject, notes=notes)


async def _find_mask(photo: Photo, work: Work) -> tuple[Alpha, NDArray[np.uint8]]:
    """Return the subject's alpha at the photo's size, and the network's map."""
    await work.clock.enter("preprocess")
    crop = None if work.region is None else crop_around(work.region, photo.size)
    part = photo if crop is None else photo.part(crop.seen)
    pixels = network_input(part, work.spec, work.recipe.resampling.shrink)
    await work.clock.enter("inference")
    levels = await work.session.run(pixels)
    await work.clock.enter("mask")
    alpha = alpha_of(levels, part.rgb, pixels[0], work.recipe, part.noise)
    if crop is not None:
        alpha = placed(crop.alpha(alpha), crop.kept, photo.size)
    return alpha, levels


def _settled(photo: Photo, alpha: Alpha, subject: Box | None, work: Work) -> tuple[Alpha, Setting]:
    """Alpha with the edges that are wished for, and what the cutout is put into."""
    alpha = with_edges(alpha, work.finish, photo.alpha)
    setting = set_up(work.finish, photo.rgb, alpha, subject, picture=work.picture, profile=photo.icc_profile)
    work.output.check_size((setting.frame.width, setting.frame.height))
    return alpha, setting


async def _clean_colours(photo: Photo, alpha: Alpha, work: Work) -> None:
    """Take the old background out of soft pixels."""
    await work.clock.enter("foreground")
    if work.recipe.colours and not work.output.is_mask:
        clean(photo.rgb, alpha, photo.alpha)
