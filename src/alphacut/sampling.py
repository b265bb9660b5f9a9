"""Parts of a picture at another size, where they may lie outside of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from alphacut.finish import Frame

Bounds = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of a picture, which need not be whole nor lie on it."""

MOST_REDUCED = 64
"""Of a sheet, see `step_for`."""

BILINEAR, BICUBIC = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC
HAMMING = Image.Resampling.HAMMING
"""As sharp as bicubic and never beyond 0 and 1: alpha would be cut there, but not its colours with it."""

_EPSILON = 1e-6  # pixels: what arithmetic of floats may be off
_SUPPORT = 3  # pixels, of the coarser grid, that resampling looks at around its place
_GAP = 2.0  # shrunk by whole numbers first, down to twice the size that is wanted


class Piece(NamedTuple):
    """What of a picture there is to see, and where its left top pixel goes."""

    image: Image.Image
    at: tuple[int, int]


@dataclass(frozen=True)
class Sheet:
    """A small picture of a part of the plane around the photo.

    Attributes
    ----------
    image : PIL.Image.Image
        One pixel stands for `step` x `step` of the photo.
    left, top : float
        Where its left top corner lies, in pixels of the photo.
    """

    image: Image.Image
    step: int
    left: float = 0.0
    top: float = 0.0

    def bounds(self, frame: Frame) -> Bounds:
        """Say where a frame lies in pixels of the sheet."""
        return (
            (frame.left - self.left) / self.step, (frame.top - self.top) / self.step,
            (frame.right - self.left) / self.step, (frame.bottom - self.top) / self.step,
        )  # fmt: skip


def step_for(sigma: float) -> int:
    """How far a picture may be reduced before it is blurred by a Gaussian of `sigma` pixels."""
    return min(MOST_REDUCED, max(1, int(sigma / 2)))


def blur_for(sigma: float, step: int) -> ImageFilter.GaussianBlur:
    """Make the blur of a copy that was reduced by `step` and will be enlarged again.

    Both spread a point by themselves: means of boxes have a variance of 1/12 of a step's square, a linear
    interpolation one of 1/6.
    """
    done = 0.25 if step > 1 else 0.0
    return ImageFilter.GaussianBlur(math.sqrt(max(0.0, (sigma / step) ** 2 - done)))


def sample(
    picture: Image.Image, bounds: Bounds, size: tuple[int, int], *, resample: Image.Resampling, fade: bool
) -> Piece | None:
    """Show `bounds` of a picture at a size.

    Parameters
    ----------
    picture : PIL.Image.Image
        Any mode; RGBA is straight, and resampled premultiplied.
    size : tuple of int
        Width and height that the whole of `bounds` has.
    fade : bool
        At the picture's own edges: whether pixels that it covers partly are mixed with nothing (zero), or
        left out, so that all that is returned is the picture's.

    Returns
    -------
    Piece or None
        Where bounds are whole and the scale is 1, the picture's own pixels. None where nothing is seen.
    """
    whole: Bounds = (0, 0, picture.width, picture.height)
    if size == picture.size and bounds == whole:
        return Piece(picture, (0, 0))
    across = _Axis(bounds[0], bounds[2], picture.width, size[0], fade)
    down = _Axis(bounds[1], bounds[3], picture.height, size[1], fade)
    if across.first >= across.last or down.first >= down.last:
        return None
    at = across.first, down.first
    if across.is_exact and down.is_exact:
        left, top = round(across.start), round(down.start)
        box = (left + at[0], top + at[1], left + across.last, top + down.last)
        return Piece(picture.crop(box), at)
    read = (across.low, down.low, across.high, down.high)
    part = picture if read == whole else picture.crop(read)  # zero beyond the picture
    wanted = (across.last - at[0], down.last - at[1])
    box_in_part = (  # cut by what rounding put beyond it
        max(0.0, across.source(at[0]) - read[0]), max(0.0, down.source(at[1]) - read[1]),
        min(part.width, across.source(across.last) - read[0]),
        min(part.height, down.source(down.last) - read[1]),
    )  # fmt: skip
    return Piece(_resized(part, wanted, resample, box_in_part), at)


def spread(piece: Piece, size: tuple[int, int]) -> Image.Image:
    """Make a picture of a size whose edges are those of a piece, repeated outwards."""
    if piece.image.size == size:
        return piece.image
    (left, top), (width, height) = piece.at, piece.image.size
    around = [(top, size[1] - top - height), (left, size[0] - left - width)]
    pixels = np.asarray(piece.image)
    return Image.fromarray(np.pad(pixels, [*around, (0, 0)][: pixels.ndim], mode="edge"))


def _resized(
    image: Image.Image, size: tuple[int, int], resample: Image.Resampling, box: Bounds
) -> Image.Image:
    if image.mode != "RGBA":
        return image.resize(size, resample, box, reducing_gap=_GAP)
    return image.convert("RGBa").resize(size, resample, box, reducing_gap=_GAP).convert("RGBA")


class _Axis:
    """One direction of `sample`: which pixels are made, and which are read for them."""

    def __init__(self, start: float, end: float, length: int, wanted: int, fade: bool) -> None:
        self.start = start
        self._step = (end - start) / wanted  # pixels of the picture for one that is made
        self.is_exact = abs(self._step - 1) < _EPSILON and abs(start - round(start)) < _EPSILON
        seen = (max(start, 0) - start) / self._step, (min(end, length) - start) / self._step
        first, last = (math.floor, math.ceil) if fade else (math.ceil, math.floor)
        slack = _EPSILON if fade else -_EPSILON
        self.first = max(0, first(seen[0] + slack))
        self.last = min(wanted, last(seen[1] - slack))
        around = _SUPPORT * max(1.0, self._step)
        low = math.floor(self.source(self.first) - around)
        high = math.ceil(self.source(self.last) + around)
        self.low, self.high = (low, high) if fade else (max(0, low), min(length, high))

    def source(self, place: int) -> float:
        """Where an edge between two pixels that are made lies in the picture."""
        return self.start + place * self._step
