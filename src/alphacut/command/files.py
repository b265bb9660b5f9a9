"""Reads photos and writes what was made of them: whole or not at all, and never over a photo."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from alphacut.command.photos import Photo
from alphacut.command.standard_output import UnwritableFileError, write_bytes
from alphacut.errors import AlphacutError


class UnreadableFileError(AlphacutError):
    """A file can't be read."""

    code = "unreadable-file"


class FileExistsAlreadyError(AlphacutError):
    """A file is there already."""

    code = "file-exists"
    hint = "Use --force to write over it, or --skip to leave it as it is."


class IsPhotoError(AlphacutError):
    """The file to write is one of the photos."""

    code = "is-photo"
    hint = "Choose another name: photos are never written over."


def read(path: Path | None) -> bytes:
    """Read a file, or standard input. Raises UnreadableFileError."""
    try:
        return sys.stdin.buffer.read() if path is None else path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"The file can't be read: {error.strerror or error}.") from error


def check_target(photo: Photo, sources: set[Path], *, existing: str) -> None:
    """Raise where a photo's target is there already and may not be written.

    Raises
    ------
    IsPhotoError
        It is the photo itself, or another one.
    FileExistsAlreadyError
        `existing` is not "replace"; with "skip" also where it is another photo, which is left as it is.
    """
    target = photo.target
    if target is None or not os.path.lexists(target):
        return
    is_other = target.resolve() in sources and existing != "skip"
    if is_other or _are_same(photo.path, target):
        raise IsPhotoError(f"{target} is one of the photos.")
    if existing != "replace":
        raise FileExistsAlreadyError(f"{target} is there already.")


def write(data: bytes, target: Path | None) -> None:
    """Write a file, or to standard output.

    Whoever looks sees all of it or nothing: it is written under another name in the same folder first, which
    is gone if this is interrupted.

    Raises
    ------
    UnwritableFileError
        It can't be written.
    BrokenPipeError
        Nobody reads standard output any more.
    """
    if target is None:
        return write_bytes(data)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return _write(data, target)
    except OSError as error:
        raise UnwritableFileError(f"{target} can't be written: {error.strerror or error}.") from error


def _write(data: bytes, target: Path) -> None:
    unfinished = target.with_name(f".alphacut-{secrets.token_hex(8)}.part")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _are_same(path: Path | None, target: Path) -> bool:
    try:
        return path is not None and path.samefile(target)
    except OSError:
        return False
