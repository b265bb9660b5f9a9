"""Photos that Pillow reads not at all, or not in their right colours: a browser's decoder is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from PIL import Image

from alphacut import profiles, sniff
from alphacut.errors import ImageTooLargeError, OutOfMemoryError, TruncatedImageError, UnsupportedFormatError
from alphacut.image import MAX_PIXELS, Photo, decode, is_opaque
from alphacut.isobmff import describe
from alphacut.output import Output

Space = Literal["srgb", "display-p3"]


@dataclass(frozen=True)
class Decoded:
    """Pixels from a browser: RGBA, upright, straight alpha, in one of the two spaces that canvases have."""

    rgba: Image.Image
    space: Space


@dataclass(frozen=True)
class Refused:
    """Why a browser gave no pixels; "unsupported" also where it can't tell damaged from foreign."""

    why: Literal["unsupported", "damaged", "too-large", "no-memory"]


Decoder = Callable[[str, Space], Awaitable[Decoded | Refused]]
"""Asked with the MIME type of the photo, and the space its colours are wanted in."""


async def read_photo(data: bytes, output: Output, decoder: Decoder | None = None) -> Photo:
    """Read a photo, with a browser's help where there is one and Pillow falls short.

    Formats of `errors.BROWSER_FORMATS` go to the browser first. Photos of wide gamut come as Display P3 and
    get its profile, all others as sRGB. CMYK with a profile, which Pillow here can't apply, comes as sRGB.

    Raises
    ------
    AlphacutError
        As `alphacut.image.decode`.
    """
    kind = sniff.identify(data)
    if kind is not None and kind.foreign and decoder is not None:
        return await _foreign_photo(data, kind, decoder)
    photo = decode(data, output)
    if kind is None or decoder is None or photo.managed != "by-browser":
        return photo
    answer = await decoder(kind.mime, "srgb")
    if isinstance(answer, Refused) or answer.rgba.size != photo.size:
        return replace(photo, managed="approximate")
    return replace(photo, rgb=answer.rgba.convert("RGB"), managed="exact")


async def _foreign_photo(data: bytes, kind: sniff.Kind, decoder: Decoder) -> Photo:
    boxes = describe(data)
    answer = await decoder(kind.mime, "display-p3" if boxes.is_wide else "srgb")
    if isinstance(answer, Refused):
        raise _error(kind, answer)
    rgba = answer.rgba
    alpha = rgba.getchannel("A")
    return Photo(
        rgba.convert("RGB"),
        None if is_opaque(alpha) else alpha,
        kind.name,
        boxes.frames,
        profiles.display_p3() if answer.space == "display-p3" else None,
    )


def _error(kind: sniff.Kind, refused: Refused) -> Exception:
    match refused.why:
        case "damaged":
            return TruncatedImageError(f"The {kind.name} file is damaged or incomplete.")
        case "too-large":
            return ImageTooLargeError(f"At most {MAX_PIXELS // 1_000_000} megapixels can be handled.")
        case "no-memory":
            return OutOfMemoryError("The photo is too large for the memory that is left.")
    return UnsupportedFormatError(f"This browser can't read this {kind.name} file.")
