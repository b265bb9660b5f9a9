"""What a request asks for beside its photo and its model; web/shared/protocol.js types the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from alphacut.cutting import Part
from alphacut.edits import Stroke, read_edits
from alphacut.errors import BadOptionsError
from alphacut.finish import Finish
from alphacut.output import Output
from alphacut.region import read_region
from alphacut.tiles import Box

SIDES = ("left", "top", "right", "bottom")
_LEAST_THUMBNAIL, _LARGEST_THUMBNAIL = 16, 2048
_Readers = Mapping[str, Callable[[object], Any]]


def read_options(text: str) -> dict[str, Any]:
    """Read the JSON of the options: keyword arguments of `remove_background`, those that were given.

    Raises
    ------
    BadOptionsError
        Where one is unknown or makes no sense; likewise below.
    """
    return _read(text, _OF_REMOVE)


def read_export(text: str, patches: Sequence[bytes]) -> dict[str, Any]:
    """Read what `alphacut.export.export` is asked for; an edit's `data` is a place in `patches`."""
    return _read(text, {"output": _output, "finish": Finish.from_table, **_edits(patches)})


def read_refine(text: str, patches: Sequence[bytes]) -> dict[str, Any]:
    """Read what `alphacut.export.refine` is asked for, likewise."""
    given = _read(text, {"stroke": Stroke.from_table, **_edits(patches)})
    if "stroke" not in given:
        raise BadOptionsError("There is no stroke to refine.")
    return given


def _read(text: str, readers: _Readers) -> dict[str, Any]:
    given = {name: value for name, value in json.loads(text).items() if value is not None}
    if unknown := set(given) - set(readers):
        raise BadOptionsError(f"There is no option {', '.join(sorted(unknown))}.")
    return {name: readers[name](value) for name, value in given.items()}


def _edits(patches: Sequence[bytes]) -> _Readers:
    return {"edits": lambda value: read_edits(value, patches)}


def _output(value: object) -> Output:
    if not isinstance(value, dict):
        raise BadOptionsError("What file is wanted is told by an object.")
    return Output.from_table(value)


def _region(value: object) -> Box:
    """Read a box in pixels of the upright photo; fractions are rounded to whole pixels."""
    return read_region([value.get(side) for side in SIDES] if isinstance(value, dict) else [])


def _thumbnail(value: object) -> int:
    holds = isinstance(value, int) and not isinstance(value, bool)
    if not holds or not _LEAST_THUMBNAIL <= value <= _LARGEST_THUMBNAIL:  # type: ignore[operator]
        raise BadOptionsError(
            f"A thumbnail's longer side is {_LEAST_THUMBNAIL} to {_LARGEST_THUMBNAIL} whole pixels."
        )
    return int(value)  # type: ignore[call-overload, no-any-return]


def _keep(value: object) -> Part:
    if value not in get_args(Part):
        raise BadOptionsError("What is kept is the subject or the background.")
    return value  # type: ignore[return-value]


# A further option is one line here, and one property in protocol.js.
_OF_REMOVE: _Readers = {
    "output": _output, "keep": _keep, "region": _region, "finish": Finish.from_table,
    "thumbnail": _thumbnail,
}  # fmt: skip
