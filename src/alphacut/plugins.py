"""Pillow's plugins: one loaded at a time, and what they raise."""

from __future__ import annotations

import io
import struct
import zlib

import PIL
from PIL import Image, ImageFile

from alphacut.errors import UnsupportedFormatError
from alphacut.patched import patch_directories

DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    EOFError,
    AssertionError,  # of a picture of palette indices without a palette
    AttributeError,  # of EXIF whose values are of other types than their tags have
    RuntimeError,  # of AVIF
    ArithmeticError,  # of AVIF; in WebAssembly overflow, of offsets from 2 GB on
    struct.error,
    zlib.error,
)
"""What Pillow's decoders raise on damaged data, beside OSError for plain truncation."""

_BYTES = {
    3: 2,
    4: 4,
    5: 8,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
}  # of TIFF's types of values, those of more than one

WRITES_ALL = int(PIL.__version__.partition(".")[0]) >= 13
"""Whether Pillow writes to all memory that it gives out as a TIFF's pixels. Before 13.0 it does not where
what libtiff decodes is less than a strip, and libtiff does not say so: that may be of another photo."""
_COMPLETE = {"tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits", "zstd", "lzma"}
"""Compressions whose decoders say if anything is missing; those of faxes and JPEG don't."""


def check_compression(image: ImageFile.ImageFile) -> None:
    """Raise UnsupportedFormatError for a TIFF that this Pillow may read wrongly without noticing."""
    uses_libtiff = any(tile.codec_name == "libtiff" for tile in image.tile)
    if uses_libtiff and not WRITES_ALL and image.info.get("compression") not in _COMPLETE:
        raise UnsupportedFormatError("TIFF files that are compressed as a fax or JPEG can't be read here.")


def lacks_kind(image_format: str, data: bytes) -> bool:
    """Whether Pillow can't read such samples of a TIFF, rather than that the file is damaged.

    `Image.open` tries plugins, and keeps to itself why one gave up.
    """
    if image_format != "TIFF" or not _has_whole_directory(data):
        return False
    try:
        Image.OPEN[image_format][0](io.BytesIO(data), "")
    except SyntaxError as error:
        return str(error) in {"unknown pixel mode", "unknown data organization"}
    except DAMAGE:
        pass
    return False


def _has_whole_directory(tiff: bytes) -> bool:
    """Whether the first directory, which says what the samples are, and all it points to is there."""
    order = "<" if tiff.startswith(b"II") else ">"
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        entries = [struct.unpack_from(f"{order}HHII", tiff, at + 2 + 12 * number) for number in range(count)]
    except struct.error:
        return False
    sizes = ((values * _BYTES.get(kind, 1), offset) for _, kind, values, offset in entries)
    return all(size <= 4 or offset + size <= len(tiff) for size, offset in sizes)


def load_plugin(image_format: str) -> bool:
    """Import the plugin of a format that Pillow does not look for first: it would import all it has.

    Returns whether Pillow was built with what the plugin needs.
    """
    match image_format:
        case "WEBP":
            from PIL import WebPImagePlugin  # noqa: F401
        case "TIFF":
            from PIL import TiffImagePlugin  # noqa: F401

            patch_directories()
        case "ICO":
            from PIL import IcoImagePlugin  # noqa: F401
        case "TGA":
            from PIL import TgaImagePlugin  # noqa: F401
        case "AVIF":
            from PIL import AvifImagePlugin

            return bool(AvifImagePlugin.SUPPORTED)
    return True
