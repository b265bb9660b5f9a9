"""Knows again what the command has made of photos, so that folders and patterns don't give it for photos."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from alphacut.command.names import CUTOUT, MASK, file_name

_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ico", ".tga"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".heic", ".heif", ".jxl", ".jp2", ".j2k"),
)
"""By which photos are known in folders; what can't be read here is among them, so that it is told."""
_MADE = re.compile(rf"(.+(?:{CUTOUT}|{MASK}))(?: \(\d+\))?", re.DOTALL)
"""The stem of a file that the command has named: without its number where it has one."""


def is_photo(path: Path) -> bool:
    """Whether a file of a folder goes for a photo by its name; hidden ones don't."""
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")


def made_of_others(paths: Iterable[Path]) -> set[Path]:
    """Return those that are named like a cutout or a mask of a photo that lies beside one of all these.

    Beside one, not beside that one: ``-o`` may have put what was made into a folder of the same tree. A file
    that is named so by itself, as `paper-cutout.jpg` without a `paper.jpg`, is a photo like others.
    """
    all_paths = list(paths)
    made = {stem for folder in {path.parent for path in all_paths} for stem in _made_in(folder)}
    return {path for path in all_paths if (match := _MADE.fullmatch(path.stem)) and match[1] in made}


def _made_in(folder: Path) -> Iterator[str]:
    """Name what the command makes of a folder's photos, without ending."""
    for path in filter(is_photo, folder.glob("*")):
        for suffix in (CUTOUT, MASK):
            stem = Path(file_name(path.name, suffix, "png")).stem
            if stem != path.stem:  # of a long name nothing may be left but itself
                yield stem
