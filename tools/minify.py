"""Runs esbuild, which makes our scripts and styles small as they are served.

Beside each lies its source map, which no page asks for: with it a stack from a bug report can be read (in the
developer tools of a browser: "Add source map"). Here each file is taken by itself and keeps its name;
tools/bundle.py joins modules.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from alphacut.store.sources import Part
from tools.catalog import ROOT, read_catalog

TOOL_FILE = ROOT / "tools" / "esbuild.toml"
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


class MinifyError(Exception):
    """The scripts could not be made smaller. The message says why and what to do."""


def tool_part(system: str = platform.system(), machine: str = platform.machine()) -> Part:
    """Return the part to fetch: esbuild for this machine. Raises MinifyError if there is none."""
    kind = f"{system.lower()}-{_MACHINES.get(machine.lower(), machine)}"
    components = read_catalog(TOOL_FILE).components
    if kind not in components:
        raise MinifyError(
            f"no esbuild is pinned for {kind} ({TOOL_FILE.name} has {', '.join(components)}); "
            "--plain builds without it"
        )
    (part,) = components[kind].files.values()
    return part


def minify(folder: Path, files: Iterable[Path], tool: Path) -> None:
    """Replace scripts and styles in `folder` by small ones, and put a source map beside each.

    Raises
    ------
    MinifyError
        esbuild found something that is no script or style. What it says is in the message.
    """
    run(tool, ["--allow-overwrite", f"--outdir={folder}", f"--outbase={folder}", *sorted(files)], folder)


def run(tool: Path, arguments: Iterable[str | Path], folder: Path) -> None:
    """Run esbuild in `folder`. Raises MinifyError with what it says if it fails or warns."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        command = Path(scratch) / "esbuild"
        shutil.copyfile(tool, command)  # what the cache holds may not be run
        command.chmod(0o755)
        options = [
            "--minify", "--target=esnext", "--charset=utf8", "--sourcemap=external", "--log-level=warning",
        ]  # fmt: skip
        done = subprocess.run(
            [command, *options, *arguments], capture_output=True, text=True, check=False, cwd=folder
        )
    if done.returncode != 0 or done.stderr:
        raise MinifyError(f"esbuild:\n{done.stderr}")


def saved(before: int, after: Iterable[Path]) -> str:
    """Return a line about how much smaller scripts and styles have become; `before` is in bytes."""
    now = sum(path.stat().st_size for path in after)
    return f"  scripts and styles: {before / 1e3:.0f} kB, bundled and minified {now / 1e3:.0f} kB"
