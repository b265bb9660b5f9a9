"""From pixels to the bytes of a file."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

from PIL import Image

from alphacut.compose import lay_on, premultiply
from alphacut.deep import deep_bands, encode_deep_png, profile_chunk
from alphacut.metadata import fits
from alphacut.output import Effort, Output
from alphacut.rgb_spaces import SRGB, colour_in, convert, read_space

_RUN_LENGTH = 3  # zlib's Z_RLE: fast, and long runs of 0 are what a cutout has
_EXIF_MARK = b"Exif\0\0"

# Measured with a cutout of 12 megapixels in Pyodide against "fast": level 6 takes 4.2 times as long for 0.90
# of the bytes, level 4 1.8 times for 0.94. So large photos get level 4, which bounds the time.
_SMALL_LEVEL, _SMALL_LEVEL_OF_LARGE, _LARGE = 6, 4, 16_000_000
# Likewise: lossless 4.3 times as long for 0.73 of the bytes; lossy 2.4 times for 0.68. What is above (methods
# 3 to 6) takes twice that and more, for 5% at most.
_LOSSLESS: dict[Effort, dict[str, int]] = {
    "fast": {"quality": 0, "method": 0}, "small": {"quality": 25, "method": 1},
}  # fmt: skip
_LOSSY_METHOD: dict[Effort, int] = {"fast": 0, "small": 2}


def encode(
    cutout: Image.Image,
    output: Output,
    *,
    icc_profile: bytes | None = None,
    exif: bytes | None = None,
    low: Image.Image | None = None,
) -> bytes:
    """Make the file that `output` describes.

    Parameters
    ----------
    cutout : PIL.Image.Image
        RGBA, straight alpha; its `info` is emptied.
    icc_profile : bytes or None
        Of the colours, into which the background's is converted; a mask gets none.
    exif : bytes or None
        Embedded as it is where the format holds as much; see `alphacut.metadata`.
    low : PIL.Image.Image or None
        RGB of the lower bytes of 16-bit colours.
    """
    cutout.info.clear()
    if output.background is not None:
        output = replace(output, background=colour_in(output.background, icc_profile)[0])
    if output.depth == 16:
        return _encode_deep(cutout, output, icc_profile, exif, low)
    if output.is_mask:
        mask = cutout.getchannel("A")
        return mask.tobytes() if output.format == "alpha8" else encode_png(mask, effort=output.effort)
    if output.format == "rgba8":
        return _in_srgb(cutout, icc_profile).tobytes()
    if output.paper is not None:
        cutout = lay_on(cutout, output.paper)
    elif output.premultiplied:
        cutout = premultiply(cutout)
    if output.format == "png":
        return encode_png(cutout, icc_profile, exif=exif, effort=output.effort)
    options = _webp_options(output) if output.format == "webp" else _jpeg_options(output)
    fitting = exif if fits(exif, output) else None
    return _save(cutout, output.format.upper(), icc_profile, fitting, options)


def encode_png(
    image: Image.Image,
    icc_profile: bytes | None = None,
    *,
    exif: bytes | None = None,
    effort: Effort = "fast",
) -> bytes:
    """Encode 8-bit pixels as PNG; of metadata, what is given is embedded and nothing else."""
    image.info.clear()  # Pillow would carry over comments, EXIF and colour keys of the source
    fast = _save(image, "PNG", icc_profile, exif, {"compress_type": _RUN_LENGTH})
    if effort == "fast":
        return fast
    level = _SMALL_LEVEL_OF_LARGE if image.width * image.height > _LARGE else _SMALL_LEVEL
    small = _save(image, "PNG", icc_profile, exif, {"compress_level": level})
    return min(fast, small, key=len)  # grain that holds no repetition is smaller by run lengths alone


def encode_preview(image: Image.Image, side: int = 1280, *, icc_profile: bytes | None = None) -> bytes:
    """Encode an RGB image as a JPEG whose longer side is at most `side` pixels, for looking at."""
    small = (
        image.copy() if max(image.size) <= side else image.resize(_within(image.size, side), reducing_gap=2.0)
    )
    small.info.clear()
    return _save(small, "JPEG", icc_profile, None, {"quality": 88})


def encode_thumbnail(image: Image.Image, side: int, *, icc_profile: bytes | None = None) -> bytes:
    """Encode an RGBA image as a WebP whose longer side is at most `side` pixels, for looking at."""
    from PIL import WebPImagePlugin  # noqa: F401 - as below

    size = image.size if max(image.size) <= side else _within(image.size, side)
    # Premultiplied by itself, or `resize` would not take the gap for RGBA.
    small = image.convert("RGBa").resize(size, reducing_gap=2.0).convert("RGBA")
    return _save(small, "WEBP", icc_profile, None, {"quality": 80, "method": 0})


def _in_srgb(cutout: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """Convert the colours of a cutout; where they are of no space that can be read they stay."""
    space = read_space(icc_profile)
    if space is None or space is SRGB:
        return cutout
    converted = convert(cutout.convert("RGB"), space, SRGB)
    converted.putalpha(cutout.getchannel("A"))
    return converted


def _encode_deep(
    cutout: Image.Image,
    output: Output,
    icc_profile: bytes | None,
    exif: bytes | None,
    low: Image.Image | None,
) -> bytes:
    bands = deep_bands(cutout, low, output)
    if output.format == "mask-png":
        return encode_deep_png((band[..., 3:] for band in bands), cutout.width, output.effort)
    chunks = [profile_chunk(icc_profile)] if icc_profile else []
    chunks += [(b"eXIf", exif.removeprefix(_EXIF_MARK))] if exif else []
    return encode_deep_png(bands, cutout.width, output.effort, chunks)


def _save(
    image: Image.Image, kind: str, icc_profile: bytes | None, exif: bytes | None, options: dict[str, Any]
) -> bytes:
    kept = {"icc_profile": icc_profile, "exif": exif}
    buffer = io.BytesIO()
    image.save(buffer, kind, **{name: data for name, data in kept.items() if data}, **options)
    return buffer.getvalue()


def _webp_options(output: Output) -> dict[str, Any]:
    """Colours under alpha 0 may change: they hold nothing, and lossy files get 2% smaller (`exact` False).

    Not if they are premultiplied: there what is not black under alpha 0 shines.
    """
    from PIL import WebPImagePlugin  # noqa: F401 - or Pillow would import every plugin it has

    if output.lossless:
        return {"lossless": True, "exact": True, **_LOSSLESS[output.effort]}
    return {
        "quality": output.chosen_quality, "exact": output.premultiplied,
        "method": _LOSSY_METHOD[output.effort],
    }  # fmt: skip


def _jpeg_options(output: Output) -> dict[str, Any]:
    small = output.effort == "small"  # 8% fewer bytes for 2.4 times the time
    return {"quality": output.chosen_quality, "optimize": small, "progressive": small}


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
