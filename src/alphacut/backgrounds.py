"""What a cutout is laid on: a colour, a picture, or the photo itself, blurred."""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from alphacut.finish import Frame, PictureBackground
from alphacut.image import Photo
from alphacut.layers import separate
from alphacut.rgb_spaces import convert, read_space
from alphacut.sampling import BICUBIC, BILINEAR, HAMMING, Bounds, Sheet, blur_for, sample, spread, step_for

BLUR_REACH = 0.03
"""Share of the photo's longer side: the standard deviation of the blur at strength 1."""

_FILLED_AT = 40_000  # pixels of the copy on which the background goes on below the subject
_FILL = [min(255, 4 * level) for level in range(256)]  # lookup table: where the subject shows, its colours go
_CLEAR = (0, 0, 0, 0)


def blurred(rgb: Image.Image, alpha: Image.Image, strength: float) -> Sheet:
    """Blur the photo's background; the subject has no part in it, so no halo surrounds it.

    Below the subject the background goes on as `alphacut.layers.separate` finds it on a small copy. Then a
    reduced copy is blurred.

    Parameters
    ----------
    rgb, alpha : PIL.Image.Image
        Modes RGB and L; neither is changed.
    strength : float
        0 to 1, see `BLUR_REACH`.
    """
    sigma = strength * BLUR_REACH * max(rgb.size)
    step = step_for(sigma)
    small, mask = rgb.reduce(step), alpha.reduce(step)
    mask = mask.filter(ImageFilter.MaxFilter(3)).point(_FILL)
    small.paste(_behind(rgb, alpha, small.size, step), mask=mask)
    return Sheet(small.filter(blur_for(sigma, step)), step)


def _behind(rgb: Image.Image, alpha: Image.Image, size: tuple[int, int], step: int) -> Image.Image:
    """Find the background without the subject, at the size of a copy that is reduced by `step`."""
    coarse = max(step, math.ceil(math.sqrt(rgb.width * rgb.height / _FILLED_AT)))
    _, background = separate(_planes(rgb.reduce(coarse)), _planes(alpha.reduce(coarse)))
    pixels = np.rint(255 * background).astype(np.uint8).transpose(1, 2, 0)
    found = Image.fromarray(np.ascontiguousarray(pixels))
    box = min(found.width, size[0] * step / coarse), min(found.height, size[1] * step / coarse)
    return found.resize(size, BILINEAR, (0, 0, *box))


def show(sheet: Sheet, frame: Frame) -> Image.Image:
    """Show a blurred photo in a frame, RGB; beyond the photo its edges go on."""
    size = frame.width, frame.height
    bounds = sheet.bounds(frame)
    piece = sample(sheet.image, bounds, size, resample=BILINEAR, fade=False)
    if piece is None:  # the frame lies beside the photo, or no whole pixel of it is seen
        place = _nearest(bounds, sheet.image.size)
        return Image.new("RGB", size, sheet.image.getpixel(place))
    return spread(piece, size)


def _nearest(bounds: Bounds, size: tuple[int, int]) -> tuple[int, int]:
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    return min(max(int(x), 0), size[0] - 1), min(max(int(y), 0), size[1] - 1)


def place(picture: Photo, how: PictureBackground, size: tuple[int, int]) -> Image.Image:
    """Lay a picture out in a finished picture's size.

    Returns
    -------
    PIL.Image.Image
        RGB, or RGBA where it does not cover everything: by its own alpha, or the bars that "contain" leaves.
    """
    across, down = size[0] / picture.size[0], size[1] / picture.size[1]
    scale = max(across, down) if how.fit == "cover" else min(across, down)
    left = (size[0] - picture.size[0] * scale) * how.x
    top = (size[1] - picture.size[1] * scale) * how.y
    bounds = (-left / scale, -top / scale, (size[0] - left) / scale, (size[1] - top) / scale)
    image = picture.rgb.copy()
    if picture.alpha is not None:
        image.putalpha(picture.alpha)
    sharp = BICUBIC if picture.alpha is None else HAMMING
    piece = sample(image, bounds, size, resample=sharp, fade=False)
    if piece is not None and piece.image.size == size:
        return piece.image
    if how.fit == "cover" and piece is not None:  # by less than a pixel, of rounding
        return spread(piece, size)
    paper = Image.new("RGBA", size, _CLEAR)
    if piece is not None:
        paper.paste(piece.image, piece.at)
    return paper


def in_profile(picture: Photo, profile: bytes | None) -> tuple[Photo, bool]:
    """Convert a picture's colours to the photo's profile; None is sRGB.

    Returns
    -------
    tuple
        The picture, and whether its colours are right: profiles that hold tables need LittleCMS, which Pillow
        in Pyodide lacks. There, and where one is damaged, the picture keeps its values.
    """
    own = picture.icc_profile
    if own == profile:
        return picture, picture.managed == "exact"
    converted = _converted(picture.rgb, own, profile)
    if converted is None:
        return picture, False
    made = Photo(converted, picture.alpha, picture.format, icc_profile=profile, managed=picture.managed)
    return made, picture.managed == "exact"


def _converted(rgb: Image.Image, own: bytes | None, profile: bytes | None) -> Image.Image | None:
    """Convert by matrix and curves, where both profiles have them, and else by LittleCMS."""
    spaces = read_space(own), read_space(profile)
    if spaces[0] is None or spaces[1] is None:
        return _with_littlecms(rgb, own, profile)
    return convert(rgb, spaces[0], spaces[1])


def _with_littlecms(rgb: Image.Image, own: bytes | None, profile: bytes | None) -> Image.Image | None:
    """Convert by LittleCMS; None where there is none, or a profile is damaged."""
    try:
        from PIL import _imagingcms  # noqa: F401 - ImageCms itself can be imported without it, at some cost
    except ImportError:
        return None
    from PIL import ImageCms

    try:
        ends = [
            ImageCms.createProfile("sRGB") if data is None else ImageCms.ImageCmsProfile(io.BytesIO(data))
            for data in (own, profile)
        ]
        return ImageCms.profileToProfile(rgb, ends[0], ends[1], outputMode="RGB")
    except (OSError, ImageCms.PyCMSError):
        return None


def _planes(image: Image.Image) -> NDArray[np.float32]:
    planes = np.asarray(image).astype(np.float32) / np.float32(255)
    return np.ascontiguousarray(planes.transpose(2, 0, 1)) if planes.ndim == 3 else planes
