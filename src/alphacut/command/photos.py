"""Which photos are meant, and which file is made of each."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alphacut.command.arguments import STREAM, Settings
from alphacut.command.names import CUTOUT, ENDINGS, MASK, file_name, none_twice

_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ico", ".tga"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".heic", ".heif", ".jxl", ".jp2", ".j2k"),
)
"""By which photos are known in folders; what can't be read here is among them, so that it is told."""


class UsageError(Exception):
    """The files that were named can't be what is meant."""


@dataclass(frozen=True)
class Photo:
    """A photo and what is made of it.

    Attributes
    ----------
    path : Path or None
        None is standard input.
    target : Path or None
        None is standard output.
    """

    path: Path | None
    target: Path | None

    @property
    def name(self) -> str:
        """How to call it."""
        return STREAM if self.path is None else str(self.path)


@dataclass(frozen=True)
class Plan:
    """What is to be made; `left_out` are photos that were named and are what is made of others."""

    photos: Sequence[Photo]
    left_out: Sequence[Path] = ()

    @property
    def sources(self) -> set[Path]:
        """The photos' files, as they really are called: none of them may be written over."""
        return {photo.path.resolve() for photo in self.photos if photo.path is not None}


@dataclass(frozen=True)
class _Found:
    """A photo, and where it lay in the folder that was named."""

    path: Path | None
    folder: Path = Path()


def plan(settings: Settings) -> Plan:
    """List the photos, each once, with what is made of them.

    A photo that is what is made of another, as `*.png` finds it the second time, is left out.

    Raises
    ------
    UsageError
        A pattern or a folder holds none, or several should go into one file.
    """
    found = list(_unlike(_find(settings)))
    target = settings.target
    if target is not None and target != STREAM and not settings.is_folder:
        if len(found) > 1:
            raise UsageError(f"{len(found)} photos can't go into one file: end {target} with / for a folder")
        return Plan([Photo(found[0].path, Path(target))])
    if target == STREAM or (target is None and found[0].path is None):
        if len(found) > 1:
            raise UsageError(f"standard output takes one photo, not {len(found)}")
        return Plan([Photo(found[0].path, None)])
    made = {_target(item, settings).resolve() for item in found}
    left_out = [item.path for item in found if item.path is not None and item.path.resolve() in made]
    found = [item for item in found if item.path not in left_out]
    names = none_twice(str(_target(item, settings)) for item in found)
    return Plan([Photo(item.path, Path(name)) for item, name in zip(found, names, strict=True)], left_out)


def _target(item: _Found, settings: Settings) -> Path:
    original = "photo" if item.path is None else item.path.name
    name = file_name(original, _suffix(settings), ENDINGS[settings.output.type])
    if settings.target is not None:
        return Path(settings.target, item.folder, name)
    return (item.path or Path()).parent / name


def _suffix(settings: Settings) -> str:
    return MASK if settings.output.format == "mask-png" else CUTOUT


def _find(settings: Settings) -> Iterator[_Found]:
    for text in settings.photos:
        path = Path(text)
        if text == STREAM:
            yield _Found(None)
        elif path.is_dir():
            yield from _nonempty(text, _in_folder(path, settings))
        elif not os.path.lexists(text) and glob.has_magic(text):
            yield from _nonempty(text, _matching(text, settings))
        else:
            yield _Found(path)  # that it is not there is told when it is read


def _nonempty(text: str, items: Iterator[_Found]) -> Sequence[_Found]:
    found = list(items)
    if not found:
        raise UsageError(
            f"there is no photo in {text}" if Path(text).is_dir() else f"no photo matches {text}"
        )
    return found


def _matching(pattern: str, settings: Settings) -> Iterator[_Found]:
    """Expand a pattern, for shells that don't; ** is any folders."""
    for text in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - may be absolute
        path = Path(text)
        if path.is_dir():
            yield from _in_folder(path, settings) if settings.recursive else ()
        elif not _is_ours(path, settings):
            yield _Found(path)


def _in_folder(folder: Path, settings: Settings) -> Iterator[_Found]:
    """List a folder's photos, but not hidden ones, what this command made, and the folder it writes to."""
    made = Path(settings.target).resolve() if settings.is_folder and settings.target else None
    for at, folders, files in os.walk(folder):
        here = Path(at)
        folders[:] = sorted(name for name in folders if settings.recursive and not name.startswith("."))
        folders[:] = [name for name in folders if (here / name).resolve() != made]
        for name in sorted(files):
            path = here / name
            is_photo = path.suffix.lower() in _SUFFIXES and not name.startswith(".")
            if is_photo and not _is_ours(path, settings):
                yield _Found(path, here.relative_to(folder))


def _is_ours(path: Path, settings: Settings) -> bool:
    return path.stem.endswith(_suffix(settings))


def _unlike(found: Iterator[_Found]) -> Iterator[_Found]:
    """Leave out what was named before."""
    seen = set[Path | None]()
    for item in found:
        key = None if item.path is None else item.path.resolve()
        if key not in seen:
            seen.add(key)
            yield item
