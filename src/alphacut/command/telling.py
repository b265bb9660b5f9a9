"""Says things on standard error, and makes words and plain data of errors."""

from __future__ import annotations

import sys

from alphacut.errors import AlphacutError


def say(text: str) -> None:
    """Tell the person one thing; what a terminal can't show of a name is escaped."""
    print(f"alphacut: {shown(text)}", file=sys.stderr, flush=True)


def words(error: AlphacutError) -> str:
    """Message and hint in one line."""
    return " ".join(filter(None, [error.message, error.hint]))


def to_wire(error: AlphacutError) -> dict[str, str]:
    """Make plain data of an error."""
    return {"code": error.code, "message": error.message, "hint": error.hint}


def shown(text: str) -> str:
    """Escape what a terminal would not show, or obey."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text
    )
