"""Which photos are meant, and which file is made of each."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alphacut.command.arguments import STREAM, Settings
from alphacut.command.made import is_photo, made_of_others
from alphacut.command.names import CUTOUT, ENDINGS, MASK, file_name, none_twice


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
    """What is to be made; `left_out` are files of folders and patterns that are what is made of photos."""

    photos: Sequence[Photo]
    left_out: Sequence[Path] = ()

    @property
    def sources(self) -> set[Path]:
        """The photos' files, as they really are called: none of them may be written over."""
        return {photo.path.resolve() for photo in self.photos if photo.path is not None}


@dataclass(frozen=True)
class _Found:
    """A file, and where it lay in the folder that was named.

    `is_named` says that it was named itself: it is a photo then, whatever it is called. `is_made` says that
    it is one of those that the command has made.
    """

    path: Path | None
    folder: Path = Path()
    is_named: bool = False
    is_made: bool = False


def plan(settings: Settings) -> Plan:
    """List the photos, each once, with what is made of them.

    A file of a folder or a pattern that is what is made of a photo, as is found there the second time, is
    left out; one that was named itself never is.

    Raises
    ------
    UsageError
        A pattern or a folder holds none, or several should go into one file.
    """
    everything = _unlike(list(_find(settings)))
    found = [item for item in everything if not item.is_made]
    left_out = [item.path for item in everything if item.is_made and item.path is not None]
    target = settings.target
    if target is not None and target != STREAM and not settings.is_folder:
        if len(found) > 1:
            raise UsageError(f"{len(found)} photos can't go into one file: end {target} with / for a folder")
        return Plan([Photo(found[0].path, Path(target))], left_out)
    if target == STREAM or (target is None and found[0].path is None):
        if len(found) > 1:
            raise UsageError(f"standard output takes one photo, not {len(found)}")
        return Plan([Photo(found[0].path, None)], left_out)
    photos, made = _targets(found, settings)
    return Plan(photos, [*left_out, *made])


def _targets(found: Sequence[_Found], settings: Settings) -> tuple[list[Photo], list[Path]]:
    """Name what is made of each; return apart those that have such a name and were not named themselves."""
    made = {_target(item, settings).resolve() for item in found}
    left_out = {
        item.path for item in found
        if item.path is not None and not item.is_named and item.path.resolve() in made
    }  # fmt: skip
    kept = [item for item in found if item.path not in left_out]
    names = none_twice(str(_target(item, settings)) for item in kept)
    photos = [Photo(item.path, Path(name)) for item, name in zip(kept, names, strict=True)]
    return photos, sorted(path for path in left_out if path is not None)


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
            yield _Found(path, is_named=True)  # that it is not there is told when it is read


def _nonempty(text: str, items: Iterable[_Found]) -> Iterator[_Found]:
    found = list(items)
    made = made_of_others(item.path for item in found if item.path is not None)
    if len(made) == len(found):
        none = f"there is no photo in {text}" if Path(text).is_dir() else f"no photo matches {text}"
        what = "; what is there was made of photos: name a file itself, if it is meant" if made else ""
        raise UsageError(none + what)
    return (replace(item, is_made=item.path in made) for item in found)


def _matching(pattern: str, settings: Settings) -> Iterator[_Found]:
    """Expand a pattern, for shells that don't; ** is any folders."""
    for text in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - may be absolute
        path = Path(text)
        if path.is_dir():
            yield from _in_folder(path, settings) if settings.recursive else ()
        else:
            yield _Found(path)


def _in_folder(folder: Path, settings: Settings) -> Iterator[_Found]:
    """List a folder's photos, but not hidden ones, and not the folder that is written to."""
    made = Path(settings.target).resolve() if settings.is_folder and settings.target else None
    for at, folders, files in os.walk(folder):
        here = Path(at)
        folders[:] = sorted(name for name in folders if settings.recursive and not name.startswith("."))
        folders[:] = [name for name in folders if (here / name).resolve() != made]
        for path in filter(is_photo, (here / name for name in sorted(files))):
            yield _Found(path, here.relative_to(folder))


def _unlike(found: Sequence[_Found]) -> list[_Found]:
    """Leave out what was found before; what is named itself anywhere counts as named wherever it is found."""
    named = {_key(item) for item in found if item.is_named}
    seen = set[Path | None]()
    kept = list[_Found]()
    for item in found:
        key = _key(item)
        if key not in seen:
            seen.add(key)
            kept.append(replace(item, is_named=True, is_made=False) if key in named else item)
    return kept


def _key(item: _Found) -> Path | None:
    return None if item.path is None else item.path.resolve()
