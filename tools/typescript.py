"""The TypeScript compiler and the type definitions that web/package-lock.json pins."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from alphacut.store.node import node_command
from tools.catalog import ROOT

WEB = ROOT / "web"
_STAMP = WEB / "node_modules" / ".alphacut-stamp"


def install_types() -> None:
    """Install web/package-lock.json's packages, unless that was done for the same lock file."""
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if _STAMP.exists() and _STAMP.read_text() == lock:
        return
    subprocess.run(
        [*node_command("npm"), "ci", "--prefix", str(WEB), "--ignore-scripts", "--no-audit", "--no-fund"],
        check=True,
    )
    _STAMP.write_text(lock)


def tsc(project: Path) -> list[str]:
    """Return the beginning of a command line that compiles what a tsconfig names."""
    return [*node_command(), str(WEB / "node_modules" / "typescript" / "bin" / "tsc"), "-p", str(project)]
