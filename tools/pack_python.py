"""Packs Python's modules for the browser, compiled, into two archives, once: the cache keeps them.

The first holds the modules of the standard library, NumPy, Pillow and alphacut that a job imports; the second
all others, which the worker fetches when one of them is first imported. Which a job imports is found by
running one (job_in_pyodide.py), in Pyodide under Node.js.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alphacut.store.cache import digest
from alphacut.store.node import NodeMissingError, node_command

HERE = Path(__file__).resolve().parent
NODE_PROGRAM = HERE / "pack_python.mjs"
COMPILER = HERE / "pack_in_pyodide.py"
JOB = HERE / "job_in_pyodide.py"
UNPACKER = HERE.parent / "web" / "worker" / "archive.js"  # the worker's own

LONGEST_NAME = 100  # bytes; what fits into one field of a tar's header
SUMS = "sha256.json"
# Packages whose modules are all fetched at the start: ours are few, and the job may not come by all of them.
WHOLE = ("site-packages/alphacut/",)
# But for what the worker never imports: the Python API, for pages of others.
API = tuple(
    f"site-packages/alphacut/{name}.pyc" for name in ("api", "inputs", "browser/page", "browser/realm")
)
LATE_NAMES = "late-modules.txt"


class CompileError(Exception):
    """Pyodide under Node.js could not compile Python's modules or run a job. The message holds its output."""


@dataclass(frozen=True)
class Archives:
    """The packed modules, as files in a folder.

    Both archives are tars, laid out as /lib/python3.x is. The first also holds the names of the modules in
    the second, one a line. `empty` is a zip without entries: what Pyodide is told its standard library is.
    """

    folder: Path

    @property
    def start(self) -> Path:
        """What every visitor downloads."""
        return self.folder / "python.tar"

    @property
    def late(self) -> Path:
        """What is downloaded when one of its modules is imported."""
        return self.folder / "python-late.tar"

    @property
    def empty(self) -> Path:
        """Stands in for python_stdlib.zip, whose modules are in the archives."""
        return self.folder / "empty.zip"


def pack_python(pyodide: Mapping[str, Path], wheels: Sequence[Path], cache: Path) -> Archives:
    """Make the archives unless the cache holds them; raises CompileError.

    `pyodide` maps names of Pyodide's distribution and of its wheels to files; `wheels` are further wheels.
    """
    sources = {**pyodide, **{wheel.name: wheel for wheel in wheels}}
    made = Archives(cache / "python" / _key(sources))
    if _is_whole(made.folder):
        return made
    made.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made.folder.parent) as scratch:
        work, unfinished = Path(scratch) / "work", Archives(Path(scratch) / "made")
        for folder in (work, unfinished.folder):
            folder.mkdir()
        for name, path in sources.items():
            shutil.copyfile(path, work / name)
        zipfile.ZipFile(unfinished.empty, "w").close()
        shutil.copyfile(unfinished.empty, work / unfinished.empty.name)
        _run_node(work)
        split(work / "modules.tar", json.loads((work / "used.json").read_text("utf-8")), unfinished)
        (unfinished.folder / SUMS).write_text(json.dumps(_sums(unfinished.folder)))
        shutil.rmtree(made.folder, ignore_errors=True)
        unfinished.folder.replace(made.folder)
    return made


def split(modules: Path, used: Sequence[str], archives: Archives) -> None:
    """Divide the archive of all modules into the two; raises CompileError if they lack what a job used."""
    with (
        tarfile.open(modules) as all_modules,
        tarfile.open(archives.start, "w", format=tarfile.USTAR_FORMAT) as start,
        tarfile.open(archives.late, "w", format=tarfile.USTAR_FORMAT) as late,
    ):
        entries = all_modules.getmembers()
        if missing := set(used) - {entry.name for entry in entries}:
            raise CompileError(f"the job imported what was not packed: {', '.join(sorted(missing))}")
        names = []
        for entry in entries:
            if len(entry.name.encode()) > LONGEST_NAME:
                raise CompileError(f"{entry.name} has a longer name than {LONGEST_NAME} bytes")
            is_whole = entry.name.startswith(WHOLE) and entry.name not in API
            is_first = entry.name in used or is_whole or entry.name.endswith("/METADATA")
            (start if is_first else late).addfile(entry, all_modules.extractfile(entry))
            names += [] if is_first else [module_name(entry.name)]
        text = "\n".join(sorted(names)).encode()
        listed = tarfile.TarInfo(LATE_NAMES)
        listed.size = len(text)
        start.addfile(listed, io.BytesIO(text))


def module_name(file: str) -> str:
    """Name the module of a file: "site-packages/numpy/fft/__init__.pyc" holds "numpy.fft"."""
    _, *packages, last = file.split("/")
    return ".".join([*packages, last.split(".")[0]]).removesuffix(".__init__")


def _run_node(work: Path) -> None:
    try:
        command = [*node_command(), *map(str, (NODE_PROGRAM, work, COMPILER, JOB))]
    except NodeMissingError as error:
        raise CompileError(str(error)) from error
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not (work / "used.json").exists():
        raise CompileError(f"Python's modules could not be packed:\n{done.stdout}{done.stderr}")


def _is_whole(folder: Path) -> bool:
    """Whether the cached files are still those that were written."""
    sums = folder / SUMS
    return sums.exists() and json.loads(sums.read_text()) == _sums(folder)


def _sums(folder: Path) -> dict[str, str]:
    return {path.name: digest(path, "sha256") for path in sorted(folder.iterdir()) if path.name != SUMS}


def _key(sources: Mapping[str, Path]) -> str:
    """Make a name that changes with whatever the archives depend on."""
    programs = (Path(__file__), NODE_PROGRAM, COMPILER, JOB, UNPACKER)
    key = hashlib.sha256(b"".join(program.read_bytes() for program in programs))
    for name in sorted(sources):
        key.update(f"{name} {digest(sources[name], 'sha256')}".encode())
    return key.hexdigest()[:16]
