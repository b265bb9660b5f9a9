"""A byte progress bar: one redrawn line on a terminal, a line per quarter elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

_BAR_WIDTH = 24
_NAME_WIDTH = 32
_REDRAW_S = 0.1
_MEGABYTE = 1e6


class ByteProgress:
    """Shows how far one download is. Use as a context manager, so that the line always ends.

    name: what is downloaded. total: its size in bytes, None if unknown. done: bytes already there from an
    earlier, unfinished download. stream: where to write, standard error by default.
    """

    def __init__(self, name: str, total: int | None, *, done: int = 0, stream: TextIO | None = None) -> None:
        self._name = name
        self._total = total
        self._done = done
        self._resumed_at = done
        self._stream = sys.stderr if stream is None else stream
        self._redraws = self._stream.isatty()
        self._started = time.monotonic()
        self._drawn_at = self._started
        self._quarter = self._quarters()
        self._write(self._line())

    def __enter__(self) -> ByteProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write(self._line("cut off" if kind else "done"))
        if self._redraws:
            self._stream.write("\n")
            self._stream.flush()

    def add(self, count: int) -> None:
        """Count that many more bytes as done; redraws seldom enough to cost nothing."""
        self._done += count
        if self._redraws:
            now = time.monotonic()
            if now - self._drawn_at >= _REDRAW_S:
                self._drawn_at = now
                self._write(self._line())
        elif self._quarter < self._quarters() < 4:
            self._quarter = self._quarters()
            self._write(self._line())

    def _quarters(self) -> int:
        return 4 * self._done // self._total if self._total else 0

    def _rate(self) -> float:
        seconds = max(time.monotonic() - self._started, 1e-3)
        return (self._done - self._resumed_at) / _MEGABYTE / seconds

    def _line(self, ending: str = "") -> str:
        name = self._name if len(self._name) <= _NAME_WIDTH else "…" + self._name[-_NAME_WIDTH + 1 :]
        size = f"{self._done / _MEGABYTE:.1f} MB"
        share = ""
        if self._total:
            fraction = min(self._done / self._total, 1.0)
            filled = round(fraction * _BAR_WIDTH)
            share = f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {fraction:4.0%} "
            size = f"{self._done / _MEGABYTE:.1f}/{self._total / _MEGABYTE:.1f} MB"
        line = f"  {name:<{_NAME_WIDTH}} {share}{size}"
        if self._done > self._resumed_at:
            line += f" {self._rate():.1f} MB/s"
        return f"{line} {ending}".rstrip()

    def _write(self, line: str) -> None:
        # \x1b[K clears what a longer line before left behind.
        self._stream.write(f"\r{line}\x1b[K" if self._redraws else f"{line}\n")
        self._stream.flush()
