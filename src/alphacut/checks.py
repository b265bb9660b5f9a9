"""Checks of what a request asks for; each module says once what can't be done where one fails."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from alphacut.errors import BadOptionsError

T = TypeVar("T")


class Checks:
    """Raises BadOptionsError; its message begins with `beginning`, a sentence that lacks its reason."""

    def __init__(self, beginning: str) -> None:
        self._beginning = beginning

    def require(self, holds: bool, words: str) -> None:
        """Give `words` as the reason where something does not hold."""
        if not holds:
            raise BadOptionsError(f"{self._beginning}: {words}.")

    def numbers(self, made: object, ranges: Mapping[str, tuple[float, float]]) -> None:
        """Check attributes, by name, against the least and the greatest number that each may be."""
        for name, (least, greatest) in ranges.items():
            holds = is_number(getattr(made, name), least, greatest)
            self.require(holds, f"{name} is a number from {least:g} to {greatest:g}")

    def whole(self, made: object, ranges: Mapping[str, tuple[int, int]]) -> None:
        """Likewise, for numbers that are whole."""
        for name, (least, greatest) in ranges.items():
            value = getattr(made, name)
            holds = isinstance(value, int) and is_number(value, least, greatest)
            self.require(holds, f"{name} is a whole number from {least} to {greatest}")

    def table(self, kind: type[Any], value: object, what: str) -> dict[str, Any]:
        """Take the fields of a dataclass that a table holds; null is as good as nothing."""
        self.require(isinstance(value, Mapping), f"{what} is told by an object")
        given = {name: entry for name, entry in mapping(value).items() if entry is not None}
        unknown = set(given) - {field.name for field in fields(kind)}
        self.require(not unknown, f"{what} has no {', '.join(sorted(unknown))}")
        return given

    def made(self, kind: type[T], value: object, what: str) -> T:
        """Make a dataclass of a table."""
        given = self.table(kind, value, what)
        try:
            return kind(**given)
        except TypeError:
            missing = {field.name for field in fields(kind)} - set(given)  # type: ignore[arg-type]
            self.require(False, f"{what} lacks {', '.join(sorted(missing))}")
            raise


def mapping(value: object) -> dict[str, Any]:
    """Copy a table; what is none is empty."""
    return {str(name): entry for name, entry in value.items()} if isinstance(value, Mapping) else {}


def is_number(value: object, least: float = -math.inf, greatest: float = math.inf) -> bool:
    """Whether this is a finite number in a range; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and least <= value <= greatest
