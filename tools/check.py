"""Runs every check and every test: ``make test``.

    python -m tools.check [pytest arguments]

Installs what they need (type definitions from npm, three browsers), builds the site, then runs ruff, mypy,
tsc and pytest, and builds the documentation. The first failure of a check does not hide the others. pytest
runs in a process for each core, four at most; ``-n 0`` among its arguments has it run in one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import build_site
from tools import browsers, chromium
from tools.catalog import ROOT
from tools.typescript import WEB, install_types, tsc

MOST_PROCESSES = 4  # each has a browser, and networks of several hundred megabytes
# A file's tests share pages and networks: they stay together. Files begin in the order of tests/conftest.py.
TOGETHER = ("--dist", "loadfile", "--no-loadscope-reorder")
LASTING = ("--durations=40", "--durations-min=5")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything; the exit status is 0 only if all of it passed."""
    pytest_arguments = list(sys.argv[1:] if arguments is None else arguments)
    print(f"check: browser {chromium.ensure()}", flush=True)
    for part, path in browsers.ensure().items():
        print(f"check: {part} {path}", flush=True)
    install_types()
    if build_site.main([]):
        return 1
    python = [sys.executable, "-m"]
    checks = {
        "ruff check": [*python, "ruff", "check", "."],
        "docs": [*python, "tools.docs"],
        "ruff format": [*python, "ruff", "format", "--check", "."],
        "mypy": [*python, "mypy"],
        "tsc page": tsc(WEB / "tsconfig.page.json"),
        "tsc worker": tsc(WEB / "tsconfig.worker.json"),
        "pytest": [*python, "pytest", "-n", str(processes()), *TOGETHER, *LASTING, *pytest_arguments],
    }
    failed = [name for name, command in checks.items() if not _passes(name, command)]
    print("check: failed: " + ", ".join(failed) if failed else "check: all passed", flush=True)
    return 1 if failed else 0


def processes() -> int:
    """In how many processes tests run on this machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_PROCESSES)


def _passes(name: str, command: Sequence[str], folder: Path = ROOT) -> bool:
    began = time.perf_counter()
    print(f"check: {name}", flush=True)
    passed = subprocess.run(command, cwd=folder, check=False).returncode == 0
    print(
        f"check: {name} {'passed' if passed else 'FAILED'} ({time.perf_counter() - began:.1f} s)", flush=True
    )
    return passed


if __name__ == "__main__":
    sys.exit(main())
