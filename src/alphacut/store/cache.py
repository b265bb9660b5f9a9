"""The cache of fetched files: what is in it is the file that was pinned."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from alphacut.store.lock import locked
from alphacut.store.sources import Part

# Bytes read and written at a time.
BLOCK = 1 << 18


@dataclass(frozen=True)
class Cache:
    """The folder where fetched files are kept from build to build, each under its sha256."""

    root: Path

    @classmethod
    def default(cls) -> Cache:
        """$ALPHACUT_CACHE, or alphacut/ in $XDG_CACHE_HOME or ~/.cache."""
        if own := os.environ.get("ALPHACUT_CACHE"):
            return cls(Path(own).expanduser())
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        return cls(Path(base).expanduser() / "alphacut")

    @property
    def partial(self) -> Path:
        """Unfinished downloads and temporary files; on the same file system as the rest."""
        return self.root / "partial"

    @property
    def containers(self) -> Path:
        """Archives that hold wanted members, kept until all of these have been taken."""
        return self.root / "containers"

    def path(self, sha256: str) -> Path:
        """Where the file with that hash lies, if it is there."""
        return self.root / "files" / sha256

    def get(self, part: Part) -> Path | None:
        """Return the verified file of a part, or None; a file that is no longer what it was is dropped.

        A file whose size and time of change are those it was stamped with is trusted; else it is hashed.
        """
        path = self.path(part.sha256)
        try:
            stamp = _stamp(path)
        except FileNotFoundError:
            return None
        stamp_file = path.with_suffix(".ok")
        if stamp_file.exists() and stamp_file.read_text() == stamp:
            return path
        if digest(path, "sha256") == part.sha256:
            write_atomically(stamp_file, stamp)
            return path
        say(f"  {part.name}: the cached copy is damaged, dropped")
        remove(path, stamp_file)
        return None

    def put(self, part: Part, verified: Path) -> Path:
        """Move a file that was found to have the part's hash into the cache."""
        path = self.path(part.sha256)
        verified.replace(path)
        write_atomically(path.with_suffix(".ok"), _stamp(path))
        return path

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the cache for this process: two must not append to the same unfinished download."""
        for folder in (self.root / "files", self.partial, self.containers):
            folder.mkdir(parents=True, exist_ok=True)
        with locked(self.root / "lock", on_wait=lambda: say(f"  waiting for another that uses {self.root}")):
            yield


def digest(file: Path, algorithm: str) -> str:
    """Hash a file; returns hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def copy(streams: Iterable[IO[bytes] | gzip.GzipFile], target: Path) -> None:
    """Write streams one after the other into a file."""
    with target.open("wb") as out:
        for stream in streams:
            shutil.copyfileobj(stream, out, BLOCK)


def write_atomically(file: Path, text: str) -> None:
    """Write a file so that nobody ever sees half of it."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}.new")
    temporary.write_text(text)
    temporary.replace(file)


def remove(*files: Path) -> None:
    """Remove files that may be gone already."""
    for file in files:
        file.unlink(missing_ok=True)


def say(line: str) -> None:
    """Tell the person who builds; standard output is left to results."""
    print(line, file=sys.stderr, flush=True)


def _stamp(file: Path) -> str:
    status = file.stat()
    return f"{status.st_size} {status.st_mtime_ns}"
