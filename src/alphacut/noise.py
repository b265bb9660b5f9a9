"""How far a JPEG's pixels may be from what the camera saw: its own tables say how coarsely it was written."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, JpegImagePlugin

_LOW = (0, 1, 2, 8, 9, 10, 16, 17, 18)
"""The 3 x 3 lowest frequencies of a block. Of higher ones photos hold less than a coarse step, and what is
not there can't be lost."""
_RGB = list(b"RGB")  # numbers of components


@dataclass(frozen=True)
class Noise:
    """How coarsely pixels are known: variances, in squared units of 0..1.

    Attributes
    ----------
    luma, chroma : float
        Of Y', and of Cb and Cr each, as ITU-T T.871 defines them.
    """

    luma: float = 0.0
    chroma: float = 0.0


NONE = Noise()


def noise_of(image: Image.Image) -> Noise:
    """Read how coarsely a JPEG was quantised; `NONE` for other files and for JPEGs that hold no Y'CbCr.

    A coefficient that is rounded to multiples of q errs by up to q / 2: with a variance of q^2 / 12 where its
    values spread over many steps. The mean over the low frequencies is a scale, not what pixels err by: in
    photographs chroma errs less, as most of its coefficients are 0 anyway, and luma more, by its high
    frequencies.
    Tables that a file brings after its first scan are not seen.
    """
    if (
        not isinstance(image, JpegImagePlugin.JpegImageFile)
        or image.mode not in {"RGB", "L"}
        or _is_rgb(image)
    ):
        return NONE
    tables = [image.quantization.get(component[3]) for component in image.layer]
    luma, *chroma = [0.0 if table is None else _variance(table) for table in tables]
    return Noise(luma, max(chroma, default=0.0))


def _is_rgb(image: JpegImagePlugin.JpegImageFile) -> bool:
    """Tell as libjpeg does whether three components are R, G and B."""
    if "jfif" in image.info:
        return False
    if "adobe_transform" in image.info:
        return bool(image.info["adobe_transform"] == 0)
    return [component[0] for component in image.layer] == _RGB


def _variance(table: list[int]) -> float:
    return sum(table[at] ** 2 for at in _LOW) / len(_LOW) / 12 / 255**2
