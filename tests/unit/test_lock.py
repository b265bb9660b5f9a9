"""The lock between processes: who comes second waits and says so, by either system's means."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from alphacut.store import lock


def test_who_comes_second_says_that_they_wait_and_gets_it_next(tmp_path: Path) -> None:
    waits, order = threading.Event(), list[str]()

    def second() -> None:
        with lock.locked(tmp_path / "lock", on_wait=waits.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with lock.locked(tmp_path / "lock", on_wait=lambda: order.append("waited")):
        thread.start()
        assert waits.wait(30)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_lock_that_was_let_go_by_a_failure_is_free(tmp_path: Path) -> None:
    waited: list[bool] = []
    for _ in range(2):
        with pytest.raises(KeyError), lock.locked(tmp_path / "lock", on_wait=lambda: waited.append(True)):
            raise KeyError
    assert waited == []


@pytest.fixture
def on_windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module where there is no fcntl, but msvcrt, whose lock another process has for two long waits."""
    tries: list[int] = []

    def locking(_: int, mode: int, count: int) -> None:
        tries.append(mode)
        assert count == 1
        if len(tries) <= 3:
            raise OSError(36, "Resource deadlock avoided")

    fake = SimpleNamespace(LK_LOCK=1, LK_NBLCK=2, locking=locking, tries=tries)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", fake)
    yield importlib.reload(lock)
    monkeypatch.undo()
    importlib.reload(lock)


def test_windows_gives_up_after_ten_seconds_and_is_asked_again(
    on_windows: ModuleType, tmp_path: Path
) -> None:
    waited: list[bool] = []
    with on_windows.locked(tmp_path / "lock", on_wait=lambda: waited.append(True)):
        assert waited == [True]
    assert sys.modules["msvcrt"].tries == [2, 1, 1, 1]
