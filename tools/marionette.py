"""The protocol that Firefox speaks itself to be driven, by the name of its puppets' master.

Not WebDriver BiDi, which it speaks too: while a session of that is open Firefox now and then stops for ever
where a worker starts another one, as ONNX Runtime does (bench/nested.py counts it).
"""

from __future__ import annotations

import itertools
import json
import socket
from pathlib import Path
from typing import Any


def port_of(profile: Path) -> int | None:
    """Return where a Firefox of this profile listens, once it has written that down."""
    try:
        return int((profile / "MarionetteActivePort").read_text("ascii"))
    except (OSError, ValueError):
        return None


class MarionetteError(AssertionError):
    """Firefox could not do what it was told."""


class Marionette:
    """One conversation: length-prefixed JSON, a command and its answer at a time."""

    def __init__(self, port: int, patience: float) -> None:
        """Greet Firefox, which listens on `port`; an answer may take so many seconds."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self._stream = self._socket.makefile("rb")
        self._ids = itertools.count(1)
        self._receive()  # what it is

    def ask(self, command: str, **parameters: Any) -> Any:
        """Give a command and return its answer; MarionetteError if Firefox says no."""
        number = next(self._ids)
        text = json.dumps([0, number, command, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(text), text))
        _, answered, error, result = self._receive()
        assert answered == number
        if error:
            raise MarionetteError(f"{command}: {error['error']}: {error['message']}")
        return result

    def close(self) -> None:
        """End the conversation."""
        self._stream.close()
        self._socket.close()

    def _receive(self) -> Any:
        digits = b""
        while (byte := self._stream.read(1)) != b":":
            assert byte, "Firefox has hung up"
            digits += byte
        return json.loads(self._stream.read(int(digits)))
