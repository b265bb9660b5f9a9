"""Packages of npm and PyPI: where their archives are, and the members that are parts."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from alphacut.store.cache import copy, remove
from alphacut.store.download import Downloader, Wanted
from alphacut.store.fetch_errors import SourceFailed
from alphacut.store.node import NodeMissingError, node_command
from alphacut.store.sources import PackageSource, PypiSource

_RESOLVE_TIMEOUT_S = 90.0


@dataclass
class Archives:
    """Archives of packages, each resolved and downloaded once a run however many parts need it."""

    folder: Path
    downloader: Downloader
    _failed: dict[Path, SourceFailed] = field(default_factory=dict)

    def path(self, source: PackageSource) -> Path:
        """Where the source's archive lies once fetched."""
        label = source.package
        suffix = ".tar"
        if isinstance(source, PypiSource):
            label += f"-py{source.python}-{source.platform}"
            suffix = ".whl"
        return self.folder / (re.sub(r"[^\w.@=-]", "_", label) + suffix)

    def get(self, source: PackageSource) -> Path:
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

    def _fetch(self, source: PackageSource, path: Path) -> None:
        if isinstance(source, PypiSource):
            url, digest = resolve_pypi(source)
            self.downloader.download(url, Wanted(source.package, "sha256", digest)).replace(path)
        else:
            url, digest = resolve_npm(source.package)
            packed = self.downloader.download(url, Wanted(source.package, "sha512", digest))
            unpacked = packed.with_suffix(".tar")
            with gzip.open(packed) as stream:
                copy([stream], unpacked)
            unpacked.replace(path)
            remove(packed)


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
    try:
        npm = node_command("npm")
    except NodeMissingError as error:
        raise SourceFailed(str(error)) from error
    answer = _run([*npm, "view", package, "dist.tarball", "dist.integrity", *options])
    try:
        reply = json.loads(answer)
        integrity = next(word for word in reply["dist.integrity"].split() if word.startswith("sha512-"))
        return reply["dist.tarball"], base64.b64decode(integrity.removeprefix("sha512-")).hex()
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise SourceFailed(f"npm does not know a tarball with sha512 of {package}") from error


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
