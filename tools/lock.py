"""Locks what this project installs for itself: ``make lock`` writes tools/lock/EXTRA.txt from pyproject.toml.

For each extra the versions of all packages it leads to, for every Python from the oldest on and every
platform, each with the SHA-256 of its files as the index says. That promises no wheel for each of them:
onnxruntime 1.32.0 has none for macOS on x86-64, and tools/bootstrap.py, which installs wheels only, says so.
Pins that still fit stay; ``--upgrade`` takes the newest. bootstrap.py installs nothing else, and makes .venv
anew where a lock changed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.bootstrap import LOCKS, OLDEST_PYTHON
from tools.catalog import ROOT

EXTRAS = ("dev", "audit")
"""In the order in which they are locked: one environment holds both, so the later keeps to the earlier's."""


def lock(extra: str, folder: Path, options: Sequence[str] = ()) -> None:
    """Write the lock of an extra."""
    uv = str(Path(sys.executable).with_name("uv"))
    earlier = [f"--constraints={folder / f'{one}.txt'}" for one in EXTRAS[: EXTRAS.index(extra)]]
    oldest = ".".join(map(str, OLDEST_PYTHON))
    how = ["--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate"]
    command = [
        uv,
        "pip",
        "compile",
        *how,
        f"--python-version={oldest}",
        f"--extra={extra}",
        *earlier,
        *options,
    ]
    subprocess.run(
        [*command, f"--output-file={folder / f'{extra}.txt'}", "pyproject.toml"], cwd=ROOT, check=True
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write all of them; arguments are uv's own, such as ``--upgrade``."""
    options = sys.argv[1:] if arguments is None else arguments
    for extra in EXTRAS:
        lock(extra, ROOT / LOCKS, options)
        print(f"lock: {LOCKS}/{extra}.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
