"""How ``make test`` runs pytest: in processes, and with the arguments that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

import build_site
from tools import browsers, check, chromium


@pytest.mark.parametrize(("cores", "processes"), [(1, 1), (2, 2), (4, 4), (64, 4)])
def test_a_process_for_each_core_four_at_most(
    monkeypatch: pytest.MonkeyPatch, cores: int, processes: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert check.processes() == processes


@pytest.mark.parametrize("failing", [None, "mypy", "pytest"])
def test_what_fails_is_named_and_the_others_run_with_what_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], failing: str | None
) -> None:
    ran: dict[str, Sequence[str]] = {}

    def passes(name: str, command: Sequence[str]) -> bool:
        ran[name] = command
        return name != failing

    monkeypatch.setattr(chromium, "ensure", lambda: Path("chromium"))
    monkeypatch.setattr(browsers, "ensure", dict)
    monkeypatch.setattr(check, "install_types", lambda: None)
    monkeypatch.setattr(build_site, "main", lambda _: 0)
    monkeypatch.setattr(check, "_passes", passes)
    assert check.main(["-k", "drop", "-n", "0"]) == (failing is not None)
    assert {"ruff check", "mypy", "tsc page", "tsc worker", "docs", "pytest"} <= set(ran)
    assert list(ran["pytest"])[-4:] == ["-k", "drop", "-n", "0"]
    assert f"check: {f'failed: {failing}' if failing else 'all passed'}" in capsys.readouterr().out
