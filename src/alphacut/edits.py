"""Changes that people make to alpha by hand: strokes that erase or restore, and patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from alphacut.checks import Checks, is_number, mapping

Kind = Literal["erase", "restore"]
Point = tuple[float, float, float]
"""x, y and radius in pixels of the upright photo; the middle of its first pixel is at 0.5, 0.5."""

_MOST_POINTS = 100_000
_FARTHEST = 1_000_000  # pixels; the greatest photo is smaller
_check = Checks("The mask can't be changed that way")


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A round brush drawn along a line; `alphacut.strokes` says how much it covers.

    Attributes
    ----------
    points : tuple of Point
        One at least; between two of them x, y and radius change evenly.
    hardness : float
        0 to 1: up to this share of the radius the stroke covers fully.
    opacity : float
        0 to 1: what it covers at most.
    """

    points: tuple[Point, ...]
    hardness: float = 0.5
    opacity: float = 1.0

    def __post_init__(self) -> None:
        _check.require(0 < len(self.points) <= _MOST_POINTS, f"a stroke has 1 to {_MOST_POINTS} points")
        for place in self.points:
            holds = all(is_number(number, -_FARTHEST, _FARTHEST) for number in place) and place[2] > 0
            _check.require(holds, "a stroke's points are x, y and a radius above 0, all near the photo")
        _check.numbers(self, {"hardness": (0, 1), "opacity": (0, 1)})

    @classmethod
    def from_table(cls, table: object) -> Stroke:
        """Read ``{points, hardness, opacity}``, points as one list of x, y, radius of each.

        Raises
        ------
        BadOptionsError
            Where one is missing or makes no sense.
        """
        given = _check.table(cls, table, "a stroke")
        numbers = given.pop("points", None)
        holds = isinstance(numbers, list) and len(numbers) % 3 == 0
        _check.require(holds, "a stroke's points are a list of x, y and radius of each")
        return cls(points=tuple(zip(*(iter(numbers),) * 3, strict=True)), **given)


@dataclass(frozen=True, kw_only=True)
class Brush:
    """A stroke that erases or restores."""

    kind: Kind
    stroke: Stroke


@dataclass(frozen=True, kw_only=True)
class Patch:
    """Alpha of a box whose left top pixel is at `left`, `top`.

    `data` is a PNG of `width` x `height` pixels, grey and alpha: levels, and how much they count, so that it
    fits on another alpha too. Without alpha they count wholly.
    """

    left: int
    top: int
    width: int
    height: int
    data: bytes

    def __post_init__(self) -> None:
        _check.whole(self, {"left": (0, _FARTHEST), "top": (0, _FARTHEST)})
        _check.whole(self, {"width": (1, _FARTHEST), "height": (1, _FARTHEST)})


Edit = Brush | Patch


def read_edits(table: object, patches: Sequence[bytes]) -> tuple[Edit, ...]:
    """Read the edits of a request (web/shared/protocol.js); a patch's `data` is a place in `patches`.

    Raises
    ------
    BadOptionsError
        Where one makes no sense.
    """
    _check.require(isinstance(table, list), "edits are a list")
    return tuple(_read_edit(edit, patches) for edit in table)  # type: ignore[attr-defined]


def _read_edit(edit: object, patches: Sequence[bytes]) -> Edit:
    table = mapping(edit)
    kind = table.pop("kind", None)
    if kind == "patch":
        place = table.get("data")
        holds = isinstance(place, int) and is_number(place, 0, len(patches) - 1)
        _check.require(holds, "a patch has its data")
        return _check.made(Patch, {**table, "data": patches[place or 0]}, "a patch")
    _check.require(kind in {"erase", "restore"}, "an edit is of kind erase, restore or patch")
    return Brush(kind="erase" if kind == "erase" else "restore", stroke=Stroke.from_table(table))
