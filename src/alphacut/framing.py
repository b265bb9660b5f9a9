"""Where the subject is, and which part of the plane around the photo a finish shows.

web/shared/finish.js holds the same arithmetic for the page's preview. All of it is in pixels of the upright
photo; halves are rounded up, as JavaScript rounds.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from PIL import Image

from alphacut.errors import BadOptionsError
from alphacut.finish import Canvas, Crop, Finish, Frame
from alphacut.image import MAX_PIXELS
from alphacut.tiles import Box

MOST_ENLARGED = 2.0
"""Pixels of a canvas for one of the photo, at most: beyond it every photo looks bad."""

_IS_SUBJECT = [0] * 128 + [255] * 128  # lookup table


class Framing(NamedTuple):
    """A frame, and whether a canvas was left emptier than wished: see `MOST_ENLARGED`."""

    frame: Frame
    limited: bool = False


def subject_box(alpha: Image.Image) -> Box | None:
    """Find the box of every pixel with alpha >= 128; left, top, right, bottom, or None where there is none.

    Parameters
    ----------
    alpha : PIL.Image.Image
        Mode L.
    """
    return alpha.point(_IS_SUBJECT).getbbox()


def frame_of(finish: Finish, subject: Box | None, size: tuple[int, int]) -> Framing:
    """Say which part is shown, and how large.

    Parameters
    ----------
    subject : tuple of int or None
        As `subject_box` finds it. Without one the whole photo counts as the subject.
    size : tuple of int
        Width and height of the photo.

    Raises
    ------
    BadOptionsError
        The picture would have more pixels than can be handled.
    """
    framing = _framing(finish, subject or (0, 0, *size), size)
    if framing.frame.width * framing.frame.height > MAX_PIXELS:
        raise BadOptionsError(
            f"A picture of {framing.frame.width} by {framing.frame.height} pixels can't be made:"
            f" at most {MAX_PIXELS // 1_000_000} megapixels can be handled.",
            hint="Choose a smaller margin or size.",
        )
    return framing


def _framing(finish: Finish, subject: Box, size: tuple[int, int]) -> Framing:
    if finish.frame is not None:
        return Framing(finish.frame)
    if isinstance(finish.crop, Canvas):
        return _on_canvas(finish.crop, subject)
    if finish.crop is not None:
        return Framing(_around(finish.crop, subject))
    return Framing(Frame(left=0, top=0, right=size[0], bottom=size[1], width=size[0], height=size[1]))


def _around(crop: Crop, subject: Box) -> Frame:
    """Give the subject's box its margin, then widen the direction that the aspect wants wider.

    The frame has whole pixels, so that nothing is resampled; it may leave the photo.
    """
    left, top, right, bottom = subject
    margin = crop.margin * max(right - left, bottom - top)
    across, down = right - left + 2 * margin, bottom - top + 2 * margin
    if crop.aspect is not None:
        aspect = crop.aspect[0] / crop.aspect[1]
        across, down = max(across, down * aspect), max(down, across / aspect)
    width, height = max(1, _rounded(across)), max(1, _rounded(down))
    x, y = _rounded((left + right - width) / 2), _rounded((top + bottom - height) / 2)
    return Frame(left=x, top=y, right=x + width, bottom=y + height, width=width, height=height)


def _on_canvas(canvas: Canvas, subject: Box) -> Framing:
    """Put the middle of the subject's box into the middle of the canvas."""
    left, top, right, bottom = subject
    wanted = canvas.fill * min(canvas.width / (right - left), canvas.height / (bottom - top))
    scale = min(wanted, MOST_ENLARGED)
    across, down = canvas.width / scale, canvas.height / scale
    x, y = (left + right - across) / 2, (top + bottom - down) / 2
    frame = Frame(left=x, top=y, right=x + across, bottom=y + down, width=canvas.width, height=canvas.height)
    return Framing(frame, wanted > MOST_ENLARGED)


def _rounded(value: float) -> int:
    return math.floor(value + 0.5)
