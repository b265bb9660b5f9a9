"""What becomes of one file, and whether that can be right."""

from __future__ import annotations

import asyncio
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alphacut import colours, sniff
from alphacut import image as image_module
from alphacut.encode import encode
from alphacut.errors import AlphacutError
from alphacut.foreign import Decoded, Decoder, Refused, Space, read_photo
from alphacut.image import Photo
from alphacut.models import ModelSpec
from alphacut.output import Output
from alphacut.pipeline import remove_background
from bench.fuzzing.sizes import gif_size, jpeg_size, png_size

FEW_PIXELS = 2_000_000
"""The limit of most inputs, so that there can be many: damaged headers tell of huge pictures."""
_REAL_LIMIT_EVERY = 100
_PRIVATE = {"exif", "xmp", "comment", "photoshop", "XML:com.adobe.xmp", "parsed_exif", "mp"}
_PNG_CHUNKS = {b"IHDR", b"iCCP", b"IDAT", b"IEND"}
_PLAIN, _DEEP = Output(), Output(depth=16, metadata="keep")
_SPEC = ModelSpec(id="fuzz", width=8, height=6, mean=(0.5, 0.5, 0.5), std=(1.0, 1.0, 1.0))


class WrongResultError(Exception):
    """What came out can't be right."""


def judge(data: bytes, number: int) -> str:
    """Read a file as the product does, and look at what comes out.

    Parameters
    ----------
    number : int
        Chooses what is done beside reading: not everything each time.

    Returns
    -------
    str
        "decoded", or the code of the error.

    Raises
    ------
    WrongResultError
        As it says.
    Exception
        Whatever else alphacut raises, which it must not.
    """
    output = _DEEP if number % 4 == 1 else _PLAIN
    with _surroundings(number), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", RuntimeWarning)  # NumPy's: of numbers that are none any more
        try:
            photo = _read(data, output, number)
        except AlphacutError as error:
            _require(bool(error.message), "an error without words")
            return error.code
        _check_photo(photo, output)
        _check_size(photo, data)
        _check_same(photo, _read(data, output, number))
        if number % 8 == 3:
            _check_file(photo, _FILES[number // 8 % len(_FILES)])
        if number % 32 == 7:
            _check_job(photo, data, number)
    return "decoded"


_FILES = (
    Output(), Output(format="webp"), Output(format="jpeg"), Output(background=(20, 200, 90)),
    Output(format="rgba8"), Output(depth=16),
)  # fmt: skip


@contextmanager
def _surroundings(number: int) -> Iterator[None]:
    """Lower the limit of pixels, as a rule; and be without LittleCMS, as in the browser, every other time."""
    limit = image_module.MAX_PIXELS if number % _REAL_LIMIT_EVERY == 0 else FEW_PIXELS
    with mock.patch.object(image_module, "MAX_PIXELS", limit):
        if number % 2:
            yield
            return
        with mock.patch.object(colours, "_with_littlecms", lambda *_: None):
            yield


def _read(data: bytes, output: Output, number: int) -> Photo:
    return asyncio.run(read_photo(data, output, _browser(number) if number % 2 else None))


def _browser(number: int) -> Decoder:
    """Stand in for a browser's decoder: it gives a small picture, or refuses."""

    async def decode(_mime: str, space: Space) -> Decoded | Refused:
        if number % 16 == 1:
            return Refused("damaged")
        return Decoded(Image.new("RGBA", (9, 7), (200, 100, 50, number % 256)), space)

    return decode


def _check_photo(photo: Photo, output: Output) -> None:
    _require(photo.rgb.mode == "RGB", f"mode {photo.rgb.mode}")
    _require(min(photo.size) > 0, "no pixels")
    _require(photo.size[0] * photo.size[1] <= image_module.MAX_PIXELS, "more pixels than are allowed")
    for name, plane, mode in (("alpha", photo.alpha, "L"), ("low", photo.low, "RGB")):
        _require(plane is None or (plane.mode, plane.size) == (mode, photo.size), f"{name} does not fit")
    _require(photo.frames >= 1, f"{photo.frames} frames")
    _require(photo.icc_profile is None or isinstance(photo.icc_profile, bytes), "a profile that is none")
    _require(output.metadata == "keep" or photo.exif is None, "metadata that was not asked for")
    _require(np.isfinite([photo.noise.luma, photo.noise.chroma]).all(), "noise that is no number")


def _check_size(photo: Photo, data: bytes) -> None:
    """Hold the size against the header's; an icon's header may lie about the pictures that it holds.

    Where alphacut changes a file before Pillow has it, the header is read without either.
    """
    kind = sniff.identify(data)
    if photo.format in {"ICO", "AVIF"} or (kind is not None and kind.foreign):
        return
    read = _OWN_SIZES.get(photo.format)
    size = read(data) if read else _pillows_size(data, photo.format)
    _require(sorted(size) == sorted(photo.size), f"{photo.size} of a header that says {size}")


_OWN_SIZES = {"PNG": png_size, "JPEG": jpeg_size, "MPO": jpeg_size, "GIF": gif_size}


def _pillows_size(data: bytes, image_format: str) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(data), formats=(image_format,)) as image:
            return image.size
    except (OSError, ValueError, SyntaxError) as error:
        raise WrongResultError("a photo of a file that Pillow can't open") from error


def _check_same(one: Photo, other: Photo) -> None:
    """Hold two readings of a file against each other: memory that nobody wrote to is seldom the same."""
    for name in ("rgb", "alpha", "low"):
        first, second = getattr(one, name), getattr(other, name)
        _require((first is None) is (second is None), f"{name} once there, once not")
        if first is not None:
            _require(first.tobytes() == second.tobytes(), f"{name} is another one the second time")
    for name in ("icc_profile", "frames", "managed", "exif", "format"):
        _require(getattr(one, name) == getattr(other, name), f"{name} is another one the second time")


def _check_file(photo: Photo, output: Output) -> None:
    """Make a file: it can be read, and holds nothing of what the photo told beside its colours."""
    try:
        output.check_size(photo.size)
    except AlphacutError:
        return  # the format holds no picture that long, which the pipeline says
    rgba = photo.rgb.copy()
    rgba.putalpha(photo.alpha or Image.new("L", photo.size, 255))
    data = encode(rgba, output, icc_profile=photo.icc_profile, low=photo.low)
    if output.format == "rgba8":
        _require(len(data) == 4 * photo.size[0] * photo.size[1], f"{len(data)} bytes of pixels")
        return
    _check_private(data)
    with Image.open(io.BytesIO(data)) as image:
        _require(image.size == photo.size, f"a file of {image.size}")
        if output.has_alpha and output.format == "png":
            made = np.asarray(image.convert("RGBA"))
            _require(np.array_equal(made[..., :3], np.asarray(photo.rgb)), "a PNG of other colours")


def _check_private(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        told = _PRIVATE & set(image.info)
        _require(not told and not image.getexif(), f"a file that tells {told or 'EXIF'}")
    if data.startswith(b"\x89PNG"):
        _require(_chunks(data) <= _PNG_CHUNKS, f"a PNG of {_chunks(data)}")


def _chunks(png: bytes) -> set[bytes]:
    found, at = set(), 8
    while at < len(png):
        found.add(png[at + 4 : at + 8])
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return found


class _Brightness:
    """A network that calls bright what is bright."""

    async def run(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.asarray(pixels[0].mean(axis=-1), np.uint8)


def _check_job(photo: Photo, data: bytes, number: int) -> None:
    """Cut the photo out: a file of its size, which its alpha, if it had one, bounds."""
    job = remove_background(data, _Brightness(), _SPEC, decoder=_browser(number))
    cutout = asyncio.run(job)
    _check_private(cutout.data)
    _require((cutout.width, cutout.height) == photo.size, f"a cutout of {cutout.width} by {cutout.height}")
    with Image.open(io.BytesIO(cutout.data)) as image:
        _require((image.mode, image.size) == ("RGBA", photo.size), f"a cutout of {image.mode} {image.size}")
        pixels = np.asarray(image)
    _require(not pixels[pixels[..., 3] == 0].any(), "colours under alpha 0")
    if photo.alpha is not None:
        _require(bool((pixels[..., 3] <= np.asarray(photo.alpha)).all()), "more alpha than the photo had")


def _require(holds: bool | np.bool_, words: str) -> None:
    if not holds:
        raise WrongResultError(words)
