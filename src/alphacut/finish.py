"""What a cutout is finished with: background, frame, shadow, softer or moved edges. Plain data, checked.

web/shared/protocol.js types the same; the arithmetic that page and Python share is twice there, in
web/shared/finish.js and in `framing`, `feather`, `shadow` and `backgrounds`, and a test holds both together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from alphacut.checks import Checks, is_number, mapping
from alphacut.image import MAX_PIXELS
from alphacut.output import Colour, read_colour

Fit = Literal["cover", "contain"]

LONGEST_SIDE = 32_000
"""Of a canvas in pixels. A frame's picture may be as long as the longest photo: where nothing is cropped, its
frame is the photo's. `alphacut.image.MAX_PIXELS` bounds the area of both."""

_SIZES = {"width": (1, LONGEST_SIDE), "height": (1, LONGEST_SIDE)}
_FRAME_SIZES = {"width": (1, MAX_PIXELS), "height": (1, MAX_PIXELS)}
_WIDEST = 100.0  # width to height, or the other way round
_check = Checks("The cutout can't be finished that way")


@dataclass(frozen=True, kw_only=True)
class ColourBackground:
    """One colour: R, G, B, 0 to 255, of sRGB as in CSS; the file has it in the photo's own colour space."""

    colour: Colour


@dataclass(frozen=True, kw_only=True)
class PictureBackground:
    """A picture of the user's; see `alphacut.backgrounds.place`.

    Attributes
    ----------
    fit : Fit
        "cover" fills the frame and loses what is beyond it; "contain" shows all and leaves bars.
    x, y : float
        0 to 1, which part shows where there is a choice: 0 is left or top, as `object-position` in CSS.
    """

    fit: Fit = "cover"
    x: float = 0.5
    y: float = 0.5

    def __post_init__(self) -> None:
        _check.require(self.fit in get_args(Fit), "a picture's fit is cover or contain")
        _check.numbers(self, {"x": (0, 1), "y": (0, 1)})


@dataclass(frozen=True, kw_only=True)
class BlurBackground:
    """The photo itself, blurred: `strength` 0 to 1 as a share of `alphacut.backgrounds.BLUR_REACH`."""

    strength: float = 0.5

    def __post_init__(self) -> None:
        _check.numbers(self, {"strength": (0, 1)})


Background = ColourBackground | PictureBackground | BlurBackground


@dataclass(frozen=True, kw_only=True)
class Crop:
    """The subject's box and some room around it, at the photo's own scale.

    Attributes
    ----------
    margin : float
        0 to 1, added on each side, as a share of the longer side of the subject's box.
    aspect : tuple of float or None
        Width and height that the frame is in proportion to: the shorter direction is widened for it.
    """

    margin: float = 0.0
    aspect: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        _check.numbers(self, {"margin": (0, 1)})
        if self.aspect is not None:
            width, height = self.aspect
            _check.require(min(width, height) > 0, "an aspect is a width and a height above 0")
            _check.require(
                max(width / height, height / width) <= _WIDEST, f"an aspect is at most {_WIDEST:.0f} to 1"
            )


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """A picture of `width` x `height` pixels; the subject's box takes `fill` of the tighter direction."""

    width: int
    height: int
    fill: float = 0.85

    def __post_init__(self) -> None:
        _check.whole(self, _SIZES)
        _check.numbers(self, {"fill": (0.01, 1)})


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A part of the plane that the photo lies on, and the size it is shown at.

    Attributes
    ----------
    left, top, right, bottom : float
        In pixels of the upright photo; may lie outside it.
    width, height : int
        Of the finished picture in pixels.
    """

    left: float
    top: float
    right: float
    bottom: float
    width: int
    height: int

    def __post_init__(self) -> None:
        far = MAX_PIXELS + 100.0 * LONGEST_SIDE
        _check.numbers(self, dict.fromkeys(("left", "top", "right", "bottom"), (-far, far)))
        _check.whole(self, _FRAME_SIZES)
        across, down = self.right - self.left, self.bottom - self.top
        _check.require(min(across, down) > 0, "a frame's left is less than its right, its top than bottom")
        _check.require(min(across, down) >= 0.01, "a frame holds a hundredth of a pixel at least")

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of the finished picture for one of the photo: across, down."""
        return self.width / (self.right - self.left), self.height / (self.bottom - self.top)


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """A soft shadow below the subject; lengths are shares of the longer side of the subject's box.

    Attributes
    ----------
    opacity : float
        0 to 1, of black.
    blur : float
        0 to 1, the Gaussian's standard deviation.
    dx, dy : float
        -1 to 1, to the right and down.
    """

    opacity: float = 0.35
    blur: float = 0.03
    dx: float = 0.0
    dy: float = 0.03

    def __post_init__(self) -> None:
        _check.numbers(self, {"opacity": (0, 1), "blur": (0, 1), "dx": (-1, 1), "dy": (-1, 1)})


