"""Two functions of Pillow before 13 that are replaced while alphacut decodes: `patched`.

A block of EXIF may begin with its mark a million times, and each time all that followed was copied
(CVE-2026-96643). The values of a directory, which TIFF, EXIF and the index of an MPO have, may lie in each
other, and were read once for every tag (GHSA-wqgw-9xfh-qf2g).
"""

from __future__ import annotations

import io
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import PIL
from PIL import Image

_IS_OLD = int(PIL.__version__.partition(".")[0]) < 13
_EXIF_MARK = b"Exif\0\0"
_LARGEST_DIRECTORY = 2 + 12 * 65_535
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # of TIFF's types
Entry = tuple[int, int, int, int]
"""Tag, type, count, and value or offset."""

_lock = threading.Lock()
_decoding = 0
_pillows = dict[str, Any]()
"""Pillow's own functions, which ours end in. They stay here: another thread may be in one of ours still."""


@contextmanager
def patched() -> Iterator[None]:
    """Have an old Pillow read EXIF and directories safely, until the last of those that asked for it is done.

    May be entered again, and by several threads. Pillow has its functions for a whole process, so that what
    another thread does with it at the same time goes through ours as well: it is refused what lies in each
    other, and is otherwise given what it would have been given.
    """
    if not _IS_OLD:
        yield
        return
    _enter()
    try:
        yield
    finally:
        _leave()


def patch_directories() -> None:
    """Replace the reading of directories, within `patched`; needed once the plugin of TIFF is loaded.

    That is not loaded by `patched` itself, as few photos need it.
    """
    with _lock:
        if _decoding:
            _replace_directory()


def _enter() -> None:
    global _decoding  # noqa: PLW0603 - counts who is within, for the whole process
    with _lock:
        _decoding += 1
        if _decoding == 1:
            _pillows["exif"] = Image.Exif.load
            Image.Exif.load = _load_exif  # type: ignore[method-assign, assignment]


def _leave() -> None:
    global _decoding  # noqa: PLW0603
    with _lock:
        _decoding -= 1
        if _decoding:
            return
        Image.Exif.load = _pillows["exif"]  # type: ignore[method-assign]
        if directory := _pillows.get("directory"):
            from PIL.TiffImagePlugin import ImageFileDirectory_v2

            ImageFileDirectory_v2.load = directory  # type: ignore[method-assign]


def _replace_directory() -> None:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    if ImageFileDirectory_v2.load is not _load_directory:
        _pillows["directory"] = ImageFileDirectory_v2.load
        ImageFileDirectory_v2.load = _load_directory  # type: ignore[method-assign, assignment]


def _load_exif(exif: Image.Exif, data: bytes) -> None:
    patch_directories()
    at = 0
    while data.startswith(_EXIF_MARK, at):
        at += len(_EXIF_MARK)
    _pillows["exif"](exif, data[at:])


def _load_directory(directory: Any, file: IO[bytes]) -> None:
    """Read a directory; raises SyntaxError, as for other damage, where its values lie in each other."""
    at = file.tell()
    entries = entries_at(file.read(_LARGEST_DIRECTORY), 0, directory._endian)
    length = file.seek(0, io.SEEK_END)
    file.seek(at)
    if overlap(entries, length):
        raise SyntaxError("values lie in each other")
    _pillows["directory"](directory, file)


def entries_at(data: bytes, at: int, order: str) -> list[Entry]:
    """Return tag, type, count, and value or offset of a directory's entries, as far as they are there."""
    if len(data) < at + 2:
        return []
    (count,) = struct.unpack_from(f"{order}H", data, at)
    last = min(count, (len(data) - at - 2) // 12)
    return [struct.unpack_from(f"{order}HHII", data, at + 2 + 12 * number) for number in range(last)]


def overlap(entries: list[Entry], length: int) -> bool:
    """Whether values have more bytes together than there are; Pillow stops at the first that is cut off."""
    total = 0
    for _, kind, count, offset in entries:
        size = count * _SIZES.get(kind, 0)
        if size <= 4:
            continue
        if offset + size > length:
            break
        total += size
    return total > length
