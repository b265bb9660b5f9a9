"""Modules that were left out of the start are fetched at the first import of one, once."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alphacut.browser import late_modules

ARCHIVE = b"an archive"
NAMES = "left_out\nleft_out.inner\nleft_out_too\nnot_packed"


class Host:
    """Stands in for the worker: "unpacks" a package and a module."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fetched = 0
        self.reply = SimpleNamespace(data=SimpleNamespace(to_bytes=lambda: ARCHIVE))

    def fetch(self) -> Any:
        self.fetched += 1
        return self.reply

    def unpack(self, data: Any) -> None:
        assert data is self.reply.data
        before = self.folder.stat()
        (self.folder / "left_out").mkdir()
        for name in ("left_out/__init__.py", "left_out/inner.py", "left_out_too.py"):
            (self.folder / name).write_text("HERE = True\n")
        # Within one tick of the clock, the folder looks as it did.
        os.utime(self.folder, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    host = Host(tmp_path)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("left_out")  # Python has looked into the folder, and remembers what it saw
    late_modules.install(NAMES, sha256(ARCHIVE).hexdigest(), host)
    yield host
    for name in NAMES.split():
        sys.modules.pop(name, None)


def test_the_first_import_fetches_all_of_them(host: Host) -> None:
    assert importlib.import_module("left_out.inner").HERE
    assert importlib.import_module("left_out_too").HERE
    assert host.fetched == 1


def test_what_the_archive_does_not_bring_is_not_there_and_not_fetched_again(host: Host) -> None:
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError, match="not_packed"):
            importlib.import_module("not_packed")
    assert host.fetched == 1


def test_other_names_fetch_nothing(host: Host) -> None:
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        importlib.import_module("nowhere")
    assert host.fetched == 0


def test_a_failure_is_told_and_can_be_tried_again(host: Host) -> None:
    good, host.reply = host.reply, SimpleNamespace(error="the server answered 404")
    with pytest.raises(ImportError, match=r"left_out_too is fetched .* the server answered 404"):
        importlib.import_module("left_out_too")
    host.reply = good
    assert importlib.import_module("left_out_too").HERE


def test_damage_is_found(host: Host) -> None:
    host.reply.data.to_bytes = lambda: b"an archivf"
    with pytest.raises(ImportError, match="damaged"):
        importlib.import_module("left_out")
    assert not (host.folder / "left_out").exists()
