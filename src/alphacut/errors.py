"""The errors of alphacut: each has a stable code, a message for people and a hint what to do."""

from __future__ import annotations

from typing import ClassVar

READABLE_FORMATS = ("JPEG", "PNG", "WebP", "GIF", "BMP", "TIFF", "ICO", "PPM", "TGA")
"""Names of the image formats that can be read, as people write them."""

BROWSER_FORMATS = ("AVIF", "HEIC", "JPEG XL", "JPEG 2000")
"""Those that are left to the browser's own decoders; which of them it has is the browser's matter."""

_FORMAT_HINT = (
    f"Supported formats: {', '.join(READABLE_FORMATS)}; and {', '.join(BROWSER_FORMATS)} in browsers that"
    " read them (Safari reads HEIC)."
)


class AlphacutError(Exception):
    """Base of everything alphacut raises on purpose.

    Attributes
    ----------
    code : str
        Stable identifier; also listed in web/shared/protocol.js.
    message : str
        What happened, for people.
    hint : str
        What to do about it, for people; may be empty.
    """

    code: ClassVar[str] = "internal"
    hint: str = ""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if hint is not None:
            self.hint = hint


class Cancelled(AlphacutError):  # noqa: N818 - not a failure; named like asyncio.CancelledError
    """The user cancelled the job."""

    code = "cancelled"


class ImageError(AlphacutError):
    """The photo can't be used."""

    code = "not-an-image"


class EmptyFileError(ImageError):
    """The file has no bytes."""

    code = "empty-file"
    hint = "The file may not have been copied completely; choose it again from its source."


class NotAnImageError(ImageError):
    """The bytes are of no image format known to anyone here."""

    code = "not-an-image"
    hint = _FORMAT_HINT


class UnsupportedFormatError(ImageError):
    """An image, but of a format that can't be read here."""

    code = "unsupported-format"
    hint = f"{_FORMAT_HINT} Export the photo as JPEG and try again."


class TruncatedImageError(ImageError):
    """The image data ends early or is damaged."""

    code = "truncated-image"
    hint = "The file may not have been copied completely; choose it again from its source."


class ImageTooLargeError(ImageError):
    """More pixels than alphacut handles."""

    code = "image-too-large"
    hint = "Scale the photo down and try again."


class ZeroSizeImageError(ImageError):
    """The header says that width or height is zero."""

    code = "zero-size-image"
    hint = "The file is damaged; export it again."


class BadRegionError(AlphacutError):
    """The region that should hold the subject holds no pixel of the photo."""

    code = "bad-region"
    hint = "Draw it again, on the photo."


class OutOfMemoryError(AlphacutError):
    """Memory ran out."""

    code = "out-of-memory"
    hint = "Close other tabs or scale the photo down, then try again."


class BadOptionsError(AlphacutError):
    """What was asked for contradicts itself, or can't be done with this photo."""

    code = "bad-options"


class BadModelError(AlphacutError):
    """The model's description or file can't be used."""

    code = "bad-model"


class UnknownModelError(AlphacutError):
    """There is no model of that name."""

    code = "unknown-model"


class RuntimeMissingError(AlphacutError):
    """What runs networks is not installed, or could not be loaded."""

    code = "runtime-failed"


class SessionError(AlphacutError):
    """The network's session can't be made or failed while running."""

    code = "inference-failed"
