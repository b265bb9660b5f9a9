"""What audits say is read as they mean it: a list that nobody looked at is not a clean one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from alphacut.store.node import NodeMissingError
from tests.helpers import ROOT, package_locks
from tools import audit
from tools.audit import Answer, of_npm, of_pip

Package = dict[str, Any]

CLEAN: Package = {"name": "numpy", "version": "2.4.3", "vulns": []}
FLAWED: Package = {"name": "pillow", "version": "12.2.0", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"]}]}
PASSED_OVER: Package = {
    "name": "onnx",
    "skip_reason": "Dependency not found on PyPI and could not be audited",
}
OURS: Package = {"name": "alphacut", "skip_reason": "is installed from a checkout"}


def told(*packages: Package) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


@pytest.mark.parametrize(
    ("output", "verdict", "details"),
    [
        (told(CLEAN, OURS), "nothing known", ()),
        (told(CLEAN, FLAWED), "vulnerable", ("pillow 12.2.0: PYSEC-1, CVE-1",)),
        (told(CLEAN, PASSED_OVER), "not answered", (PASSED_OVER["skip_reason"],)),
        (told(FLAWED, PASSED_OVER), "vulnerable", ("pillow 12.2.0: PYSEC-1, CVE-1",)),
        (told(), "not answered", ("it names no package",)),
        ("", "not answered", ("ConnectionError",)),
    ],
)
def test_pip_audit(output: str, verdict: str, details: tuple[str, ...]) -> None:
    answer = of_pip("a list", output, "ConnectionError")
    assert (answer.verdict, answer.details) == (verdict, details)


def test_npm_audit() -> None:
    total = {"metadata": {"dependencies": {"total": 7}}}
    assert of_npm("a list", json.dumps({"vulnerabilities": {}, **total})) == Answer(
        "a list", 7, "nothing known"
    )
    flawed = {"left-pad": {"range": "<2", "severity": "high"}}
    assert of_npm("a list", json.dumps({"vulnerabilities": flawed, **total})).details == (
        "left-pad <2: high",
    )
    refused = of_npm("a list", json.dumps({"message": "405 Method Not Allowed - POST somewhere"}))
    assert (refused.verdict, refused.details) == ("not answered", ("405 Method Not Allowed",))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[Path, list[str]]:
    """The command that was run in each folder; each answers that it knows nothing."""
    commands: dict[Path, list[str]] = {}

    def run(command: list[str], *, cwd: Path, **_: object) -> subprocess.CompletedProcess[str]:
        commands[cwd] = command
        total = {"metadata": {"dependencies": {"total": 7}}, "vulnerabilities": {}}
        output = json.dumps(total) if "--json" in command else told(CLEAN)
        return subprocess.CompletedProcess(command, 0, output, "")

    monkeypatch.setattr("subprocess.run", run)
    return commands


def test_all_locks_of_npm_are_asked_about(asked: dict[Path, list[str]]) -> None:
    ours = {path.relative_to(ROOT) for path in package_locks()}
    answers = audit.audit("osv")
    assert {answer.asked for answer in answers[2:]} == {path.as_posix() for path in ours}
    assert {folder for folder, command in asked.items() if "--json" in command} == {
        ROOT / path.parent for path in ours
    }
    assert {answer.verdict for answer in answers} == {"nothing known"}


def test_where_there_is_no_npm_that_is_said(
    asked: dict[Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(program: str) -> list[str]:
        raise NodeMissingError(f"there is no {program}")

    monkeypatch.setattr(audit, "node_command", missing)
    answers = audit.audit("osv")
    assert [answer.details for answer in answers if answer.verdict == "not answered"] == [
        ("there is no npm",)
    ] * len(audit.PACKAGES_OF_NPM)


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        (("nothing known", "nothing known"), 0),
        (("nothing known", "not answered"), 3),
        (("vulnerable", "not answered"), 1),
    ],
)
def test_the_status_says_which(
    verdicts: tuple[audit.Verdict, ...],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = [Answer(f"list {n}", n, verdict, ("why",)) for n, verdict in enumerate(verdicts)]
    monkeypatch.setattr(audit, "audit", lambda service: answers)
    assert audit.main([]) == status
    printed = capsys.readouterr().out
    assert all(verdict in printed for verdict in verdicts)
