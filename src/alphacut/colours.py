"""From an image of any mode to 8-bit RGB with alpha apart, and the profile that the colours are then in."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from alphacut import profiles
from alphacut.deep import grey_samples, white_is_zero
from alphacut.errors import UnsupportedFormatError

Managed = Literal["exact", "by-browser", "approximate", "unknown"]
"""How well colours are known: as they were meant; not yet, but a browser's decoder would know them; not, for
want of a profile that can be used; not, for a space that is foreign here, and so taken for sRGB."""

_JPEG = {"JPEG", "MPO"}
_BAND = 256  # rows converted at once


@dataclass(frozen=True)
class Colours:
    """What `split` gives: RGB, alpha (L or None), their profile (None: sRGB), and how well they are known."""

    rgb: Image.Image
    alpha: Image.Image | None = None
    icc_profile: bytes | None = None
    managed: Managed = "exact"


def split(image: Image.Image) -> Colours:
    """Convert an image of any mode.

    Colours that are RGB already keep their values and their profile. Grey with a grey profile becomes
    sRGB by the profile's curve, CIE L*a*b* by its definition, CMYK by its profile where LittleCMS is there.

    16 bits become 8 by their upper byte, as other decoders do: black, white and every level that was 8 bits
    once (257 v) are exact, all others are less than a level off. Rounding would take a second decoding.

    Raises
    ------
    UnsupportedFormatError
        For modes that can't be converted.
    """
    profile: bytes | None = image.info.get("icc_profile")
    if image.mode == "CMYK":
        return _from_cmyk(image, profile)
    if image.mode == "LAB":
        return Colours(_by_bands(image, _lab_to_srgb))
    rgb, alpha = _split(image)
    if profiles.space_of(profile) == "RGB":
        return Colours(rgb, alpha, profile)
    if profile and profiles.space_of(profile) == "GRAY" and image.mode in _GREY_MODES:
        return _from_grey(rgb, alpha, profile)
    return Colours(rgb, alpha)


def _from_grey(rgb: Image.Image, alpha: Image.Image | None, profile: bytes) -> Colours:
    levels = profiles.grey_levels(profile)
    if levels is None:
        return Colours(rgb, alpha, managed="approximate")
    return Colours(rgb.point(levels.tolist() * 3), alpha)


def _from_cmyk(image: Image.Image, profile: bytes | None) -> Colours:
    """Convert inks. Pillow takes each JPEG's for inverted, as Adobe stores them.

    Only Adobe's marker says so (ITU-T T.872, 6.1): without it, 0 is no ink. Chromium does not know that
    difference, so such a file is not left to a browser.
    """
    stored_plainly = image.format in _JPEG and "adobe" not in image.info
    inks = ImageChops.invert(image) if stored_plainly else image
    if profiles.space_of(profile) != "CMYK":
        return Colours(inks.convert("RGB"), managed="approximate")
    if rgb := _with_littlecms(inks, profile):
        return Colours(rgb)
    by_browser = image.format in _JPEG and not stored_plainly
    return Colours(inks.convert("RGB"), managed="by-browser" if by_browser else "approximate")


def _with_littlecms(image: Image.Image, profile: bytes | None) -> Image.Image | None:
    """Convert to sRGB by a profile; None without LittleCMS, or where the profile is damaged."""
    try:
        from PIL import _imagingcms  # noqa: F401 - ImageCms itself can be imported without it, at some cost
    except ImportError:
        return None
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (OSError, ImageCms.PyCMSError):
        return None


def _by_bands(image: Image.Image, convert: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> Image.Image:
    """Convert rows of an image in bands, so that no float array of its size is made."""
    made = Image.new("RGB", image.size)
    for top in range(0, image.height, _BAND):
        box = (0, top, image.width, min(top + _BAND, image.height))
        made.paste(Image.fromarray(convert(np.asarray(image.crop(box)))), box)
    return made


# From XYZ adapted to D50 to linear sRGB (Bradford), http://www.brucelindbloom.com
_TO_SRGB = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)
_D50 = (0.9642, 1.0, 0.8249)


def _lab_to_srgb(lab: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert CIE 1976 L*a*b* under D50 to sRGB, (h, w, 3) uint8 both.

    L* comes in 255ths, a* and b* as signed bytes, as Pillow gives them out.
    """
    lightness, (a, b) = lab[..., 0].astype(np.float64), np.moveaxis(lab[..., 1:].astype(np.int8), -1, 0)
    fy = (lightness * (100 / 255) + 16) / 116
    f = np.stack([fy + a / 500, fy, fy - b / 200], -1)
    xyz = profiles.luminance(116 * f - 16) * _D50
    return np.rint(255 * profiles.srgb_encoded(xyz @ np.transpose(_TO_SRGB))).astype(np.uint8)


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colour (RGB) and alpha (L or None), without regard to profiles."""
    if convert := _WIDE_MODES.get(image.mode):
        grey, alpha = convert(image)
        return grey.convert("RGB"), alpha
    if image.mode == "RGB" and "transparency" not in image.info:
        return image, None
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return rgba.convert("RGB"), rgba.getchannel("A")
    try:
        return image.convert("RGB"), None
    except ValueError as error:
        raise UnsupportedFormatError(f"Images of mode {image.mode} can't be read here.") from error


def _from_integers(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """65535 becomes 255; Pillow's own conversion would clip at 255 instead.

    Samples of 32 bits hold 16 by convention; where there are greater ones, what the greatest takes.
    """
    samples = grey_samples(image)
    bits = max(16, int(samples.max()).bit_length())
    key = image.info.get("transparency")
    alpha = (
        None
        if not isinstance(key, int)
        else Image.fromarray(np.where(samples == key, 0, 255).astype(np.uint8))
    )
    return Image.fromarray((samples.clip(0) >> (bits - 8)).astype(np.uint8)), alpha


def _from_float(image: Image.Image) -> tuple[Image.Image, None]:
    """Floats hold 0..1 by convention; a greater maximum is taken for white, like infinity; NaN is 0."""
    samples = np.asarray(image)
    white = float(np.max(samples, where=np.isfinite(samples), initial=1.0))
    levels = np.rint(np.nan_to_num(samples).clip(0, white) * (255 / white)).astype(np.uint8)
    return Image.fromarray(255 - levels if white_is_zero(image) else levels), None


_WIDE_MODES: dict[str, Callable[[Image.Image], tuple[Image.Image, Image.Image | None]]] = {
    "I;16": _from_integers,
    "I;16B": _from_integers,
    "I;16L": _from_integers,
    "I;16N": _from_integers,
    "I": _from_integers,
    "F": _from_float,
}
_GREY_MODES = {"1", "L", "LA", *_WIDE_MODES}
