"""How the tests' other browsers are found and installed, and what is said where they can't be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import browsers
from tools.browsers import PACKAGES, NoBrowserError, ensure, find, main

NAMES = {"firefox": "firefox-esr", "driver": "WebKitWebDriver", "webkit": "MiniBrowser", "screen": "Xvfb"}


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing on PATH nor beside libraries, not root; a test adds what it needs."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(browsers, "_BESIDE_LIBRARIES", ())
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def add(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / "bin" / name
        path.write_text("")
        path.chmod(0o755)


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Root on a Debian whose apt-get brings what it is asked for; keeps what it was called with."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    add(tmp_path, "apt-get")
    called = list[str]()

    def install(command: Sequence[str]) -> bool:
        called.append(" ".join(word for word in command if not word.startswith("-")))
        add(tmp_path, *(NAMES[part] for part, package in PACKAGES.items() if package in command))
        return True

    monkeypatch.setattr(browsers, "_call", install)
    return called


def test_what_is_there_is_found(tmp_path: Path) -> None:
    add(tmp_path, *NAMES.values())
    assert {part: path.name for part, path in ensure().items()} == NAMES


def test_only_what_is_missing_is_installed(tmp_path: Path, called: list[str]) -> None:
    add(tmp_path, "firefox-esr")
    assert ensure()["screen"] == Path(shutil.which("Xvfb") or "")
    assert called == ["apt-get update", "apt-get install webkit2gtk-driver xvfb"]


@pytest.mark.parametrize("part", PACKAGES)
def test_what_can_not_be_installed_is_an_error_that_names_the_packages(part: str, tmp_path: Path) -> None:
    add(tmp_path, *(name for other, name in NAMES.items() if other != part))
    with pytest.raises(NoBrowserError, match=f"(?s){NAMES[part]}.*apt-get install.*{PACKAGES[part]}"):
        ensure()
    with pytest.raises(NoBrowserError):
        find(part)
    assert main([]) == main(["--ensure"]) == 1
