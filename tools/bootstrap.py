"""Makes ./.venv with everything the project's tools need: ``python3 tools/bootstrap.py [extras]``.

Every package comes in the version and with a hash that tools/lock/EXTRA.txt names, and as a wheel: a source
distribution would fetch what builds it by itself. tools/lock.py writes these files. Where they changed,
.venv is made anew: pip neither checks the hashes of what is installed nor removes what is locked no more.

Standard library only, and nothing at run time that is younger than Python 3.8: this runs before anything is
installed, and has to explain itself to a Python that is too old. If nothing changed it does nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

OLDEST_PYTHON = (3, 11)
VENV = ".venv"
LOCKS = "tools/lock"
STAMP = ".alphacut-stamp"
# Stands in the stamp while the work goes on, so that an interrupted venv is known as such.
UNFINISHED = "unfinished"


class BootstrapError(Exception):
    """The environment cannot be made. The message says why and what to do."""


def check_python(version: tuple[int, int], *, has_ensurepip: bool) -> None:
    """Raise BootstrapError if this Python is too old or cannot make environments."""
    if version < OLDEST_PYTHON:
        raise BootstrapError(
            "alphacut needs Python {}.{} or newer, and {} is {}.{}.\n"
            "On Debian 12 or Ubuntu 24.04: apt-get install python3 python3-venv\n"
            "To use another Python: make PYTHON=/path/to/python3.12".format(
                *OLDEST_PYTHON, sys.executable, *version
            )
        )
    if not has_ensurepip:
        raise BootstrapError(
            "this Python cannot make virtual environments: its module ensurepip is missing.\n"
            "On Debian and Ubuntu: apt-get install python3-venv"
        )


def fingerprint(root: Path) -> dict[str, str]:
    """Return what an environment depends on: the Python that made it, pyproject.toml, and what is locked."""
    locks = b"".join(path.read_bytes() for path in sorted((root / LOCKS).glob("*.txt")))
    return {
        "python": f"{sys.version} {sys.base_prefix}",
        "pyproject": hashlib.sha256((root / "pyproject.toml").read_bytes()).hexdigest(),
        "locks": hashlib.sha256(locks).hexdigest(),
    }


def read_stamp(root: Path) -> dict[str, str] | None:
    """Return what the environment was made from; None if it is not there, or not made by this program."""
    try:
        text = (root / VENV / STAMP).read_text()
        stamp = {UNFINISHED: ""} if text == UNFINISHED else json.loads(text)
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) else None


def bootstrap(root: Path, extras: str = "dev") -> None:
    """Make or update root/.venv and install the project with these extras (comma-separated), if needed.

    Raises BootstrapError if Python, venv or pip cannot do it.
    """
    now = fingerprint(root)
    stamp = read_stamp(root)
    wanted = set(extras.split(","))
    if stamp is not None and stamp.get("python") == now["python"]:
        installed = set(stamp["extras"].split(","))
        if {**now, "extras": stamp["extras"]} == stamp and wanted <= installed:
            return
        wanted |= installed
    if stamp is None or any(stamp.get(part) != now[part] for part in ("python", "locks")):
        check_python(sys.version_info[:2], has_ensurepip=importlib.util.find_spec("ensurepip") is not None)
        _make_venv(root, clear=stamp is not None or _is_of_another_python(root))
    _install(root, sorted(wanted))
    (root / VENV / STAMP).write_text(json.dumps({**now, "extras": ",".join(sorted(wanted))}))


def _is_of_another_python(root: Path) -> bool:
    """Tell whether .venv is there, not stamped, and made by a Python of another version."""
    try:
        lines = (root / VENV / "pyvenv.cfg").read_text().splitlines()
    except OSError:
        return False
    version = "version = {}.{}.{}".format(*sys.version_info[:3])
    return version not in [line.strip() for line in lines]


def _make_venv(root: Path, clear: bool) -> None:
    # The interpreter may be the one inside the .venv that is about to be cleared.
    python = getattr(sys, "_base_executable", sys.executable)
    title = (
        f"making {VENV} anew (interrupted, or of another Python or other locks)"
        if clear
        else f"making {VENV}"
    )
    (root / VENV).mkdir(exist_ok=True)
    (root / VENV / STAMP).write_text(UNFINISHED)
    _run(title, [python, "-m", "venv", *(["--clear"] if clear else []), VENV], root)


def _install(root: Path, extras: Sequence[str]) -> None:
    (root / VENV / STAMP).write_text(UNFINISHED)
    python = str(root / VENV / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    locked = [f"--requirement={_lock(root, extra)}" for extra in extras]
    title = f"installing alphacut[{','.join(extras)}] into {VENV}"
    print("The next step takes a few minutes the first time, and says nothing meanwhile.", flush=True)
    try:
        _run(title, [*pip, "--require-hashes", "--only-binary=:all:", *locked], root)
    except BootstrapError as error:
        raise BootstrapError(f"{error}{_about_wheels(str(error))}") from None
    # The build backend is among what was just installed; without isolation pip fetches nothing for it.
    _run("linking alphacut", [*pip, "--no-deps", "--no-build-isolation", "--editable", "."], root)


def _about_wheels(said: str) -> str:
    """Explain what pip said, where it found no file for this machine."""
    if "No matching distribution found" not in said:
        return ""
    return (
        "\nThe package that pip names last has no wheel in that version for this machine, {}, with Python "
        "{}.{}; or pip could not ask, and says so above.\nOnly wheels are installed. onnxruntime, for one, "
        "has none for Macs with Intel processors: use another machine there, or Linux in a container.\n"
        "To use another Python: make PYTHON=/path/to/python3.12"
    ).format(platform.platform(), *sys.version_info[:2])


def _lock(root: Path, extra: str) -> str:
    path = f"{LOCKS}/{extra}.txt"
    if not (root / path).is_file():
        raise BootstrapError(f"there is no {path}, which would say what the extra {extra!r} installs")
    return path


def _run(title: str, command: list[str], root: Path) -> None:
    print(f"{title} ...", flush=True)
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise BootstrapError(f"{done.stdout}\n{title} failed: {' '.join(command)}")
    print(f"{title}: {time.monotonic() - started:.1f} s", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Bootstrap the repository this file lies in."""
    parser = argparse.ArgumentParser(description="Make .venv with what the project's tools need.")
    parser.add_argument("extras", nargs="?", default="dev", help="extras of pyproject.toml, comma-separated")
    options = parser.parse_args(arguments)
    try:
        # Before anything else: a Python that is too old must not get further than this.
        check_python(sys.version_info[:2], has_ensurepip=True)
        bootstrap(Path(__file__).resolve().parent.parent, options.extras)
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
