"""16 bits a colour: what `image.decode` leaves out, read by a second decoding, and a PNG that holds it.

Pillow keeps 8 bits of each colour and writes 8 bits of RGBA. Its unpackers take one byte of two, which one is
said by the raw mode: "RGB;16B" takes the first, "RGB;16L" the second.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from alphacut.output import Effort, Output

Words = NDArray[np.uint16]

_NATIVE = "16L" if sys.byteorder == "little" else "16B"
_OTHER_BYTE = {"16B": "16L", "16L": "16B", "16N": "16B" if _NATIVE == "16L" else "16L"}
_GREY = {"I;16", "I;16B", "I;16L", "I;16N"}
_BITS_PER_SAMPLE, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339  # TIFF 6.0
_WHITE_IS_ZERO, _UNSIGNED = 0, (1,)
_BAND = 64  # rows that are encoded at once
_SUB, _UP = 1, 2  # PNG's filters
_COLOUR_TYPE = {1: 0, 3: 2, 4: 6}
# Level, strategy: run lengths alone are fast, as in encode.encode_png.
_COMPRESSION = {"fast": (1, zlib.Z_RLE), "small": (6, zlib.Z_FILTERED)}


def read_low_bytes(image: ImageFile.ImageFile) -> Image.Image | None:
    """Read the lower byte of each colour.

    Parameters
    ----------
    image : PIL.ImageFile.ImageFile
        Opened, but not loaded: its header alone has been read. It is loaded in another way than Pillow
        means it, so it is of no other use afterwards.

    Returns
    -------
    PIL.Image.Image or None
        RGB, as it is stored; None where the file holds 8 bits or fewer.

    Raises
    ------
    OSError, ...
        What Pillow raises on damage.
    """
    if image.mode in _GREY:
        low = Image.fromarray((grey_samples(image) & 255).astype(np.uint8))
        return Image.merge("RGB", (low, low, low))
    modes = raw_modes(image)
    if modes == {"LA;16B"}:  # it has no sibling; as RGBA, its four bytes become one band each
        image.tile = [tile._replace(args="RGBA") for tile in image.tile]
        low = image.getchannel("G")
        return Image.merge("RGB", (low, low, low))
    if not modes or not all(mode[:4] in {"RGB;", "RGBA"} and mode[-3:] in _OTHER_BYTE for mode in modes):
        return None
    image.tile = [_other_byte(tile) for tile in image.tile]
    return image.convert("RGB")


def raw_modes(image: ImageFile.ImageFile) -> set[str]:
    """Say how the samples of an image are stored that is opened but not loaded, as Pillow names it."""
    return {_raw_mode(tile) for tile in image.tile}


def grey_samples(image: Image.Image) -> NDArray[np.int64]:
    """Return samples of 16-bit grey or of 32-bit integers, shape (h, w), black 0.

    Of TIFF, Pillow leaves 12 bits on their scale, and 16 bits as they are even where 0 is white; unsigned
    32 bits it takes for signed ones.
    """
    samples, tags = np.asarray(image).astype(np.int64), getattr(image, "tag_v2", {})
    if tags.get(_BITS_PER_SAMPLE) == (12,):
        samples = samples << 4 | samples >> 8
    if tags.get(_BITS_PER_SAMPLE) == (32,) and tags.get(_SAMPLE_FORMAT, _UNSIGNED) == _UNSIGNED:
        samples[samples < 0] += 1 << 32
    return 65535 - samples if image.mode in _GREY and white_is_zero(image) else samples


def white_is_zero(image: Image.Image) -> bool:
    """Whether a TIFF's samples are the darker the greater they are."""
    return getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO


def _raw_mode(tile: ImageFile._Tile) -> str:
    args = tile.args
    return str(args[0] if isinstance(args, tuple) and args else args)


def _other_byte(tile: ImageFile._Tile) -> ImageFile._Tile:
    mode = _raw_mode(tile)
    other = mode[:-3] + _OTHER_BYTE[mode[-3:]]
    return tile._replace(args=(other, *tile.args[1:]) if isinstance(tile.args, tuple) else other)


def encode_deep_png(
    bands: Iterable[Words], width: int, effort: Effort, chunks: Iterable[tuple[bytes, bytes]] = ()
) -> bytes:
    """Encode 16-bit grey, RGB or RGBA as PNG (https://www.w3.org/TR/png-3/).

    Parameters
    ----------
    bands : iterable of (rows, width, channels) uint16
        From top to bottom.
    width : int
        Of the image in pixels.
    effort : Effort
        "fast" compresses by run lengths alone.
    chunks : iterable of (name, data)
        Written before the pixels.
    """
    level, strategy = _COMPRESSION[effort]
    deflate = zlib.compressobj(level, strategy=strategy)
    pixels, height, channels, above = [], 0, 3, np.zeros(0, np.uint8)
    for band in bands:
        height, channels = height + band.shape[0], band.shape[2]
        rows = band.astype(">u2").view(np.uint8).reshape(band.shape[0], -1)
        pixels.append(deflate.compress(_filtered(rows, above, 2 * channels).tobytes()))
        above = rows[-1]
    pixels.append(deflate.flush())
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPE[channels], 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, *((b"IDAT", part) for part in pixels if part), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def profile_chunk(icc_profile: bytes) -> tuple[bytes, bytes]:
    """Make the chunk that embeds a profile."""
    return b"iCCP", b"ICC Profile\0\0" + zlib.compress(icc_profile)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _filtered(rows: NDArray[np.uint8], above: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Put before each row the filter that leaves the smaller sum of differences, and apply it."""
    left, over = rows.copy(), rows.copy()
    left[:, step:] -= rows[:, :-step]
    over[1:] -= rows[:-1]
    if above.size:
        over[0] -= above
    sums = [np.abs(way.view(np.int8).astype(np.int16)).sum(axis=1) for way in (left, over)]
    goes_up = sums[1] < sums[0]
    filters = np.where(goes_up, _UP, _SUB).astype(np.uint8)[:, None]
    return np.hstack([filters, np.where(goes_up[:, None], over, left)])


def deep_bands(cutout: Image.Image, low: Image.Image | None, output: Output) -> Iterator[Words]:
    """Give a cutout's rows as `output` wants them: the 16 bits of each colour where alpha is 255.

    Elsewhere colours have the 8 bits that the cutout has (they were estimated, or are mixed by alpha, which
    has 8 bits too), scaled by 257.

    Parameters
    ----------
    cutout : PIL.Image.Image
        RGBA, straight alpha.
    low : PIL.Image.Image or None
        RGB of the lower bytes; None for a photo of 8 bits.

    Yields
    ------
    (rows, width, 3 or 4) uint16
    """
    for top in range(0, cutout.height, _BAND):
        box = (0, top, cutout.width, min(top + _BAND, cutout.height))
        pixels = np.asarray(cutout.crop(box)).astype(np.uint32)
        words, alpha = pixels * 257, pixels[..., 3:]
        if low is not None:
            exact = (pixels[..., :3] << 8) | np.asarray(low.crop(box))
            words[..., :3] = np.where(alpha == 255, exact, words[..., :3])
        yield _finished(words, alpha, output).astype(np.uint16)


def _finished(words: NDArray[np.uint32], alpha: NDArray[np.uint32], output: Output) -> NDArray[np.uint32]:
    """Premultiply, or lay on the background, both rounded."""
    if output.background is not None:
        background = np.array(output.background, np.uint32) * 257
        return np.asarray((words[..., :3] * alpha + background * (255 - alpha) + 127) // 255)
    if output.premultiplied:
        words[..., :3] = (words[..., :3] * alpha + 127) // 255
    return words
