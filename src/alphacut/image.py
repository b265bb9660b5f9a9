"""From a file's bytes to pixels: `decode` gives a `Photo`, upright, 8 bits, RGB with alpha apart."""

from __future__ import annotations

import math
import warnings
import zlib
from dataclasses import dataclass, replace

from PIL import Image, ImageFile, UnidentifiedImageError

from alphacut import mended, profiles, sniff
from alphacut.anonymous import without_device
from alphacut.cicp import settle_space
from alphacut.colours import Managed, split
from alphacut.deep import read_low_bytes
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
from alphacut.headers import largest_size
from alphacut.isobmff import describe
from alphacut.keys import DeepKey, keyed, settle_key
from alphacut.lighter import Lighter, lighter
from alphacut.metadata import kept_exif
from alphacut.noise import NONE, Noise, noise_of
from alphacut.output import Output
from alphacut.patched import patched
from alphacut.plugins import DAMAGE, check_compression, lacks_kind, load_plugin
from alphacut.scans import check_scans
from alphacut.upright import Turn, turned_upright

MAX_PIXELS = 128_000_000
"""Greatest width times height; RGBA and alpha of such a photo take 640 MB of a 4 GB heap."""

_PLAIN = Output()


@dataclass(frozen=True)
class Photo:
    """A decoded photo.

    Attributes
    ----------
    rgb : PIL.Image.Image
        Mode RGB, upright.
    alpha : PIL.Image.Image or None
        Mode L, same size; None for a photo that is opaque, whether its file holds alpha or not.
    format : str
        As Pillow names it, e.g. "JPEG".
    frames : int
        How many the file holds; the first one is used.
    icc_profile : bytes or None
        The profile that `rgb` is in; None for sRGB.
    managed : Managed
        How well the colours are known.
    low : PIL.Image.Image or None
        RGB, the lower bytes of colours of 16 bits, where they were asked for.
    exif : bytes or None
        What is kept of the metadata, where that was asked for.
    noise : Noise
        How coarsely the file holds its pixels.
    lost_exif : bool
        Whether there was metadata that can't be read; of it the orientation alone is known, if anything.
    """

    rgb: Image.Image
    alpha: Image.Image | None
    format: str
    frames: int = 1
    icc_profile: bytes | None = None
    managed: Managed = "exact"
    low: Image.Image | None = None
    exif: bytes | None = None
    noise: Noise = NONE
    lost_exif: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.rgb.size

    def part(self, box: tuple[int, int, int, int]) -> Photo:
        """Cut a part out, to be looked at: left, top, right, bottom in pixels."""
        alpha = None if self.alpha is None else self.alpha.crop(box)
        return Photo(self.rgb.crop(box), alpha, self.format, noise=self.noise)


def decode(data: bytes, output: Output = _PLAIN) -> Photo:
    """Read a photo from the bytes of a file, with what `output` needs of it.

    EXIF orientation is applied; palettes, grey, CMYK, L*a*b*, 16-bit and float samples become 8-bit RGB;
    alpha and colour keys become `Photo.alpha`. Of an animation the first frame is taken.

    Raises
    ------
    EmptyFileError, NotAnImageError, UnsupportedFormatError, TruncatedImageError,
    ImageTooLargeError, ZeroSizeImageError, OutOfMemoryError
    """
    if not data:
        raise EmptyFileError("The file is empty.")
    with patched():
        try:
            return _decode(Lighter(data), output)
        except TruncatedImageError as error:
            rest = lighter(data) if _is_beside_pixels(error.__cause__) else None
            if rest is None:
                raise
        return _decode(rest, output)


def _is_beside_pixels(cause: BaseException | None) -> bool:
    """Whether a file may be damaged in what is beside its pixels; of their own damage Pillow tells so."""
    in_pixels = isinstance(cause, OSError | SyntaxError | zlib.error)
    return isinstance(cause, UnidentifiedImageError) or not in_pixels


def _decode(file: Lighter, output: Output) -> Photo:
    """Read a photo, with what its file no longer tells."""
    try:
        image = _open(file.data)
        image.info.update(file.info)
        photo = _loaded(file.data, image, output)
        return replace(photo, lost_exif=True) if file.lost_exif else photo
    except MemoryError as error:
        raise OutOfMemoryError("The photo is too large for the memory that is left.") from error


def _loaded(data: bytes, image: ImageFile.ImageFile, output: Output) -> Photo:
    try:
        return _read(data, image, output)
    except UnsupportedFormatError:
        raise
    except DAMAGE as error:
        raise _load_error(image.format, error) from error


