"""A lock between processes, on a file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    def _acquire(file: IO[str], *, wait: bool) -> None:
        mode = msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK  # type: ignore[attr-defined]
        while True:
            try:
                msvcrt.locking(file.fileno(), mode, 1)  # type: ignore[attr-defined]
                return
            except OSError:  # it gives up after ten seconds even where it is told to wait
                if not wait:
                    raise

else:

    def _acquire(file: IO[str], *, wait: bool) -> None:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def locked(path: Path, *, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a file, which is made where it is not there; `on_wait` is called if another has it."""
    with path.open("w") as file:
        try:
            _acquire(file, wait=False)
        except OSError:
            on_wait()
            _acquire(file, wait=True)
        yield