@dataclass(frozen=True, kw_only=True)
class Finish:
    """Everything that is done to a cutout; without arguments nothing.

    Attributes
    ----------
    background : Background or None
        None leaves it transparent.
    crop : Crop, Canvas or None
        None shows the whole photo.
    frame : Frame or None
        Exactly this part; `crop` is of no account then.
    softness : float
        0 to 1, see `alphacut.feather`; likewise `shift`, -1 (smaller) to 1 (larger).
    """

    background: Background | None = None
    crop: Crop | Canvas | None = None
    frame: Frame | None = None
    shadow: Shadow | None = None
    softness: float = 0.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        _check.numbers(self, {"softness": (0, 1), "shift": (-1, 1)})

    @property
    def changes_edges(self) -> bool:
        """Whether alpha becomes another one."""
        return self.softness != 0 or self.shift != 0

    @classmethod
    def from_table(cls, table: object) -> Finish:
        """Read what a request holds (web/shared/protocol.js); null is as good as nothing.

        Raises
        ------
        BadOptionsError
            Where something is unknown, missing or makes no sense.
        """
        given = _check.table(cls, table, "a finish")
        return cls(**{
            name: _READERS[name](value) if name in _READERS else value for name, value in given.items()
        })  # fmt: skip


EMPTY = Finish()


def _background(value: object) -> Background:
    kind, table = _kind_of(value, ("colour", "picture", "blur"), "a background")
    if kind == "picture":
        return _check.made(PictureBackground, table, "a background picture")
    if kind == "blur":
        return _check.made(BlurBackground, table, "a blurred background")
    given = _check.table(ColourBackground, table, "a background colour")
    return ColourBackground(colour=read_colour(given.get("colour")))


def _crop(value: object) -> Crop | Canvas:
    if "kind" in mapping(value):
        _, table = _kind_of(value, ("canvas",), "a crop")
        return _check.made(Canvas, table, "a canvas")
    given = _check.table(Crop, value, "a crop")
    if "aspect" in given:
        aspect = given["aspect"]
        holds = isinstance(aspect, list) and len(aspect) == 2 and all(map(is_number, aspect))
        _check.require(holds, "an aspect is a width and a height")
        given["aspect"] = (float(aspect[0]), float(aspect[1]))
    return Crop(**given)


def _kind_of(value: object, kinds: tuple[str, ...], what: str) -> tuple[str, dict[str, Any]]:
    """Split off what says which of several tables this is."""
    table = mapping(value)
    kind = table.pop("kind", None)
    _check.require(kind in kinds, f"{what} is of kind {' or '.join(kinds)}")
    return str(kind), table


_READERS: dict[str, Callable[[object], Any]] = {
    "background": _background,
    "crop": _crop,
    "frame": lambda value: _check.made(Frame, value, "a frame"),
    "shadow": lambda value: _check.made(Shadow, value, "a shadow"),
}
