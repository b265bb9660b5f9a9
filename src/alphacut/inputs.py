"""From what a program holds in memory, a picture of Pillow's or an array, to a `Photo`."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFile

from alphacut.anonymous import without_device
from alphacut.colours import split
from alphacut.deep import raw_modes
from alphacut.errors import BadOptionsError, OutOfMemoryError, TruncatedImageError, ZeroSizeImageError
from alphacut.image import Photo, check_pixels, is_opaque
from alphacut.keys import level_of_key
from alphacut.noise import noise_of
from alphacut.patched import patched
from alphacut.plugins import DAMAGE
from alphacut.upright import turned_upright

_UNMULTIPLIED = {"La": "LA", "RGBa": "RGBA"}


def photo_of(image: object) -> Photo:
    """Take a picture for a photo.

    What was given is not changed, and shares no memory with the result; a file that Pillow has only opened
    is read.

    Parameters
    ----------
    image : PIL.Image.Image or ndarray
        Pictures of any mode are converted as `alphacut.image.decode` converts files: EXIF orientation is
        applied, alpha and the colour profile are kept. Of a file that Pillow has opened, the frame that it
        stands at is taken, and a PNG's cICP chunk, of which Pillow does not tell, has no say. Arrays are
        uint8, of shape (h, w): grey, (h, w, 3): RGB, or (h, w, 4): RGBA with straight alpha; sRGB.

    Raises
    ------
    BadOptionsError
        Neither of these.
    ZeroSizeImageError, ImageTooLargeError, UnsupportedFormatError, TruncatedImageError, OutOfMemoryError
        As for files; the last but one also where Pillow's file was closed before its pixels were read.
    """
    picture = image if isinstance(image, Image.Image) else _from_array(image)
    if 0 in picture.size:
        raise ZeroSizeImageError("The image has no pixels: its width or height is zero.")
    check_pixels(picture.size)
    try:
        with patched():
            return _photo(picture)
    except MemoryError as error:
        raise OutOfMemoryError("The photo is too large for the memory that is left.") from error
    except DAMAGE as error:
        raise TruncatedImageError(f"The pixels of the image can't be read: {error}") from error


def _photo(image: Image.Image) -> Photo:
    noise, key = noise_of(image), _settled_key(image)  # before the pixels are read
    _load(image)
    stored = image if key is None else _with_key(image, key)
    turn = turned_upright(image)
    if stored.mode in _UNMULTIPLIED:
        stored = stored.convert(_UNMULTIPLIED[stored.mode])
    colours = split(stored)
    rgb, alpha = turn(colours.rgb), colours.alpha
    profile = colours.icc_profile and without_device(colours.icc_profile)
    return Photo(
        rgb.copy() if rgb is image else rgb, None if alpha is None or is_opaque(alpha) else turn(alpha),
        image.format or "", 1, profile, colours.managed, noise=noise,
    )  # fmt: skip


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except (AssertionError, AttributeError) as error:  # Pillow's ways to say that the file was closed
        raise TruncatedImageError("The image's file was closed before its pixels were read.") from error


def _settled_key(image: Image.Image) -> object:
    """Return the colour key on the scale of an image's levels, None where it is or there is none.

    See `alphacut.keys`. Of a key of 16-bit colours the upper bytes are compared: the lower ones of the
    pixels will be gone.
    """
    key = image.info.get("transparency")
    modes = raw_modes(image) if isinstance(image, ImageFile.ImageFile) else set()
    if isinstance(key, tuple) and (modes == {"RGB;16B"} or max(key) > 255):
        return tuple(part >> 8 for part in key)
    return level_of_key(key, modes)


def _with_key(image: Image.Image, key: object) -> Image.Image:
    copy = image.copy()
    copy.info["transparency"] = key
    return copy


def _from_array(array: object) -> Image.Image:
    if not isinstance(array, np.ndarray):
        raise BadOptionsError(
            "A photo is the bytes of a file, a PIL.Image.Image or a NumPy array,"
            f" not {type(array).__name__}.",
            hint="Read files first: pathlib.Path(name).read_bytes(); JavaScript's arrays: array.to_bytes().",
        )
    is_picture = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in {3, 4})
    if array.dtype != np.uint8 or not is_picture:
        raise BadOptionsError(
            "A photo as array is uint8 of shape (h, w), (h, w, 3) or (h, w, 4),"
            f" not {array.dtype} of shape {array.shape}.",
            hint="Scale levels to 0..255, convert with .astype(numpy.uint8), and put channels last.",
        )
    return Image.fromarray(np.ascontiguousarray(array)) if array.size else Image.new("L", (0, 0))
