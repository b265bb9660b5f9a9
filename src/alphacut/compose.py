"""From a photo and its alpha to the cutout."""

from __future__ import annotations

from PIL import Image

from alphacut.image import Photo
from alphacut.mask import Alpha

_IS_ZERO = [255] + [0] * 255  # lookup table: where alpha is 0


def cut_out(photo: Photo, alpha: Alpha) -> Image.Image:
    """Put `alpha` into the photo: straight alpha, colours as they are in the photo.

    Where alpha is 0 the colours are zeroed: nothing of the background is left in the file, and it
    compresses better. The photo's pixels are taken over, not copied: do not use `photo.rgb` afterwards.

    Returns
    -------
    PIL.Image.Image
        Mode RGBA, not premultiplied.
    """
    cutout = photo.rgb
    cutout.putalpha(alpha)
    cutout.paste(
        (0, 0, 0, 0), mask=alpha.point(_IS_ZERO, "1")
    )  # a mask of mode 1 is not blended, which is faster
    return cutout


def lay_on(cutout: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """Lay a cutout on a background of one colour: c a / 255 + b (255 - a) / 255, rounded; RGB."""
    paper = Image.new("RGB", cutout.size, colour)
    paper.paste(cutout, mask=cutout)
    return paper


def premultiply(cutout: Image.Image) -> Image.Image:
    """Multiply colours by alpha: c a / 255, rounded. The result says RGBA, as files can't say otherwise."""
    return Image.merge("RGBA", cutout.convert("RGBa").split())
