"""The build backend of pyproject.toml: flit's, which by itself would put links into an sdist.

The package links to models/*.toml, which lie where people add them. A checkout where git makes no links
(``core.symlinks=false``) has files that hold a path instead: nothing is built of it.
"""

from __future__ import annotations

import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flit_core import buildapi
from flit_core.buildapi import (
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable", "build_sdist", "build_wheel",
    "get_requires_for_build_editable", "get_requires_for_build_sdist", "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable", "prepare_metadata_for_build_wheel",
]  # fmt: skip

_LINKS = Path("src", "alphacut", "store", "models")
_MODELS = Path("models")


def build_wheel(folder: str, config: Any = None, metadata: str | None = None) -> str:
    """See PEP 517."""
    _check_links()
    return str(buildapi.build_wheel(folder, config, metadata))


def build_editable(folder: str, config: Any = None, metadata: str | None = None) -> str:
    """See PEP 660."""
    _check_links()
    return str(buildapi.build_editable(folder, config, metadata))


def build_sdist(folder: str, config: Any = None) -> str:
    """See PEP 517; where the project has a link the archive has what it leads to."""
    _check_links()
    with _links_followed():
        return str(buildapi.build_sdist(folder, config))


@contextmanager
def _links_followed() -> Iterator[None]:
    before = tarfile.TarFile.dereference
    tarfile.TarFile.dereference = True
    try:
        yield
    finally:
        tarfile.TarFile.dereference = before


def _check_links() -> None:
    """End, in plain words, where the package does not hold what models/ holds."""
    models = {path.name: path.read_bytes() for path in _MODELS.glob("*.toml")}
    if {path.name: path.read_bytes() for path in _LINKS.glob("*.toml")} != models:
        sys.exit(
            f"{_LINKS.as_posix()} does not hold what {_MODELS.as_posix()}/ does; its files should be links.\n"
            "Did git make none (Windows)? Then: git config core.symlinks true, git checkout -- src\n"
            "Was a model added? Then link to it from there."
        )
