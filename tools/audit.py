"""Asks for known vulnerabilities of what this project installs and ships: ``make audit``.

The lists that are asked about: the packages of .venv (pip-audit), those of Python that the site serves at the
versions of tools/parts.toml (pip-audit), and what each package-lock.json names (npm audit). Nobody is asked
about what no such list names: Pyodide with its CPython and C libraries, esbuild, the browsers of the tests.
All need services that only a network has, so this is no part of ``make test``. The exit status is 0 where
all of them answered and knew nothing, 1 where one knew something, and 3 where one did not answer: pip-audit
itself would call such a list clean.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from alphacut.store.node import NodeMissingError, node_command
from tools.catalog import ROOT, read_catalog

Verdict = Literal["nothing known", "vulnerable", "not answered"]
STATUS: Mapping[Verdict, int] = {"nothing known": 0, "vulnerable": 1, "not answered": 3}
SERVED = ("numpy", "pillow", "micropip", "packaging", "typing_extensions", "protobuf", "onnx")
"""The components of tools/parts.toml that are packages of PyPI."""
PACKAGES_OF_NPM = ("web", "bench/peer", "tests/consumers/vite")
"""Folders with a package-lock.json."""
_OURS = "alphacut"
_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Answer:
    """What a service said of a list; `details` are what is vulnerable, or why there is no answer."""

    asked: str
    packages: int
    verdict: Verdict
    details: tuple[str, ...] = ()


def of_pip(asked: str, output: str, trouble: str = "") -> Answer:
    """Read what ``pip-audit --format=json`` printed; `trouble` is the last thing it complained of."""
    try:
        found = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        return Answer(asked, 0, "not answered", (trouble or "no JSON",))
    others = [one for one in found if one["name"] != _OURS]
    known = tuple(
        f"{one['name']} {one['version']}: {', '.join([flaw['id'], *flaw.get('aliases', ())])}"
        for one in others
        for flaw in one.get("vulns", ())
    )
    passed_over = tuple(one["skip_reason"] for one in others if "skip_reason" in one)
    if known:
        return Answer(asked, len(others), "vulnerable", known)
    if passed_over or not others:
        return Answer(asked, len(others), "not answered", passed_over or ("it names no package",))
    return Answer(asked, len(others), "nothing known")


def of_npm(asked: str, output: str, trouble: str = "") -> Answer:
    """Read what ``npm audit --json`` printed."""
    try:
        reply = json.loads(output)
        known, packages = reply["vulnerabilities"], reply["metadata"]["dependencies"]["total"]
    except (ValueError, KeyError):
        return Answer(asked, 0, "not answered", (_reason(output) or trouble or "no JSON",))
    details = tuple(f"{name} {flaw['range']}: {flaw['severity']}" for name, flaw in known.items())
    return Answer(asked, packages, "vulnerable" if details else "nothing known", details)


def _reason(output: str) -> str:
    """Return the first words of npm's own message: the rest names the address that was asked."""
    try:
        return str(json.loads(output)["message"]).partition(" - ")[0]
    except (ValueError, KeyError):
        return ""


def audit(service: str) -> list[Answer]:
    """Ask about all lists."""
    pip = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off"]
    pip += [f"--vulnerability-service={service}"]
    pins: dict[str, Any] = {name: read_catalog().components[name].version for name in SERVED}
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "served.txt"
        listed.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()))
        served = [*pip, "--disable-pip", "--no-deps", f"--requirement={listed}"]
        return [
            _ask("packages of .venv", [*pip, "--local"], of_pip),
            _ask("Python packages of the site", served, of_pip),
            *map(_ask_npm, PACKAGES_OF_NPM),
        ]


def _ask_npm(folder: str) -> Answer:
    asked = f"{folder}/package-lock.json"
    try:
        npm = node_command("npm")
    except NodeMissingError as error:
        return Answer(asked, 0, "not answered", (str(error),))
    return _ask(asked, [*npm, "audit", "--json", "--package-lock-only"], of_npm, ROOT / folder)


def _ask(
    asked: str, command: Sequence[str], read: Callable[[str, str, str], Answer], folder: Path = ROOT
) -> Answer:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return Answer(asked, 0, "not answered", (f"no answer within {_TIMEOUT_S:.0f} s",))
    return read(asked, done.stdout, (done.stderr.strip().splitlines() or [""])[-1].partition(":")[0])


def table(answers: Sequence[Answer]) -> str:
    """Lay answers out for a terminal."""
    rows = [("asked about", "packages", "answer"), *((a.asked, str(a.packages), a.verdict) for a in answers)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, print a table and what stands behind each answer."""
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description="Ask for vulnerabilities.")
    parser.add_argument("--service", choices=("pypi", "osv"), default="pypi", help="whom pip-audit asks")
    answers = audit(parser.parse_args(arguments).service)
    print(table(answers))
    for answer in answers:
        if answer.details:
            more = f" (and {len(answer.details) - 5} more)" if len(answer.details) > 5 else ""
            print(f"\n{answer.asked}: {answer.verdict}{more}", *answer.details[:5], sep="\n  ")
    return max(STATUS[answer.verdict] for answer in answers) if not _knows(answers) else STATUS["vulnerable"]


def _knows(answers: Sequence[Answer]) -> bool:
    return any(answer.verdict == "vulnerable" for answer in answers)


if __name__ == "__main__":
    sys.exit(main())
