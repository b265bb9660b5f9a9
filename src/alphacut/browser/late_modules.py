"""Modules that are on the site but not fetched at the start: they come at the first import of one."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from importlib import invalidate_caches
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


class LateModules:
    """Finds modules that were left out of the start, as the last of `sys.meta_path`.

    Parameters
    ----------
    names : collection of str
        Full names of the modules.
    sha256 : str
        Of the archive that holds them.
    host : object
        `fetch()` gives ``{data}``, a Uint8Array, or ``{error}``, a sentence; `unpack(data)` puts the files
        where Python looks for modules. Both are done when they return: an import can't wait.
    """

    def __init__(self, names: frozenset[str], sha256: str, host: Any) -> None:
        self._names = names
        self._sha256 = sha256
        self._host = host

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Fetch the archive if it holds the module; raises ImportError if that fails."""
        if name not in self._names:
            return None
        self._fetch(name)
        self._names = frozenset()  # all are there now
        invalidate_caches()
        return PathFinder.find_spec(name, path, target)

    def _fetch(self, name: str) -> None:
        reply = self._host.fetch()
        if getattr(reply, "error", None) is not None:
            raise ImportError(f"{name} is fetched when it is first needed, and that failed: {reply.error}")
        found = hashlib.sha256(bytes(reply.data.to_bytes())).hexdigest()
        if found != self._sha256:
            raise ImportError(f"{name} is fetched when it is first needed, and what came is damaged: {found}")
        self._host.unpack(reply.data)


def install(names: str, sha256: str, host: Any) -> None:
    """Let Python find late modules; `names` holds one a line."""
    sys.meta_path.append(LateModules(frozenset(names.split()), sha256, host))
