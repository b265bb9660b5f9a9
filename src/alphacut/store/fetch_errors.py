"""Why a part could not be had."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alphacut.errors import AlphacutError
from alphacut.store.sources import Part


class FetchError(AlphacutError):
    """A part could not be had."""

    code = "download-failed"


class HashMismatch(FetchError):  # noqa: N818
    """A source served something else than what is pinned; the build must not go on.

    Attributes: name, expected and found (hexadecimal digests), source.
    """

    code = "hash-mismatch"

    def __init__(self, name: str, *, expected: str, found: str, source: str) -> None:
        self.name, self.expected, self.found, self.source = name, expected, found, source
        super().__init__(
            f"wrong hash: {name}\n  expected  {expected}\n  found     {found}\n  source    {source}\n"
            "The download was thrown away. Try again; if it fails the same way, the source serves "
            "another file than the one pinned: find out why before you trust another pin or source."
        )


class FetchFailed(FetchError):  # noqa: N818
    """No source of a part could serve it. Attributes: name, reasons (pairs of source and why)."""

    def __init__(self, name: str, reasons: Sequence[tuple[str, str]]) -> None:
        self.name, self.reasons = name, tuple(reasons)
        tried = "".join(f"\n  {source}\n    {why}" for source, why in reasons)
        super().__init__(f"no source could serve {name}:{tried}\nCheck the network, then try again.")


class OfflineMissing(FetchError):  # noqa: N818
    """Parts are not in the cache and the network is off. Attribute: parts."""

    code = "offline"

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
