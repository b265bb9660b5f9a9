"""Compiles Python's standard library for Pyodide at build time, once: the result is kept in the cache."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.cache import digest
from tools.node import NodeMissingError, node_command

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
    try:
        node = node_command()
    except NodeMissingError as error:
        raise CompileError(str(error)) from error
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        for name, path in pyodide.items():
            shutil.copyfile(path, Path(scratch) / name)
        unfinished = Path(scratch) / "output.zip"
        command = [
            *(*node, str(NODE_PROGRAM), scratch, str(PYTHON_PROGRAM)),
            *(str(pyodide[SOURCES]), str(unfinished)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not unfinished.exists():
            raise CompileError(f"the standard library could not be compiled:\n{done.stdout}{done.stderr}")
        sums.write_text(digest(unfinished, "sha256"))
        unfinished.replace(target)
    return target


def _key(pyodide: Mapping[str, Path]) -> str:
    digest = hashlib.sha256(PYTHON_PROGRAM.read_bytes() + NODE_PROGRAM.read_bytes())
    for name in sorted(pyodide):
        digest.update(f"{name} {pyodide[name].name}".encode())  # cached files are named by their hash
    return digest.hexdigest()[:16]
