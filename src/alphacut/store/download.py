"""Downloads over HTTP that are resumed where they were cut off and verified before they are used."""

from __future__ import annotations

import errno
import hashlib
import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alphacut.store.cache import BLOCK, digest, remove, write_atomically
from alphacut.store.fetch_errors import FetchError, HashMismatch, SourceFailed
from alphacut.store.progress import ByteProgress

USER_AGENT = "alphacut-build"
TIMEOUT_S = 15.0
ATTEMPTS = 4
RETRY_PAUSE_S = 0.5
_RETRY_STATUS = frozenset({408, 416, 425, 429, 500, 502, 503, 504})
# These say that our own disk is at fault: trying again or elsewhere would not help.
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO})


@dataclass(frozen=True)
class Wanted:
    """What a download must turn out to be."""

    name: str
    algorithm: str
    digest: str
    bytes: int | None = None


@dataclass
class Downloader:
    """Downloads verified files into a folder; remembers hosts that cannot be reached."""

    folder: Path
    dead_hosts: dict[str, str] = field(default_factory=dict)

    def download(self, url: str, wanted: Wanted) -> Path:
        """Return the verified file, which the caller moves away. Raises SourceFailed or HashMismatch."""
        host = urllib.parse.urlsplit(url).netloc
        if host in self.dead_hosts:
            raise SourceFailed(f"skipped: {host} could not be reached before ({self.dead_hosts[host]})")
        file = self.folder / hashlib.sha256(url.encode()).hexdigest()[:32]
        resumed = file.exists()
        self._transfer(url, file, wanted)
        if resumed and digest(file, wanted.algorithm) != wanted.digest:
            # The old beginning may not belong to this end: once more, from the start.
            remove(file)
            self._transfer(url, file, wanted)
        remove(_notes(file))
        verify(file, wanted, url)
        return file

    def _transfer(self, url: str, file: Path, wanted: Wanted) -> None:
        failures = 0
        while True:
            size_before = _size(file)
            try:
                return self._stream(url, file, wanted)
            except urllib.error.HTTPError as error:
                reason = f"HTTP {error.code} {error.reason}"
                error.close()
                if error.code not in _RETRY_STATUS:
                    raise SourceFailed(reason) from error
                if error.code == 416:  # what is there is not a beginning of what the server has
                    remove(file)
            except urllib.error.URLError as error:
                self.dead_hosts[urllib.parse.urlsplit(url).netloc] = str(error.reason)
                raise SourceFailed(f"could not be reached: {error.reason}") from error
            except (OSError, http.client.HTTPException) as error:
                if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
                    raise FetchError(f"cannot write to the cache: {error}") from error
                reason = str(error) or type(error).__name__
            failures = 1 if _size(file) > size_before else failures + 1
            if failures >= ATTEMPTS:
                raise SourceFailed(f"{reason}, {ATTEMPTS} times without progress")
            time.sleep(RETRY_PAUSE_S * 2**failures)

    def _stream(self, url: str, file: Path, wanted: Wanted) -> None:
        start, known_total, validator = _beginning(file)
        if start and start == (wanted.bytes or known_total):
            return
        request = urllib.request.Request(url, headers={"User-Agent": USER_AGENT})
        if start:
            request.add_header("Range", f"bytes={start}-")
            # Without a validator the range is still safe: the hash of the whole decides.
            if validator:
                request.add_header("If-Range", validator)
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            if response.status != 206 or _range_start(response.headers) != start:
                start = 0
            length = response.headers.get("Content-Length")
            total = start + int(length) if length else wanted.bytes
            notes = {"total": total, "validator": _validator(response.headers)}
            write_atomically(_notes(file), json.dumps(notes))
            _save(response, file, start, total, wanted.name)


def verify(file: Path, wanted: Wanted, source: str) -> None:
    """Check what a source served; a file with another hash is dropped.

    Raises HashMismatch, or FetchError if only the pinned size is wrong.
    """
    found = digest(file, wanted.algorithm)
    if found != wanted.digest:
        remove(file)
        raise HashMismatch(wanted.name, expected=wanted.digest, found=found, source=source)
    if wanted.bytes is not None and _size(file) != wanted.bytes:
        raise FetchError(
            f"{wanted.name}: the hash is right, but the file has {_size(file):,} bytes and "
            f"{wanted.bytes:,} are pinned: correct the pinned size"
        )


def _save(response: Any, file: Path, start: int, total: int | None, name: str) -> None:
    with file.open("r+b" if start else "wb") as out, ByteProgress(name, total, done=start) as progress:
        out.seek(start)
        while block := response.read(BLOCK):
            out.write(block)
            progress.add(len(block))
        # http.client does not say so when the connection ends before the announced length.
        if total is not None and out.tell() < total:
            raise ConnectionError(f"cut off after {out.tell():,} of {total:,} bytes")


def _beginning(file: Path) -> tuple[int, int | None, str | None]:
    """Size, total size and validator of an unfinished download; (0, None, None) if there is none."""
    try:
        notes = json.loads(_notes(file).read_text())
        return file.stat().st_size, notes["total"], notes["validator"]
    except (FileNotFoundError, ValueError, KeyError):
        return 0, None, None


def _range_start(headers: Mapping[str, str]) -> int | None:
    match = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
    return int(match.group(1)) if match else None


def _validator(headers: Mapping[str, str]) -> str | None:
    etag = headers.get("ETag")
    # A weak ETag is not allowed in If-Range.
    return etag if etag and not etag.startswith("W/") else headers.get("Last-Modified")


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _notes(file: Path) -> Path:
    return file.with_suffix(".json")
