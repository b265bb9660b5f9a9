"""What a request asks for beside its photo and its model; web/shared/protocol.js types the same."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from alphacut.errors import BadOptionsError
from alphacut.output import Output

Box = tuple[int, int, int, int]
_SIDES = ("left", "top", "right", "bottom")


def read_options(text: str) -> dict[str, Any]:
    """Read the JSON of the options: keyword arguments of `remove_background`, those that were given.

    Raises
    ------
    BadOptionsError
        Where one is unknown or makes no sense.
    """
    given = {name: value for name, value in json.loads(text).items() if value is not None}
    if unknown := set(given) - set(_READERS):
        raise BadOptionsError(f"There is no option {', '.join(sorted(unknown))}.")
    return {name: _READERS[name](value) for name, value in given.items()}


def _output(value: object) -> Output:
    if not isinstance(value, dict):
        raise BadOptionsError("What file is wanted is told by an object.")
    return Output.from_table(value)


def _region(value: object) -> Box:
    """Read a box in pixels of the upright photo; fractions are rounded to whole pixels."""
    given: list[Any] = [value.get(side) for side in _SIDES] if isinstance(value, dict) else []
    sides = [side for side in given if isinstance(side, int | float) and math.isfinite(side)]
    if len(sides) != 4:
        raise BadOptionsError("A region has left, top, right and bottom, in pixels of the photo.")
    left, top, right, bottom = (round(side) for side in sides)
    if not (left < right and top < bottom):
        raise BadOptionsError("The region is empty: left must be less than right, and top than bottom.")
    return left, top, right, bottom


# A further option is one line here, and one property in protocol.js.
_READERS: dict[str, Callable[[object], Any]] = {"output": _output, "region": _region}