def _read(data: bytes, image: ImageFile.ImageFile, output: Output) -> Photo:
    check_scans(data)
    check_compression(image)
    key, noise = settle_key(image), noise_of(image)
    image.load()
    turn = turned_upright(image)
    is_known = settle_space(data, image)
    colours = split(image)
    alpha = colours.alpha if key is None else _keyed(data, colours.rgb, key)
    profile = colours.icc_profile and without_device(colours.icc_profile)
    if profile is None and image.format == "AVIF" and describe(data).is_wide:
        profile = profiles.display_p3()  # the file names the space by a number, which Pillow passes over
    return Photo(
        turn(colours.rgb), None if alpha is None or is_opaque(alpha) else turn(alpha), image.format or "",
        _frames(data, image), profile, colours.managed if is_known else "unknown",
        low=_low_bytes(data, image, turn) if output.depth == 16 else None,
        exif=_exif(image) if output.metadata == "keep" else None,
        noise=noise,
    )  # fmt: skip


def is_opaque(alpha: Image.Image) -> bool:
    """Whether alpha (mode L) is 255 everywhere: many programs write it so."""
    return alpha.getextrema() == (255, 255)


def _keyed(data: bytes, high: Image.Image, key: DeepKey) -> Image.Image | None:
    low = read_low_bytes(_open(data))
    return None if low is None else keyed(high, low, key)


def _low_bytes(data: bytes, image: Image.Image, turn: Turn) -> Image.Image | None:
    """Decode once more, where the colours that were decoded are the upper bytes as they are."""
    if image.mode in {"CMYK", "LAB"} or profiles.space_of(image.info.get("icc_profile")) == "GRAY":
        return None
    low = read_low_bytes(_open(data))
    return None if low is None else turn(low)


def _exif(image: Image.Image) -> bytes | None:
    try:
        return kept_exif(image)
    except DAMAGE:
        return None  # what is damaged can't be kept


def _open(data: bytes) -> ImageFile.ImageFile:
    """Identify the format and read the header; no pixel is decoded yet."""
    kind = sniff.identify(data)
    if kind is not None and not kind.readable:
        raise UnsupportedFormatError(f"{kind.name} files can't be read here.")
    if kind is not None and sniff.has_zero_size(kind, data):
        raise ZeroSizeImageError("The image has no pixels: its width or height is zero.")
    formats = kind.plugins if kind else ("TGA",)  # the one readable format without a signature
    if not load_plugin(formats[0]):
        raise UnsupportedFormatError(f"{formats[0]} files can't be read here.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # MAX_PIXELS decides
            check_pixels(largest_size(data))
            image = mended.opened(data, formats)
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(_too_large("more than 179")) from error
    except (UnidentifiedImageError, *DAMAGE) as error:
        if kind and lacks_kind(formats[0], data):
            raise UnsupportedFormatError(f"This kind of {kind.name} file can't be read here.") from error
        if kind:
            raise TruncatedImageError(f"The {kind.name} file is damaged or incomplete.") from error
        raise NotAnImageError("The file is not an image.") from error
    check_pixels(image.size)
    return image


def check_pixels(size: tuple[int, int]) -> None:
    """Raise ImageTooLargeError where an image of this width and height can't be handled."""
    if size[0] * size[1] > MAX_PIXELS:
        tenths = math.ceil(size[0] * size[1] / 100_000)  # never rounded to the limit
        raise ImageTooLargeError(_too_large(f"{tenths / 10:g}"))


def _too_large(megapixels: str) -> str:
    return f"The image has {megapixels} megapixels; at most {MAX_PIXELS // 1_000_000} can be handled."


def _load_error(image_format: str | None, error: Exception) -> Exception:
    if image_format == "TGA":  # has no signature, so it was only a guess
        return NotAnImageError("The file is not an image.")
    if "not available" in str(error) or isinstance(error, KeyError):
        return UnsupportedFormatError(f"This kind of {image_format} file can't be read here: {error}.")
    return TruncatedImageError(f"The {image_format} file is damaged or incomplete.")


def _frames(data: bytes, image: Image.Image) -> int:
    """Count the frames as far as they are whole; an MPO's others belong to the same photo."""
    if image.format == "TIFF":
        return mended.count_directories(data)
    if image.format != "GIF":
        return 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))
    try:
        return int(getattr(_open(data), "n_frames", 1))  # counting moves on to the last one: not in `image`
    except (*DAMAGE, AlphacutError):
        return 1
