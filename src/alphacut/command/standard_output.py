"""Standard output: what it refuses is an error of ours, and nothing is said of it again at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from alphacut.errors import AlphacutError


class UnwritableFileError(AlphacutError):
    """A file, or standard output, can't be written."""

    code = "unwritable-file"


def write_bytes(data: bytes) -> None:
    """Write a file to standard output. Raises UnwritableFileError, BrokenPipeError where nobody reads it."""
    with _refusals_told():
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def write_line(text: str) -> None:
    """Write a line to standard output. Raises UnwritableFileError, BrokenPipeError where nobody reads it."""
    with _refusals_told():
        print(text, flush=True)


def let_go() -> None:
    """Send to nowhere what standard output still holds: Python would complain of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        let_go()
        raise UnwritableFileError(
            f"Standard output can't be written: {error.strerror or error}.",
            hint="Free some space, or send it elsewhere.",
        ) from error
