"""From a file's bytes to pixels: `decode` gives a `Photo`, upright, 8 bits, RGB with alpha apart."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from alphacut import sniff
from alphacut.errors import (
    AlphacutError,
    EmptyFileError,
    ImageTooLargeError,
    NotAnImageError,
    OutOfMemoryError,
    TruncatedImageError,
    UnsupportedFormatError,
    ZeroSizeImageError,
)

MAX_PIXELS = 128_000_000
"""Greatest width times height; RGBA and alpha of such a photo take 640 MB of a 4 GB heap."""

_ORIENTATION = 0x0112  # EXIF tag

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# What Pillow's decoders raise on damaged data, beside OSError for plain truncation.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    EOFError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class Photo:
    """A decoded photo.

    Attributes
    ----------
    rgb : PIL.Image.Image
        Mode RGB, upright.
    alpha : PIL.Image.Image or None
        Mode L, same size; None for an opaque photo.
    format : str
        As Pillow names it, e.g. "JPEG".
    frames : int
        How many the file holds; the first one is used.
    icc_profile : bytes or None
        The embedded profile, if it is one of an RGB space.
    """

    rgb: Image.Image
    alpha: Image.Image | None
    format: str
    frames: int = 1
    icc_profile: bytes | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.rgb.size


def decode(data: bytes) -> Photo:
    """Read a photo from the bytes of a file.

    EXIF orientation is applied; palettes, grey, CMYK, 16-bit and float samples become 8-bit RGB;
    alpha and colour keys become `Photo.alpha`. Of an animation the first frame is taken.

    Raises
    ------
    EmptyFileError, NotAnImageError, UnsupportedFormatError, TruncatedImageError,
    ImageTooLargeError, ZeroSizeImageError, OutOfMemoryError
    """
    if not data:
        raise EmptyFileError("The file is empty.")
    image = _open(data)
    try:
        image.load()
        upright = _turn_upright(image)
        rgb, alpha = _split(upright)
    except MemoryError as error:
        raise OutOfMemoryError("The photo is too large for the memory that is left.") from error
    except UnsupportedFormatError:
        raise
    except _DAMAGE as error:
        raise _load_error(image.format, error) from error
    return Photo(rgb, alpha, image.format or "", _frames(data, image), _rgb_profile(image))


def _open(data: bytes) -> Image.Image:
    """Identify the format and read the header; no pixel is decoded yet."""
    kind = sniff.identify(data)
    if kind is not None and not kind.readable:
        raise UnsupportedFormatError(f"{kind.name} files can't be read here.")
    if kind is not None and sniff.has_zero_size(kind, data):
        raise ZeroSizeImageError("The image has no pixels: its width or height is zero.")
    formats = kind.plugins if kind else ("TGA",)  # the one readable format without a signature
    _load_plugin(formats[0])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # MAX_PIXELS decides
            image = Image.open(io.BytesIO(data), formats=formats)
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(_too_large("more than 179")) from error
    except (UnidentifiedImageError, *_DAMAGE) as error:
        if kind:
            raise TruncatedImageError(f"The {kind.name} file is damaged or incomplete.") from error
        raise NotAnImageError("The file is not an image.") from error
    if image.width * image.height > MAX_PIXELS:
        raise ImageTooLargeError(_too_large(f"{image.width * image.height / 1e6:.0f}"))
    return image


def _load_plugin(image_format: str) -> None:
    """Import the plugin of a format that Pillow does not look for first: it would import all it has."""
    match image_format:
        case "WEBP":
            from PIL import WebPImagePlugin  # noqa: F401
        case "TIFF":
            from PIL import TiffImagePlugin  # noqa: F401
        case "ICO":
            from PIL import IcoImagePlugin  # noqa: F401
        case "TGA":
            from PIL import TgaImagePlugin  # noqa: F401


def _too_large(megapixels: str) -> str:
    return f"The image has {megapixels} megapixels; at most {MAX_PIXELS // 1_000_000} can be handled."


def _load_error(image_format: str | None, error: Exception) -> Exception:
    if image_format == "TGA":  # has no signature, so it was only a guess
        return NotAnImageError("The file is not an image.")
    if "not available" in str(error) or isinstance(error, KeyError):
        return UnsupportedFormatError(f"This kind of {image_format} file can't be read here: {error}.")
    return TruncatedImageError(f"The {image_format} file is damaged or incomplete.")


def _turn_upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except _DAMAGE:
        return image  # damaged EXIF says nothing about the pixels; show them as they are stored
    method = _UPRIGHT.get(orientation)
    return image if method is None else image.transpose(method)


def _frames(data: bytes, image: Image.Image) -> int:
    """Count the frames as far as they are whole; an MPO's others belong to the same photo."""
    if image.format not in {"GIF", "TIFF"}:
        return 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))
    try:
        return int(getattr(_open(data), "n_frames", 1))  # counting moves on to the last one: not in `image`
    except (*_DAMAGE, AlphacutError):
        return 1


def _rgb_profile(image: Image.Image) -> bytes | None:
    profile = image.info.get("icc_profile")
    is_rgb = isinstance(profile, bytes) and len(profile) >= 128 and profile[16:20] == b"RGB "
    return profile if is_rgb and image.mode in {"RGB", "RGBA", "P"} else None


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colour (RGB) and alpha (L or None) of an image of any mode."""
    if convert := _WIDE_MODES.get(image.mode):
        grey, alpha = convert(image)
        return grey.convert("RGB"), alpha
    if image.mode == "RGB" and "transparency" not in image.info:
        return image, None
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return rgba.convert("RGB"), rgba.getchannel("A")
    if image.mode == "LAB":
        raise UnsupportedFormatError("Images in CIE L*a*b* colours can't be read here.")
    return image.convert("RGB"), None


def _from_16_bit(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """65535 becomes 255; Pillow's own conversion would clip at 255 instead."""
    samples = np.asarray(image).astype(np.int64)
    key = image.info.get("transparency")
    alpha = (
        None
        if not isinstance(key, int)
        else Image.fromarray(np.where(samples == key, 0, 255).astype(np.uint8))
    )
    return Image.fromarray((samples.clip(0, 65535) >> 8).astype(np.uint8)), alpha


def _from_float(image: Image.Image) -> tuple[Image.Image, None]:
    """Floats hold 0..1 by convention; a greater maximum is taken for white."""
    samples = np.nan_to_num(np.asarray(image), nan=0.0, posinf=0.0, neginf=0.0)
    white = max(1.0, float(samples.max()))
    return Image.fromarray(np.rint(samples.clip(0, white) * (255 / white)).astype(np.uint8)), None


_WIDE_MODES: dict[str, Callable[[Image.Image], tuple[Image.Image, Image.Image | None]]] = {
    "I;16": _from_16_bit,
    "I;16B": _from_16_bit,
    "I;16L": _from_16_bit,
    "I;16N": _from_16_bit,
    "I": _from_16_bit,
    "F": _from_float,
}
