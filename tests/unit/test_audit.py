"""What audits say is read as they mean it: a list that nobody looked at is not a clean one."""

from __future__ import annotations

import json
from typing import Any

import pytest

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
