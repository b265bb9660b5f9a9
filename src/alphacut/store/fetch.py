"""Fetches the parts of a build: ordered sources, verified by sha256, cached, resumable.

``fetch_all`` is the only way the project downloads parts. A part is a file known by its sha256; its sources
are tried in order until one serves it. What arrives is checked before it enters the cache, so everything in
the cache is the file that was pinned.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

from alphacut.store.archives import Archives, chunk_names, open_archive
from alphacut.store.cache import Cache, copy, remove, say
from alphacut.store.download import Downloader, Wanted, verify
from alphacut.store.fetch_errors import FetchError, FetchFailed, HashMismatch, OfflineMissing, SourceFailed
from alphacut.store.sources import (
    FileSource,
    NpmChunksSource,
    NpmSource,
    PackageSource,
    Part,
    PypiSource,
    Source,
    UrlSource,
    parse_source,
)

__all__ = ["Cache", "FetchError", "Part", "fetch_all", "parse_source"]

_KEEP_UNFINISHED_S = 7 * 24 * 3600.0


def fetch_all(parts: Sequence[Part], cache: Cache, *, offline: bool) -> dict[str, Path]:
    """Return the verified file of every part by name, fetching those that are not in the cache.

    Raises OfflineMissing if something is missing and offline is set, HashMismatch if a source serves another
    file than the one pinned, FetchFailed if no source serves a part.
    """
    found = {part.name: cache.get(part) for part in parts}
    missing = [part for part in parts if found[part.name] is None]
    if missing and offline:
        raise OfflineMissing(missing, cache.root)
    if missing:
        with cache.lock():
            fetcher = _Fetcher(cache)
            for part in missing:
                # Another build may have fetched it while this one waited for the lock.
                found[part.name] = cache.get(part) or fetcher.fetch(part)
            fetcher.tidy(parts)
    return {name: path for name, path in found.items() if path is not None}


class _Fetcher:
    """Fetches parts from their sources, one after the other so that the progress stays readable."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._downloader = Downloader(cache.partial)
        self._archives = Archives(cache.containers, self._downloader)

    def fetch(self, part: Part) -> Path:
        """Fetch a part from the first source that serves it, into the cache."""
        reasons: list[tuple[str, str]] = []
        for source in part.sources:
            try:
                path = self._cache.put(part, self._take(part, source))
            except SourceFailed as error:
                reasons.append((str(source), str(error)))
                continue
            except HashMismatch:
                if isinstance(source, PackageSource):
                    remove(self._archives.path(source))
                raise
            say(f"  {part.name}: {part.bytes:,} bytes from {source}")
            return path
        raise FetchFailed(part.name, reasons)

    def _take(self, part: Part, source: Source) -> Path:
        wanted = Wanted(part.name, "sha256", part.sha256, part.bytes)
        if isinstance(source, UrlSource):
            return self._downloader.download(source.url, wanted)
        temporary = self._cache.partial / f"{part.sha256}.tmp"
        with contextlib.ExitStack() as stack:
            copy(self._streams(source, stack), temporary)
        verify(temporary, wanted, str(source))
        return temporary

    def _streams(self, source: Source, stack: contextlib.ExitStack) -> Iterable[IO[bytes]]:
        match source:
            case FileSource(path):
                try:
                    return [stack.enter_context(Path(path).open("rb"))]
                except OSError as error:
                    raise SourceFailed(str(error)) from error
            case PypiSource(member=""):
                return [stack.enter_context(self._archives.get(source).open("rb"))]
            case NpmSource(member=member) | PypiSource(member=member):
                return [stack.enter_context(open_archive(self._archives.get(source)))(member)]
            case NpmChunksSource():
                open_member = stack.enter_context(open_archive(self._archives.get(source)))
                names = chunk_names(json.load(open_member(source.index)), source.key)
                return (open_member(f"{source.folder}/{name}") for name in names)
        raise AssertionError(source)

    def tidy(self, parts: Iterable[Part]) -> None:
        """Once all parts are there: drop the archives they came from, and what other runs left long ago."""
        for part in parts:
            for source in part.sources:
                if isinstance(source, PackageSource):
                    remove(self._archives.path(source))
        for folder in (self._cache.partial, self._cache.containers):
            for file in folder.iterdir():
                if time.time() - file.stat().st_mtime > _KEEP_UNFINISHED_S:
                    remove(file)
