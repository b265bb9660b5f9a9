"""What the Python API asks of the place it runs in: networks, and what the browser decodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from alphacut.foreign import Decoder
from alphacut.models import ModelSpec
from alphacut.session import Session

Tell = Callable[[str, str], None]
"""Hears a network's title and what must be said of its licence ("" where nothing must)."""


@dataclass(frozen=True)
class Opened:
    """A network that is ready, and what must be said of its licence ("" where nothing must)."""

    session: Session
    spec: ModelSpec
    title: str
    notice: str


class Backend(Protocol):
    """Native onnxruntime (`alphacut.store.opening`), or ONNX Runtime Web (`alphacut.browser.page`)."""

    async def open(self, model: str, tell: Tell) -> Opened:
        """Open a network, or give the one that is open; calls at the same time share it.

        Where it has to be opened, `tell` is called before anything of it is fetched, and what it raises ends
        the call.

        Raises
        ------
        AlphacutError
            There is no such model, or it can't be had or opened.
        """
        ...

    async def dispose(self) -> None:
        """Let all networks go."""
        ...

    def configure(self, site: str | None, device: str | None) -> None:
        """Say which site models and runtime come from, and what networks run on, where there is a choice."""
        ...

    def decoder(self, data: bytes) -> Decoder | None:
        """Return who decodes this file where Pillow can't, if there is someone."""
        ...
