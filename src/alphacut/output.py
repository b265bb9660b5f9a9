"""What file is to be made of a cutout."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from alphacut.errors import BadOptionsError

Format = Literal["png", "webp", "jpeg", "mask-png", "rgba8", "alpha8"]
Effort = Literal["fast", "small"]
Metadata = Literal["none", "keep"]
Colour = tuple[int, int, int]

_TYPES: dict[Format, str] = {
    "png": "image/png", "webp": "image/webp", "jpeg": "image/jpeg", "mask-png": "image/png",
    "rgba8": "image/x-rgba8", "alpha8": "image/x-alpha8",
}  # fmt: skip
_LONGEST_SIDE = {"webp": 16_383, "jpeg": 65_500}  # what the formats, or their encoders, hold
_WHITE: Colour = (255, 255, 255)
_QUALITY = 90
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, kw_only=True)
class Output:
    """The file to make.

    Attributes
    ----------
    format : Format
        "mask-png" is alpha alone, as a grey PNG. "rgba8" and "alpha8" are no files but pixels, row by row
        from the top: R, G, B and straight alpha, in sRGB where the photo's profile can be read; and alpha
        alone.
    effort : Effort
        "small" takes some four times as long as "fast".
    quality : int or None
        1 to 100, for what loses; None is 90.
    lossless : bool
        For WebP.
    background : tuple of int or None
        R, G, B, 0 to 255, of sRGB as in CSS, which the photo's own colour space shows as well as it can: the
        cutout is laid on it, and has no alpha then. None is transparent, and white in a JPEG.
    premultiplied : bool
        Colours times alpha, for programs that want that; every viewer takes a file for straight.
    depth : int
        Bits of a channel, 8 or 16, the latter for PNG only. Of photos that have 16 bits, opaque colours keep
        them; alpha and what it mixes have 8.
    metadata : Metadata
        "none": the colour profile alone is kept, for colours would change without. "keep": also what EXIF
        tells of camera, time, author and place; see `alphacut.metadata`.

    Raises
    ------
    BadOptionsError
        Where these contradict each other.
    """

    format: Format = "png"
    effort: Effort = "fast"
    quality: int | None = None
    lossless: bool = False
    background: Colour | None = None
    premultiplied: bool = False
    depth: int = 8
    metadata: Metadata = "none"

    def __post_init__(self) -> None:
        self._check_values()
        self._check_format()

    def _check_values(self) -> None:
        for name, allowed in {
            "format": get_args(Format), "effort": get_args(Effort), "metadata": get_args(Metadata),
            "lossless": (False, True), "premultiplied": (False, True), "depth": (8, 16),
        }.items():  # fmt: skip
            value = getattr(self, name)
            _require(type(value) is type(allowed[0]) and value in allowed, f"{name} can't be {value!r}")
        _require(self.quality is None or _is_int(self.quality, 1, 100), "quality is a number from 1 to 100")
        _require(self.background is None or _is_colour(self.background), "a background is three levels")

    def _check_format(self) -> None:
        losing = self.format == "jpeg" or (self.format == "webp" and not self.lossless)
        _require(self.quality is None or losing, "quality is for JPEG and for WebP that is not lossless")
        _require(self.format == "webp" or not self.lossless, "lossless is a choice for WebP only")
        _require(self.format in {"png", "mask-png"} or self.depth == 8, "16 bits are for PNG only")
        _require(
            self.has_alpha or not self.premultiplied, "premultiplied colours need a file that holds alpha"
        )
        if self.is_mask:
            _require(self.background is None, "a mask has no background")
            _require(self.metadata == "none", "a mask holds no metadata")
        if self.format == "rgba8":
            _require(self.background is None, "pixels as they are have no background")
            _require(self.metadata == "none", "pixels as they are hold no metadata")

    @property
    def has_alpha(self) -> bool:
        """Whether the file is transparent where nothing is."""
        return self.format in {"png", "webp"} and self.background is None

    @property
    def is_mask(self) -> bool:
        """Whether it is alpha alone."""
        return self.format in {"mask-png", "alpha8"}

    @property
    def type(self) -> str:
        """The file's MIME type."""
        return _TYPES[self.format]

    @property
    def paper(self) -> Colour | None:
        """What the cutout is laid on."""
        return _WHITE if self.format == "jpeg" and self.background is None else self.background

    @property
    def chosen_quality(self) -> int:
        """The quality with its default."""
        return _QUALITY if self.quality is None else self.quality

    def check_size(self, size: tuple[int, int]) -> None:
        """Raise BadOptionsError where the format holds no image of this width and height."""
        longest = _LONGEST_SIDE.get(self.format, max(size))
        if max(size) > longest:
            raise BadOptionsError(
                f"A {self.format.upper()} file is at most {longest} pixels wide and high;"
                f" this picture would be {size[0]} by {size[1]}.",
                hint="Choose PNG, or make the picture smaller.",
            )

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Output:
        """Read what a request holds (web/shared/protocol.js): the fields, the background as "#rrggbb"."""
        unknown = set(table) - {field.name for field in fields(cls)}
        _require(not unknown, f"there is no {', '.join(sorted(unknown))}")
        given = {name: value for name, value in table.items() if value is not None}
        if "background" in given:
            given["background"] = read_colour(given["background"])
        return cls(**given)


def read_colour(text: object) -> Colour:
    """Read "#rrggbb" as R, G, B, 0 to 255. Raises BadOptionsError."""
    _require(isinstance(text, str) and bool(_HEX.fullmatch(text)), "a background is written as #rrggbb")
    red, green, blue = bytes.fromhex(str(text)[1:])
    return red, green, blue


def _is_colour(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 3 and all(_is_int(level, 0, 255) for level in value)


def _is_int(value: object, least: int, greatest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= greatest


def _require(holds: bool, words: str) -> None:
    if not holds:
        raise BadOptionsError(f"The file that was asked for can't be made: {words}.")
